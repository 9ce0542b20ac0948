#include "posix/journal_lines.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <section/name.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <uthash.h>

#include <section_posix/cleanup.h>

#include "base/log.h"

enum { LINE_BYTES = SECTION_NAME_BYTES_MAX + 64 };

bool journal_lines_read_boot(char ret_boot[JOURNAL_BOOT_BYTES])
{
    _cleanup_fclose_ FILE *file = fopen("/proc/sys/kernel/random/boot_id", "re");
    ret_boot[0] = '\0';
    if (file == NULL) {
        return false;
    }
    if (fgets(ret_boot, JOURNAL_BOOT_BYTES, file) == NULL) {
        ret_boot[0] = '\0';
    }
    ret_boot[strcspn(ret_boot, "\n")] = '\0';
    return ret_boot[0] != '\0';
}

static bool write_all(int fd, const char *text, size_t length, uint64_t *bytes)
{
    while (length > 0) {
        const ssize_t written = write(fd, text, length);
        if (written < 0 && errno == EINTR) {
            continue;
        }
        if (written <= 0) {
            return false;
        }
        *bytes += (uint64_t)written;
        text += written;
        length -= (size_t)written;
    }
    return true;
}

bool journal_lines_begin(int fd, const char *boot, uint64_t *bytes)
{
    char line[JOURNAL_BOOT_BYTES + 8];
    const int length = snprintf(line, sizeof line, "boot %s\n", boot);
    *bytes = 0;
    return write_all(fd, line, (size_t)length, bytes);
}

bool journal_lines_write(int fd, bool torn, char sign, const uint64_t object[2], const char *name,
                         uint64_t *bytes)
{
    char line[LINE_BYTES];
    const int length = snprintf(line, sizeof line, "%s%c%" PRIu64 " %" PRIu64 " %s\n",
                                torn ? "\n" : "", sign, object[0], object[1], name);
    return write_all(fd, line, (size_t)length, bytes);
}

/** A name that was made; found by what follows the sign. */
typedef struct made {
    UT_hash_handle hh;
    char text[];
} made;

static void free_all(made *all)
{
    made *each;
    made *next;
    HASH_ITER(hh, all, each, next)
    {
        HASH_DEL(all, each);
        free(each);
    }
}

/* Applies one line; false where memory runs out. */
static bool apply(made **all, const char *line)
{
    const char *text = line + 1;
    const size_t length = strlen(text);
    made *found;
    if (line[0] != '+' && line[0] != '-') {
        return true;
    }
    HASH_FIND(hh, *all, text, length, found);
    if (line[0] == '-' && found != NULL) {
        HASH_DEL(*all, found);
        free(found);
    }
    if (line[0] == '-' || found != NULL) {
        return true;
    }
    made *new = malloc(sizeof *new + length + 1);
    if (new == NULL) {
        return false;
    }
    memcpy(new->text, text, length + 1);
    HASH_ADD_KEYPTR(hh, *all, new->text, length, new);
    if (new->hh.tbl == NULL) {
        free(new);
        return false;
    }
    return true;
}

/*
 * Reads a line without its end. What is too long for a line of ours, or cut off, comes as an empty
 * one.
 */
static bool next_line(FILE *file, char line[LINE_BYTES])
{
    if (fgets(line, LINE_BYTES, file) == NULL) {
        return false;
    }
    const size_t length = strcspn(line, "\n");
    const bool whole = line[length] == '\n';
    line[whole ? length : 0] = '\0';
    for (int c = 0; !whole && c != '\n' && c != EOF;) {
        c = fgetc(file);
    }
    return true;
}

/* The file from its start, under a descriptor of its own; NULL with errno set. */
static FILE *open_to_read(int fd)
{
    _cleanup_close_ int own_fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    FILE *file = own_fd >= 0 ? fdopen(own_fd, "r") : NULL;
    if (file == NULL) {
        return NULL;
    }
    cleanup_release(&own_fd); /* fclose closes it */
    rewind(file);
    return file;
}

/* The names of a journal of this boot that are not gone; none of any other. False: unreadable. */
static bool read_names(int fd, const char *boot, made **ret_all)
{
    char line[LINE_BYTES];
    char expected[JOURNAL_BOOT_BYTES + 8];
    bool complete = true;
    _cleanup_fclose_ FILE *file = open_to_read(fd);
    *ret_all = NULL;
    if (file == NULL) {
        return false;
    }
    (void)snprintf(expected, sizeof expected, "boot %s", boot);
    if (boot[0] != '\0' && next_line(file, line) && strcmp(line, expected) == 0) {
        while (complete && next_line(file, line)) {
            complete = apply(ret_all, line);
        }
    }
    complete = complete && ferror(file) == 0;
    if (!complete) {
        free_all(*ret_all);
        *ret_all = NULL;
    }
    return complete;
}

bool journal_lines_copy(int from, int to, const char *boot, uint64_t *bytes)
{
    made *all;
    if (!read_names(from, boot, &all)) {
        return false;
    }
    bool written = true;
    for (const made *each = all; each != NULL && written; each = each->hh.next) {
        written = write_all(to, "+", 1, bytes) &&
                  write_all(to, each->text, strlen(each->text), bytes) &&
                  write_all(to, "\n", 1, bytes);
    }
    free_all(all);
    return written;
}

/* `DEVICE INODE NAME`: returns the name, or NULL where the text is none. */
static const char *parse(const char *text, uint64_t ret_object[2])
{
    for (int i = 0; i < 2; i++) {
        char *end;
        ret_object[i] = strtoull(text, &end, 10);
        if (end == text || *end != ' ') {
            return NULL;
        }
        text = end + 1;
    }
    return text;
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
    _cleanup_close_ int fd = shm_open(shm_name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, 0);
    if (fd < 0) {
        return false;
    }
    const bool ours = fstat(fd, &facts) == 0 && (uint64_t)facts.st_dev == object[0] &&
                      (uint64_t)facts.st_ino == object[1];
    return ours && shm_unlink(shm_name) == 0;
}

bool journal_lines_clear(int fd, const char *boot)
{
    made *all;
    if (!read_names(fd, boot, &all)) {
        return false;
    }
    for (const made *each = all; each != NULL; each = each->hh.next) {
        uint64_t object[2];
        const char *name = parse(each->text, object);
        if (name != NULL && clear_name(object, name)) {
            log_write(LOG_INFO, "cleared the name %s of a daemon that was killed", name);
        }
    }
    free_all(all);
    return true;
}
