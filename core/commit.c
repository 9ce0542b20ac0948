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

uint64_t held_missing_behind(const section *self, uint64_t offset_bytes, uint64_t length_bytes,
                             uint64_t *next_bytes)
{
    const uint64_t page = os_page_size();
    const uint64_t end = offset_bytes + length_bytes;
    const uint64_t from = offset_bytes > *next_bytes ? offset_bytes : *next_bytes;
    if (length_bytes == 0 || from >= end) {
        return 0;
    }
    const uint64_t last = self->view_offset + end - 1;
    *next_bytes = last - last % page + page - self->view_offset;
    return section_missing_bytes(self, from, end - from);
}

static uint64_t used_of(const uint64_t *granted_bytes, uint64_t missing_bytes)
{
    const uint64_t granted = granted_bytes != NULL ? *granted_bytes : 0;
    return missing_bytes < granted ? missing_bytes : granted;
}

/*
 * What was granted is used first, then what the sequence was. It is less than what is missing only if
 * pages have lost their memory since.
 */
static section_status take(const section *self, uint64_t missing_bytes, uint64_t *granted_bytes,
                           section_error *ret_error)
{
    const uint64_t used = used_of(granted_bytes, missing_bytes);
    const uint64_t of_sequence = used_of(self->granted_bytes, missing_bytes - used);
    const uint64_t rest = missing_bytes - used - of_sequence;
    section_status status =
        rest > 0 ? self->commit(self->commit_context, rest, ret_error) : SECTION_OK;
    if (status == SECTION_OK && used > 0) {
        *granted_bytes -= used;
    }
    if (status == SECTION_OK && of_sequence > 0) {
        *self->granted_bytes -= of_sequence;
    }
    return status;
}

section_status held_grant(const section *self, uint64_t missing_bytes, uint64_t *ret_granted_bytes,
                          section_error *ret_error)
{
    *ret_granted_bytes = 0;
    if (missing_bytes == 0) {
        return SECTION_OK;
    }
    lock_take(self->lock);
    const section_status status = take(self, missing_bytes, NULL, ret_error);
    lock_give(self->lock);
    *ret_granted_bytes = status == SECTION_OK ? missing_bytes : 0;
    return status;
}

void held_give_back(const section *self, uint64_t granted_bytes)
{
    if (granted_bytes == 0) {
        return;
    }
    lock_take(self->lock);
    if (self->granted_bytes != NULL) {
        *self->granted_bytes += granted_bytes;
    } else {
        self->uncommit(self->commit_context, granted_bytes);
    }
    lock_give(self->lock);
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
