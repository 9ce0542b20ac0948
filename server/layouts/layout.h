#ifndef SECTIOND_LAYOUTS_LAYOUT_H
#define SECTIOND_LAYOUTS_LAYOUT_H

#include <cjson/cJSON.h>
#include <section/layout.h>
#include <stdatomic.h>

#include "encode/etag.h"
#include "layouts/json/json.h"
#include "layouts/model/description.h"

/**
 * @file
 * A layout as it is used: compiled, with a name, counted. Nothing changes it; a new one of its name
 * takes its place, and whoever reads by the old one goes on with that.
 */

enum {
    LAYOUT_NAME_CHARACTERS_MAX = 64,
    LAYOUT_TEXT_BYTES_MAX = LAYOUT_JSON_BYTES_MAX /* resolved: so what is told may be put again */
};

typedef struct layout {
    char name[LAYOUT_NAME_CHARACTERS_MAX + 1];
    bool is_built_in;
    section_layout *compiled;
    char *text; /* JSON, resolved, one line: what is answered, and what is kept */
    size_t text_bytes;
    char etag[ETAG_BYTES];          /* of the text */
    layout_description description; /* its exports; the rest of it is in `compiled` */
    atomic_uint references;
    bool is_leaving; /* the store's: it is being taken away */
} layout;

/**
 * Fails unless it is a name that a layout can have: `[a-z0-9][a-z0-9._-]{0,63}`.
 * @return SECTION_BAD_NAME.
 */
section_status layout_check_name(const char *name, section_error *ret_error);

/**
 * Makes a layout of JSON.
 * @param name one that `layout_check_name` takes.
 * @param ret_errors receives a JSON array of what is wrong, or NULL; the caller deletes it.
 * @return SECTION_BAD_JSON, SECTION_BAD_LAYOUT, SECTION_NO_MEMORY.
 */
section_status layout_new(const char *name, const char *text, size_t text_bytes,
                          layout **ret_layout, cJSON **ret_errors, section_error *ret_error);

/** Another reference. */
layout *layout_ref(layout *self);

/** Drops a reference; the last one frees it. NULL is fine. */
void layout_unref(layout *self);

#endif
