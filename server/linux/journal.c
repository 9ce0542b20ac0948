#include "journal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "log.h"
#include "platform.h"

/*
 * One file a daemon, `journal-PID`, locked while its owner lives: a lock that can be had means a
 * dead owner, whatever process has its id by now. A line is `+DEVICE INODE NAME` when a name is
 * made and `-NAME` when it is gone; names have no control characters, so lines hold them as they
 * are. While no name is ours the file is empty, so it does not grow for ever.
 */
struct journal {
    pthread_mutex_t lock;
    char *path;
    FILE *file;
    unsigned names;
};

static const char file_prefix[] = "journal-";

static void close_file(journal *journal)
{
    if (journal->file != NULL) {
        (void)fclose(journal->file);
    }
    free(journal->path);
    free(journal);
}

/* Whether the journal still counts the name as made after the line at `position`. */
static bool is_withdrawn(const char *rest, const char *name)
{
    const size_t length = strlen(name);
    for (const char *line = rest; line != NULL && *line != '\0';) {
        const char *end = strchr(line, '\n');
        if (line[0] == '-' && end != NULL && (size_t)(end - line - 1) == length &&
            memcmp(line + 1, name, length) == 0) {
            return true;
        }
        line = end != NULL ? end + 1 : NULL;
    }
    return false;
}

/* Unlinks a name if it still leads to the object that the dead daemon made. */
static bool clear_name(uint64_t device, uint64_t inode, const char *text)
{
    section_name name;
    struct stat facts;
    char shm_name[SECTION_NAME_BYTES_MAX + 1];
    if (section_name_parse(text, &name, NULL) != SECTION_OK) {
        return false; /* not a line of ours */
    }
    (void)snprintf(shm_name, sizeof shm_name, "/%s", name.text);
    int fd = shm_open(shm_name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, 0);
    if (fd < 0) {
        return false;
    }
    const bool ours = fstat(fd, &facts) == 0 && (uint64_t)facts.st_dev == device &&
                      (uint64_t)facts.st_ino == inode;
    (void)close(fd);
    return ours && shm_unlink(shm_name) == 0;
}

static unsigned clear_names(char *text)
{
    unsigned cleared = 0;
    while (text != NULL && *text != '\0') {
        char *end = strchr(text, '\n');
        uint64_t device;
        uint64_t inode;
        int used = 0;
        if (end == NULL) {
            break; /* cut off by the kill */
        }
        *end = '\0';
        if (sscanf(text, "+%" SCNu64 " %" SCNu64 " %n", &device, &inode, &used) == 2 && used > 0 &&
            !is_withdrawn(end + 1, text + used)) {
            cleared += clear_name(device, inode, text + used) ? 1 : 0;
        }
        text = end + 1;
    }
    return cleared;
}

/* One journal of the folder: nothing, unless its owner is dead. */
static unsigned clear_journal(const char *path)
{
    enum { BYTES_MAX = 64 * 1024 * 1024 };
    char *text = NULL;
    unsigned cleared = 0;
    int fd = open(path, O_RDWR | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        return 0;
    }
    if (flock(fd, LOCK_EX | LOCK_NB) == 0 &&
        platform_read_file(path, BYTES_MAX, &text, NULL) == SECTION_OK) {
        cleared = clear_names(text);
        (void)unlink(path);
    }
    free(text);
    (void)close(fd);
    return cleared;
}

static unsigned clear_dead(const char *state_directory)
{
    unsigned cleared = 0;
    DIR *directory = opendir(state_directory);
    const struct dirent *each;
    while (directory != NULL && (each = readdir(directory)) != NULL) {
        if (strncmp(each->d_name, file_prefix, sizeof file_prefix - 1) == 0) {
            char *path = platform_join_path(state_directory, each->d_name);
            cleared += path != NULL ? clear_journal(path) : 0;
            free(path);
        }
    }
    if (directory != NULL) {
        (void)closedir(directory);
    }
    return cleared;
}

section_status journal_open(const char *state_directory, journal **ret_journal,
                            unsigned *ret_cleared, section_error *ret_error)
{
    char file_name[32];
    (void)snprintf(file_name, sizeof file_name, "%s%ld", file_prefix, (long)getpid());
    *ret_cleared = clear_dead(state_directory);
    journal *self = calloc(1, sizeof *self);
    if (self == NULL || (self->path = platform_join_path(state_directory, file_name)) == NULL) {
        free(self);
        return section_fail(ret_error, SECTION_NO_MEMORY, "no memory for the journal");
    }
    int fd = open(self->path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_APPEND, 0600);
    if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) != 0 || (self->file = fdopen(fd, "a")) == NULL) {
        section_status status =
            section_fail_os(ret_error, "open", SECTION_OS_ERRNO, (uint32_t)errno, self->path);
        if (fd >= 0) {
            (void)close(fd);
        }
        close_file(self);
        return status;
    }
    pthread_mutex_init(&self->lock, NULL);
    *ret_journal = self;
    return SECTION_OK;
}

static void flush(journal *journal)
{
    if (fflush(journal->file) != 0) {
        log_write(LOG_WARN, "the journal %s cannot be written: %s", journal->path, strerror(errno));
        clearerr(journal->file);
    }
}

void journal_add(journal *journal, const section_info *info)
{
    struct stat facts;
    if (info->name == NULL || fstat((int)info->handle, &facts) != 0) {
        return;
    }
    pthread_mutex_lock(&journal->lock);
    journal->names++;
    (void)fprintf(journal->file, "+%" PRIu64 " %" PRIu64 " %s\n", (uint64_t)facts.st_dev,
                  (uint64_t)facts.st_ino, info->name->text);
    flush(journal);
    pthread_mutex_unlock(&journal->lock);
}

void journal_remove(journal *journal, const section_name *name)
{
    pthread_mutex_lock(&journal->lock);
    if (--journal->names == 0) {
        (void)ftruncate(fileno(journal->file), 0);
    } else {
        (void)fprintf(journal->file, "-%s\n", name->text);
        flush(journal);
    }
    pthread_mutex_unlock(&journal->lock);
}

void journal_close(journal *journal)
{
    if (journal == NULL) {
        return;
    }
    (void)unlink(journal->path);
    pthread_mutex_destroy(&journal->lock);
    close_file(journal);
}
