#include "failure.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Maps the whole descriptor, which it closes on failure. */
static bool map_whole(int descriptor, bool writable, peer_object *ret_object, failure *why)
{
    struct stat status;
    peer_object made = object_of(descriptor);
    if (fstat(descriptor, &status) != 0) {
        fail(why, "fstat");
        close(descriptor);
        return false;
    }
    made.size_bytes = (uint64_t)status.st_size;
    void *base = mmap(NULL, (size_t)made.size_bytes, PROT_READ | (writable ? PROT_WRITE : 0),
                      MAP_SHARED, descriptor, 0);
    if (base == MAP_FAILED) {
        fail(why, "mmap");
        close(descriptor);
        return false;
    }
    made.base = base;
    *ret_object = made;
    return true;
}

/* shm_open's name: with one leading slash. The caller frees. */
static char *shm_name(const char *name)
{
    size_t room = strlen(name) + 2;
    char *slashed = malloc(room);
    if (slashed)
        snprintf(slashed, room, "/%s", name);
    return slashed;
}

static bool create_named(const char *name, uint64_t size_bytes, peer_object *ret_object,
                         failure *why)
{
    char *slashed = shm_name(name);
    if (!slashed)
        return fail(why, "malloc");
    bool created = true;
    int descriptor = shm_open(slashed, O_RDWR | O_CREAT | O_EXCL, 0600);
    if (descriptor < 0 && errno == EEXIST) {
        created = false;
        descriptor = shm_open(slashed, O_RDWR, 0);
    }
    if (descriptor < 0) {
        fail(why, "shm_open");
        free(slashed);
        return false;
    }
    if (created && ftruncate(descriptor, (off_t)size_bytes) != 0) {
        fail(why, "ftruncate");
        close(descriptor);
        shm_unlink(slashed);
        free(slashed);
        return false;
    }
    if (!map_whole(descriptor, true, ret_object, why)) {
        if (created)
            shm_unlink(slashed);
        free(slashed);
        return false;
    }
    ret_object->created = created;
    if (created)
        ret_object->unlink_name = slashed;
    else
        free(slashed);
    return true;
}

bool section_create(const char *name, uint64_t size_bytes, peer_object *ret_object, failure *why)
{
    if (name)
        return create_named(name, size_bytes, ret_object, why);
    int descriptor = memfd_create("peer", MFD_CLOEXEC);
    if (descriptor < 0)
        return fail(why, "memfd_create");
    if (ftruncate(descriptor, (off_t)size_bytes) != 0) {
        fail(why, "ftruncate");
        close(descriptor);
        return false;
    }
    if (!map_whole(descriptor, true, ret_object, why))
        return false;
    ret_object->created = true;
    return true;
}

bool section_create_readonly(const char *name, uint64_t size_bytes, peer_object *ret_object,
                             failure *why)
{
    char link[64];
    if (!section_create(name, size_bytes, ret_object, why))
        return false;
    snprintf(link, sizeof link, "/proc/self/fd/%d", (int)ret_object->handle);
    int reading = open(link, O_RDONLY | O_CLOEXEC);
    if (reading < 0) {
        fail(why, "open");
        object_close(ret_object);
        return false;
    }
    ret_object->companion = ret_object->handle;
    ret_object->handle = (uint64_t)reading;
    return true;
}

bool section_open(const char *name, peer_object *ret_object, failure *why)
{
    char *slashed = shm_name(name);
    if (!slashed)
        return fail(why, "malloc");
    int descriptor = shm_open(slashed, O_RDWR, 0);
    if (descriptor < 0)
        fail(why, "shm_open");
    free(slashed);
    return descriptor >= 0 && map_whole(descriptor, true, ret_object, why);
}

bool section_duplicate(uint64_t pid, uint64_t handle, peer_object *ret_object, failure *why)
{
    int process = (int)syscall(SYS_pidfd_open, (pid_t)pid, 0);
    if (process < 0)
        return fail(why, "pidfd_open");
    int descriptor = (int)syscall(SYS_pidfd_getfd, process, (int)handle, 0);
    if (descriptor < 0)
        fail(why, "pidfd_getfd");
    close(process);
    return descriptor >= 0 && map_whole(descriptor, true, ret_object, why);
}

bool section_of_file(const char *path, uint64_t size_bytes, peer_object *ret_object, failure *why)
{
    if (!path) {
        errno = EINVAL;
        return fail(why, "open");
    }
    int descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (descriptor < 0)
        return fail(why, "open");
    if (size_bytes && ftruncate(descriptor, (off_t)size_bytes) != 0) {
        fail(why, "ftruncate");
        close(descriptor);
        return false;
    }
    return map_whole(descriptor, true, ret_object, why);
}

bool section_resize(peer_object *section, uint64_t size_bytes, failure *why)
{
    if (ftruncate((int)section->handle, (off_t)size_bytes) != 0)
        return fail(why, "ftruncate");
    return true;
}
