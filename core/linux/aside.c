#include "aside.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

/* The name is random: no other process can guess it and create the file first. */
static bool make_name(char ret_name[ASIDE_NAME_BYTES])
{
    uint64_t number;
    if (getrandom(&number, sizeof number, 0) != sizeof number) {
        return false;
    }
    (void)snprintf(ret_name, ASIDE_NAME_BYTES, ".sectiond-%016llx", (unsigned long long)number);
    return true;
}

bool aside_make(aside *self, const char *name)
{
    struct stat facts;
    self->name[0] = '\0';
    if (name[0] == '\0' || strcmp(name, ".") == 0 || strcmp(name, "..") == 0) {
        errno = EISDIR;
        return false;
    }
    if (fstatat(self->folder_fd, name, &facts, AT_SYMLINK_NOFOLLOW) == 0) {
        errno = EEXIST;
        return false;
    }
    if (errno != ENOENT) {
        return false;
    }
    self->fd = openat(self->folder_fd, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (self->fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL) &&
        make_name(self->name)) {
        self->fd = openat(self->folder_fd, self->name,
                          O_CREAT | O_EXCL | O_NOFOLLOW | O_RDWR | O_CLOEXEC, 0600);
        if (self->fd < 0) {
            self->name[0] = '\0';
        }
    }
    return self->fd >= 0;
}

/* Not every file system can rename without replacing; those can link. */
static bool rename_to(const aside *self, const char *name)
{
    if (renameat2(self->folder_fd, self->name, self->folder_fd, name, RENAME_NOREPLACE) == 0) {
        return true;
    }
    return errno == EINVAL && linkat(self->folder_fd, self->name, self->folder_fd, name, 0) == 0 &&
           unlinkat(self->folder_fd, self->name, 0) == 0;
}

bool aside_name(aside *self, const char *name)
{
    if (self->name[0] != '\0') {
        const bool renamed = rename_to(self, name);
        if (renamed) {
            self->name[0] = '\0';
        }
        return renamed;
    }
    char link[64];
    (void)snprintf(link, sizeof link, "/proc/self/fd/%d", self->fd);
    return linkat(AT_FDCWD, link, self->folder_fd, name, AT_SYMLINK_FOLLOW) == 0;
}

void aside_discard(aside *self)
{
    if (self->name[0] != '\0') {
        (void)unlinkat(self->folder_fd, self->name, 0);
    }
    if (self->fd >= 0) {
        (void)close(self->fd);
    }
    if (self->folder_fd >= 0) {
        (void)close(self->folder_fd);
    }
}
