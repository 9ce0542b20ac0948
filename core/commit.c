#include <section/commit.h>

#include "held.h"

void section_on_commit(section *self, section_commit *commit, section_uncommit *uncommit,
                       void *context)
{
    self->commit = commit;
    self->uncommit = uncommit;
    self->commit_context = context;
}

uint64_t section_missing_bytes(const section *self, uint64_t offset_bytes, uint64_t length_bytes)
{
    return self->os.access == SECTION_ACCESS_READWRITE && length_bytes > 0
               ? os_missing_bytes(&self->os, self->view + offset_bytes, (size_t)length_bytes)
               : 0;
}

section_status held_commit(const section *self, uint64_t offset_bytes, uint64_t length_bytes,
                           uint64_t *taken_bytes, section_error *ret_error)
{
    if (self->commit == NULL) {
        return SECTION_OK;
    }
    const uint64_t missing = section_missing_bytes(self, offset_bytes, length_bytes);
    if (missing == 0) {
        return SECTION_OK;
    }
    section_status status = self->commit(self->commit_context, missing, ret_error);
    *taken_bytes += status == SECTION_OK ? missing : 0;
    return status;
}

void held_uncommit(const section *self, uint64_t offset_bytes, uint64_t length_bytes,
                   uint64_t taken_bytes)
{
    if (taken_bytes == 0) {
        return;
    }
    const uint64_t missing = section_missing_bytes(self, offset_bytes, length_bytes);
    const uint64_t unused = missing < taken_bytes ? missing : taken_bytes;
    if (unused > 0) {
        self->uncommit(self->commit_context, unused);
    }
}
