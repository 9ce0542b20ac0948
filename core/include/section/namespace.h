#ifndef SECTION_NAMESPACE_H
#define SECTION_NAMESPACE_H

#include <section/section.h>

/**
 * @file
 * Discovery: the named sections that exist now, made by any process.
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
 * @param visit called for each name, on the caller's thread; false ends the list.
 * @param context passed on to `visit`.
 * @return `SECTION_UNSUPPORTED` (global on Linux, and in session 0, whose local names are the global
 *     ones), `SECTION_ACCESS_DENIED`, `SECTION_NO_MEMORY`, `SECTION_OS_ERROR`.
 * Threads: any.
 * Platforms: Windows lists the object directory of our session, or the global one; Linux lists the
 *     regular files on /dev/shm. Names that `section_open` cannot take are left out.
 * Source: shm_overview(7),
 *     https://learn.microsoft.com/en-us/windows/win32/devnotes/ntquerydirectoryobject
 */
section_status namespace_list(section_scope scope, namespace_visitor *visit, void *context,
                              section_error *ret_error);

/**
 * Tells whether a name of the list leads to a section that we hold.
 * @param entry from inside the visitor's call.
 * @param name, object of the held section, as `section_info` has them; `name` may be NULL.
 * Errors: none. Threads: any.
 * Platforms: Linux compares the objects, because another object may have taken the name over; on
 *     Windows a name stays with its object while we hold it, so the names are compared.
 */
bool namespace_entry_is(const namespace_entry *entry, const section_name *name,
                        const uint64_t object[2]);

/**
 * Finds the traits of the sections that a name of the list leads to.
 * @param entry from inside the visitor's call.
 * @param ret_traits the caller's; set where the function returns true.
 * @return false where objects have no identity; then compare names.
 * Errors: none. Threads: any.
 * Platforms: true on Linux, false on Windows.
 */
bool namespace_entry_find_traits(const namespace_entry *entry, section_traits *ret_traits);

#endif
