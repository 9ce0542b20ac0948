#include "layouts/builtin.h"

#include "builtin_layouts.h"

/* What the build makes of builtin/NAME.json: one array of bytes for each, and BUILT_INS, which lists them. */

const layout_built_in layout_built_ins[] = {
#define BUILT_IN(name, bytes) {name, bytes, sizeof bytes},
    BUILT_INS(BUILT_IN)
#undef BUILT_IN
};

const size_t layout_built_in_count = sizeof layout_built_ins / sizeof layout_built_ins[0];
