#include <section/commit.h>

#include "held.h"

void section_on_commit(section *self, section_commit *commit, void *context)
{
    self->commit = commit;
    self->commit_context = context;
}

uint64_t section_missing_bytes(const section *self, uint64_t offset_bytes, uint64_t length_bytes)
{
    return self->os.access == SECTION_ACCESS_READWRITE && length_bytes > 0
               ? os_missing_bytes(&self->os, self->view + offset_bytes, (size_t)length_bytes)
               : 0;
}

section_status held_commit(const section *self, uint64_t offset_bytes, uint64_t length_bytes,
                           section_error *ret_error)
{
    if (self->commit == NULL) {
        return SECTION_OK;
    }
    const uint64_t missing = section_missing_bytes(self, offset_bytes, length_bytes);
    return missing > 0 ? self->commit(self->commit_context, missing, ret_error) : SECTION_OK;
}
