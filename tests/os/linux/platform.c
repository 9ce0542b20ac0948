#include "../platform.h"

#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

static void shm_path_of(const char *name, char ret_path[PATH_MAX])
{
    (void)snprintf(ret_path, PATH_MAX, "/dev/shm/%s", name);
}

static void map_whole(int fd, size_t size_bytes, other_section *ret_other)
{
    void *base = mmap(NULL, size_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (base == MAP_FAILED) {
        err(3, "mmap");
    }
    *ret_other = (other_section){(uint64_t)fd, base, size_bytes};
}

void other_create(const char *name, size_t size_bytes, other_section *ret_other)
{
    int fd = name == NULL ? memfd_create("other", MFD_CLOEXEC | MFD_ALLOW_SEALING)
                          : shm_open(name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0 || ftruncate(fd, (off_t)size_bytes) != 0) {
        err(3, "making a section");
    }
    map_whole(fd, size_bytes, ret_other);
}

bool other_open(const char *name, other_section *ret_other)
{
    struct stat facts;
    int fd = shm_open(name, O_RDWR | O_CLOEXEC, 0);
    if (fd < 0 && errno == ENOENT) {
        return false;
    }
    if (fd < 0 || fstat(fd, &facts) != 0) {
        err(3, "opening a section");
    }
    map_whole(fd, (size_t)facts.st_size, ret_other);
    return true;
}

bool other_adopt(uint64_t handle, size_t size_bytes, other_section *ret_other)
{
    struct stat facts;
    if (fstat((int)handle, &facts) != 0 || !S_ISREG(facts.st_mode)) {
        return false;
    }
    map_whole((int)handle, size_bytes, ret_other);
    return true;
}

/* Through /proc: a child may not attach to its parent everywhere. */
bool other_take(uint32_t pid, uint64_t handle, size_t size_bytes, other_section *ret_other)
{
    char link[64];
    (void)snprintf(link, sizeof link, "/proc/%u/fd/%u", pid, (unsigned)handle);
    int fd = open(link, O_RDWR | O_CLOEXEC);
    return fd >= 0 && other_adopt((uint64_t)fd, size_bytes, ret_other);
}

void other_close(other_section *other)
{
    (void)munmap(other->base, other->mapped_bytes);
    (void)close((int)other->handle);
}

void other_drop_name(const char *name)
{
    (void)shm_unlink(name);
}

uint64_t rounded_size(uint64_t size_bytes)
{
    return size_bytes;
}

int64_t told_handle_count(int64_t handle_count)
{
    (void)handle_count;
    return -1;
}

uint32_t own_process_id(void)
{
    return (uint32_t)getpid();
}

uint64_t present_mark(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

const char *kind_name(other_kind kind)
{
    static const char *const names[] = {"pipe", "event", "process", "file", "directory"};
    return names[kind];
}

uint64_t kind_open(other_kind kind)
{
    int ends[2] = {-1, -1};
    int fd = -1;
    switch (kind) {
    case KIND_PIPE:
        if (pipe2(ends, O_CLOEXEC) == 0) {
            (void)close(ends[1]);
        }
        fd = ends[0];
        break;
    case KIND_EVENT:
        fd = eventfd(0, EFD_CLOEXEC);
        break;
    case KIND_PROCESS:
        fd = pidfd_open(getpid(), 0);
        break;
    case KIND_FILE:
        fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
        break;
    case KIND_DIRECTORY:
        fd = open("/dev/shm", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        break;
    case KIND_COUNT:
        break;
    }
    if (fd < 0) {
        err(3, "making a %s", kind_name(kind));
    }
    return (uint64_t)fd;
}

void kind_close(uint64_t handle)
{
    (void)close((int)handle);
}

uint64_t occupy_name(const char *name)
{
    char path[PATH_MAX];
    shm_path_of(name, path);
    if (mkdir(path, 0700) != 0) {
        err(3, "mkdir %s", path);
    }
    return 0;
}

void vacate_name(const char *name, uint64_t occupant)
{
    char path[PATH_MAX];
    (void)occupant;
    shm_path_of(name, path);
    (void)rmdir(path);
}

resources count_resources(void)
{
    char line[PATH_MAX + 100];
    resources counted = {0};
    DIR *descriptors = opendir("/proc/self/fd");
    FILE *maps = fopen("/proc/self/maps", "re");
    if (descriptors == NULL || maps == NULL) {
        err(3, "/proc/self");
    }
    while (readdir(descriptors) != NULL) {
        counted.handle_count++;
    }
    while (fgets(line, sizeof line, maps) != NULL) {
        counted.view_count += strstr(line, "/dev/shm/") != NULL || strstr(line, "/memfd:") != NULL;
    }
    (void)closedir(descriptors);
    (void)fclose(maps);
    return counted;
}

void child_start(const char *role, const char *first, const char *second, const char *third,
                 child *ret_child)
{
    int input[2];
    int output[2];
    pid_t pid;
    posix_spawn_file_actions_t actions;
    char *arguments[] = {(char *)(uintptr_t)"test", (char *)(uintptr_t)role,
                         (char *)(uintptr_t)first,  (char *)(uintptr_t)second,
                         (char *)(uintptr_t)third,  NULL};
    if (pipe2(input, O_CLOEXEC) != 0 || pipe2(output, O_CLOEXEC) != 0 ||
        posix_spawn_file_actions_init(&actions) != 0 ||
        posix_spawn_file_actions_adddup2(&actions, input[0], STDIN_FILENO) != 0 ||
        posix_spawn_file_actions_adddup2(&actions, output[1], STDOUT_FILENO) != 0 ||
        posix_spawn(&pid, "/proc/self/exe", &actions, NULL, arguments, environ) != 0) {
        err(3, "starting a child");
    }
    (void)posix_spawn_file_actions_destroy(&actions);
    (void)close(input[0]);
    (void)close(output[1]);
    *ret_child = (child){(uint32_t)pid, pid, input[1], output[0]};
}

void child_tell(const child *self, const char *line)
{
    if (dprintf((int)self->to_child, "%s\n", line) < 0) {
        err(3, "telling the child");
    }
}

void child_hear(const child *self, char *ret_line, size_t capacity)
{
    size_t used = 0;
    char byte = '\0';
    while (used + 1 < capacity && read((int)self->from_child, &byte, 1) == 1 && byte != '\n') {
        ret_line[used++] = byte;
    }
    ret_line[used] = '\0';
}

int child_end(child *self)
{
    int status = 0;
    (void)close((int)self->to_child);
    if (waitpid((pid_t)self->process, &status, 0) < 0) {
        err(3, "waitpid");
    }
    (void)close((int)self->from_child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

unsigned cost_of_threads(void)
{
    return 1;
}
