#include <section/section.h>
#include <string.h>

/*
 * Ranges that are longer than one copy are moved piece by piece. Each piece is whole, and the locks
 * are free between pieces.
 */

static size_t piece(uint64_t rest_bytes)
{
    return rest_bytes < SECTION_WHOLE_BYTES ? (size_t)rest_bytes : SECTION_WHOLE_BYTES;
}

static section_status go_on(const section_pause *pause, section_error *ret_error)
{
    if (pause != NULL && !pause->may_go_on(pause->context)) {
        return section_fail(ret_error, SECTION_STOPPING, "stopped before the end was reached");
    }
    return SECTION_OK;
}

section_status section_fill(section *self, uint64_t offset_bytes, uint64_t length_bytes,
                            uint8_t value, const section_pause *pause, section_error *ret_error)
{
    uint8_t bytes[SECTION_WHOLE_BYTES];
    /* The whole range is checked first, so that a call which must fail stores nothing. */
    section_status status = section_check(self, offset_bytes, length_bytes, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    memset(bytes, value, piece(length_bytes));
    for (uint64_t done = 0; done < length_bytes;) {
        const size_t length = piece(length_bytes - done);
        status = done > 0 ? go_on(pause, ret_error) : SECTION_OK;
        if (status != SECTION_OK) {
            return status;
        }
        status = section_write(self, offset_bytes + done, bytes, length, ret_error);
        if (status != SECTION_OK) {
            return status;
        }
        done += length;
    }
    return SECTION_OK;
}

section_status section_copy(section *from, uint64_t from_offset_bytes, section *to,
                            uint64_t to_offset_bytes, uint64_t length_bytes,
                            const section_pause *pause, section_error *ret_error)
{
    uint8_t bytes[SECTION_WHOLE_BYTES];
    section_status status = section_check(from, from_offset_bytes, length_bytes, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    status = section_check(to, to_offset_bytes, length_bytes, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    /*
     * Towards higher offsets of one object the last piece goes first, so that no piece is
     * overwritten before it was read. For two objects the order does not matter, so the test for
     * one object is left out.
     */
    const bool backwards =
        section_object_offset(to, to_offset_bytes) > section_object_offset(from, from_offset_bytes);
    for (uint64_t done = 0; done < length_bytes;) {
        const size_t length = piece(length_bytes - done);
        const uint64_t at = backwards ? length_bytes - done - length : done;
        status = done > 0 ? go_on(pause, ret_error) : SECTION_OK;
        if (status != SECTION_OK) {
            return status;
        }
        status = section_read(from, from_offset_bytes + at, bytes, length, ret_error);
        if (status != SECTION_OK) {
            return status;
        }
        status = section_write(to, to_offset_bytes + at, bytes, length, ret_error);
        if (status != SECTION_OK) {
            return status;
        }
        done += length;
    }
    return SECTION_OK;
}
