#ifndef SECTIOND_LAYOUTS_BUILTIN_H
#define SECTIOND_LAYOUTS_BUILTIN_H

#include <stddef.h>

/**
 * @file
 * The layouts of well-known programs, which are part of ours: builtin/NAME.json.
 */

typedef struct layout_built_in {
    const char *name;
    const unsigned char *bytes;
    size_t length_bytes;
} layout_built_in;

extern const layout_built_in layout_built_ins[];
extern const size_t layout_built_in_count;

#endif
