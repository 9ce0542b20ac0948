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

static void close_file(journal *journal)
{
    if (journal->file != NULL) {
        (void)fclose(journal->file);
    }
    free(journal->path);
    free(journal);
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
    enum { TRIES = 100, TRY_MS = 10 };
    for (int tries = 0;;) {
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
        /* Tried, not waited for: whoever has it may live as long as we, as in another container. */
        const bool locked = flock(fd, LOCK_EX | LOCK_NB) == 0 && fstat(fd, &facts) == 0;
        if (locked && facts.st_nlink > 0) {
            return fd;
        }
        const int number = errno;
        (void)close(fd);
        if (!locked && (number != EWOULDBLOCK || ++tries == TRIES)) {
            errno = number;
            return -1;
        }
        if (!locked) { /* who clears up has it for a moment only */
            platform_sleep_ms(TRY_MS);
        }
    }
}

/* Who holds the lock of a file, as far as /proc tells; 0: nobody that is seen from here. */
static long find_holder(const char *path)
{
    struct stat facts;
    char line[256];
    long holder = 0;
    FILE *locks = stat(path, &facts) == 0 ? fopen("/proc/locks", "re") : NULL;
    while (locks != NULL && holder == 0 && fgets(line, sizeof line, locks) != NULL) {
        /* N: FLOCK ADVISORY WRITE PID MAJOR:MINOR:INODE START END */
        const char *place = strstr(line, " WRITE ");
        const char *inode = strrchr(line, ':');
        if (strstr(line, " FLOCK ") != NULL && place != NULL &&
            strtoull(inode + 1, NULL, 10) == facts.st_ino) {
            holder = strtol(place + sizeof " WRITE " - 1, NULL, 10);
        }
    }
    if (locks != NULL) {
        (void)fclose(locks);
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
        section_status status = fail_to_open(self->path, errno, ret_error);
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

static void write_line(journal *journal, char sign, const section_info *info)
{
    (void)fprintf(journal->file, "%c%" PRIu64 " %" PRIu64 " %s\n", sign, info->object[0],
                  info->object[1], info->name->text);
    if (fflush(journal->file) != 0) {
        log_write(LOG_WARN, "the journal %s cannot be written: %s", journal->path, strerror(errno));
        clearerr(journal->file);
    }
}

void journal_add(journal *journal, const section_info *info)
{
    pthread_mutex_lock(&journal->lock);
    journal->names++;
    write_line(journal, '+', info);
    pthread_mutex_unlock(&journal->lock);
}

void journal_remove(journal *journal, const section_info *info)
{
    pthread_mutex_lock(&journal->lock);
    if (--journal->names == 0) {
        if (ftruncate(fileno(journal->file), 0) != 0) {
            log_write(LOG_WARN, "the journal %s cannot be emptied: %s", journal->path,
                      strerror(errno));
        }
    } else {
        write_line(journal, '-', info);
    }
    pthread_mutex_unlock(&journal->lock);
}

void journal_abandon(journal *journal)
{
    enum { BYTES_MAX = 64 * 1024 * 1024 };
    char *text = NULL;
    /* The file stays: a name that is made at this moment is cleared by the next start. */
    if (platform_read_file(journal->path, BYTES_MAX, &text, NULL) == SECTION_OK) {
        clear_names(text);
    }
    free(text);
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
