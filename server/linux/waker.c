#include "base/waker.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <time.h>

enum { TIMER_SLACK_NS = 1000 /* the kernel's default, 50 us, would be seen in what we promise */ };

struct waker {
    pthread_mutex_t lock;
    pthread_cond_t rung; /* waits on the monotonic clock, by a timer of high resolution */
    bool is_rung;
    bool is_precise; /* the thread's slack is set */
};

int64_t waker_now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

waker *waker_new(void)
{
    waker *self = calloc(1, sizeof *self);
    pthread_condattr_t attributes;
    if (self == NULL) {
        return NULL;
    }
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&self->rung, &attributes);
    pthread_condattr_destroy(&attributes);
    pthread_mutex_init(&self->lock, NULL);
    return self;
}

void waker_free(waker *self)
{
    if (self != NULL) {
        pthread_cond_destroy(&self->rung);
        pthread_mutex_destroy(&self->lock);
        free(self);
    }
}

void waker_wait(waker *self, int64_t until_us)
{
    const struct timespec until = {.tv_sec = (time_t)(until_us / 1000000),
                                   .tv_nsec = (long)(until_us % 1000000) * 1000};
    int result = 0;
    pthread_mutex_lock(&self->lock);
    if (!self->is_precise) {
        self->is_precise = true;
        (void)prctl(PR_SET_TIMERSLACK, (unsigned long)TIMER_SLACK_NS, 0, 0, 0);
    }
    while (!self->is_rung && result == 0) {
        result = until_us == WAKER_NEVER ? pthread_cond_wait(&self->rung, &self->lock)
                                         : pthread_cond_timedwait(&self->rung, &self->lock, &until);
    }
    self->is_rung = false;
    pthread_mutex_unlock(&self->lock);
}

void waker_ring(waker *self)
{
    pthread_mutex_lock(&self->lock);
    self->is_rung = true;
    pthread_cond_signal(&self->rung);
    pthread_mutex_unlock(&self->lock);
}
