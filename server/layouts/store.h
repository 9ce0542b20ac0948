#ifndef SECTIOND_LAYOUTS_STORE_H
#define SECTIOND_LAYOUTS_STORE_H

#include "layouts/layout.h"
#include "layouts/spare_images.h"
#include "registry/registry.h"

/**
 * @file
 * The layouts that there are, by name: those that are built in, and those that users have put, which
 * are kept in the state folder.
 */

enum { LAYOUTS_MAX = 1000 /* beside those that are built in */ };

typedef struct layout_store layout_store;

/**
 * Reads what is kept in the state folder; what is built in is compiled when a layout is first asked for.
 * @return SECTION_ACCESS_DENIED where others may put files there, SECTION_NO_MEMORY.
 */
section_status layout_store_open(const char *state_directory, layout_store **ret_store,
                                 section_error *ret_error);

/** NULL is fine. */
void layout_store_close(layout_store *self);

/** For reads by these layouts. */
spare_images *layout_store_images(layout_store *self);

/** Finds a layout; NULL, or one with a reference for the caller. */
layout *layout_store_find(layout_store *self, const char *name);

/** The same. @return SECTION_NOT_FOUND. */
section_status layout_store_get(layout_store *self, const char *name, layout **ret_layout,
                                section_error *ret_error);

/** Copies up to `capacity` layouts with a name above `after` ("": from the first), each with a reference. */
size_t layout_store_list(layout_store *self, const char *after, layout **ret_layouts,
                         size_t capacity);

/** One at a time changes what is kept: between these two, whoever calls the next two functions. */
void layout_store_hold(layout_store *self);
void layout_store_let_go(layout_store *self);

/** Whether a layout of this name could be kept. @return SECTION_BUILT_IN, SECTION_QUOTA. */
section_status layout_store_check(layout_store *self, const char *name, section_error *ret_error);

/**
 * Keeps a layout, in the place of that of its name; waits for the disk.
 * @param ret_replaced whether there was one.
 * @return SECTION_BUILT_IN, SECTION_QUOTA, and those of the disk.
 */
section_status layout_store_put(layout_store *self, layout *fresh, bool *ret_replaced,
                                section_error *ret_error);

/**
 * Takes a layout away that no section has; waits for the disk.
 * @param users the sections.
 * @return SECTION_NOT_FOUND, SECTION_BUILT_IN, SECTION_IN_USE.
 */
section_status layout_store_remove(layout_store *self, registry *users, const char *name,
                                   section_error *ret_error);

/**
 * Gives a section the layout of a name, which stays as long as the section has it; NULL: none.
 * @return SECTION_NOT_FOUND, SECTION_NO_MEMORY.
 */
section_status layout_store_bind(layout_store *self, entry *target, const char *name,
                                 section_error *ret_error);

#endif
