#include "held.h"

#include <section/cleanup.h>
#include <string.h>

section_status held_check_inside(const section *self, uint64_t offset_bytes, uint64_t length_bytes,
                                 section_error *ret_error)
{
    if (offset_bytes > self->view_length || length_bytes > self->view_length - offset_bytes) {
        return section_fail(ret_error, SECTION_BAD_RANGE,
                            "%llu bytes at offset %llu do not lie inside the view of %llu bytes",
                            (unsigned long long)length_bytes, (unsigned long long)offset_bytes,
                            (unsigned long long)self->view_length);
    }
    return SECTION_OK;
}

/*
 * Checks a range: BAD_RANGE unless it lies inside the view, GONE unless the object still reaches to
 * its end.
 */
section_status section_check(const section *self, uint64_t offset_bytes, uint64_t length_bytes,
                             section_error *ret_error)
{
    section_status status = held_check_inside(self, offset_bytes, length_bytes, ret_error);
    if (status != SECTION_OK || self->os.cannot_fault) {
        return status;
    }
    return os_check_present(&self->os, self->view_offset + offset_bytes + length_bytes, ret_error);
}

section_status held_check_writable(const section *self, section_error *ret_error)
{
    if (self->os.access == SECTION_ACCESS_READ) {
        return section_fail(ret_error, SECTION_READ_ONLY,
                            "we hold it with read access only; whoever made it may grant more");
    }
    return SECTION_OK;
}

static section_status copy_out(section *self, uint64_t offset_bytes, void *ret_bytes,
                               size_t length_bytes, section_error *ret_error)
{
    section_status status = held_check_inside(self, offset_bytes, length_bytes, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    const uint8_t *address = self->view + offset_bytes;
    if (self->os.cannot_fault) {
        memcpy(ret_bytes, address, length_bytes);
        return SECTION_OK;
    }
    return os_copy_out(&self->os, ret_bytes, address, length_bytes, ret_error);
}

static section_status copy_in(section *self, uint64_t offset_bytes, const void *bytes,
                              size_t length_bytes, uint64_t *granted_bytes,
                              section_error *ret_error)
{
    section_status status = section_check(self, offset_bytes, length_bytes, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    status = held_check_writable(self, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    uint64_t taken = 0;
    uint8_t *address = self->view + offset_bytes;
    if (self->os.cannot_fault) { /* and so each page has its memory */
        memcpy(address, bytes, length_bytes);
        return SECTION_OK;
    }
    status = held_commit(self, offset_bytes, length_bytes, granted_bytes, &taken, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    status = os_copy_in(&self->os, address, bytes, length_bytes, ret_error);
    if (status != SECTION_OK) {
        held_uncommit(self, offset_bytes, length_bytes, taken);
    }
    return status;
}

/*
 * A longer copy is split into pieces, and is not atomic as a whole. Other threads can take the lock
 * between two pieces.
 */
static size_t piece_of(size_t rest_bytes)
{
    return rest_bytes < SECTION_WHOLE_BYTES ? rest_bytes : SECTION_WHOLE_BYTES;
}

/* Checks all pieces before the first is moved, so that a copy which must fail moves nothing. */
static section_status check_long(const section *self, uint64_t offset_bytes, size_t length_bytes,
                                 section_error *ret_error)
{
    return length_bytes > SECTION_WHOLE_BYTES
               ? section_check(self, offset_bytes, length_bytes, ret_error)
               : SECTION_OK;
}

section_status section_read(section *self, uint64_t offset_bytes, void *ret_bytes,
                            size_t length_bytes, section_error *ret_error)
{
    uint8_t *target = ret_bytes;
    size_t done = 0;
    section_status status = check_long(self, offset_bytes, length_bytes, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    do {
        const size_t length = piece_of(length_bytes - done);
        lock_take(self->lock);
        status = copy_out(self, offset_bytes + done, target + done, length, ret_error);
        lock_give(self->lock);
        done += length;
    } while (status == SECTION_OK && done < length_bytes);
    return status;
}

/* The memory of all pieces; one piece asks for its own. */
static section_status grant_long(const section *self, uint64_t offset_bytes, size_t length_bytes,
                                 uint64_t *ret_granted_bytes, section_error *ret_error)
{
    const bool asks = self->commit != NULL && length_bytes > SECTION_WHOLE_BYTES;
    return held_grant(self, asks ? section_missing_bytes(self, offset_bytes, length_bytes) : 0,
                      ret_granted_bytes, ret_error);
}

section_status section_write(section *self, uint64_t offset_bytes, const void *bytes,
                             size_t length_bytes, section_error *ret_error)
{
    const uint8_t *source = bytes;
    size_t done = 0;
    uint64_t granted = 0;
    section_status status = check_long(self, offset_bytes, length_bytes, ret_error);
    if (status == SECTION_OK) {
        status = grant_long(self, offset_bytes, length_bytes, &granted, ret_error);
    }
    if (status != SECTION_OK) {
        return status;
    }
    do {
        const size_t length = piece_of(length_bytes - done);
        lock_take(self->lock);
        status = copy_in(self, offset_bytes + done, source + done, length, &granted, ret_error);
        lock_give(self->lock);
        done += length;
    } while (status == SECTION_OK && done < length_bytes);
    held_give_back(self, granted);
    return status;
}

/*
 * All pages must have memory. The kernel reads them for the caller, and would allocate memory for
 * those without.
 */
static section_status check_lendable(section *self, uint64_t offset_bytes, uint64_t length_bytes,
                                     section_error *ret_error)
{
    os_stretch stretch;
    if (self->os.cannot_fault || length_bytes == 0) {
        return SECTION_OK;
    }
    lock_take(self->lock);
    section_status status =
        os_look(&self->os, self->view + offset_bytes, (size_t)length_bytes, &stretch, ret_error);
    lock_give(self->lock);
    if (status != SECTION_OK || (stretch.has_memory && stretch.length_bytes == length_bytes)) {
        return status;
    }
    return section_fail(ret_error, SECTION_UNSUPPORTED, "not all of its pages have memory");
}

const void *section_borrow(section *self, uint64_t offset_bytes, uint64_t length_bytes,
                           section_error *ret_error)
{
    if (section_check(self, offset_bytes, length_bytes, ret_error) != SECTION_OK) {
        return NULL;
    }
    if (self->os.reserve) {
        (void)section_fail(ret_error, SECTION_UNSUPPORTED, "its pages may not be committed");
        return NULL;
    }
    if (check_lendable(self, offset_bytes, length_bytes, ret_error) != SECTION_OK) {
        return NULL;
    }
    return self->view + offset_bytes;
}
