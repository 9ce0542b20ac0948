#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <section/cleanup.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "../posix/segment.h"
#include "file.h"
#include "shm.h"

static void set_object(os_section *object, const struct stat *facts)
{
    object->identity[0] = (uint64_t)facts->st_dev;
    object->identity[1] = (uint64_t)facts->st_ino;
}

/* Gives a fresh object its size, and its memory unless that is to be reserved only. */
static section_status allocate(int fd, const section_create_options *options,
                               section_error *ret_error)
{
    if (ftruncate(fd, (off_t)options->size_bytes) != 0) {
        return section_fail_os(ret_error, "ftruncate", SECTION_OS_ERRNO, (uint32_t)errno,
                               "the section cannot have that size");
    }
    if (options->reserve) {
        return SECTION_OK;
    }
    int number;
    do {
        number = posix_fallocate(fd, 0, (off_t)options->size_bytes);
    } while (number == EINTR);
    if (number != 0) {
        return section_fail_os(ret_error, "posix_fallocate", SECTION_OS_ERRNO, (uint32_t)number,
                               "there is no memory for the section");
    }
    return SECTION_OK;
}

static section_status create_anonymous(const section_create_options *options, os_section *object,
                                       section_error *ret_error)
{
    int fd = memfd_create("section", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (fd < 0) {
        return section_fail_os(ret_error, "memfd_create", SECTION_OS_ERRNO, (uint32_t)errno,
                               "no anonymous section can be made");
    }
    object->handle = fd;
    object->backing = SECTION_BACKING_MEMFD;
    section_status status = allocate(fd, options, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    /*
     * The size is fixed from here on, and each page has its memory unless that is reserved only: so plain
     * copies are safe. No other process can add a seal, such as one against writing.
     */
    if (fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0) {
        return section_fail_os(ret_error, "fcntl F_ADD_SEALS", SECTION_OS_ERRNO, (uint32_t)errno,
                               "the section cannot be sealed");
    }
    object->cannot_fault = !options->reserve;
    return SECTION_OK;
}

/* A group with many members needs much room. */
static section_status find_group(const char *name, gid_t *ret_group, section_error *ret_error)
{
    enum { ROOM_BYTES = 4096, ROOM_BYTES_MAX = 16 * 1024 * 1024 };
    int number = ERANGE;
    for (size_t size = ROOM_BYTES; number == ERANGE && size <= ROOM_BYTES_MAX; size *= 4) {
        struct group row;
        struct group *found = NULL;
        _cleanup_free_ char *room = malloc(size);
        if (room == NULL) {
            return section_fail(ret_error, SECTION_NO_MEMORY, "no memory for the group's members");
        }
        number = getgrnam_r(name, &row, room, size, &found);
        if (number == 0 && found == NULL) {
            return section_fail(ret_error, SECTION_BAD_REQUEST, "there is no group \"%.64s\"",
                                name);
        }
        if (number == 0) {
            *ret_group = found->gr_gid;
        }
    }
    return number == 0 ? SECTION_OK
                       : section_fail_os(ret_error, "getgrnam_r", SECTION_OS_ERRNO,
                                         (uint32_t)number, "the group cannot be looked up");
}

/* Before it has its name, so that nobody ever sees it with other rights. */
static section_status set_rights(int fd, const section_create_options *options,
                                 section_error *ret_error)
{
    if (options->group != NULL) {
        gid_t group = 0;
        section_status status = find_group(options->group, &group, ret_error);
        if (status != SECTION_OK) {
            return status;
        }
        if (fchown(fd, (uid_t)-1, group) != 0) {
            return section_fail_os(ret_error, "fchown", SECTION_OS_ERRNO, (uint32_t)errno,
                                   "the section cannot be given to that group");
        }
    }
    if (options->has_mode && fchmod(fd, (mode_t)options->mode) != 0) {
        return section_fail_os(ret_error, "fchmod", SECTION_OS_ERRNO, (uint32_t)errno,
                               "the section cannot have that mode");
    }
    return SECTION_OK;
}

/*
 * A named object is made whole before its name appears, so nobody ever opens one of size 0, and
 * nothing is left behind when the memory does not suffice.
 */
static section_status create_named(const section_create_options *options, os_section *object,
                                   section_error *ret_error)
{
    char path[SHM_PATH_BYTES];
    char link[64];
    int fd = open(SHM_DIRECTORY, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd < 0) {
        return section_fail_os(ret_error, "open O_TMPFILE", SECTION_OS_ERRNO, (uint32_t)errno,
                               "no section can be made in " SHM_DIRECTORY);
    }
    object->handle = fd;
    object->backing = SECTION_BACKING_SHM;
    section_status status = set_rights(fd, options, ret_error);
    if (status == SECTION_OK) {
        status = allocate(fd, options, ret_error);
    }
    if (status != SECTION_OK) {
        return status;
    }
    shm_path(options->name, path);
    (void)snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    if (linkat(AT_FDCWD, link, AT_FDCWD, path, AT_SYMLINK_FOLLOW) != 0) {
        return section_fail_os(ret_error, "linkat", SECTION_OS_ERRNO, (uint32_t)errno,
                               "the section cannot get its name");
    }
    object->owns_name = true; /* until the section is complete, also where the name is to be kept */
    return SECTION_OK;
}

static section_status create_new(const section_create_options *options, os_section *object,
                                 section_error *ret_error)
{
    struct stat facts;
    section_status status = options->name == NULL ? create_anonymous(options, object, ret_error)
                                                  : create_named(options, object, ret_error);
    if (status == SECTION_OK && fstat((int)object->handle, &facts) != 0) {
        status = section_fail_os(ret_error, "fstat", SECTION_OS_ERRNO, (uint32_t)errno,
                                 "the new section does not answer");
    }
    if (status != SECTION_OK) {
        os_close(object, options->name);
        return status;
    }
    set_object(object, &facts);
    object->created = true;
    object->access = SECTION_ACCESS_READWRITE;
    object->reserve = false; /* the kernel fills holes with zeros by itself */
    return SECTION_OK;
}

/* How often the name may appear and vanish between the calls before we give up. */
enum { CREATE_ATTEMPTS = 16, OPEN_ATTEMPTS = 16 };

/* Opens the existing name or makes it. Between the two another process may make it or remove it. */
static section_status create_or_open(const section_create_options *options, os_section *object,
                                     section_error *ret_error)
{
    const section_open_options existing = {.name = options->name,
                                           .access = os_existing_access(options)};
    section_status status = SECTION_NOT_FOUND;
    for (int attempt = 0; attempt < CREATE_ATTEMPTS; attempt++) {
        if (options->name != NULL) {
            status = os_open(&existing, object, ret_error);
            if (status == SECTION_OK && options->must_be_new) {
                os_close(object, NULL);
                return section_fail(ret_error, SECTION_ALREADY_EXISTS,
                                    "a section has that name; open it, or take another name");
            }
            if (status != SECTION_NOT_FOUND) {
                return status;
            }
        }
        status = create_new(options, object, ret_error);
        if (status != SECTION_ALREADY_EXISTS) {
            return status;
        }
    }
    return status;
}

section_status os_create(const section_create_options *options, os_section *ret_section,
                         section_error *ret_error)
{
    if (options->sddl != NULL) {
        return section_fail(ret_error, SECTION_UNSUPPORTED,
                            "Linux has no security descriptors; sections are made with mode 0600");
    }
    section_status status = options->file != NULL ? file_create(options, ret_section, ret_error)
                                                  : create_or_open(options, ret_section, ret_error);
    ret_section->protect = options->protect;
    if (status != SECTION_OK || !options->inherit) {
        return status;
    }
    status = os_set_inherit(ret_section, true, ret_error);
    if (status != SECTION_OK) {
        os_close(ret_section, options->name);
    }
    return status;
}

static section_status open_named(const section_open_options *options, os_section *ret_section,
                                 section_error *ret_error)
{
    const bool wants_write =
        options->access == SECTION_ACCESS_MOST || options->access == SECTION_ACCESS_READWRITE;
    /* O_NONBLOCK: a FIFO under the name must not hold us. */
    const int common = O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;
    char posix_name[SECTION_NAME_BYTES_MAX + 1];
    os_section object = {.handle = OS_NO_HANDLE, .backing = SECTION_BACKING_SHM};

    (void)snprintf(posix_name, sizeof posix_name, "/%s", options->name->text);
    object.access = wants_write ? SECTION_ACCESS_READWRITE : SECTION_ACCESS_READ;
    int fd = shm_open(posix_name, common | (wants_write ? O_RDWR : O_RDONLY), 0);
    if (fd < 0 && options->access == SECTION_ACCESS_MOST && (errno == EACCES || errno == EPERM)) {
        object.access = SECTION_ACCESS_READ;
        fd = shm_open(posix_name, common | O_RDONLY, 0);
    }
    if (fd < 0) {
        return section_fail_os(ret_error, "shm_open", SECTION_OS_ERRNO, (uint32_t)errno,
                               "no section of that name can be opened");
    }
    object.handle = fd;
    section_name unused;
    section_status status = shm_identify(fd, NULL, &object, &unused, ret_error);
    if (status != SECTION_OK) {
        os_close(&object, NULL);
        return status;
    }
    *ret_section = object;
    return SECTION_OK;
}

/* The name may have lost the object by the time that it is open: then what has it now is meant. */
section_status os_open(const section_open_options *options, os_section *ret_section,
                       section_error *ret_error)
{
    for (int attempt = 0; attempt < OPEN_ATTEMPTS; attempt++) {
        os_section object;
        section_status status = open_named(options, &object, ret_error);
        if (status != SECTION_OK) {
            return status;
        }
        if (os_name_leads_to(options->name, &object)) {
            *ret_section = object;
            return SECTION_OK;
        }
        os_close(&object, NULL);
    }
    return section_fail(ret_error, SECTION_NOT_FOUND,
                        "the name leads to another object each time that it is opened");
}

/*
 * Some file systems write the file's bytes while a view of any access is unmapped, whoever stored them.
 * The kernel then holds the lock of the whole address space: where the file's server does not answer,
 * no other thread could map, unmap or fault any more. So the bytes are written before, without that
 * lock.
 */
static void write_back(const os_section *object)
{
    enum { FUSE_MAGIC = 0x65735546, PLAN_9_MAGIC = 0x01021997 };
    struct statfs facts;
    const int fd = (int)object->handle;
    if (object->backing == SECTION_BACKING_FILE && fstatfs(fd, &facts) == 0 &&
        (facts.f_type == FUSE_MAGIC || facts.f_type == PLAN_9_MAGIC)) {
        (void)sync_file_range(fd, 0, 0,
                              SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE |
                                  SYNC_FILE_RANGE_WAIT_AFTER);
    }
}

void os_close(os_section *object, const section_name *name)
{
    if (object->owns_name && name != NULL) {
        os_release_name(object, name);
    }
    if (object->segment != NULL) {
        segment_detach(object);
    }
    if (object->base != NULL) {
        write_back(object);
        (void)munmap(object->base, object->mapped_bytes);
    }
    if (object->handle != OS_NO_HANDLE) {
        (void)close((int)object->handle);
    }
    *object = (os_section){.handle = OS_NO_HANDLE};
}
