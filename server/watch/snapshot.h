#ifndef SECTIOND_WATCH_SNAPSHOT_H
#define SECTIOND_WATCH_SNAPSHOT_H

#include <section/changes.h>
#include <stdatomic.h>

#include "encode/etag.h"

/**
 * @file
 * The bytes of a range as they were at one moment, and what differs between two moments. A snapshot
 * never changes once it is published, so that it is read without a lock.
 */

/** A range as it was at one moment, shared by all who saw it so. */
typedef struct snapshot {
    atomic_uint references;
    int64_t at_ms; /* wall clock */
    uint64_t pass; /* the comparison of the range that made it */
    size_t length_bytes;
    char etag[ETAG_BYTES];
    uint8_t *bytes;          /* behind the next */
    uint64_t changed_pass[]; /* of each block: the pass that last found it changed */
} snapshot;

/** NULL where memory runs out. */
snapshot *snapshot_new(size_t length_bytes);

snapshot *snapshot_ref(snapshot *self);

/** The last user frees it. NULL is fine. */
void snapshot_unref(snapshot *self);

/**
 * Reads a part of a section, where it is not what an older snapshot says.
 * @param known the older one, as long; NULL: there is none, and everything has changed.
 * @param pass larger than that of `known`.
 * @param ret_changed false: nothing differs, and the bytes of `self` are undefined.
 * @return those of `section_read`.
 */
section_status snapshot_read(snapshot *self, section *source, uint64_t offset_bytes,
                             const snapshot *known, uint64_t pass, bool *ret_changed);

/**
 * Finds the first byte from `at` on that differs; the length where none does. `to` is the younger of
 * two snapshots of one range.
 */
size_t snapshot_find_difference(const snapshot *from, const snapshot *to, size_t at);

#endif
