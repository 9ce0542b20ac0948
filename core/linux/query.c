#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "../os.h"

/* AT_STATX_DONT_SYNC: a file of FUSE or of a network is not asked for, and so cannot hang here. */
section_status os_query(const os_section *object, bool may_wait, os_facts *ret_facts,
                        section_error *ret_error)
{
    struct statx facts;
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
