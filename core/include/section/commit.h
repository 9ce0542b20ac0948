#ifndef SECTION_COMMIT_H
#define SECTION_COMMIT_H

#include <section/section.h>

/**
 * @file
 * Memory that a section gets as it is written to: reserved pages on Windows, holes on Linux. A
 * callback, which can count the memory, is asked before it is allocated.
 */

/** Is called before so many bytes get memory. If it fails, the write fails with the same error. */
typedef section_status section_commit(void *context, uint64_t bytes, section_error *ret_error);

/** Is told how many of those bytes got no memory after all, because the write has failed. */
typedef void section_uncommit(void *context, uint64_t bytes);

/**
 * Sets the callbacks that are asked, from now on, before a write through `self` gives memory to pages
 * that have none, and told where it did not.
 * @param commit, uncommit called under the object's lock; they must not use the section. NULL: nobody.
 * Errors: none. Threads: any; no other thread may use `self` yet. Platforms: same.
 */
void section_on_commit(section *self, section_commit *commit, section_uncommit *uncommit,
                       void *context);

/**
 * Tells how many bytes get memory when a range is written, in whole pages.
 * @param offset_bytes, length_bytes inside the view.
 * @return 0 also for files, for copy-on-write views, and where the system does not tell.
 * Errors: none. Threads: any.
 * Platforms: Linux asks for the holes of shared memory, Windows for pages that are reserved only.
 * Source: lseek(2) SEEK_HOLE,
 *     https://learn.microsoft.com/en-us/windows/win32/api/memoryapi/nf-memoryapi-virtualquery
 */
uint64_t section_missing_bytes(const section *self, uint64_t offset_bytes, uint64_t length_bytes);

#endif
