#ifndef SECTION_HELD_H
#define SECTION_HELD_H

#include <section/commit.h>

#include "lock.h"
#include "os.h"

/**
 * @file
 * The structure behind the opaque `section`, for the files of core that work on its bytes.
 */

/** The mutex that a layout names, as `section_fields_hold` has left it. */
typedef struct held_mutex {
    os_mutex os;
    bool is_taken; /* false: there is none here */
    bool was_abandoned;
    uint64_t until_ns; /* others are not kept waiting for longer */
} held_mutex;

struct section {
    os_section os;
    object_lock *lock;
    uint64_t view_offset;
    uint64_t view_length;
    uint8_t *view; /* inside os.base */
    uint64_t requested_size_bytes;
    section_origin origin;
    section_source source;
    bool has_name;
    section_name name;
    char *file;             /* path as it was given, NULL: none */
    section_commit *commit; /* NULL: nobody is asked */
    section_uncommit *uncommit;
    void *commit_context;
    /* Under the lock for a sequence: */
    uint64_t *granted_bytes; /* what all its writes were granted */
    bool has_fields;         /* the sequence is one of fields: `mutex` was taken before the lock */
    held_mutex mutex;
};

/**
 * Loads of ours from `bytes`. The function must not call anything or hold anything, because a fault
 * may end it at any point and it is then run again.
 */
typedef void held_reader(void *context, const uint8_t *bytes);

/**
 * Reads a stretch of the view by pointer: the one way in which core does. It is read in place where all
 * its pages have memory; else from a copy, in which those that have none are zeros. So reading gives no
 * page memory. Words that are aligned are loaded whole, either way.
 * @param length_bytes 1 to SECTION_WHOLE_BYTES. The caller holds the object's lock.
 * @return SECTION_BAD_RANGE, and those of os_look.
 */
section_status held_look(section *self, uint64_t offset_bytes, size_t length_bytes,
                         held_reader *reader, void *context, section_error *ret_error);

/** Copies memory that others store to: aligned words by one load each. */
void held_copy_words(uint8_t *ret_bytes, const uint8_t *from, size_t length_bytes);

/** SECTION_BAD_RANGE unless a range lies inside the view. */
section_status held_check_inside(const section *self, uint64_t offset_bytes, uint64_t length_bytes,
                                 section_error *ret_error);

/** SECTION_READ_ONLY unless the view may be written. */
section_status held_check_writable(const section *self, section_error *ret_error);

/**
 * Asks for memory before the first piece of a long write is stored, so that a write which is refused
 * stores nothing. The pieces take from it, and the rest is given back. The lock is not held, unless for a
 * sequence: then it comes from what the sequence was granted, and goes back there.
 */
section_status held_grant(const section *self, uint64_t missing_bytes, uint64_t *ret_granted_bytes,
                          section_error *ret_error);
void held_give_back(const section *self, uint64_t granted_bytes);

/**
 * Asks who is to be asked before a range inside the view is written; the lock is held.
 * @param granted_bytes is used first; NULL: nothing was granted but to the sequence, if any.
 * @param taken_bytes what the range takes is added to it.
 */
section_status held_commit(const section *self, uint64_t offset_bytes, uint64_t length_bytes,
                           uint64_t *granted_bytes, uint64_t *taken_bytes,
                           section_error *ret_error);

/**
 * The pages of a range inside the view that lie behind the range before it: of ranges in ascending
 * order each page is counted once.
 * @param next_bytes where the pages of this range end; 0 before the first range.
 * @return as section_missing_bytes.
 */
uint64_t held_missing_behind(const section *self, uint64_t offset_bytes, uint64_t length_bytes,
                             uint64_t *next_bytes);

/** The write of that range has failed: of what was taken, what has got no memory is given back. */
void held_uncommit(const section *self, uint64_t offset_bytes, uint64_t length_bytes,
                   uint64_t taken_bytes);

#endif
