#include "attach.h"

#include <limits.h>

#include "../posix/segment.h"
#include "ipc.h"
#include "shm.h"
#include <section_posix/cleanup.h>

/*
 * An id leads to the segment that has it now, in our own IPC namespace. That this is the one that the
 * process has attached is known afterwards: as long as both have it, no other gets its id.
 */

/* Whether the mapping at an address is one of the same segment; `pid` 0: one of our own. */
static bool has_attached(uint32_t pid, uint64_t address, const mapping *line)
{
    mapping present;
    _cleanup_free_ char *text = NULL;
    return mapping_find(pid, address, &present, &text, NULL) == SECTION_OK && present.is_segment &&
           present.device == line->device && present.inode == line->inode;
}

static section_status check_line(const section_duplicate_options *options, const mapping *line,
                                 section_error *ret_error)
{
    if (!line->readable) {
        return section_fail(ret_error, SECTION_ACCESS_DENIED,
                            "the process does not hold it for reading, and so it cannot be mapped");
    }
    if (line->inode > INT_MAX) {
        return section_fail(ret_error, SECTION_NOT_A_SECTION, "no System V segment has that id");
    }
    if (!ipc_is_ours(ipc_namespace_of(options->pid))) {
        return section_fail(ret_error, SECTION_ACCESS_DENIED,
                            "the System V segment belongs to another IPC namespace, and only "
                            "/proc/PID/map_files leads there; CAP_CHECKPOINT_RESTORE, or to be "
                            "root, helps");
    }
    return SECTION_OK;
}

section_status attach_segment(const section_duplicate_options *options, const mapping *line,
                              os_section *object, section_error *ret_error)
{
    const segment_facts facts = {.id = (int)line->inode, .may_write = line->writable};
    section_status status = check_line(options, line, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    status = segment_attach(&facts, options->access, object, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    if (!has_attached(0, (uintptr_t)object->segment, line) ||
        !has_attached(options->pid, options->address, line)) {
        segment_detach(object);
        return section_fail(ret_error, SECTION_NOT_FOUND,
                            "the process detached it while it was being taken");
    }
    object->backing =
        line->device == shm_memory_device() ? SECTION_BACKING_SYSV : SECTION_BACKING_HUGETLB;
    object->identity[0] = shm_identity_device(line->device, true);
    object->identity[1] = ipc_identity(line->inode, ipc_namespace_of(0));
    return SECTION_OK;
}
