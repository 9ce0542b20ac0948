#ifndef TESTS_UNIT_LAYOUT_C_FIXTURE_H
#define TESTS_UNIT_LAYOUT_C_FIXTURE_H

#include "unit.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "layouts/c/c.h"

/* A structure in a line: its size, then NAME@OFFSET=TYPE[COUNT]… of each field, bits as :SHIFT:WIDTH. */
typedef struct rendered {
    char text[4096];
    size_t length;
} rendered;

__attribute__((format(printf, 2, 3))) static inline void render_add(rendered *out,
                                                                    const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    const int length =
        vsnprintf(out->text + out->length, sizeof out->text - out->length, format, arguments);
    va_end(arguments);
    assert_in_range(length, 0, sizeof out->text - out->length - 1);
    out->length += (size_t)length;
}

static inline void render_field(rendered *out, const section_layout_field *field)
{
    static const char *const encodings[] = {"utf-8", "utf-16le", "utf-16be", "utf-32le", "latin1"};
    render_add(out, " %s@%" PRId64 "=", field->name, field->place.at.number);
    if (field->kind == SECTION_FIELD_STRUCTURE) {
        render_add(out, "%s", field->type_name);
    } else if (field->kind == SECTION_FIELD_STRING) {
        render_add(out, "%s:%" PRIu64, field->is_ansi ? "ansi" : encodings[field->encoding],
                   field->string_bytes);
    } else {
        render_add(out, "%s", section_value_lookup(field->type)->name);
    }
    if (field->bit_width > 0) {
        render_add(out, ":%u:%u", field->bit_shift, field->bit_width);
    }
    for (unsigned i = 0; i < field->dimensions; i++) {
        render_add(out, "[%" PRId64 "]", field->counts[i].number);
    }
    for (size_t i = 0; i < field->label_count; i++) {
        render_add(out, "%s%s=%" PRId64 "%s", i == 0 ? "{" : ",", field->labels[i].label,
                   field->labels[i].number, i + 1 == field->label_count ? "}" : "");
    }
}

static inline void render_type(rendered *out, const section_layout_type *type)
{
    render_add(out, "%" PRIu64, type->size_bytes);
    for (size_t i = 0; i < type->field_count; i++) {
        assert_int_equal(type->fields[i].place.rule, SECTION_PLACE_AT);
        render_field(out, &type->fields[i]);
    }
}

/* What was read, with its errors. */
static inline c_layout *read_c(c_abi abi, const char *text, size_t text_bytes,
                               const char *structure)
{
    c_layout *layout = NULL;
    section_error error;
    assert_int_equal(c_layout_parse(text, text_bytes, structure, abi, &layout, &error), SECTION_OK);
    assert_non_null(layout);
    return layout;
}

/* As read_c, of a text that has to be right. */
static inline c_layout *read_right(c_abi abi, const char *text, const char *structure)
{
    c_layout *layout = read_c(abi, text, strlen(text), structure);
    if (layout->errors != NULL) {
        fail_msg("%u:%u: %s in: %s", layout->errors->line, layout->errors->column,
                 layout->errors->detail, text);
    }
    return layout;
}

static inline void expect_structure(c_abi abi, const char *text, const char *structure,
                                    const char *expected)
{
    rendered out = {.length = 0};
    c_layout *layout = read_right(abi, text, structure);
    render_type(&out, &layout->source.whole);
    assert_string_equal(out.text, expected);
    /* What we make of C, the library takes. */
    section_layout *compiled = NULL;
    section_error error = {0};
    if (section_layout_compile(&layout->source, &compiled, NULL, &error) != SECTION_OK) {
        fail_msg("%s in: %s", error.detail, text);
    }
    section_layout_free(compiled);
    c_layout_free(layout);
}

static inline void expect(c_abi abi, const char *text, const char *expected)
{
    expect_structure(abi, text, NULL, expected);
}

/* The same on all ABIs. */
static inline void expect_all(const char *text, const char *expected)
{
    for (int abi = 0; abi < C_ABI_COUNT; abi++) {
        expect((c_abi)abi, text, expected);
    }
}

#endif
