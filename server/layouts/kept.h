#ifndef SECTIOND_LAYOUTS_KEPT_H
#define SECTIOND_LAYOUTS_KEPT_H

#include "layouts/layout.h"

/**
 * @file
 * Layouts as files: `layouts/NAME.json` in the state folder.
 *
 * A name that Windows takes for a device (con, nul, com1 …, whatever follows its first point) has the
 * file `_NAME.json`, on every platform, so that a folder can be copied from one to another. No name
 * begins with `_`.
 */

/** The folder's path, which need not be there yet; NULL where memory runs out. The caller frees it. */
char *layout_kept_folder(const char *state_directory);

/** Writes a layout, in one step. */
section_status layout_kept_write(const char *folder, const layout *fresh, section_error *ret_error);

/** Removes what is kept of a name. */
section_status layout_kept_remove(const char *folder, const char *name, section_error *ret_error);

/** Is given each layout that is read; takes it over. */
typedef void layout_take_kept(void *context, layout *kept);

/**
 * Reads all that are kept, by name. What cannot be read is named in the log and left as it is; what a
 * write has left that was not finished is removed.
 * @return SECTION_OK also where there is no folder yet.
 */
section_status layout_kept_read(const char *folder, layout_take_kept *take, void *context,
                                section_error *ret_error);

#endif
