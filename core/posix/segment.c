#include "segment.h"

#include <errno.h>
#include <sys/shm.h>

static section_status fail(section_error *ret_error, const char *call)
{
    return section_fail_os(ret_error, call, SECTION_OS_ERRNO, (uint32_t)errno,
                           errno == EACCES
                               ? "the mode of the System V segment does not let us; its "
                                 "owner can change it, and CAP_IPC_OWNER helps"
                               : "the System V segment cannot be attached");
}

section_status segment_size(int id, uint64_t *ret_size_bytes, section_error *ret_error)
{
    struct shmid_ds facts;
    if (shmctl(id, IPC_STAT, &facts) != 0) {
        return fail(ret_error, "shmctl IPC_STAT");
    }
    *ret_size_bytes = facts.shm_segsz;
    return SECTION_OK;
}

/* NULL leaves errno. */
static void *attach(int id, section_access access)
{
    void *segment = shmat(id, NULL, access == SECTION_ACCESS_READ ? SHM_RDONLY : 0);
    return segment != (void *)-1 ? segment : NULL; /* as shmat(2) has it */
}

section_status segment_attach(const segment_facts *facts, section_access wanted, os_section *object,
                              section_error *ret_error)
{
    const bool is_most = wanted == SECTION_ACCESS_MOST;
    if (wanted == SECTION_ACCESS_WRITECOPY) {
        return section_fail(
            ret_error, SECTION_UNSUPPORTED,
            "a System V segment cannot be mapped as writecopy without a descriptor, "
            "which only root has, by /proc/PID/map_files");
    }
    if (wanted == SECTION_ACCESS_READWRITE && !facts->may_write) {
        return section_fail(ret_error, SECTION_ACCESS_DENIED,
                            "the process itself has attached the segment for reading only");
    }
    object->access = wanted == SECTION_ACCESS_READ || !facts->may_write ? SECTION_ACCESS_READ
                                                                        : SECTION_ACCESS_READWRITE;
    object->segment = attach(facts->id, object->access);
    if (object->segment == NULL && is_most && errno == EACCES) {
        object->access = SECTION_ACCESS_READ;
        object->segment = attach(facts->id, object->access);
    }
    if (object->segment == NULL) {
        return fail(ret_error, "shmat");
    }
    section_status status = segment_size(facts->id, &object->opened_size_bytes, ret_error);
    if (status != SECTION_OK) {
        segment_detach(object);
    }
    return status;
}

void segment_map(os_section *object, section_access wanted, uint64_t offset_bytes,
                 size_t length_bytes)
{
    object->base = object->segment + offset_bytes;
    object->mapped_offset = offset_bytes;
    object->mapped_bytes = length_bytes;
    object->access = wanted;
}

void segment_detach(os_section *object)
{
    (void)shmdt(object->segment);
    object->segment = NULL;
    object->base = NULL;
}
