#include <section/section.h>
#include <string.h>

/*
 * Moving more than one copy's worth: piece by piece, each piece whole, the locks free in between.
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
    /* The whole range first: what cannot end shall not begin. */
    section_status status = section_check(self, offset_bytes, length_bytes, ret_error);
    memset(bytes, value, piece(length_bytes));
    while (status == SECTION_OK && length_bytes > 0) {
        const size_t length = piece(length_bytes);
        status = section_write(self, offset_bytes, bytes, length, ret_error);
        offset_bytes += length;
        length_bytes -= length;
        if (status == SECTION_OK && length_bytes > 0) {
            status = go_on(pause, ret_error);
        }
    }
    return status;
}

section_status section_copy(section *from, uint64_t from_offset_bytes, section *to,
                            uint64_t to_offset_bytes, uint64_t length_bytes,
                            const section_pause *pause, section_error *ret_error)
{
    uint8_t bytes[SECTION_WHOLE_BYTES];
    section_status status = section_check(from, from_offset_bytes, length_bytes, ret_error);
    if (status == SECTION_OK) {
        status = section_check(to, to_offset_bytes, length_bytes, ret_error);
    }
    /*
     * Towards higher offsets of one object the last piece goes first, so that no piece is
     * overwritten before it was read. For two objects the order is no matter, so nobody needs to
     * know whether it is one.
     */
    const bool backwards =
        section_object_offset(to, to_offset_bytes) > section_object_offset(from, from_offset_bytes);
    for (uint64_t done = 0; status == SECTION_OK && done < length_bytes;) {
        const size_t length = piece(length_bytes - done);
        const uint64_t at = backwards ? length_bytes - done - length : done;
        status = section_read(from, from_offset_bytes + at, bytes, length, ret_error);
        if (status == SECTION_OK) {
            status = section_write(to, to_offset_bytes + at, bytes, length, ret_error);
        }
        done += length;
        if (status == SECTION_OK && done < length_bytes) {
            status = go_on(pause, ret_error);
        }
    }
    return status;
}
