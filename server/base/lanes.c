#include "base/lanes.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

/** A thread, and what it is doing. */
typedef struct lane_thread {
    lanes *lanes;
    pthread_t thread;
    uint64_t lane;
    bool is_busy;
} lane_thread;

struct lanes {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    job *first;
    job **end; /* where the next job is linked in */
    bool stopping;
    unsigned most;
    unsigned thread_count;
    unsigned busy_count;
    lane_thread threads[];
};

static bool is_full(const lanes *self, uint64_t lane)
{
    unsigned running = 0;
    for (unsigned i = 0; i < self->thread_count; i++) {
        running += self->threads[i].is_busy && self->threads[i].lane == lane;
    }
    return running >= LANE_THREADS;
}

/* Takes out the first job whose lane has room; NULL where there is none. The lock is held. */
static job *take_first(lanes *self)
{
    job **link = &self->first;
    while (*link != NULL && is_full(self, (*link)->lane)) {
        link = &(*link)->next;
    }
    job *found = *link;
    if (found != NULL) {
        *link = found->next;
        if (self->end == &found->next) {
            self->end = link;
        }
    }
    return found;
}

static void *work(void *context);

/* One more, if there may be one. The lock is held. */
static void start_thread(lanes *self)
{
    if (self->thread_count < self->most && !self->stopping) {
        lane_thread *next = &self->threads[self->thread_count];
        *next = (lane_thread){.lanes = self};
        self->thread_count += pthread_create(&next->thread, NULL, work, next) == 0;
    }
}

/* All threads may be hanging, so none of them will look for what waits. The lock is held. */
static void start_thread_if_needed(lanes *self)
{
    const job *waiting = self->first;
    while (waiting != NULL && is_full(self, waiting->lane)) {
        waiting = waiting->next;
    }
    if (waiting != NULL && self->busy_count == self->thread_count) {
        start_thread(self);
    }
}

static void *work(void *context)
{
    lane_thread *mine = context;
    lanes *self = mine->lanes;
    pthread_mutex_lock(&self->lock);
    for (;;) {
        job *job = take_first(self);
        if (job != NULL) {
            mine->lane = job->lane;
            mine->is_busy = true;
            self->busy_count++;
            start_thread_if_needed(self);
            pthread_mutex_unlock(&self->lock);
            job->run(job);
            pthread_mutex_lock(&self->lock);
            mine->is_busy = false;
            self->busy_count--;
            pthread_cond_broadcast(&self->changed); /* its lane has room again */
        } else if (self->stopping && self->first == NULL) {
            break;
        } else {
            pthread_cond_wait(&self->changed, &self->lock);
        }
    }
    pthread_mutex_unlock(&self->lock);
    return NULL;
}

lanes *lanes_start(unsigned most)
{
    lanes *self = calloc(1, sizeof *self + most * sizeof self->threads[0]);
    if (self == NULL) {
        return NULL;
    }
    pthread_mutex_init(&self->lock, NULL);
    pthread_cond_init(&self->changed, NULL);
    self->end = &self->first;
    self->most = most;
    pthread_mutex_lock(&self->lock);
    start_thread(self);
    pthread_mutex_unlock(&self->lock);
    if (self->thread_count == 0) {
        lanes_stop(self);
        return NULL;
    }
    return self;
}

void lanes_submit(lanes *self, job *job, uint64_t lane)
{
    pthread_mutex_lock(&self->lock);
    job->next = NULL;
    job->lane = lane;
    *self->end = job;
    self->end = &job->next;
    start_thread_if_needed(self);
    pthread_cond_broadcast(&self->changed);
    pthread_mutex_unlock(&self->lock);
}

void lanes_stop(lanes *self)
{
    if (self == NULL) {
        return;
    }
    pthread_mutex_lock(&self->lock);
    self->stopping = true;
    pthread_cond_broadcast(&self->changed);
    pthread_mutex_unlock(&self->lock);
    for (unsigned i = 0; i < self->thread_count; i++) {
        pthread_join(self->threads[i].thread, NULL);
    }
    pthread_cond_destroy(&self->changed);
    pthread_mutex_destroy(&self->lock);
    free(self);
}
