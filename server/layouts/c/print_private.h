#ifndef SECTIOND_LAYOUTS_C_PRINT_PRIVATE_H
#define SECTIOND_LAYOUTS_C_PRINT_PRIVATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "layouts/c/c.h"

/**
 * @file
 * What the files of the C writer share. Every structure gets its padding as members, so that all compilers
 * agree on it; where that is not enough, it is packed.
 *
 *     print.c        the text: types in the order in which they are needed, assertions
 *     print_items.c  what of a structure is printed, and where it lies
 *     print_body.c   the members, padding and unions
 *     print_names.c  identifiers and comments
 */

/** A growing text; `failed` says that memory ran out. */
typedef struct print_text {
    char *text;
    size_t used_bytes, size_bytes;
    bool failed;
} print_text;

/** A structure of the description. */
typedef struct print_type {
    const section_layout_type *type;
    const char *name;
    uint64_t size_bytes;
    unsigned align;
    bool is_open, is_printed;
    bool is_empty; /* C has no such structure */
} print_type;

/** Bytes of a structure that are printed as one member: a field, or bit fields that share bytes. */
typedef struct print_item {
    uint64_t start, end;
    const section_layout_field *field; /* the only one, or the first bit field */
    const char *name;
    size_t bit_count; /* of bit fields, which follow each other in `bits`; 0: it is none */
    size_t first_bits;
    unsigned unit_bytes; /* of bit fields; of others 0 */
    bool is_cut;         /* no unit holds them: only gcc lays them out */
    unsigned align;
    size_t layer; /* among items that overlap */
} print_item;

typedef struct print_names print_names;

typedef struct print_bits {
    const section_layout_field *field;
    const char *name;
    uint64_t first; /* bit of the structure */
} print_bits;

/** Items that follow each other and overlap: a union; or one item. */
typedef struct print_cluster {
    size_t first, next; /* of the items */
    uint64_t start, end;
    uint64_t
        padding_bytes; /* an alternative that makes a union as large as its alignment needs; 0: none */
    size_t layers;
    unsigned align;
} print_cluster;

typedef struct print_items {
    print_item *items;
    size_t count;
    print_cluster *clusters;
    size_t cluster_count;
    print_bits *bits;
    size_t bit_count;
    print_names *names; /* of the members, padding included */
} print_items;

typedef struct c_printer {
    arena arena;
    print_text out;
    const section_layout_source *source;
    print_type *types; /* the last one is the whole */
    size_t type_count;
} c_printer;

/* print.c */
__attribute__((format(printf, 2, 3))) void print_add(c_printer *printer, const char *format, ...);
print_type *print_find_type(c_printer *printer, const char *name);

/* print_names.c */
/* Names of one scope: NULL where memory ran out. */
print_names *print_names_new(c_printer *printer, size_t count);
/* An identifier of C that this scope does not have yet; NULL where memory ran out. */
const char *print_name(c_printer *printer, print_names *names, const char *text);
/* Text within a comment. */
void print_comment(c_printer *printer, const char *text);
/* What C does not say of a field, as a comment; nothing where there is nothing. */
void print_remarks(c_printer *printer, const section_layout_field *field);

/* print_items.c */
/* The size of a field's elements together; false: it depends on memory, or there are none. */
bool print_measure(c_printer *printer, const section_layout_field *field, uint64_t *ret_bytes);
uint64_t print_element_bytes(c_printer *printer, const section_layout_field *field);
/* Sorted by place; false where memory ran out. */
bool print_collect(c_printer *printer, const print_type *type, print_items *ret_items);

/* print_body.c */
void print_body(c_printer *printer, const print_type *type, const print_items *items);
const char *print_type_of(const section_layout_field *field);

#endif
