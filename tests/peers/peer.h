/*
 * What a platform supplies to the peer program: sections and other kernel objects made with the
 * platform's own calls, so that the tests see the daemon through the eyes of a native process.
 *
 * A fallible function returns false and fills `why`; its `ret_` parameter is set only on success.
 */
#ifndef PEER_H
#define PEER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <wchar.h>

#define NO_HANDLE UINT64_MAX

typedef struct failure {
    const char *call;     /* the OS function that refused */
    unsigned long number; /* its error number */
    char text[256];       /* one line, UTF-8 */
} failure;

typedef struct peer_object {
    uint64_t handle;     /* what a test hands to the daemon: a HANDLE or a descriptor */
    uint64_t companion;  /* closed with it (the file, a pipe's other end), or NO_HANDLE */
    uint8_t *base;       /* the view, NULL where the object is no section */
    uint64_t size_bytes; /* of the view */
    bool created;        /* false where the name existed already */
    char *unlink_name;   /* a name that has to be taken away on closing, or NULL */
} peer_object;

/* Once, before anything else: UTF-8 in and out, no translation of line ends. */
void platform_start(void);

uint64_t process_own_id(void);

/* A NULL name makes an anonymous section. */
bool section_create(const char *name, uint64_t size_bytes, peer_object *ret_object, failure *why);

/* The handle grants reading only, and the daemon cannot widen it; our own view stays writable. */
bool section_create_readonly(const char *name, uint64_t size_bytes, peer_object *ret_object,
                             failure *why);

bool section_open(const char *name, peer_object *ret_object, failure *why);

/* Takes the handle out of another process, as the daemon's clients on the same machine may. */
bool section_duplicate(uint64_t pid, uint64_t handle, peer_object *ret_object, failure *why);

/* Maps a file that is created or extended to `size_bytes`; 0 takes it as it is. */
bool section_of_file(const char *path, uint64_t size_bytes, peer_object *ret_object, failure *why);

/* Truncates or extends what stands behind the section; our view stays as it was. */
bool section_resize(peer_object *section, uint64_t size_bytes, failure *why);

bool event_create(const char *name, peer_object *ret_object, failure *why);
bool pipe_create(peer_object *ret_object, failure *why);

/* Starts a thread that waits for a byte from the pipe, until its other end is closed. */
bool pipe_block_reader(const peer_object *pipe, failure *why);

/* A section of a program's image, not mapped; a platform without such refuses. */
bool section_of_image(const char *path, peer_object *ret_object, failure *why);

/* Closes the handle and keeps what is mapped. */
void object_drop_handle(peer_object *object);

bool process_open_self(peer_object *ret_object, failure *why);
bool file_open(const char *path, peer_object *ret_object, failure *why);

/* Nobody else may open the file meanwhile; a platform without such a lock refuses. */
bool file_open_exclusive(const char *path, peer_object *ret_object, failure *why);

/* A lock in a section: 0 becomes 1 by the platform's own compare-and-swap, and then 0 again. */
void lock_acquire(uint32_t *lock);
void lock_release(uint32_t *lock);

/* Microseconds since some start; the sleep ends at such a moment, or somewhat later. */
uint64_t clock_now_us(void);
void clock_sleep_until_us(uint64_t moment_us);

/* A mutex of that name, made where there is none; NO_HANDLE where the platform has no such. */
void mutex_open(const char *name, uint64_t *ret_handle);
void mutex_acquire(uint64_t handle);
void mutex_release(uint64_t handle);

/* Whether a read of the standard input, a pipe, would not wait. */
bool input_waiting(void);

/* A number that the platform takes for a handle without there being a table entry for it. */
uint64_t pseudo_handle(void);

void object_close(peer_object *object);

/* How many entries the handle (descriptor) table of a process has. */
bool process_handle_count(uint64_t pid, uint64_t *ret_count, failure *why);

/* Passes once over the table and learns what each entry is, by the least that the OS asks for. */
bool process_walk_handles(uint64_t pid, uint64_t *ret_count, failure *why);

/* From now on, other processes of the same user may not take handles from us. */
bool process_harden(failure *why);

/* The platform's wide string; the caller frees. NULL where `utf8` is not valid. */
wchar_t *wide_from_utf8(const char *utf8);
/* Up to the first NUL or `unit_count`; the caller frees. NULL where it cannot be converted. */
char *utf8_from_wide(const wchar_t *wide, size_t unit_count);

#endif
