#ifndef SECTION_COMPILE_H
#define SECTION_COMPILE_H

#include "program.h"

/**
 * @file
 * The steps in which a description becomes a layout. Each reports what is wrong and goes on with the
 * next field; the next step runs only if nothing was.
 */

typedef struct compile_lookups compile_lookups;

typedef struct compilation {
    const section_layout_source *given;
    section_layout *layout;
    section_layout_problems *problems; /* NULL: nobody asks for more than the first */
    section_error *error;
    size_t problem_count;
    bool is_out_of_memory;
    section_arena scratch; /* freed when the layout is made */
    struct compile_name *type_names;
    compile_lookups *lookups;
    size_t read_capacity; /* of `reads` of the layout */
    int32_t *depths;      /* by first targets: of the places that those depend on; 0: not known */
    bool has_given_up;    /* a bound of all lookups together was reached, and reported */
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

/** The name of an item, and which one it is. */
typedef struct compile_name {
    const char *name; /* "": it has none */
    size_t index;
} compile_name;

/**
 * The names of items that begin with a pointer to them, sorted; of equal ones the first comes first. NULL:
 * there is no memory. They live until the layout is made.
 */
compile_name *compile_sort_names(compilation *self, const void *items, size_t count,
                                 size_t item_bytes);

/** The first of that name, or NULL. */
const compile_name *compile_find_name(const compile_name *names, size_t count, const char *name);

/** Gives each type its levels; reports types that contain themselves. */
void compile_order(compilation *self);

/** Places fields, and sizes types. */
void compile_places(compilation *self);

/** Finds what fields refer to, and reports circles. */
void compile_references(compilation *self);

enum {
    COMPILE_TARGETS_MAX = 65536,        /* of all references together */
    COMPILE_LOOKS_MAX = 4 * 1024 * 1024 /* into types, of all lookups together */
};

/** What a path must lead to. */
typedef enum compile_wanted {
    COMPILE_WANTED_INTEGER,
    COMPILE_WANTED_FIELD,
    COMPILE_WANTED_STRUCTURES, /* an array of them */
    COMPILE_WANTED_COUNT
} compile_wanted;

/** Before the first lookup: who has elements of whom, and which paths there are. */
void compile_begin_lookups(compilation *self);

/**
 * Looks a path of a field up, in its type, then outwards. What is not found is reported, and makes a
 * reference to nothing. The path is one that a field of the layout has.
 */
program_reference compile_look_up(compilation *self, compile_place where, const char *path,
                                  compile_wanted wanted);

/** Reports places that depend on themselves; tells what depends on memory. */
void compile_chains(compilation *self);

/** Guards, consistency, names. */
void compile_conditions(compilation *self);

/** Sorts what the layout itself reads, by the types that it is in. */
void compile_reads(compilation *self);

/** Notes that the layout itself reads a number or a text. */
void compile_note_read(compilation *self, program_target read);

/** The fixed way of a path from a structure of a type, that may begin with an array's index. */
typedef struct compile_way {
    uint32_t first, final;
    uint64_t index, delta;
    const char *problem; /* NULL: found; else why not */
} compile_way;

compile_way compile_walk(const compilation *self, uint32_t type, const char *path);

#endif
