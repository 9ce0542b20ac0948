#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "api/plan.h"
#include "api/server.h"
#include "base/log.h"
#include "base/platform.h"

/* /metrics: the counters, and what the rooms say of themselves, as Prometheus reads it. */

static const char exposition[] = "text/plain; version=0.0.4; charset=utf-8";

/* The ends of the buckets as Prometheus writes them: in seconds. */
static const char *const bucket_labels[METRICS_BUCKETS] = {
    "0.000025", "0.00005", "0.0001", "0.00025", "0.0005", "0.001", "0.0025", "0.005", "0.01",
    "0.025",    "0.05",    "0.1",    "0.25",    "0.5",    "1",     "2.5",    "10",
};

static uint64_t get(const atomic_uint_least64_t *counter)
{
    return atomic_load_explicit(counter, memory_order_relaxed);
}

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

static void print_requests(page *page, const server *server)
{
    const metrics *metrics = server->metrics;
    head(page, "requests_total", "counter", "Requests answered.");
    for (size_t i = 0; i <= server->routes.count; i++) {
        for (unsigned j = 0; j < METRICS_STATUSES; j++) {
            const uint64_t count = get(&metrics->requests[i][j]);
            if (count > 0) {
                print(page,
                      "sectiond_requests_total{route=\"%s\",method=\"%s\",status=\"%u\"} %llu\n",
                      i < server->routes.count ? server->routes.routes[i].pattern : "",
                      i < server->routes.count ? method_name(server->routes.routes[i].method) : "",
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
        print(page, "sectiond_%s_bucket{le=\"%s\"} %llu\n", name, bucket_labels[i],
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

static section_status metrics_get(server *server, call *call, reply *reply,
                                  section_error *ret_error)
{
    (void)call;
    enum { FIRST_BYTES = 8192 };
    const metrics *metrics = server->metrics;
    page page = {.text = malloc(FIRST_BYTES), .capacity = FIRST_BYTES};
    const int64_t uptime_ms = platform_monotonic_ms() - server->started_at_ms;
    head(&page, "info", "gauge", "Which daemon this is.");
    print(&page, "sectiond_info{version=\"%s\",platform=\"%s\"} 1\n", SECTIOND_VERSION,
          platform_name);
    number(&page, "uptime_seconds", "gauge", "Since the start.", (uint64_t)uptime_ms / 1000);
    number(&page, "connections", "gauge", "Connections that are open.", get(&metrics->connections));
    print_requests(&page, server);
    print_durations(&page, metrics);
    number(&page, "received_bytes_total", "counter", "Bytes of request bodies.",
           get(&metrics->received_bytes));
    number(&page, "sent_bytes_total", "counter", "Bytes of answers' bodies.",
           get(&metrics->sent_bytes));
    number(&page, "buffer_bytes", "gauge", "Bytes of bodies and answers in flight, set aside.",
           atomic_load(&server->budget.used));
    number(&page, "log_lines_dropped_total", "counter", "Lines that nobody read in time.",
           log_dropped_lines());
    print_sections(&page, server);
    print_watching(&page, server);
    if (page.text == NULL) {
        return section_fail(ret_error, SECTION_NO_MEMORY, "no memory for the answer");
    }
    reply_owned(reply, 200, exposition, page.text, page.used);
    return SECTION_OK;
}

HANDLER(get_metrics) = {
    .tell = metrics_get,
};
