#ifndef SECTION_LOCK_H
#define SECTION_LOCK_H

/**
 * @file
 * What keeps copies of up to SECTION_WHOLE_BYTES whole with respect to each other: one lock for all
 * sections that are known to be the same object.
 *
 * It is fair: whoever asked first is next. A long move takes it piece by piece, and would otherwise
 * take it again before anybody else has woken up.
 */

typedef struct object_lock object_lock;

/** NULL where memory runs out. */
object_lock *lock_new(void);

object_lock *lock_ref(object_lock *lock);

/** The last user frees it. NULL is fine. */
void lock_unref(object_lock *lock);

void lock_take(object_lock *lock);
void lock_give(object_lock *lock);

/**
 * Takes the lock for a sequence of operations of this thread: until `lock_release`, its `lock_take` and
 * `lock_give` do nothing. A thread holds one lock at a time.
 */
void lock_hold(object_lock *lock);
void lock_release(object_lock *lock);

#endif
