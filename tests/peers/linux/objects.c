#include "failure.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

bool fail(failure *why, const char *call)
{
    why->call = call;
    why->number = (unsigned long)errno;
    snprintf(why->text, sizeof why->text, "%s", strerror(errno));
    return false;
}

peer_object object_of(int descriptor)
{
    return (peer_object){.handle = (uint64_t)descriptor, .companion = NO_HANDLE};
}

uint64_t process_own_id(void)
{
    return (uint64_t)getpid();
}

bool event_create(const char *name, peer_object *ret_object, failure *why)
{
    if (name) { /* Linux has no named events */
        errno = ENOSYS;
        return fail(why, "eventfd");
    }
    int descriptor = eventfd(0, EFD_CLOEXEC);
    if (descriptor < 0)
        return fail(why, "eventfd");
    *ret_object = object_of(descriptor);
    return true;
}

bool pipe_create(peer_object *ret_object, failure *why)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
        return fail(why, "pipe2");
    *ret_object = object_of(ends[0]);
    ret_object->companion = (uint64_t)ends[1];
    return true;
}

static void *wait_for_byte(void *context)
{
    char byte;
    while (read((int)(intptr_t)context, &byte, 1) > 0)
        ;
    return NULL;
}

bool pipe_block_reader(const peer_object *pipe, failure *why)
{
    pthread_t thread;
    errno = pthread_create(&thread, NULL, wait_for_byte, (void *)(intptr_t)pipe->handle);
    if (errno != 0)
        return fail(why, "pthread_create");
    pthread_detach(thread);
    return true;
}

bool section_of_image(const char *path, peer_object *ret_object, failure *why)
{
    (void)path;
    (void)ret_object;
    errno = ENOTSUP;
    return fail(why, "mmap");
}

bool process_open_self(peer_object *ret_object, failure *why)
{
    int descriptor = (int)syscall(SYS_pidfd_open, getpid(), 0);
    if (descriptor < 0)
        return fail(why, "pidfd_open");
    *ret_object = object_of(descriptor);
    return true;
}

bool file_open(const char *path, peer_object *ret_object, failure *why)
{
    int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0)
        return fail(why, "open");
    *ret_object = object_of(descriptor);
    return true;
}

bool file_open_exclusive(const char *path, peer_object *ret_object, failure *why)
{
    (void)path;
    (void)ret_object;
    errno = ENOTSUP;
    return fail(why, "open");
}

void lock_acquire(uint32_t *lock)
{
    uint32_t expected = 0;
    while (!__atomic_compare_exchange_n(lock, &expected, 1, false, __ATOMIC_SEQ_CST,
                                        __ATOMIC_SEQ_CST)) {
        expected = 0;
        sched_yield();
    }
}

void lock_release(uint32_t *lock)
{
    __atomic_store_n(lock, 0, __ATOMIC_SEQ_CST);
}

uint64_t pseudo_handle(void)
{
    return (uint64_t)(int64_t)AT_FDCWD;
}

void object_close(peer_object *object)
{
    if (object->base)
        munmap(object->base, (size_t)object->size_bytes);
    if (object->companion != NO_HANDLE) /* first: it is what a blocked reader waits for */
        close((int)object->companion);
    if (object->handle != NO_HANDLE)
        close((int)object->handle);
    if (object->unlink_name)
        shm_unlink(object->unlink_name);
    free(object->unlink_name);
    memset(object, 0, sizeof *object);
}

void object_drop_handle(peer_object *object)
{
    close((int)object->handle);
    object->handle = NO_HANDLE;
}

static bool walk(uint64_t pid, bool look, uint64_t *ret_count, failure *why)
{
    char path[64];
    struct stat facts;
    snprintf(path, sizeof path, "/proc/%llu/fd", (unsigned long long)pid);
    DIR *folder = opendir(path);
    if (!folder)
        return fail(why, "opendir");
    uint64_t count = 0;
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        bool is_there = entry->d_name[0] != '.';
        if (is_there && look)
            is_there = fstatat(dirfd(folder), entry->d_name, &facts, 0) == 0;
        count += is_there;
    }
    closedir(folder);
    *ret_count = count;
    return true;
}

bool process_handle_count(uint64_t pid, uint64_t *ret_count, failure *why)
{
    return walk(pid, false, ret_count, why);
}

bool process_walk_handles(uint64_t pid, uint64_t *ret_count, failure *why)
{
    return walk(pid, true, ret_count, why);
}

bool process_harden(failure *why)
{
    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
        return fail(why, "prctl");
    return true;
}
