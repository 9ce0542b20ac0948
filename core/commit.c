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

section_status held_grant(const section *self, uint64_t missing_bytes, uint64_t *ret_granted_bytes,
                          section_error *ret_error)
{
    *ret_granted_bytes = 0;
    if (missing_bytes == 0) {
        return SECTION_OK;
    }
    lock_take(self->lock);
    const section_status status = self->commit(self->commit_context, missing_bytes, ret_error);
    lock_give(self->lock);
    *ret_granted_bytes = status == SECTION_OK ? missing_bytes : 0;
    return status;
}

void held_give_back(const section *self, uint64_t granted_bytes)
{
    if (granted_bytes > 0) {
        lock_take(self->lock);
        self->uncommit(self->commit_context, granted_bytes);
        lock_give(self->lock);
    }
}

/* The grant is less than what is missing only if pages have lost their memory since. */
static section_status take(const section *self, uint64_t missing_bytes, uint64_t *granted_bytes,
                           section_error *ret_error)
{
    const uint64_t granted = granted_bytes != NULL ? *granted_bytes : 0;
    const uint64_t used = missing_bytes < granted ? missing_bytes : granted;
    section_status status = SECTION_OK;
    if (missing_bytes > used) {
        status = self->commit(self->commit_context, missing_bytes - used, ret_error);
    }
    if (status == SECTION_OK && granted_bytes != NULL) {
        *granted_bytes -= used;
    }
    return status;
}

section_status held_commit(const section *self, uint64_t offset_bytes, uint64_t length_bytes,
                           uint64_t *granted_bytes, uint64_t *taken_bytes, section_error *ret_error)
{
    if (self->commit == NULL) {
        return SECTION_OK;
    }
    const uint64_t missing = section_missing_bytes(self, offset_bytes, length_bytes);
    if (missing == 0) {
        return SECTION_OK;
    }
    section_status status = take(self, missing, granted_bytes, ret_error);
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
