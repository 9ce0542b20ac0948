#ifndef SECTION_LOCK_H
#define SECTION_LOCK_H

#include <stdbool.h>

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

/** How many use it: the sections of the object. */
unsigned lock_users(const object_lock *lock);

/** Notes, and tells, that one of its users made the object. */
void lock_note_made(object_lock *lock);
bool lock_is_of_made(const object_lock *lock);

void lock_take(object_lock *lock);
void lock_give(object_lock *lock);

/**
 * Takes one or two locks for a sequence of operations of this thread: until `lock_release`, its
 * `lock_take` and `lock_give` of them do nothing. Two are taken in the order of their addresses, so that
 * threads that hold the same two never wait for each other. A thread does this once at a time.
 * @param b nullable; may be the same as `a`.
 */
void lock_hold(object_lock *a, object_lock *b);
void lock_release(void);

#endif
