#ifndef SECTION_NAMING_H
#define SECTION_NAMING_H

#include <section/section.h>

/**
 * @file
 * The present state of names. Other programs can remove a name or give it to another object, and
 * nothing notifies the processes that hold the section. As in section.h, `self` is an open section.
 */

/**
 * Unlinks the name now, if this section owns it and it still leads to our object. The section goes on
 * without a name to take away.
 * Errors: none. Threads: as `section_pass_name`.
 * Platforms: does nothing on Windows.
 */
void section_release_name(section *self);

/**
 * Tells which object has a name now.
 * @param name a checked name.
 * @param ret_traits what all sections of that object have in common, as `section_find_traits` says.
 * @return `SECTION_NOT_FOUND`, `SECTION_OS_ERROR`; `SECTION_UNSUPPORTED` where a name leads to the
 *     object that is held under it for as long as it is held, so that there is nothing to ask.
 * Threads: any; another process may change the answer at any moment.
 * Platforms: one fstatat(2) on Linux; always `SECTION_UNSUPPORTED` on Windows.
 */
section_status section_find_named(const section_name *name, section_traits *ret_traits,
                                  section_error *ret_error);

/**
 * Tells whether the name of a section leads to its object now.
 * @return false where the name is gone, or another object has it; true for a section without a name.
 * Errors: none. Threads: any; another process may change the answer at any moment.
 * Platforms: one lstat(2) on Linux; always true on Windows, where our handle keeps the name.
 */
bool section_name_leads_here(const section *self);

/**
 * Tells whether the section is cut off from the programs that it was shared with.
 * @return on Linux, whether its name does not lead to it any more; on Windows, whether nobody else has
 *     a handle to an object that somebody else made.
 * Errors: none; false where it cannot be known. Threads: any; the answer may change at any moment.
 * Platforms: never on Linux for a section without a name, nor on Windows for objects that this library
 *     created; on Windows before version 10 also not where several sections are of one object.
 * Source: stat(2), https://learn.microsoft.com/en-us/windows/win32/api/winternl/nf-winternl-ntqueryobject
 */
bool section_is_orphaned(const section *self);

/**
 * Tells whether a section can ever be orphaned, so that it is worth asking.
 * Errors: none. Threads: any. Platforms: as `section_is_orphaned`.
 */
bool section_can_be_orphaned(const section *self);

#endif
