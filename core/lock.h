#ifndef SECTION_LOCK_H
#define SECTION_LOCK_H

#include <stdbool.h>
#include <stdint.h>

/**
 * @file
 * The lock that makes copies of up to SECTION_WHOLE_BYTES atomic with respect to each other: one
 * for all sections that are known to be the same object.
 *
 * It is fair: threads get it in the order in which they asked. A long move takes it once for each
 * piece, and would otherwise starve the threads that wait.
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
 * Takes it once nobody has it or waits for it, up to a moment of `moment_now_ns`: for a thread that has what
 * others wait for. False: it was not to be had in time.
 */
bool lock_take_until(object_lock *lock, uint64_t until_ns);

/**
 * Takes a lock for a sequence of operations of this thread: until `lock_release`, its `lock_take` and
 * `lock_give` of it do nothing. A thread holds one such lock, and takes no other one meanwhile.
 */
void lock_hold(object_lock *lock);
bool lock_hold_until(object_lock *lock, uint64_t until_ns);
void lock_release(void);

/** Whether this thread holds it for a sequence. */
bool lock_is_held(const object_lock *lock);

#endif
