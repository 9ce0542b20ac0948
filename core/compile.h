#ifndef SECTION_COMPILE_H
#define SECTION_COMPILE_H

#include "program.h"

/**
 * @file
 * The steps in which a description becomes a layout. Each reports what is wrong and goes on with the
 * next field; the next step runs only if nothing was.
 */

typedef struct compilation {
    const section_layout_source *given;
    section_layout *layout;
    section_layout_problems *problems; /* NULL: nobody asks for more than the first */
    section_error *error;
    size_t problem_count;
    bool is_out_of_memory;
} compilation;

/** Types and fields count as in the layout; PROGRAM_NONE: outside of the fields, or the type itself. */
typedef struct compile_place {
    uint32_t type, field;
    const char *member;
    size_t index;
} compile_place;

void compile_report(compilation *self, compile_place where, const char *format, ...)
    __attribute__((format(gnu_printf, 3, 4)));

static inline compile_place compile_at(const compilation *self, uint32_t field, const char *member)
{
    return (compile_place){self->layout->fields[field].type, field, member, 0};
}

/** Copies the description into the layout, whose types and fields are as many and unresolved. */
void compile_copy(compilation *self);

/** Checks each type and field by itself, and finds the types of structures. */
void compile_check(compilation *self);

/** Gives each type its levels; reports types that contain themselves. */
void compile_order(compilation *self);

/** Places fields, and sizes types. */
void compile_places(compilation *self);

/** Finds what fields refer to, and reports circles. */
void compile_references(compilation *self);

/** Reports places that depend on themselves; tells what depends on memory. */
void compile_chains(compilation *self);

/** Guards, consistency, names. */
void compile_conditions(compilation *self);

/** The fixed way of a path from a structure of a type, that may begin with an array's index. */
typedef struct compile_way {
    uint32_t first, final;
    uint64_t index, delta;
    const char *problem; /* NULL: found; else why not */
} compile_way;

compile_way compile_walk(const compilation *self, uint32_t type, const char *path);

#endif
