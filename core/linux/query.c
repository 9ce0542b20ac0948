#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "../os.h"

/* AT_STATX_DONT_SYNC: a file of FUSE or of a network is not asked for, and so cannot hang here. */
section_status os_query(const os_section *object, bool may_wait, os_facts *ret_facts,
                        section_error *ret_error)
{
    struct statx facts;
    if (object->segment != NULL) {
        *ret_facts = (os_facts){
            .size_bytes = object->opened_size_bytes,
            .size_exact = true,
            .protect = atomic_load(&object->protect),
            .handle_count = -1,
        };
        return SECTION_OK;
    }
    const int sync = may_wait ? AT_STATX_SYNC_AS_STAT : AT_STATX_DONT_SYNC;
    const int flags = fcntl((int)object->handle, F_GETFD);
    if (flags < 0 ||
        statx((int)object->handle, "", AT_EMPTY_PATH | sync, STATX_SIZE, &facts) != 0) {
        return section_fail_os(ret_error, "statx", SECTION_OS_ERRNO, (uint32_t)errno,
                               "the section does not answer");
    }
    const bool cut = object->limit_bytes > 0 && object->limit_bytes < facts.stx_size;
    *ret_facts = (os_facts){
        .size_bytes = cut ? object->limit_bytes : facts.stx_size,
        .size_exact = true,
        .protect = atomic_load(&object->protect),
        .inherit = (flags & FD_CLOEXEC) == 0,
        .handle_count = -1,
    };
    return SECTION_OK;
}

/*
 * A store into the rest of the last page past the end does not fault, and would show up when the
 * object grows again: so the size is asked before each copy, and the copy itself cannot fault. It is the
 * size that the system knows that counts: by that pages are given or refused.
 */
const bool os_present_waits_for_disk =
    false; /* AT_STATX_DONT_SYNC: the size that the system knows */

section_status os_check_present(const os_section *object, uint64_t end_bytes,
                                section_error *ret_error)
{
    struct statx facts;
    if (object->segment != NULL) {
        return SECTION_OK;
    }
    if (statx((int)object->handle, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_SIZE, &facts) !=
        0) {
        return section_fail_os(ret_error, "statx", SECTION_OS_ERRNO, (uint32_t)errno,
                               "the section does not answer");
    }
    if (end_bytes > facts.stx_size) {
        return section_fail(ret_error, SECTION_GONE,
                            "somebody has cut the section to %llu bytes since we mapped it",
                            (unsigned long long)facts.stx_size);
    }
    return SECTION_OK;
}
