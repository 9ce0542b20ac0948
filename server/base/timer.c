#include "base/timer.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/waker.h"

struct timer {
    pthread_mutex_t lock;
    job *first; /* by their moments */
    bool is_stopping;
    waker *waker; /* no condition: that would wait by the wall clock, which may jump */
    pthread_t thread;
};

/* Takes out the first job if it is due; else tells when one will be. */
static job *take_due(timer *self, int64_t *ret_until_us, bool *ret_is_over)
{
    pthread_mutex_lock(&self->lock);
    job *found = self->first;
    *ret_is_over = found == NULL && self->is_stopping;
    *ret_until_us = found != NULL ? found->due_us : WAKER_NEVER;
    if (found != NULL && !self->is_stopping && found->due_us > waker_now_us()) {
        found = NULL;
    }
    if (found != NULL) {
        self->first = found->next;
    }
    pthread_mutex_unlock(&self->lock);
    return found;
}

static void *work(void *context)
{
    timer *self = context;
    int64_t until_us;
    bool is_over;
    for (;;) {
        job *due = take_due(self, &until_us, &is_over);
        if (due != NULL) {
            due->run(due);
        } else if (is_over) {
            return NULL;
        } else {
            waker_wait(self->waker, until_us);
        }
    }
}

static void discard(timer *self)
{
    waker_free(self->waker);
    pthread_mutex_destroy(&self->lock);
    free(self);
}

timer *timer_start(void)
{
    timer *self = calloc(1, sizeof *self);
    if (self == NULL) {
        return NULL;
    }
    pthread_mutex_init(&self->lock, NULL);
    self->waker = waker_new();
    if (self->waker == NULL || pthread_create(&self->thread, NULL, work, self) != 0) {
        discard(self);
        return NULL;
    }
    return self;
}

void timer_submit(timer *self, job *job, int64_t due_us)
{
    pthread_mutex_lock(&self->lock);
    struct job **link = &self->first;
    while (*link != NULL && (*link)->due_us <= due_us) {
        link = &(*link)->next;
    }
    const bool is_first = link == &self->first;
    job->due_us = due_us;
    job->next = *link;
    *link = job;
    pthread_mutex_unlock(&self->lock);
    if (is_first) {
        waker_ring(self->waker);
    }
}

void timer_stop(timer *self)
{
    if (self == NULL) {
        return;
    }
    pthread_mutex_lock(&self->lock);
    self->is_stopping = true;
    pthread_mutex_unlock(&self->lock);
    waker_ring(self->waker);
    pthread_join(self->thread, NULL);
    discard(self);
}
