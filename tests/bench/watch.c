/*
 * The native side of the watching benchmark: a publisher that stores the time into a named section,
 * and a poller that spins on it, which is as early as anybody can know.
 *
 *   bench_watch store NAME COUNT INTERVAL-US     one store each, at offset 0; says how many
 *   bench_watch spin NAME COUNT DURATION-US      median and 99th percentile of the delays, in us, of
 *                                                up to so many stores
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

static uint64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static _Atomic uint64_t *open_cell(const char *name)
{
    int descriptor = shm_open(name, O_RDWR, 0);
    void *bytes = descriptor < 0 ? MAP_FAILED
                                 : mmap(NULL, sizeof(uint64_t), PROT_READ | PROT_WRITE, MAP_SHARED,
                                        descriptor, 0);
    if (bytes == MAP_FAILED) {
        perror(name);
        exit(1);
    }
    close(descriptor);
    return bytes;
}

static void store(_Atomic uint64_t *cell, uint64_t count, uint64_t interval_us)
{
    const uint64_t begin_ns = now_ns();
    for (uint64_t i = 1; i <= count; i++) {
        const uint64_t moment_ns = begin_ns + i * interval_us * 1000;
        const struct timespec moment = {.tv_sec = (time_t)(moment_ns / 1000000000),
                                        .tv_nsec = (long)(moment_ns % 1000000000)};
        while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &moment, NULL) != 0) {
        }
        atomic_store(cell, now_ns());
    }
    printf("%" PRIu64 "\n", count);
}

static int compare(const void *left, const void *right)
{
    const uint64_t a = *(const uint64_t *)left;
    const uint64_t b = *(const uint64_t *)right;
    return a < b ? -1 : a > b;
}

static void spin(_Atomic uint64_t *cell, uint64_t most, uint64_t duration_us)
{
    uint64_t *delays = malloc(most * sizeof *delays);
    uint64_t last = atomic_load(cell);
    if (!delays)
        exit(1);
    printf("ready\n");
    fflush(stdout);
    /* By time, not by number: where others have the processors, it misses some, too. */
    const uint64_t end_ns = now_ns() + duration_us * 1000;
    uint64_t count = 0;
    while (count < most && now_ns() < end_ns) {
        const uint64_t value = atomic_load_explicit(cell, memory_order_relaxed);
        if (value != last) {
            delays[count++] = now_ns() - value;
            last = value;
        }
    }
    if (count == 0)
        exit(1);
    qsort(delays, (size_t)count, sizeof *delays, compare);
    printf("%.3f %.3f\n", (double)delays[count / 2] / 1000,
           (double)delays[count * 99 / 100] / 1000);
    free(delays);
}

int main(int argc, char **argv)
{
    if (argc == 5 && strcmp(argv[1], "store") == 0)
        store(open_cell(argv[2]), strtoull(argv[3], NULL, 10), strtoull(argv[4], NULL, 10));
    else if (argc == 5 && strcmp(argv[1], "spin") == 0)
        spin(open_cell(argv[2]), strtoull(argv[3], NULL, 10), strtoull(argv[4], NULL, 10));
    else
        return 2;
    return 0;
}
