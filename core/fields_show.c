#include <string.h>

#include "texts.h"
#include "walk.h"

/* What an image holds, for a visitor or for a hash. */

static section_encoding encoding_of(const walk_leaf *leaf)
{
    return leaf->field == NULL
               ? leaf->row->encoding
               : texts_encoding(leaf->field->encoding, leaf->field->described->is_ansi);
}

static section_status show_text(walk *self, const walk_leaf *leaf, section_field_value *value,
                                section_error *ret_error)
{
    value->shown = SECTION_SHOWN_TEXT;
    value->type = SECTION_CHAR;
    return texts_decode(self->image, encoding_of(leaf), leaf->offset_bytes,
                        (size_t)leaf->size_bytes, &value->text, &value->text_bytes, ret_error);
}

static bool is_text(const walk_leaf *leaf)
{
    return leaf->field != NULL ? leaf->field->described->kind == SECTION_FIELD_STRING
                               : leaf->row->is_text;
}

static section_status show_number(walk *self, const walk_leaf *leaf, section_field_value *value,
                                  char digits[NUMBER_DIGITS_BYTES], section_error *ret_error)
{
    const uint8_t *bytes;
    section_status status =
        image_get(self->image, leaf->offset_bytes, (size_t)leaf->size_bytes, &bytes, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    if (leaf->field == NULL) {
        const section_endian endian = self->layout->source->endian;
        *value =
            number_show_plain(leaf->row->type, section_value_load(leaf->row->type, endian, bytes));
        return SECTION_OK;
    }
    const section_value raw = number_load(self->layout, leaf->field, bytes);
    *value = leaf->bits != NULL ? number_show_bits(leaf->bits, raw)
                                : number_show(leaf->field, raw, digits);
    return SECTION_OK;
}

static section_field_at at_leaf(const walk *self, const walk_leaf *leaf)
{
    section_field_at at = walk_at(self, leaf->field, leaf->offset_bytes, leaf->size_bytes);
    at.bits = leaf->bits;
    if (leaf->row != NULL) {
        const char *texts = self->image->row_text;
        at.type = leaf->row->type;
        at.is_text = leaf->row->is_text;
        at.unit = leaf->row->unit > 0 ? texts + leaf->row->unit : NULL;
        at.note = leaf->row->note > 0 ? texts + leaf->row->note : NULL;
    }
    return at;
}

static section_status show_leaf(walk *self, const walk_leaf *leaf, section_error *ret_error)
{
    const section_fields_visitor *visitor = self->context;
    char digits[NUMBER_DIGITS_BYTES];
    section_field_value value = {0};
    section_status status = is_text(leaf) ? show_text(self, leaf, &value, ret_error)
                                          : show_number(self, leaf, &value, digits, ret_error);
    if (status == SECTION_OK) {
        const section_field_at at = at_leaf(self, leaf);
        visitor->value(visitor->context, &at, &value);
    }
    return status;
}

static bool show_begin(walk *self, const section_field_at *at, section_fields_shape shape)
{
    const section_fields_visitor *visitor = self->context;
    return visitor->begin == NULL || visitor->begin(visitor->context, at, shape);
}

static void show_end(walk *self, const section_field_at *at, section_fields_shape shape)
{
    const section_fields_visitor *visitor = self->context;
    if (visitor->end != NULL) {
        visitor->end(visitor->context, at, shape);
    }
}

section_status section_fields_visit(section_image *image, const section_fields_visitor *visitor,
                                    section_error *ret_error)
{
    static const walk_tasks tasks = {.leaf = show_leaf, .begin = show_begin, .end = show_end};
    section_fields_visitor copy = *visitor;
    return walk_run(image, &tasks, &copy, ret_error);
}

/* What is fed is collected, for a hash is slow with a few bytes at a time. */
typedef struct feeder {
    void (*feed)(void *context, const void *bytes, size_t length);
    void *context;
    size_t count;
    uint8_t bytes[1024];
} feeder;

static void feed_flush(feeder *self)
{
    if (self->count > 0) {
        self->feed(self->context, self->bytes, self->count);
        self->count = 0;
    }
}

static void feed_bytes(feeder *self, const void *bytes, size_t length)
{
    if (length > sizeof self->bytes - self->count) {
        feed_flush(self);
    }
    if (length > sizeof self->bytes) {
        self->feed(self->context, bytes, length);
        return;
    }
    memcpy(self->bytes + self->count, bytes, length);
    self->count += length;
}

static void feed_number(feeder *self, uint64_t number)
{
    feed_bytes(self, &number, sizeof number);
}

/* Where a selected value is; others follow from what was fed before. */
static void feed_path(walk *self)
{
    if (self->is_selected) {
        feed_number(self->context, self->path_bytes);
        feed_bytes(self->context, self->path, self->path_bytes);
    }
}

static section_status feed_leaf(walk *self, const walk_leaf *leaf, section_error *ret_error)
{
    const uint8_t *bytes;
    size_t length = (size_t)leaf->size_bytes;
    feed_path(self);
    section_status status = image_get(self->image, leaf->offset_bytes, length, &bytes, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    if (is_text(leaf)) { /* what follows the NUL is no part of the value */
        length = section_text_find_end(encoding_of(leaf), bytes, length);
        feed_number(self->context, length);
    }
    if (leaf->bits != NULL || (leaf->field != NULL && leaf->field->described->bit_width > 0)) {
        section_value raw = number_load(self->layout, leaf->field, bytes);
        if (leaf->bits != NULL) {
            raw = number_show_bits(leaf->bits, raw).number;
        }
        feed_number(self->context, raw.unsigned_number);
        return SECTION_OK;
    }
    feed_bytes(self->context, bytes, length);
    return SECTION_OK;
}

static bool feed_begin(walk *self, const section_field_at *at, section_fields_shape shape)
{
    feed_path(self);
    if (shape == SECTION_SHAPE_ARRAY) {
        feed_number(self->context, at->count);
    }
    return true;
}

/* Rows come and go, and are told by their names. */
static void feed_rows(walk *self, feeder *to)
{
    const section_image *image = self->image;
    for (size_t i = 0; i < image->row_count; i++) {
        const image_row *row = &image->rows[i];
        feed_bytes(to, image->row_text + row->name, row->name_bytes + 1);
        feed_number(to, (uint64_t)row->type);
        feed_number(to, row->count);
        if (row->unit > 0) {
            feed_bytes(to, image->row_text + row->unit, strlen(image->row_text + row->unit) + 1);
        }
    }
}

static void feed_field(walk *self, bool is_absent)
{
    const uint8_t mark = is_absent;
    feed_bytes(self->context, &mark, 1);
}

section_status section_fields_feed(section_image *image,
                                   void (*feed)(void *context, const void *bytes, size_t length),
                                   void *context, section_error *ret_error)
{
    static const walk_tasks tasks = {.leaf = feed_leaf, .begin = feed_begin, .field = feed_field};
    feeder fed = {.feed = feed, .context = context};
    walk rows = {.image = image};
    feed_rows(&rows, &fed);
    section_status status = walk_run(image, &tasks, &fed, ret_error);
    feed_flush(&fed);
    return status;
}
