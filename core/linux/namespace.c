#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "shm.h"
#include <section_posix/cleanup.h>

section_status os_namespace_list(section_scope scope, namespace_visitor *visit, void *context,
                                 section_error *ret_error)
{
    const struct dirent *entry;
    section_name name;
    struct stat facts;
    bool more = true;
    if (scope != SECTION_SCOPE_LOCAL) {
        return section_fail(ret_error, SECTION_UNSUPPORTED,
                            "Linux has one namespace for shared memory: leave out the scope");
    }
    _cleanup_closedir_ DIR *folder = opendir(SHM_DIRECTORY);
    if (folder == NULL) {
        return section_fail_os(ret_error, "opendir", SECTION_OS_ERRNO, (uint32_t)errno,
                               SHM_DIRECTORY " cannot be read");
    }
    while (more && (entry = readdir(folder)) != NULL) {
        if (section_name_parse(entry->d_name, &name, NULL) == SECTION_OK &&
            fstatat(dirfd(folder), entry->d_name, &facts, AT_SYMLINK_NOFOLLOW) == 0 &&
            S_ISREG(facts.st_mode)) {
            const namespace_entry found = {
                .name = &name,
                .size_known = true,
                .size_bytes = (uint64_t)facts.st_size,
                .object = {(uint64_t)facts.st_dev, (uint64_t)facts.st_ino},
            };
            more = visit(context, &found);
        }
    }
    return SECTION_OK;
}
