#ifndef TESTS_OS_PLATFORM_H
#define TESTS_OS_PLATFORM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * @file
 * The other side of the tests, made of OS calls only: nothing here uses the library, so that both
 * cannot be wrong in the same way. What cannot be done ends the program, unless it says otherwise.
 */

/** A section as another program holds it, mapped as a whole. */
typedef struct other_section {
    uint64_t handle;
    uint8_t *base;
    size_t mapped_bytes;
} other_section;

/** Makes a section, anonymous where `name` is NULL. */
void other_create(const char *name, size_t size_bytes, other_section *ret_other);

/** false: nothing has that name. */
bool other_open(const char *name, other_section *ret_other);

/** Maps a handle that this process has, by inheritance for instance; false: it has no such. */
bool other_adopt(uint64_t handle, size_t size_bytes, other_section *ret_other);

/** Takes another process's handle; false: that cannot be. */
bool other_take(uint32_t pid, uint64_t handle, size_t size_bytes, other_section *ret_other);

/** Unmaps and closes. On Linux the name stays. */
void other_close(other_section *other);

/** Linux: unlinks. Windows: nothing, the name goes with the last handle. */
void other_drop_name(const char *name);

/** What the OS makes of a size that was asked for. */
uint64_t rounded_size(uint64_t size_bytes);

/** What the OS says of a section that so many handles lead to: -1 where it does not tell. */
int64_t told_handle_count(int64_t handle_count);

uint32_t own_process_id(void);

/** What is done so many times by threads that wait for each other is done so many times less often. */
unsigned cost_of_threads(void);

/** Of the present moment: tells a process from an earlier one that had its number. */
uint64_t present_mark(void);

/** Kinds of handles that are no sections. */
typedef enum other_kind {
    KIND_PIPE,
    KIND_EVENT,
    KIND_PROCESS,
    KIND_FILE,
    KIND_DIRECTORY,
    KIND_COUNT
} other_kind;

const char *kind_name(other_kind kind);
uint64_t kind_open(other_kind kind);
void kind_close(uint64_t handle);

/** Gives a name to something that is no section (an Event; a directory on /dev/shm). */
uint64_t occupy_name(const char *name);
void vacate_name(const char *name, uint64_t occupant);

/** What this process holds, for counting leaks. */
typedef struct resources {
    size_t handle_count;
    size_t view_count;
} resources;

resources count_resources(void);

/** Another process: this program, playing a role (roles.h), with its stdin and stdout held. */
typedef struct child {
    uint32_t pid;
    intptr_t process;
    intptr_t to_child;
    intptr_t from_child;
} child;

/** Starts a role with up to three arguments (the rest NULL). */
void child_start(const char *role, const char *first, const char *second, const char *third,
                 child *ret_child);

/** Sends a line; reads a line into `ret_line` without its end. */
void child_tell(const child *self, const char *line);
void child_hear(const child *self, char *ret_line, size_t capacity);

/** Ends its input, waits for its end, and returns its exit code. */
int child_end(child *self);

#endif
