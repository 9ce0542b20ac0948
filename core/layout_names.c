#include "compile.h"

#include <stdlib.h>
#include <string.h>

/* Names in their order, so that they are found, and those that are given twice, without comparing all with all. */

static int compare_names(const void *a, const void *b)
{
    const compile_name *one = a;
    const compile_name *other = b;
    const int order = strcmp(one->name, other->name);
    return order != 0 ? order : (one->index > other->index) - (one->index < other->index);
}

compile_name *compile_sort_names(compilation *self, const void *items, size_t count,
                                 size_t item_bytes)
{
    compile_name *names = section_arena_take(&self->scratch, count, sizeof *names);
    if (names == NULL) {
        self->is_out_of_memory = true;
        return NULL;
    }
    for (size_t i = 0; i < count; i++) {
        const char *name;
        memcpy(&name, (const char *)items + i * item_bytes, sizeof name);
        names[i] = (compile_name){name != NULL ? name : "", i};
    }
    qsort(names, count, sizeof *names, compare_names);
    return names;
}

const compile_name *compile_find_name(const compile_name *names, size_t count, const char *name)
{
    size_t low = 0;
    size_t high = count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (strcmp(names[middle].name, name) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low < count && strcmp(names[low].name, name) == 0 ? &names[low] : NULL;
}
