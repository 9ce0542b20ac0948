#include "base/workers.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

struct workers {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    job *first;
    job **end; /* where the next job is linked in */
    bool stopping;
    unsigned thread_count;
    pthread_t threads[];
};

/* Waits for the next job; NULL when there is none and none will come. */
static job *take(workers *workers)
{
    pthread_mutex_lock(&workers->lock);
    while (workers->first == NULL && !workers->stopping) {
        pthread_cond_wait(&workers->changed, &workers->lock);
    }
    job *job = workers->first;
    if (job != NULL) {
        workers->first = job->next;
        if (workers->first == NULL) {
            workers->end = &workers->first;
        }
    }
    pthread_mutex_unlock(&workers->lock);
    return job;
}

static void *work(void *context)
{
    job *job;
    while ((job = take(context)) != NULL) {
        job->run(job);
    }
    return NULL;
}

workers *workers_start(unsigned count)
{
    workers *pool = calloc(1, sizeof *pool + count * sizeof pool->threads[0]);
    if (pool == NULL) {
        return NULL;
    }
    pthread_mutex_init(&pool->lock, NULL);
    pthread_cond_init(&pool->changed, NULL);
    pool->end = &pool->first;
    while (pool->thread_count < count &&
           pthread_create(&pool->threads[pool->thread_count], NULL, work, pool) == 0) {
        pool->thread_count++;
    }
    if (pool->thread_count == 0) {
        workers_stop(pool);
        return NULL;
    }
    return pool;
}

void workers_submit(workers *workers, job *job)
{
    job->next = NULL;
    pthread_mutex_lock(&workers->lock);
    *workers->end = job;
    workers->end = &job->next;
    pthread_cond_signal(&workers->changed);
    pthread_mutex_unlock(&workers->lock);
}

void workers_stop(workers *workers)
{
    if (workers == NULL) {
        return;
    }
    pthread_mutex_lock(&workers->lock);
    workers->stopping = true;
    pthread_cond_broadcast(&workers->changed);
    pthread_mutex_unlock(&workers->lock);
    for (unsigned i = 0; i < workers->thread_count; i++) {
        pthread_join(workers->threads[i], NULL);
    }
    pthread_cond_destroy(&workers->changed);
    pthread_mutex_destroy(&workers->lock);
    free(workers);
}
