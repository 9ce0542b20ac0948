#ifndef SECTION_NAMESPACE_H
#define SECTION_NAMESPACE_H

#include <section/section.h>

/**
 * @file
 * Discovery: the named sections that exist now, whoever made them.
 */

/** A named section. Pointers are borrowed for the call that shows it. */
typedef struct namespace_entry {
    const section_name *name;
    bool size_known; /**< false: it does not let us ask */
    uint64_t size_bytes;
    uint64_t object[2]; /**< as `section_info` has it */
} namespace_entry;

/** Is shown one name, valid during the call; false ends the list. */
typedef bool namespace_visitor(void *context, const namespace_entry *entry);

/**
 * Lists the names of one scope.
 * @param context passed on to `visit`.
 * @return `SECTION_UNSUPPORTED` (global on Linux, and in session 0, where the local names are those), `SECTION_ACCESS_DENIED`, `SECTION_OS_ERROR`.
 * Threads: any.
 * Platforms: Windows lists the object directory of our session, or the global one; Linux the
 *     regular files on /dev/shm. Names that cannot be opened by `section_open` are left out.
 * Source: shm_overview(7),
 *     https://learn.microsoft.com/en-us/windows/win32/devnotes/ntquerydirectoryobject
 */
section_status namespace_list(section_scope scope, namespace_visitor *visit, void *context,
                              section_error *ret_error);

/**
 * Whether a name of the list leads to a section that we hold.
 * @param name, object as `section_info` has them; `name` may be NULL.
 * Threads: any.
 * Platforms: Linux compares the objects, for a name may have been taken over by another; on Windows
 *     a name stays with its object while we hold it.
 */
bool namespace_entry_is(const namespace_entry *entry, const section_name *name,
                        const uint64_t object[2]);

/**
 * The traits of the sections that a name of the list leads to.
 * @return false where objects have no identity: there the name tells.
 * Threads: any.
 * Platforms: true on Linux, false on Windows.
 */
bool namespace_entry_find_traits(const namespace_entry *entry, section_traits *ret_traits);

#endif
