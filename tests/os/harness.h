#ifndef TESTS_OS_HARNESS_H
#define TESTS_OS_HARNESS_H

/* cmocka.h wants these before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <section/section.h>

/**
 * @file
 * What the tests of core's contract share. The same tests run against both platforms; what the
 * platforms do differently stands in platform.h, implemented in linux/ and windows/.
 */

/** The error of the last call under `works` or `fails`. */
extern section_error why;

/** Runs one test program: its tests, or with arguments a role of a child process. */
int run_program(int argc, char **argv, int (*tests)(void));

/** A call that has to succeed, or to fail with a status; the error goes to `why`. */
#define works(call)         check_status((call), SECTION_OK, #call, __FILE__, __LINE__)
#define fails(status, call) check_status((call), (status), #call, __FILE__, __LINE__)

void check_status(section_status got, section_status wanted, const char *call, const char *file,
                  int line);

/** A name that no other test, and no other run at the same time, uses. Static storage of four. */
const char *fresh_name(void);

/** `fresh_name` or another one, parsed. */
section_name parsed(const char *name);

/** Short forms with default options; they fail the test when they cannot. */
section *create_section(const char *name_or_null, uint64_t size_bytes);
section *open_section(const char *name);
section *duplicate_section(uint32_t pid, uint64_t handle);
section_info describe(const section *self);

/** The byte at an offset, read and written through the API. */
uint8_t byte_at(section *self, uint64_t offset_bytes);
void set_byte(section *self, uint64_t offset_bytes, uint8_t byte);

/** Waits a moment between two looks at a condition; fails the test after 20 s of them. */
void wait_a_moment(unsigned *looks);

#endif
