#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "shm.h"

/* A name is a directory entry, so another process may remove it or give it to another object. */

section_status os_check_name(section_name *name, const char *prefix, section_error *ret_error)
{
    if (prefix[0] != '\0') {
        return section_fail(ret_error, SECTION_UNSUPPORTED,
                            "Linux has one namespace for shared memory: leave out %s", prefix);
    }
    if (name->text[0] == '/') { /* as shm_open(3) writes it */
        memmove(name->text, name->text + 1, strlen(name->text));
    }
    if (name->text[0] == '\0' || strcmp(name->text, ".") == 0 || strcmp(name->text, "..") == 0 ||
        strchr(name->text, '/') != NULL) {
        return section_fail(ret_error, SECTION_BAD_NAME,
                            "on Linux a name is a file's in " SHM_DIRECTORY
                            ": no further slash, not empty, not . or ..");
    }
    if (strncmp(name->text, "sem.", 4) == 0) {
        return section_fail(ret_error, SECTION_BAD_NAME,
                            "names that begin with sem. belong to POSIX semaphores");
    }
    if (strlen(name->text) > NAME_MAX) {
        return section_fail(ret_error, SECTION_BAD_NAME,
                            "on Linux a name has at most %d bytes of UTF-8", NAME_MAX);
    }
    return SECTION_OK;
}

void shm_path(const section_name *name, char ret_path[SHM_PATH_BYTES])
{
    (void)snprintf(ret_path, SHM_PATH_BYTES, SHM_DIRECTORY "/%.*s", NAME_MAX, name->text);
}

/*
 * Examines the object that has the name. Symbolic links are not followed, as no section is opened
 * through one.
 */
static int look_up(const section_name *name, struct stat *ret_facts)
{
    char path[SHM_PATH_BYTES];
    shm_path(name, path);
    return fstatat(AT_FDCWD, path, ret_facts, AT_SYMLINK_NOFOLLOW);
}

section_status os_find_named(const section_name *name, section_traits *ret_traits,
                             section_error *ret_error)
{
    struct stat facts;
    if (look_up(name, &facts) != 0) {
        return section_fail_os(ret_error, "fstatat", SECTION_OS_ERRNO, (uint32_t)errno,
                               "no section has that name");
    }
    *ret_traits = (section_traits){.words = {(uint64_t)facts.st_dev, (uint64_t)facts.st_ino}};
    return SECTION_OK;
}

bool os_name_leads_to(const section_name *name, const os_section *object)
{
    struct stat facts;
    return look_up(name, &facts) == 0 && (uint64_t)facts.st_dev == object->identity[0] &&
           (uint64_t)facts.st_ino == object->identity[1];
}

void os_release_name(os_section *object, const section_name *name)
{
    char path[SHM_PATH_BYTES];
    if (object->owns_name && os_name_leads_to(name, object)) {
        shm_path(name, path);
        (void)unlink(path);
    }
}

bool os_can_be_orphaned(const os_section *object, const section_name *name)
{
    return name != NULL && object->backing == SECTION_BACKING_SHM;
}

bool os_is_orphaned(const os_section *object, const section_name *name, unsigned held,
                    bool is_made_here)
{
    (void)held;
    (void)is_made_here;
    return !os_name_leads_to(name, object);
}
