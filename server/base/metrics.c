#include "base/metrics.h"

#include <stdlib.h>

const int64_t metrics_bucket_ends_us[METRICS_BUCKETS] = {
    25,    50,    100,    250,    500,    1000,    2500,    5000,     10000,
    25000, 50000, 100000, 250000, 500000, 1000000, 2500000, 10000000,
};

static void add(atomic_uint_least64_t *counter, uint64_t number)
{
    atomic_fetch_add_explicit(counter, number, memory_order_relaxed);
}

metrics *metrics_new(size_t route_count)
{
    metrics *self;
    if (route_count >= SIZE_MAX / sizeof self->requests[0] - 1) {
        return NULL;
    }
    self = calloc(1, sizeof *self + (route_count + 1) * sizeof self->requests[0]);
    if (self != NULL) {
        self->route_count = route_count;
    }
    return self;
}

void metrics_free(metrics *metrics)
{
    free(metrics);
}

void metrics_note_request(metrics *metrics, size_t route_index, unsigned http_status)
{
    const unsigned class = http_status / 100;
    const unsigned rest = http_status % 100;
    if (class >= 2 && class <= 5 && rest < 32 && route_index <= metrics->route_count) {
        add(&metrics->requests[route_index][(class - 2) * 32 + rest], 1);
    }
}

void metrics_note_duration(metrics *metrics, int64_t duration_us)
{
    int i = 0;
    while (i < METRICS_BUCKETS && duration_us > metrics_bucket_ends_us[i]) {
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
