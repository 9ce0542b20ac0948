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
 * Takes a lock for a sequence of operations of this thread: until `lock_release`, its `lock_take` and
 * `lock_give` of it do nothing. A thread holds one such lock, and takes no other one meanwhile.
 */
void lock_hold(object_lock *lock);
void lock_release(void);

#endif
