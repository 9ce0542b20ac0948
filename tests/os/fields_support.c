#include "fields_support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "platform.h"

enum { TEXT_BYTES = 1 << 20 };

typedef struct writer {
    char *text;
    size_t length;
    bool needs_separator;
    unsigned depth;
} writer;

static void put(writer *self, const char *text, size_t length)
{
    assert_true(self->length + length < TEXT_BYTES);
    memcpy(self->text + self->length, text, length);
    self->length += length;
    self->text[self->length] = '\0';
}

static void put_key(writer *self, const section_field_at *at)
{
    assert_int_equal(at->path_bytes, strlen(at->path));
    if (self->needs_separator) {
        put(self, self->depth == 0 ? " " : ",", 1);
    }
    if (at->is_selected) {
        put(self, at->path, at->path_bytes);
        put(self, "=", 1);
    } else if (at->name != NULL) {
        assert_int_equal(at->name_bytes, strlen(at->name));
        put(self, at->name, at->name_bytes);
        put(self, "=", 1);
    }
}

static bool begin(void *context, const section_field_at *at, section_fields_shape shape)
{
    writer *self = context;
    put_key(self, at);
    put(self, shape == SECTION_SHAPE_ARRAY ? "[" : "{", 1);
    self->needs_separator = false;
    self->depth++;
    return true;
}

static void end(void *context, const section_field_at *at, section_fields_shape shape)
{
    writer *self = context;
    (void)at;
    put(self, shape == SECTION_SHAPE_ARRAY ? "]" : "}", 1);
    self->needs_separator = true;
    self->depth--;
}

static void put_number(writer *self, const section_field_value *value)
{
    char text[64];
    switch (section_value_lookup(value->type)->kind) {
    case SECTION_KIND_SIGNED:
        (void)snprintf(text, sizeof text, "%lld", (long long)value->number.signed_number);
        break;
    case SECTION_KIND_REAL:
        (void)snprintf(text, sizeof text, value->type == SECTION_F32 ? "%.6g" : "%.15g",
                       value->number.real);
        break;
    default:
        (void)snprintf(text, sizeof text, "%llu",
                       (unsigned long long)value->number.unsigned_number);
    }
    put(self, text, strlen(text));
}

static void show(void *context, const section_field_at *at, const section_field_value *value)
{
    writer *self = context;
    put_key(self, at);
    switch (value->shown) {
    case SECTION_SHOWN_NULL:
        put(self, "null", 4);
        break;
    case SECTION_SHOWN_BOOL:
        put(self, value->number.unsigned_number != 0 ? "true" : "false",
            value->number.unsigned_number != 0 ? 4 : 5);
        break;
    case SECTION_SHOWN_NUMBER:
        put_number(self, value);
        break;
    case SECTION_SHOWN_TEXT:
        assert_int_equal(value->text_bytes, strlen(value->text));
        put(self, "\"", 1);
        put(self, value->text, value->text_bytes);
        put(self, "\"", 1);
    }
    self->needs_separator = true;
}

section_layout *compiled(const section_layout_source *source)
{
    section_layout *layout = NULL;
    works(section_layout_compile(source, &layout, NULL, &why));
    return layout;
}

section *section_of(const void *bytes, size_t length_bytes)
{
    /* Windows rounds the object up to pages, so the view says how long it is. */
    const section_create_options options = {.size_bytes = length_bytes,
                                            .view = {.length_bytes = length_bytes}};
    section *self = NULL;
    works(section_create(&options, &self, &why));
    works(section_write(self, 0, bytes, length_bytes, &why));
    return self;
}

static section_selection *selected(const section_layout *layout, const char *paths_or_null)
{
    section_selection *selection = NULL;
    if (paths_or_null != NULL) {
        works(section_selection_parse(layout, paths_or_null, strlen(paths_or_null), &selection,
                                      &why));
    }
    return selection;
}

const char *shown(section *self, const section_layout *layout, const char *paths_or_null)
{
    static char text[TEXT_BYTES];
    writer writer = {.text = text};
    const section_fields_visitor visitor = {begin, end, show, &writer};
    section_selection *selection = selected(layout, paths_or_null);
    section_image *image = section_image_new();
    section_fields_outcome outcome;
    text[0] = '\0';
    works(section_fields_read(self, layout, selection, NULL, image, &outcome, &why));
    assert_int_equal(outcome.consistent, whole_by(layout));
    works(section_fields_visit(image, &visitor, &why));
    assert_int_equal(writer.depth, 0);
    section_image_free(image);
    section_selection_free(selection);
    return text;
}

const char *shown_of(const section_layout_source *source, const void *bytes, size_t length_bytes,
                     const char *paths_or_null)
{
    section_layout *layout = compiled(source);
    section *self = section_of(bytes, length_bytes);
    const char *text = shown(self, layout, paths_or_null);
    section_close(self);
    section_layout_free(layout);
    return text;
}

void expect_mismatch(const section_layout_source *source, const void *bytes, size_t length_bytes,
                     const char *in_detail)
{
    section_layout *layout = compiled(source);
    section *self = section_of(bytes, length_bytes);
    section_image *image = section_image_new();
    section_error error = {0};
    const section_status status =
        section_fields_read(self, layout, NULL, NULL, image, NULL, &error);
    if (status != SECTION_LAYOUT_MISMATCH || strstr(error.detail, in_detail) == NULL) {
        fail_msg("gave %d (%s), not a mismatch with \"%s\"", status, error.detail, in_detail);
    }
    section_image_free(image);
    section_close(self);
    section_layout_free(layout);
}

unsigned reads_of_each(void)
{
    enum { READS = 100000, PLAIN_PARTS = 10 };
    const char *text = getenv("SECTIOND_LONG");
    const bool is_long = text != NULL && strcmp(text, "1") == 0;
    return is_long ? READS : READS / PLAIN_PARTS / cost_of_threads();
}

section_consistent whole_by(const section_layout *layout)
{
    const section_consistency_rule rule = section_layout_description(layout)->consistency.rule;
    return rule == SECTION_CONSISTENCY_NONE ? SECTION_CONSISTENT_UNKNOWN : SECTION_CONSISTENT_YES;
}

static void feed(void *context, const void *bytes, size_t length)
{
    uint64_t *hash = context;
    const uint8_t *at = bytes;
    for (size_t i = 0; i < length; i++) {
        *hash = (*hash ^ at[i]) * UINT64_C(0x100000001B3);
    }
}

uint64_t fed(section *self, const section_layout *layout, const char *paths_or_null)
{
    uint64_t hash = UINT64_C(0xCBF29CE484222325);
    section_selection *selection = selected(layout, paths_or_null);
    section_image *image = section_image_new();
    works(section_fields_read(self, layout, selection, NULL, image, NULL, &why));
    works(section_fields_feed(image, feed, &hash, &why));
    section_image_free(image);
    section_selection_free(selection);
    return hash;
}
