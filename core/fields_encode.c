#include <float.h>
#include <math.h>
#include <section/utf8.h>
#include <stdlib.h>
#include <string.h>

#include "bits.h"
#include "matching.h"
#include "storing.h"
#include "texts.h"

/* What a value becomes in memory: the reverse of how it is shown. */

static section_status refuse(const section_field_input *input, const char *why,
                             section_error *ret_error)
{
    return section_fail(ret_error, SECTION_BAD_VALUE, "%.120s: %s", input->path, why);
}

/* Integers up to 2^53 are exact as doubles; larger ones come as text. */
static bool integer_of(double real, section_value_kind kind, section_value *ret_value)
{
    enum { EXACT_BITS = 53 };
    const double most = (double)(INT64_C(1) << EXACT_BITS);
    if (real != nearbyint(real) || real > most || real < -most) {
        return false;
    }
    if (kind == SECTION_KIND_SIGNED) {
        ret_value->signed_number = (int64_t)real;
        return true;
    }
    ret_value->unsigned_number = real < 0 ? 0 : (uint64_t)real;
    return real >= 0;
}

/* Without labels, bits, scale and null. */
static bool plain_of(section_value_type type, const section_field_input *input,
                     section_value *ret_value)
{
    const section_value_kind kind = section_value_lookup(type)->kind;
    uint8_t bytes[8];
    switch (input->kind) {
    case SECTION_INPUT_NULL:
        return false;
    case SECTION_INPUT_BOOL:
        ret_value->unsigned_number = input->boolean;
        return kind == SECTION_KIND_BOOL;
    case SECTION_INPUT_TEXT:
        return matching_parse(type, input->text, input->text_bytes, ret_value);
    case SECTION_INPUT_NUMBER:
        break;
    }
    if (kind == SECTION_KIND_REAL) {
        ret_value->real = input->number;
        return section_value_store(type, SECTION_LITTLE_ENDIAN, *ret_value, bytes);
    }
    return kind != SECTION_KIND_BOOL && integer_of(input->number, kind, ret_value) &&
           section_value_store(type, SECTION_LITTLE_ENDIAN, *ret_value, bytes);
}

/* What is shown is raw × scale. */
static bool unscaled_of(const section_layout_field *field, const section_field_input *input,
                        section_value *ret_value)
{
    const section_value_kind kind = section_value_lookup(field->type)->kind;
    section_value shown;
    uint8_t bytes[8];
    if (!plain_of(SECTION_F64, input, &shown)) {
        return false;
    }
    const double raw = shown.real / field->scale;
    if (kind == SECTION_KIND_REAL) {
        ret_value->real = raw;
        return section_value_store(field->type, SECTION_LITTLE_ENDIAN, *ret_value, bytes);
    }
    return fabs(raw) <= DBL_MAX && integer_of(nearbyint(raw), kind, ret_value) &&
           section_value_store(field->type, SECTION_LITTLE_ENDIAN, *ret_value, bytes);
}

static bool raw_of(const program_field *field, const section_field_input *input,
                   section_value *ret_value)
{
    const section_layout_field *described = field->described;
    int64_t number;
    if (input->kind == SECTION_INPUT_NULL) {
        *ret_value = described->null_value;
        return described->has_null;
    }
    if (input->kind == SECTION_INPUT_TEXT &&
        number_of_label(field, input->text, input->text_bytes, &number)) {
        ret_value->signed_number = number;
        return true;
    }
    return described->scale != 0 ? unscaled_of(described, input, ret_value)
                                 : plain_of(described->type, input, ret_value);
}

/* Up to 64 bits from one bit of the first byte on, in little-endian order. */
static void put_little_bits(uint8_t *bytes, unsigned shift, unsigned width, uint64_t bits)
{
    for (unsigned i = 0; i < width; i++) {
        const unsigned at = shift + i;
        bytes[at / 8] |= (uint8_t)((bits >> i & 1) << (at % 8));
    }
}

/* Bits are counted from the lowest of a number, which is the first byte's or the last's. */
static void put_bits(const section_layout *layout, section_value_type type, unsigned shift,
                     unsigned width, uint64_t bits, uint8_t *ret_bytes)
{
    const size_t size = section_value_lookup(type)->size_bytes;
    put_little_bits(ret_bytes, shift, width, bits);
    for (size_t i = 0; layout->source->endian == SECTION_BIG_ENDIAN && i < size / 2; i++) {
        const uint8_t byte = ret_bytes[i];
        ret_bytes[i] = ret_bytes[size - 1 - i];
        ret_bytes[size - 1 - i] = byte;
    }
}

/* Some of the bits of a number, wherever they are. */
static void mask_part(const section_layout *layout, section_value_type type, unsigned shift,
                      unsigned width, storing_part *part)
{
    memset(part->mask, 0, sizeof part->mask);
    put_bits(layout, type, shift, width, bits_mask(width), part->mask);
    part->has_mask = true;
}

void storing_place(const section_layout *layout, const walk_leaf *leaf, storing_part *part)
{
    const section_layout_field *field = leaf->field != NULL ? leaf->field->described : NULL;
    part->offset_bytes = leaf->offset_bytes;
    part->length_bytes = part->field_bytes = leaf->size_bytes;
    if (leaf->bits != NULL) {
        mask_part(layout, field->type, leaf->bits->shift, leaf->bits->width, part);
    } else if (field != NULL && field->bit_width > 0) {
        mask_part(layout, field->type, field->bit_shift, field->bit_width, part);
    }
}

static section_status encode_bits(const section_layout *layout, const walk_leaf *leaf,
                                  const section_field_input *input, storing_part *part,
                                  section_error *ret_error)
{
    const section_layout_bits *bits = leaf->bits;
    section_value value;
    if (input->kind == SECTION_INPUT_BOOL && bits->width == 1) {
        value.unsigned_number = input->boolean;
    } else if (!plain_of(SECTION_U64, input, &value) ||
               value.unsigned_number > bits_mask(bits->width)) {
        return refuse(input, "its bits cannot hold the value", ret_error);
    }
    put_bits(layout, leaf->field->described->type, bits->shift, bits->width, value.unsigned_number,
             part->bytes);
    return SECTION_OK;
}

/* A bit field of C holds less than its type. */
static bool fits_bit_field(const section_layout_field *field, section_value value)
{
    const unsigned width = field->bit_width;
    if (section_value_lookup(field->type)->kind == SECTION_KIND_SIGNED) {
        const int64_t most = (int64_t)(bits_mask(width) >> 1);
        return value.signed_number <= most && value.signed_number >= -most - 1;
    }
    return value.unsigned_number <= bits_mask(width);
}

static section_status encode_number(const section_layout *layout, const walk_leaf *leaf,
                                    const section_field_input *input, storing_part *part,
                                    section_error *ret_error)
{
    const program_field *field = leaf->field;
    const section_value_type type = field != NULL ? field->described->type : leaf->row->type;
    section_value value = {0};
    if (!(field != NULL ? raw_of(field, input, &value) : plain_of(type, input, &value))) {
        return refuse(input, "its type cannot hold the value", ret_error);
    }
    if (field != NULL && field->described->bit_width > 0) {
        if (!fits_bit_field(field->described, value)) {
            return refuse(input, "its bits cannot hold the value", ret_error);
        }
        put_bits(layout, type, field->described->bit_shift, field->described->bit_width,
                 value.unsigned_number & bits_mask(field->described->bit_width), part->bytes);
        return SECTION_OK;
    }
    return section_value_store(type, layout->source->endian, value, part->bytes)
               ? SECTION_OK
               : refuse(input, "its type cannot hold the value", ret_error);
}

static section_status encode_text(const walk_leaf *leaf, const section_field_input *input,
                                  bool no_terminator, storing_part *part, section_error *ret_error)
{
    const section_encoding encoding =
        leaf->field == NULL
            ? leaf->row->encoding
            : texts_encoding(leaf->field->encoding, leaf->field->described->is_ansi);
    const size_t unit = section_encoding_unit(encoding);
    void *bytes = NULL;
    size_t length = 0;
    if (input->kind != SECTION_INPUT_TEXT) {
        return refuse(input, "it is a string", ret_error);
    }
    if (input->text_bytes > 0 && memchr(input->text, 0, input->text_bytes) != NULL) {
        return refuse(input, "the text would end at the NUL in it", ret_error);
    }
    section_status status =
        texts_encode(encoding, input->text, input->text_bytes, &bytes, &length, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    const uint64_t room = leaf->size_bytes / unit * unit;
    const uint64_t needed = length + (no_terminator ? 0 : unit);
    if (needed > room) {
        free(bytes);
        return section_fail(ret_error, SECTION_BAD_VALUE,
                            "%.120s: the text has %llu bytes with its NUL, and there is room for "
                            "%llu",
                            input->path, (unsigned long long)(length + unit),
                            (unsigned long long)room);
    }
    part->is_text = true;
    part->text = bytes; /* there is a NUL behind it */
    part->length_bytes = length + unit <= room ? length + unit : length;
    return SECTION_OK;
}

section_status storing_encode(const section_layout *layout, const walk_leaf *leaf,
                              const section_field_input *input, bool no_terminator,
                              storing_part *ret_part, section_error *ret_error)
{
    storing_place(layout, leaf, ret_part);
    const bool is_text = leaf->field != NULL ? leaf->field->described->kind == SECTION_FIELD_STRING
                                             : leaf->row->is_text;
    if (is_text) {
        return encode_text(leaf, input, no_terminator, ret_part, ret_error);
    }
    return leaf->bits != NULL ? encode_bits(layout, leaf, input, ret_part, ret_error)
                              : encode_number(layout, leaf, input, ret_part, ret_error);
}
