#include "base/metrics.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "api/handlers.h"
#include "api/server.h"
#include "base/platform.h"

static const char exposition[] = "text/plain; version=0.0.4; charset=utf-8";

/* Upper ends of the buckets, in microseconds, and as Prometheus writes them. */
static const struct {
    int64_t up_to_us;
    const char *label;
} buckets[METRICS_BUCKETS] = {
    {25, "0.000025"}, {50, "0.00005"},  {100, "0.0001"},  {250, "0.00025"}, {500, "0.0005"},
    {1000, "0.001"},  {2500, "0.0025"}, {5000, "0.005"},  {10000, "0.01"},  {25000, "0.025"},
    {50000, "0.05"},  {100000, "0.1"},  {250000, "0.25"}, {500000, "0.5"},  {1000000, "1"},
    {2500000, "2.5"}, {10000000, "10"},
};

static void add(atomic_uint_least64_t *counter, uint64_t number)
{
    atomic_fetch_add_explicit(counter, number, memory_order_relaxed);
}

static uint64_t get(const atomic_uint_least64_t *counter)
{
    return atomic_load_explicit(counter, memory_order_relaxed);
}

metrics *metrics_new(void)
{
    metrics *self;
    return calloc(1, sizeof *self + (route_count + 1) * sizeof self->requests[0]);
}

void metrics_free(metrics *metrics)
{
    free(metrics);
}

void metrics_note_request(metrics *metrics, const route *route, unsigned http_status)
{
    const unsigned class = http_status / 100;
    const unsigned rest = http_status % 100;
    const size_t index = route != NULL ? (size_t)(route - routes) : route_count;
    if (class >= 2 && class <= 5 && rest < 32) {
        add(&metrics->requests[index][(class - 2) * 32 + rest], 1);
    }
}

void metrics_note_duration(metrics *metrics, int64_t duration_us)
{
    int i = 0;
    while (i < METRICS_BUCKETS && duration_us > buckets[i].up_to_us) {
        i++;
    }
    add(&metrics->durations[i], 1);
    add(&metrics->duration_us, duration_us > 0 ? (uint64_t)duration_us : 0);
}

void metrics_note_received(metrics *metrics, uint64_t bytes)
{
    if (bytes > 0) {
        add(&metrics->received_bytes, bytes);
    }
}

void metrics_note_sent(metrics *metrics, uint64_t bytes)
{
    if (bytes > 0) {
        add(&metrics->sent_bytes, bytes);
    }
}

void metrics_note_connection(metrics *metrics, bool is_new)
{
    add(&metrics->connections, is_new ? 1 : UINT64_MAX);
}

/* ---- the page ---- */

/** A text that grows; NULL once memory has run out. */
typedef struct page {
    char *text;
    size_t used;
    size_t capacity;
} page;

#if defined(__GNUC__)
__attribute__((format(gnu_printf, 2, 3)))
#endif
static void
print(page *page, const char *format, ...)
{
    enum { LINE_BYTES = 512 };
    if (page->text != NULL && page->capacity - page->used < LINE_BYTES) {
        char *larger = realloc(page->text, page->capacity * 2);
        if (larger == NULL) {
            free(page->text);
        }
        page->text = larger;
        page->capacity *= 2;
    }
    if (page->text == NULL) {
        return;
    }
    va_list arguments;
    va_start(arguments, format);
    const int length =
        vsnprintf(page->text + page->used, page->capacity - page->used, format, arguments);
    va_end(arguments);
    page->used += length > 0 ? (size_t)length : 0;
}

static void head(page *page, const char *name, const char *type, const char *help)
{
    print(page, "# HELP sectiond_%s %s\n# TYPE sectiond_%s %s\n", name, help, name, type);
}

static void number(page *page, const char *name, const char *type, const char *help, uint64_t value)
{
    head(page, name, type, help);
    print(page, "sectiond_%s %llu\n", name, (unsigned long long)value);
}

static void print_requests(page *page, const metrics *metrics)
{
    head(page, "requests_total", "counter", "Requests answered.");
    for (size_t i = 0; i <= route_count; i++) {
        for (unsigned j = 0; j < METRICS_STATUSES; j++) {
            const uint64_t count = get(&metrics->requests[i][j]);
            if (count > 0) {
                print(page,
                      "sectiond_requests_total{route=\"%s\",method=\"%s\",status=\"%u\"} %llu\n",
                      i < route_count ? routes[i].pattern : "",
                      i < route_count ? method_name(routes[i].method) : "",
                      (j / 32 + 2) * 100 + j % 32, (unsigned long long)count);
            }
        }
    }
}

static void print_durations(page *page, const metrics *metrics)
{
    static const char name[] = "request_duration_seconds";
    uint64_t count = 0;
    head(page, name, "histogram",
         "From a request's first line to its answer's last byte; without what waits on purpose.");
    for (int i = 0; i < METRICS_BUCKETS; i++) {
        count += get(&metrics->durations[i]);
        print(page, "sectiond_%s_bucket{le=\"%s\"} %llu\n", name, buckets[i].label,
              (unsigned long long)count);
    }
    count += get(&metrics->durations[METRICS_BUCKETS]);
    const uint64_t sum_us = get(&metrics->duration_us);
    print(page, "sectiond_%s_bucket{le=\"+Inf\"} %llu\n", name, (unsigned long long)count);
    print(page, "sectiond_%s_sum %llu.%06llu\n", name, (unsigned long long)(sum_us / 1000000),
          (unsigned long long)(sum_us % 1000000));
    print(page, "sectiond_%s_count %llu\n", name, (unsigned long long)count);
}

static void print_sections(page *page, const server *server)
{
    uint64_t sections;
    uint64_t committed_bytes;
    registry_usage(server->registry, &sections, &committed_bytes);
    number(page, "sections", "gauge", "Sections held.", sections);
    number(page, "mapped_bytes", "gauge", "Bytes of all views.",
           registry_mapped_bytes(server->registry));
    number(page, "committed_bytes", "gauge", "Memory of the sections that we created.",
           committed_bytes);
}

static void print_watching(page *page, const server *server)
{
    const watch_counts counts = watch_hub_count(server->watch);
    number(page, "watchers", "gauge", "Ranges of event streams, and waiting reads.",
           counts.watchers);
    number(page, "watched_ranges", "gauge", "Different ranges among them.", counts.ranges);
    number(page, "watched_bytes", "gauge", "Bytes of all watchers.", counts.bytes);
    number(page, "comparisons_total", "counter", "Comparisons of a range with what it was.",
           counts.comparisons);
    number(page, "hub_wakeups_total", "counter", "Times that the thread which compares awoke.",
           counts.wakeups);
}

section_status metrics_get(request *request, reply *reply, section_error *ret_error)
{
    enum { FIRST_BYTES = 8192 };
    const server *server = request->server;
    const metrics *metrics = server->metrics;
    page page = {.text = malloc(FIRST_BYTES), .capacity = FIRST_BYTES};
    const int64_t uptime_ms = platform_monotonic_ms() - server->started_at_ms;
    head(&page, "info", "gauge", "Which daemon this is.");
    print(&page, "sectiond_info{version=\"%s\",platform=\"%s\"} 1\n", SECTIOND_VERSION,
          platform_name);
    number(&page, "uptime_seconds", "gauge", "Since the start.", (uint64_t)uptime_ms / 1000);
    number(&page, "connections", "gauge", "Connections that are open.", get(&metrics->connections));
    print_requests(&page, metrics);
    print_durations(&page, metrics);
    number(&page, "received_bytes_total", "counter", "Bytes of request bodies.",
           get(&metrics->received_bytes));
    number(&page, "sent_bytes_total", "counter", "Bytes of answers' bodies.",
           get(&metrics->sent_bytes));
    print_sections(&page, server);
    print_watching(&page, server);
    if (page.text == NULL) {
        return section_fail(ret_error, SECTION_NO_MEMORY, "no memory for the answer");
    }
    reply_owned(reply, 200, exposition, page.text, page.used);
    return SECTION_OK;
}
