#ifndef SECTIOND_LAYOUTS_C_H
#define SECTIOND_LAYOUTS_C_H

#include <section/error.h>
#include <section/layout.h>
#include <stddef.h>

#include "layouts/model/abi.h"

/**
 * @file
 * Layouts from C declarations, and C declarations from layouts.
 *
 * What is read: structures, unions, enumerations, typedefs, constants (`#define`, enumerators, `static const`),
 * conditions (`#if`) over constants, `#pragma pack`, alignment and packing by attributes, `static_assert`.
 * Function declarations and variables are skipped. `#include` is not followed: the types of stdint.h,
 * stddef.h, stdatomic.h, windows.h and such are known, pshpack*.h and poppack.h pack, and any other header
 * is ignored, so that a type of it is an unknown one where it is used. C++ beyond that is refused.
 *
 * What becomes what: every field has its offset and every structure its size. Members of unions overlap;
 * those of unnamed members become the parent's. A bit field begins at the byte of its lowest bit, in the
 * smallest type that holds its width. `char[N]` is a string (`ansi` on Windows, UTF-8 on System V),
 * arrays of wchar_t, WCHAR, char16_t and char32_t are strings of their units' size; arrays of unsigned char
 * and signed char are numbers, and so is a single char. Enumerators become labels, pointers and handles
 * numbers. Left out with a note: flexible arrays, arrays of more elements than a layout can have, members without a
 * size. Other notes tell what was passed over (attributes, pragmas, headers) and what was decided: whose
 * rules place bit fields, and that of a pointer the address is told.
 */

enum {
    C_LAYOUT_TEXT_BYTES_MAX = 256 * 1024,
    C_LAYOUT_DEPTH_MAX = 64,              /**< of parentheses, of structures, of #if */
    C_LAYOUT_EXPANSION_TOKENS_MAX = 1000, /**< of one use of a macro */
    C_LAYOUT_MEMBERS_MAX = 16384,         /**< of all structures together */
    C_LAYOUT_ENUMERATORS_MAX = 16384,
    C_LAYOUT_ERRORS_MAX = 20, /**< the reading ends there */
    C_LAYOUT_NOTES_MAX = 100, /**< the last one says that there are more */
    C_LAYOUT_MEMORY_BYTES_MAX = 16 * 1024 * 1024
};

/** Something about a place of the text. */
typedef struct c_message {
    const char *detail;
    unsigned line;   /**< from 1; 0: it has no place */
    unsigned column; /**< from 1, in characters of UTF-8, a tab counts as one */
    struct c_message *next;
} c_message;

/** What was read. It owns all that it leads to. */
typedef struct c_layout {
    section_layout_source
        source;              /**< its title is the structure's name; empty where there are errors */
    const c_message *errors; /**< NULL: none */
    const c_message *notes;  /**< what was left out, passed over or decided, and why */
} c_layout;

/**
 * Reads C declarations.
 * @param text the caller's, `text_bytes` long; read during the call only. Comments may have any bytes.
 * @param structure name of the structure or union, its tag or a typedef's; NULL: the last one.
 * @param ret_layout receives what was read, also where it is wrong: then it has errors.
 * @return `SECTION_NO_MEMORY`.
 * Threads: any. Platforms: same.
 */
section_status c_layout_parse(const char *text, size_t text_bytes, const char *structure, c_abi abi,
                              c_layout **ret_layout, section_error *ret_error);

/** Frees it; NULL is ignored. */
void c_layout_free(c_layout *layout);

/**
 * Writes a description as C that compilers of every ABI lay out in the same way, with a static assertion
 * of every size and offset. Fields whose place depends on memory are told in comments; so are bit fields that
 * only gcc can lay out, as no unit holds them.
 * @param source a description that is right, as `section_layout_compile` takes it.
 * @param ret_text receives a malloc'ed, terminated text; the caller frees it.
 * @return `SECTION_NO_MEMORY`.
 * Threads: any. Platforms: same.
 */
section_status c_layout_print(const section_layout_source *source, char **ret_text,
                              section_error *ret_error);

#endif
