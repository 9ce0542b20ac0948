#include "base/stop.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "base/log.h"
#include "base/platform.h"
#include "base/waker.h"

enum {
    /* One second follows the grace period: half for the orderly end, half to force it. */
    ORDERLY_MS = 500,
    CLEAN_MS = 300,
    LOG_MS = 100
};

typedef struct cleaner {
    stop_cleaner *clean;
    void *context;
} cleaner;

/* Signals come to the process, so this belongs to the process, too. */
static struct {
    unsigned grace_ms;
    waker *waker; /* of stop_wait */
    _Atomic(const char *) reason;
    pthread_mutex_t lock; /* of the cleaners */
    cleaner cleaners[STOP_CLEANERS_MAX];
    atomic_bool is_clean;
    atomic_bool is_over;
} stop_state = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void *clean_up(void *context)
{
    (void)context;
    pthread_mutex_lock(&stop_state.lock);
    for (int i = 0; i < STOP_CLEANERS_MAX; i++) {
        if (stop_state.cleaners[i].clean != NULL) {
            stop_state.cleaners[i].clean(stop_state.cleaners[i].context);
        }
    }
    pthread_mutex_unlock(&stop_state.lock);
    atomic_store(&stop_state.is_clean, true);
    return NULL;
}

/* The clean-up has a thread of its own, because the file system that it accesses may hang. */
static void force_end(const char *why)
{
    pthread_t thread;
    const int64_t until_ms = platform_monotonic_ms() + CLEAN_MS;
    log_write(LOG_WARN, "ending at once: %s", why);
    if (pthread_create(&thread, NULL, clean_up, NULL) == 0) {
        pthread_detach(thread); /* it may hang, and nobody waits for it then */
        while (!atomic_load(&stop_state.is_clean) && platform_monotonic_ms() < until_ms) {
            platform_sleep_ms(1);
        }
    }
    log_flush(LOG_MS);
    platform_end_process(0);
}

static void *watch(void *context)
{
    (void)context;
    atomic_store(&stop_state.reason, platform_wait_for_stop(-1));
    waker_ring(stop_state.waker);
    const char *again = platform_wait_for_stop((int64_t)stop_state.grace_ms + ORDERLY_MS);
    if (atomic_load(&stop_state.is_over)) {
        return NULL;
    }
    force_end(again != NULL ? "asked a second time" : "something hangs, and the grace is over");
    return NULL;
}

bool stop_start(unsigned grace_ms)
{
    pthread_t thread;
    stop_state.grace_ms = grace_ms;
    stop_state.waker = waker_new();
    if (stop_state.waker == NULL || pthread_create(&thread, NULL, watch, NULL) != 0) {
        return false;
    }
    pthread_detach(thread); /* it waits for as long as the process lives */
    return true;
}

const char *stop_wait(void)
{
    const char *reason;
    while ((reason = atomic_load(&stop_state.reason)) == NULL) {
        waker_wait(stop_state.waker, WAKER_NEVER);
    }
    return reason;
}

void stop_add_cleaner(stop_cleaner *clean, void *context)
{
    pthread_mutex_lock(&stop_state.lock);
    for (int i = 0; i < STOP_CLEANERS_MAX; i++) {
        if (stop_state.cleaners[i].clean == NULL) {
            stop_state.cleaners[i] = (cleaner){clean, context};
            break;
        }
    }
    pthread_mutex_unlock(&stop_state.lock);
}

void stop_remove_cleaner(void *context)
{
    pthread_mutex_lock(&stop_state.lock);
    for (int i = 0; i < STOP_CLEANERS_MAX; i++) {
        if (stop_state.cleaners[i].context == context) {
            stop_state.cleaners[i] = (cleaner){NULL, NULL};
        }
    }
    pthread_mutex_unlock(&stop_state.lock);
}

void stop_over(void)
{
    atomic_store(&stop_state.is_over, true);
}
