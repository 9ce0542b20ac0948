#include "lock.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>

struct object_lock {
    pthread_mutex_t mutex; /* guards the two numbers, never held for long */
    pthread_cond_t turn;
    uint64_t next;    /* ticket that is given out next */
    uint64_t serving; /* whoever has this ticket holds the lock */
    atomic_uint users;
};

object_lock *lock_new(void)
{
    object_lock *lock = calloc(1, sizeof *lock);
    if (lock == NULL) {
        return NULL;
    }
    /* The static values: on Windows they cost no kernel object until two threads meet. */
    static const pthread_mutex_t fresh_mutex = PTHREAD_MUTEX_INITIALIZER;
    static const pthread_cond_t fresh_condition = PTHREAD_COND_INITIALIZER;
    lock->mutex = fresh_mutex;
    lock->turn = fresh_condition;
    atomic_init(&lock->users, 1);
    return lock;
}

object_lock *lock_ref(object_lock *lock)
{
    atomic_fetch_add(&lock->users, 1);
    return lock;
}

void lock_unref(object_lock *lock)
{
    if (lock != NULL && atomic_fetch_sub(&lock->users, 1) == 1) {
        pthread_cond_destroy(&lock->turn);
        pthread_mutex_destroy(&lock->mutex);
        free(lock);
    }
}

void lock_take(object_lock *lock)
{
    pthread_mutex_lock(&lock->mutex);
    const uint64_t ticket = lock->next++;
    while (ticket != lock->serving) {
        pthread_cond_wait(&lock->turn, &lock->mutex);
    }
    pthread_mutex_unlock(&lock->mutex);
}

void lock_give(object_lock *lock)
{
    pthread_mutex_lock(&lock->mutex);
    lock->serving++;
    if (lock->serving != lock->next) {
        pthread_cond_broadcast(&lock->turn);
    }
    pthread_mutex_unlock(&lock->mutex);
}
