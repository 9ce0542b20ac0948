#include "lock.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#include "moment.h"

struct object_lock {
    atomic_uint_least64_t next;    /* ticket that is given out next */
    atomic_uint_least64_t serving; /* whoever has this ticket holds the lock */
    pthread_mutex_t mutex;         /* with `turn`, for those whose ticket is not served yet */
    pthread_cond_t turn;
    atomic_uint users;
    atomic_bool is_of_made;
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

unsigned lock_users(const object_lock *lock)
{
    return atomic_load(&lock->users);
}

void lock_note_made(object_lock *lock)
{
    atomic_store(&lock->is_of_made, true);
}

bool lock_is_of_made(const object_lock *lock)
{
    return atomic_load(&lock->is_of_made);
}

/* The lock that this thread holds for a sequence. */
static _Thread_local object_lock *held;

void lock_hold(object_lock *lock)
{
    lock_take(lock);
    held = lock;
}

bool lock_hold_until(object_lock *lock, uint64_t until_ns)
{
    if (!lock_take_until(lock, until_ns)) {
        return false;
    }
    held = lock;
    return true;
}

void lock_release(void)
{
    object_lock *lock = held;
    held = NULL;
    lock_give(lock);
}

bool lock_is_held(const object_lock *lock)
{
    return lock == held;
}

void lock_take(object_lock *lock)
{
    if (lock == held) {
        return;
    }
    const uint64_t ticket = atomic_fetch_add(&lock->next, 1);
    if (atomic_load(&lock->serving) == ticket) {
        return; /* no contention: two atomic operations suffice */
    }
    pthread_mutex_lock(&lock->mutex);
    while (atomic_load(&lock->serving) != ticket) {
        pthread_cond_wait(&lock->turn, &lock->mutex);
    }
    pthread_mutex_unlock(&lock->mutex);
}

/* Without a ticket, which could not be given back. */
static bool take_free(object_lock *lock)
{
    uint_least64_t serving = atomic_load(&lock->serving);
    return atomic_compare_exchange_strong(&lock->next, &serving, serving + 1);
}

bool lock_take_until(object_lock *lock, uint64_t until_ns)
{
    if (lock == held) {
        return true;
    }
    for (unsigned polls = 0; !take_free(lock); polls++) {
        if (moment_now_ns() >= until_ns) {
            return false;
        }
        moment_wait(polls);
    }
    return true;
}

void lock_give(object_lock *lock)
{
    if (lock == held) {
        return;
    }
    const uint64_t now_serving = atomic_fetch_add(&lock->serving, 1) + 1;
    if (atomic_load(&lock->next) != now_serving) {
        /*
         * The mutex is taken so that no waiter misses the signal: it has either begun to wait, or
         * will read the new `serving`.
         */
        pthread_mutex_lock(&lock->mutex);
        pthread_cond_broadcast(&lock->turn);
        pthread_mutex_unlock(&lock->mutex);
    }
}
