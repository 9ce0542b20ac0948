#include <stdlib.h>

#include "memory/tags.h"

section_status bytes_tag(call *call, char ret_etag[ETAG_BYTES], section_error *ret_error)
{
    const bound *bound = &call->targets[0];
    const size_t length = (size_t)bound->length_bytes;
    void *bytes = malloc(length > 0 ? length : 1);
    if (bytes == NULL) {
        return section_fail(ret_error, SECTION_NO_MEMORY, "no memory for the tag");
    }
    section_status status =
        section_read(bound->entry->section, bound->offset_bytes, bytes, length, ret_error);
    if (status == SECTION_OK) {
        etag_of(bytes, length, ETAG_OF_BYTES, ret_etag);
    }
    free(bytes);
    return status;
}

void note_origin(const call *call, reply *reply, uint64_t offset_bytes, const void *bytes,
                 size_t length_bytes)
{
    if (call->is_watched) {
        reply->made_of.offset_bytes = offset_bytes;
        reply->made_of.length_bytes = length_bytes;
        etag_of(bytes, length_bytes, ETAG_OF_BYTES, reply->made_of.etag);
    }
}
