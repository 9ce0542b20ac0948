#include "number.h"

#include <stdio.h>
#include <string.h>

#include "bits.h"

/* Up to 64 bits of bytes in little-endian order, from one bit of the first byte on. */
static uint64_t load_little_bits(const uint8_t *bytes, size_t length_bytes, unsigned shift)
{
    uint64_t bits = 0;
    for (size_t i = length_bytes; i-- > 0;) {
        if (i * 8 >= shift) {
            const unsigned at = (unsigned)(i * 8) - shift;
            bits |= at < 64 ? (uint64_t)bytes[i] << at : 0;
        } else {
            const unsigned drop = shift - (unsigned)(i * 8);
            bits |= drop < 8 ? (uint64_t)(bytes[i] >> drop) : 0;
        }
    }
    return bits;
}

/* By the bytes. */
static const section_value_type unsigned_of[] = {
    [1] = SECTION_U8, [2] = SECTION_U16, [4] = SECTION_U32, [8] = SECTION_U64};

static uint64_t load_big_bits(section_value_type type, const uint8_t *bytes)
{
    const size_t size = section_value_lookup(type)->size_bytes;
    return section_value_load(unsigned_of[size], SECTION_BIG_ENDIAN, bytes).unsigned_number;
}

static section_value load_bit_field(const section_layout *layout, const program_field *field,
                                    const uint8_t *bytes)
{
    const section_layout_field *described = field->described;
    const unsigned width = described->bit_width;
    const section_value_kind kind = section_value_lookup(described->type)->kind;
    uint64_t bits =
        layout->source->endian == SECTION_LITTLE_ENDIAN
            ? load_little_bits(bytes, (size_t)field->element_bytes, described->bit_shift)
            : load_big_bits(described->type, bytes) >> described->bit_shift;
    bits &= bits_mask(width);
    if (kind == SECTION_KIND_BOOL) {
        bits = bits != 0;
    }
    const uint64_t sign = UINT64_C(1) << (width - 1);
    if (kind == SECTION_KIND_SIGNED) { /* flipping the sign and taking its weight off extends it */
        bits = (bits ^ sign) - sign;
    }
    section_value value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

section_value number_load(const section_layout *layout, const program_field *field,
                          const uint8_t *bytes)
{
    return field->described->bit_width > 0
               ? load_bit_field(layout, field, bytes)
               : section_value_load(field->described->type, layout->source->endian, bytes);
}

number_wide number_of(section_value_type type, section_value value)
{
    return section_value_lookup(type)->kind == SECTION_KIND_SIGNED
               ? (number_wide)value.signed_number
               : (number_wide)value.unsigned_number;
}

const char *number_label(const program_field *field, int64_t number)
{
    size_t low = 0;
    size_t high = field->described->label_count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        const section_layout_label *label = field->by_number[middle];
        if (label->number == number) {
            return label->label;
        }
        if (label->number < number) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return NULL;
}

/* As strcmp, of a label and a text that has no terminator. */
static int compare_label(const char *label, const char *text, size_t text_bytes)
{
    const int order = strncmp(label, text, text_bytes);
    return order != 0 ? order : label[text_bytes] != '\0';
}

bool number_of_label(const program_field *field, const char *label, size_t label_bytes,
                     int64_t *ret_number)
{
    size_t low = 0;
    size_t high = field->described->label_count;
    if (label_bytes > 0 && memchr(label, 0, label_bytes) != NULL) {
        return false;
    }
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        const int order = compare_label(field->by_text[middle]->label, label, label_bytes);
        if (order == 0) {
            *ret_number = field->by_text[middle]->number;
            return true;
        }
        if (order < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return false;
}

bool number_is_same(section_value_type type, section_value a, section_value b)
{
    if (section_value_lookup(type)->kind != SECTION_KIND_REAL) {
        return a.unsigned_number == b.unsigned_number;
    }
    const bool is_nan = a.real != a.real;
    if (type == SECTION_F32 && !is_nan) {
        return (float)a.real == (float)b.real;
    }
    return is_nan ? b.real != b.real : a.real == b.real;
}

section_field_value number_show_plain(section_value_type type, section_value raw)
{
    return (section_field_value){.shown = type == SECTION_BOOL8 ? SECTION_SHOWN_BOOL
                                                                : SECTION_SHOWN_NUMBER,
                                 .type = type,
                                 .number = raw};
}

static section_field_value show_label(const program_field *field, section_value raw,
                                      char digits[NUMBER_DIGITS_BYTES])
{
    section_field_value shown = {.shown = SECTION_SHOWN_TEXT, .type = field->described->type};
    const bool is_signed =
        section_value_lookup(field->described->type)->kind == SECTION_KIND_SIGNED;
    shown.number = raw;
    shown.text = number_label(field, raw.signed_number);
    if (shown.text == NULL && is_signed) {
        (void)snprintf(digits, NUMBER_DIGITS_BYTES, "%lld", (long long)raw.signed_number);
    } else if (shown.text == NULL) {
        (void)snprintf(digits, NUMBER_DIGITS_BYTES, "%llu",
                       (unsigned long long)raw.unsigned_number);
    }
    shown.text = shown.text != NULL ? shown.text : digits;
    shown.text_bytes = strlen(shown.text);
    return shown;
}

/* An f32 stays one, so that it is shown with no more digits than it has. */
static section_field_value show_scaled(const section_layout_field *field, section_value raw)
{
    const section_value_kind kind = section_value_lookup(field->type)->kind;
    section_field_value shown = {.shown = SECTION_SHOWN_NUMBER, .type = SECTION_F64};
    if (kind == SECTION_KIND_REAL) {
        shown.number.real = raw.real * field->scale;
    } else if (kind == SECTION_KIND_SIGNED) {
        shown.number.real = (double)raw.signed_number * field->scale;
    } else {
        shown.number.real = (double)raw.unsigned_number * field->scale;
    }
    if (field->type == SECTION_F32) {
        shown.type = SECTION_F32;
        shown.number.real = (double)(float)shown.number.real;
    }
    return shown;
}

section_field_value number_show(const program_field *field, section_value raw,
                                char digits[NUMBER_DIGITS_BYTES])
{
    const section_layout_field *described = field->described;
    if (described->has_null && number_is_same(described->type, raw, described->null_value)) {
        return (section_field_value){.shown = SECTION_SHOWN_NULL, .type = described->type};
    }
    if (described->label_count > 0) {
        return show_label(field, raw, digits);
    }
    return described->scale != 0 ? show_scaled(described, raw)
                                 : number_show_plain(described->type, raw);
}

section_field_value number_show_bits(const section_layout_bits *bits, section_value raw)
{
    section_field_value shown = {.shown = SECTION_SHOWN_NUMBER};
    shown.number.unsigned_number = raw.unsigned_number >> bits->shift & bits_mask(bits->width);
    if (bits->width == 1) {
        shown.shown = SECTION_SHOWN_BOOL;
    }
    /* The narrowest type, because numbers of 64 bits are shown as text. */
    shown.type = bits->width <= 32 ? SECTION_U32 : SECTION_U64;
    return shown;
}
