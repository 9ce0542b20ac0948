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
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/platform.h"

/*
 * One file a daemon, `journal-PID`, locked while its owner lives: a lock that can be had means a
 * dead owner, whatever process has its id by now. A line is `+DEVICE INODE NAME` when a name is
 * made and `-DEVICE INODE NAME` when it is gone; names have no control characters, so lines hold
 * them as they are. Whenever no name is ours the file is emptied, so it does not grow for ever.
 */
struct journal {
    pthread_mutex_t lock;
    char *path;
    FILE *file;
    unsigned names;
};

static const char file_prefix[] = "journal-";

static void close_file(journal *self)
{
    if (self->file != NULL) {
        (void)fclose(self->file);
    }
    free(self->path);
    free(self);
}

/* Whether a line `-…` further down says that what a line `+…` made is gone again. */
static bool is_withdrawn(const char *rest, const char *made)
{
    const size_t length = strlen(made);
    for (const char *line = rest; *line != '\0';) {
        const size_t line_length = strcspn(line, "\n");
        if (line[0] == '-' && line_length == length &&
            memcmp(line + 1, made + 1, length - 1) == 0) {
            return true;
        }
        line += line_length + (line[line_length] == '\n' ? 1 : 0);
    }
    return false;
}

/* Unlinks a name if it still leads to the object that the dead daemon made. */
static bool clear_name(const uint64_t object[2], const char *text)
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
    const bool ours = fstat(fd, &facts) == 0 && (uint64_t)facts.st_dev == object[0] &&
                      (uint64_t)facts.st_ino == object[1];
    (void)close(fd);
    return ours && shm_unlink(shm_name) == 0;
}

/* `+DEVICE INODE NAME`: returns the name, or NULL where the line is none. */
static const char *parse_line(const char *line, uint64_t ret_object[2])
{
    if (*line++ != '+') {
        return NULL;
    }
    for (int i = 0; i < 2; i++) {
        char *end;
        ret_object[i] = strtoull(line, &end, 10);
        if (end == line || *end != ' ') {
            return NULL;
        }
        line = end + 1;
    }
    return line;
}

static void clear_names(char *text)
{
    char *end;
    while ((end = strchr(text, '\n')) != NULL) { /* the kill may have cut the last line off */
        uint64_t object[2];
        *end = '\0';
        const char *name = parse_line(text, object);
        if (name != NULL && !is_withdrawn(end + 1, text) && clear_name(object, name)) {
            log_write(LOG_INFO, "cleared the name %s of a daemon that was killed", name);
        }
        text = end + 1;
    }
}

/* In a folder that others may write, a journal of theirs would have us unlink what they name. */
static bool is_ours(int fd, struct stat *ret_facts)
{
    return fstat(fd, ret_facts) == 0 && ret_facts->st_uid == geteuid();
}

/* One journal of the folder: nothing, unless its owner is dead. */
static void clear_journal(const char *path)
{
    enum { BYTES_MAX = 64 * 1024 * 1024 };
    char *text = NULL;
    struct stat facts;
    int fd = open(path, O_RDWR | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        return;
    }
    if (is_ours(fd, &facts) && flock(fd, LOCK_EX | LOCK_NB) == 0 &&
        platform_read_file(path, BYTES_MAX, &text, NULL) == SECTION_OK) {
        clear_names(text);
        (void)unlink(path);
    }
    free(text);
    (void)close(fd);
}

static void clear_dead(const char *state_directory)
{
    DIR *directory = opendir(state_directory);
    const struct dirent *each;
    while (directory != NULL && (each = readdir(directory)) != NULL) {
        if (strncmp(each->d_name, file_prefix, sizeof file_prefix - 1) == 0) {
            char *path = platform_join_path(state_directory, each->d_name);
            if (path != NULL) {
                clear_journal(path);
            }
            free(path);
        }
    }
    if (directory != NULL) {
        (void)closedir(directory);
    }
}

/* Ours alone. A daemon that clears up may take it for a dead one's, and away, before we lock it. */
static int open_locked(const char *path)
{
    for (;;) {
        struct stat facts;
        int fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_APPEND, 0600);
        if (fd < 0) {
            return -1;
        }
        if (!is_ours(fd, &facts)) { /* whose lock might last for ever */
            (void)close(fd);
            errno = EPERM;
            return -1;
        }
        const bool locked = flock(fd, LOCK_EX) == 0 && fstat(fd, &facts) == 0;
        if (locked && facts.st_nlink > 0) {
            return fd;
        }
        (void)close(fd);
        if (!locked) {
            return -1;
        }
    }
}

section_status journal_open(const char *state_directory, journal **ret_journal,
                            section_error *ret_error)
{
    char file_name[32];
    (void)snprintf(file_name, sizeof file_name, "%s%ld", file_prefix, (long)getpid());
    clear_dead(state_directory);
    journal *self = calloc(1, sizeof *self);
    if (self == NULL || (self->path = platform_join_path(state_directory, file_name)) == NULL) {
        free(self);
        return section_fail(ret_error, SECTION_NO_MEMORY, "no memory for the journal");
    }
    int fd = open_locked(self->path);
    if (fd < 0 || (self->file = fdopen(fd, "a")) == NULL) {
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

static void write_line(journal *self, char sign, const section_info *info)
{
    (void)fprintf(self->file, "%c%" PRIu64 " %" PRIu64 " %s\n", sign, info->object[0],
                  info->object[1], info->name->text);
    if (fflush(self->file) != 0) {
        log_write(LOG_WARN, "the journal %s cannot be written: %s", self->path, strerror(errno));
        clearerr(self->file);
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
        if (ftruncate(fileno(self->file), 0) != 0) {
            log_write(LOG_WARN, "the journal %s cannot be emptied: %s", self->path,
                      strerror(errno));
        }
    } else {
        write_line(self, '-', info);
    }
    pthread_mutex_unlock(&self->lock);
}

void journal_close(journal *self)
{
    if (self == NULL) {
        return;
    }
    (void)unlink(self->path);
    pthread_mutex_destroy(&self->lock);
    close_file(self);
}
