#include "base/journal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <section_posix/cleanup.h>

#include "base/log.h"
#include "base/platform.h"
#include "posix/journal_lines.h"

/*
 * One file a daemon, `journal-PID`, locked while its owner lives: a lock that can be had means a
 * dead owner, whatever process has its id by now. Whenever no name is ours the file is emptied. When
 * it has grown to twice what it needs, what it needs is written to `journal-PID.new`, which then
 * takes its place: a kill leaves the old one whole, the new one, or both, and what the new one says
 * is said by the old one, too.
 */
struct journal {
    pthread_mutex_t lock;
    char *path;
    char *new_path;
    char boot[JOURNAL_BOOT_BYTES];
    int fd;
    unsigned names;
    uint64_t bytes;
    uint64_t empty_bytes; /* of the first line */
    uint64_t compact_at_bytes;
    bool torn; /* the last line may have been cut off */
};

enum { COMPACT_BYTES_MIN = 64 * 1024 };

static const char file_prefix[] = "journal-";

static void free_journal(journal *self)
{
    if (self->fd >= 0) {
        (void)close(self->fd);
    }
    free(self->path);
    free(self->new_path);
    free(self);
}

/* In a folder that others may write, a journal of theirs could make us unlink any name. */
static bool is_ours(int fd, struct stat *ret_facts)
{
    return fstat(fd, ret_facts) == 0 && ret_facts->st_uid == geteuid();
}

/*
 * One journal of the folder: nothing, unless its owner is dead. A lock may be had on a file that has
 * lost its path to another by then, which is its owner's that lives.
 */
static void clear_journal(const char *path, const char *boot)
{
    struct stat facts;
    _cleanup_close_ int fd = open(path, O_RDWR | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        return;
    }
    if (is_ours(fd, &facts) && S_ISREG(facts.st_mode) && flock(fd, LOCK_EX | LOCK_NB) == 0 &&
        fstat(fd, &facts) == 0 && facts.st_nlink > 0 && journal_lines_clear(fd, boot)) {
        (void)unlink(path);
    }
}

static void clear_dead(const char *state_directory, const char *boot)
{
    _cleanup_closedir_ DIR *directory = opendir(state_directory);
    const struct dirent *each;
    while (directory != NULL && (each = readdir(directory)) != NULL) {
        if (strncmp(each->d_name, file_prefix, sizeof file_prefix - 1) != 0) {
            continue;
        }
        _cleanup_free_ char *path = platform_join_path(state_directory, each->d_name);
        if (path != NULL) {
            clear_journal(path, boot);
        }
    }
}

/*
 * Makes our journal and locks it. Before we have the lock, a daemon that clears up may take it for
 * a dead one's and remove it.
 */
static int open_locked(const char *path)
{
    enum { TRIES = 100, TRY_MS = 10 };
    for (int tries = 0;;) {
        struct stat facts;
        _cleanup_close_ int fd =
            open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_APPEND, 0600);
        if (fd < 0) {
            return -1;
        }
        if (!is_ours(fd, &facts)) { /* another user could keep its lock for ever */
            errno = EPERM;
            return -1;
        }
        /* Tried, not waited for: its holder may live as long as we do, as in another container. */
        const bool locked = flock(fd, LOCK_EX | LOCK_NB) == 0 && fstat(fd, &facts) == 0;
        if (locked && facts.st_nlink > 0) {
            const int ours = fd;
            fd = -1;
            return ours;
        }
        if (!locked && (errno != EWOULDBLOCK || ++tries == TRIES)) {
            return -1;
        }
        if (!locked) { /* a daemon that clears up has it for a moment only */
            platform_sleep_ms(TRY_MS);
        }
    }
}

/* The process that holds the lock of a file, as far as /proc tells; 0: none that is seen from here. */
static long find_holder(const char *path)
{
    struct stat facts;
    char line[256];
    long holder = 0;
    _cleanup_fclose_ FILE *locks = stat(path, &facts) == 0 ? fopen("/proc/locks", "re") : NULL;
    while (locks != NULL && holder == 0 && fgets(line, sizeof line, locks) != NULL) {
        /* N: FLOCK ADVISORY WRITE PID MAJOR:MINOR:INODE START END */
        const char *place = strstr(line, " WRITE ");
        const char *inode = strrchr(line, ':');
        if (strstr(line, " FLOCK ") != NULL && place != NULL &&
            strtoull(inode + 1, NULL, 10) == facts.st_ino) {
            holder = strtol(place + sizeof " WRITE " - 1, NULL, 10);
        }
    }
    return holder > 0 ? holder : 0;
}

static section_status fail_to_open(const char *path, int number, section_error *ret_error)
{
    if (number != EWOULDBLOCK) {
        return section_fail_os(ret_error, "open", SECTION_OS_ERRNO, (uint32_t)number, path);
    }
    const long holder = find_holder(path);
    if (holder != 0) {
        return section_fail(ret_error, SECTION_IN_USE,
                            "%.300s is locked by the process %ld; --state-dir takes another folder",
                            path, holder);
    }
    return section_fail(ret_error, SECTION_IN_USE,
                        "%.300s is locked by a daemon that has our process id elsewhere, as in "
                        "another container; --state-dir takes another folder",
                        path);
}

/* An empty journal that says which boot its inodes are of. */
static bool begin(journal *self)
{
    self->compact_at_bytes = COMPACT_BYTES_MIN;
    if (ftruncate(self->fd, 0) != 0 || !journal_lines_begin(self->fd, self->boot, &self->bytes)) {
        return false;
    }
    self->empty_bytes = self->bytes;
    return true;
}

/* Takes all names off it again. */
static void empty(journal *self)
{
    if (ftruncate(self->fd, (off_t)self->empty_bytes) != 0) {
        log_write(LOG_WARN, "the journal %s cannot be emptied: %s", self->path, strerror(errno));
        return;
    }
    self->bytes = self->empty_bytes;
    self->compact_at_bytes = COMPACT_BYTES_MIN;
    self->torn = false;
}

section_status journal_open(const char *state_directory, journal **ret_journal,
                            section_error *ret_error)
{
    char file_name[32];
    char new_name[sizeof file_name + 8];
    journal *self = calloc(1, sizeof *self);
    if (self == NULL) {
        return section_fail(ret_error, SECTION_NO_MEMORY, "no memory for the journal");
    }
    self->fd = -1;
    (void)snprintf(file_name, sizeof file_name, "%s%ld", file_prefix, (long)getpid());
    (void)snprintf(new_name, sizeof new_name, "%s.new", file_name);
    self->path = platform_join_path(state_directory, file_name);
    self->new_path = platform_join_path(state_directory, new_name);
    if (self->path == NULL || self->new_path == NULL) {
        free_journal(self);
        return section_fail(ret_error, SECTION_NO_MEMORY, "no memory for the journal");
    }
    if (!journal_lines_read_boot(self->boot)) {
        log_write(LOG_WARN, "the system does not tell one boot from another: "
                            "names that a kill leaves behind stay");
    }
    clear_dead(state_directory, self->boot);
    self->fd = open_locked(self->path);
    if (self->fd < 0 || !begin(self)) {
        section_status status = fail_to_open(self->path, errno, ret_error);
        free_journal(self);
        return status;
    }
    pthread_mutex_init(&self->lock, NULL);
    *ret_journal = self;
    return SECTION_OK;
}

/* Writes the names that still count to a new file, and replaces the journal by it. */
static bool replace(journal *self)
{
    uint64_t bytes = 0;
    _cleanup_close_ int fd = open_locked(self->new_path);
    if (fd < 0) {
        return false;
    }
    if (ftruncate(fd, 0) != 0 || !journal_lines_begin(fd, self->boot, &bytes) ||
        !journal_lines_copy(self->fd, fd, self->boot, &bytes) ||
        rename(self->new_path, self->path) != 0) {
        const int number = errno;
        (void)unlink(self->new_path);
        errno = number;
        return false;
    }
    (void)close(self->fd);
    self->fd = fd;
    fd = -1;
    self->bytes = bytes;
    self->torn = false;
    return true;
}

static void compact(journal *self)
{
    if (!replace(self)) {
        log_write(LOG_WARN, "the journal %s cannot be rewritten: %s", self->path, strerror(errno));
    }
    /* Also set after a failure, so that the next attempt is not made for the next name already. */
    self->compact_at_bytes =
        self->bytes < COMPACT_BYTES_MIN / 2 ? COMPACT_BYTES_MIN : 2 * self->bytes;
}

static void write_line(journal *self, char sign, const section_info *info)
{
    if (!journal_lines_write(self->fd, self->torn, sign, info->object, info->name->text,
                             &self->bytes)) {
        self->torn = true;
        log_write(LOG_WARN, "the journal %s cannot be written: %s", self->path, strerror(errno));
        return;
    }
    self->torn = false;
    if (self->bytes >= self->compact_at_bytes) {
        compact(self);
    }
}

void journal_add(journal *self, const section_info *info)
{
    pthread_mutex_lock(&self->lock);
    self->names++;
    write_line(self, '+', info);
    pthread_mutex_unlock(&self->lock);
}

void journal_remove(journal *self, const section_info *info)
{
    pthread_mutex_lock(&self->lock);
    if (--self->names == 0) {
        empty(self);
    } else {
        write_line(self, '-', info);
    }
    pthread_mutex_unlock(&self->lock);
}

void journal_abandon(journal *self)
{
    /* The file stays: a name that is made at this moment is cleared by the next start. */
    _cleanup_close_ const int fd = open(self->path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (fd >= 0) {
        (void)journal_lines_clear(fd, self->boot);
    }
}

void journal_close(journal *self)
{
    if (self == NULL) {
        return;
    }
    (void)unlink(self->path);
    pthread_mutex_destroy(&self->lock);
    free_journal(self);
}
