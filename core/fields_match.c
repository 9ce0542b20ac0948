#include "matching.h"

#include <errno.h>
#include <float.h>
#include <math.h>
#include <section/utf8.h>
#include <stdlib.h>
#include <string.h>

#include "texts.h"

static bool is_there(const program_field *field, uint64_t stride_bytes)
{
    return field->place.at.number + field->element_bytes <= stride_bytes;
}

section_status matching_want(walk *self, const selection_step *step, const walk_place *place,
                             section_error *ret_error)
{
    const program_field *field = &self->layout->fields[step->field];
    section_status status = SECTION_OK;
    if (!is_there(field, place->stride_bytes)) {
        return SECTION_OK;
    }
    for (uint64_t i = 0; status == SECTION_OK && i < place->count; i++) {
        const uint64_t offset = place->offset_bytes + i * place->stride_bytes;
        status = image_pass(self->image, 1, ret_error);
        if (status == SECTION_OK) {
            status = image_want(self->image, offset + field->place.at.number, field->element_bytes,
                                ret_error);
        }
    }
    return status;
}

static bool is_word(const char *text, size_t text_bytes, const char *word)
{
    return strlen(word) == text_bytes && memcmp(text, word, text_bytes) == 0;
}

static bool parse_real(section_value_type type, const char *text, double *ret_real)
{
    static const struct {
        const char *name;
        double real;
    } words[] = {{"NaN", (double)NAN}, {"Infinity", HUGE_VAL}, {"-Infinity", -HUGE_VAL}};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (strcmp(text, words[i].name) == 0) {
            *ret_real = words[i].real;
            return true;
        }
    }
    if (strspn(text, "0123456789+-.eE") != strlen(text)) {
        return false; /* what strtod takes besides */
    }
    char *end;
    *ret_real = strtod(text, &end);
    if (type == SECTION_F32) {
        *ret_real = (double)(float)*ret_real;
    }
    return *end == '\0' && end != text && fabs(*ret_real) <= DBL_MAX;
}

static bool parse_integer(section_value_kind kind, const char *text, section_value *ret_value)
{
    const char *digits = text[0] == '-' ? text + 1 : text;
    if (*digits == '\0' || strspn(digits, "0123456789") != strlen(digits)) {
        return false;
    }
    errno = 0;
    if (kind == SECTION_KIND_SIGNED) {
        ret_value->signed_number = strtoll(text, NULL, 10);
    } else if (digits != text) {
        return false;
    } else {
        ret_value->unsigned_number = strtoull(text, NULL, 10);
    }
    return errno == 0;
}

bool matching_parse(section_value_type type, const char *text, size_t text_bytes,
                    section_value *ret_value)
{
    enum { DIGITS_MAX = 400 };
    char number[DIGITS_MAX + 1];
    uint8_t bytes[8];
    const section_value_kind kind = section_value_lookup(type)->kind;
    uint32_t scalar;
    if (text_bytes > DIGITS_MAX || text_bytes == 0 || memchr(text, 0, text_bytes) != NULL) {
        return false;
    }
    memcpy(number, text, text_bytes);
    number[text_bytes] = '\0';
    bool is_number = false;
    switch (kind) {
    case SECTION_KIND_REAL:
        is_number = parse_real(type, number, &ret_value->real);
        break;
    case SECTION_KIND_UNSIGNED:
    case SECTION_KIND_SIGNED:
        is_number = parse_integer(kind, number, ret_value);
        break;
    case SECTION_KIND_BOOL:
        ret_value->unsigned_number = is_word(text, text_bytes, "true");
        is_number = ret_value->unsigned_number == 1 || is_word(text, text_bytes, "false");
        break;
    case SECTION_KIND_CHARACTER:
        is_number = section_utf8_get(text, text_bytes, &scalar) == text_bytes;
        ret_value->unsigned_number = is_number ? scalar : 0;
        break;
    }
    return is_number && section_value_store(type, SECTION_LITTLE_ENDIAN, *ret_value, bytes);
}

/* The value is the one that is shown: its label, or what is scaled. */
static bool is_same_number(const program_field *field, section_value raw, const char *text,
                           size_t text_bytes)
{
    char digits[NUMBER_DIGITS_BYTES];
    const section_field_value shown = number_show(field, raw, digits);
    section_value wanted;
    switch (shown.shown) {
    case SECTION_SHOWN_NULL:
        return is_word(text, text_bytes, "null");
    case SECTION_SHOWN_TEXT:
        if (shown.text_bytes == text_bytes && memcmp(shown.text, text, text_bytes) == 0) {
            return true;
        }
        break; /* a number that has a label is found by the number, too */
    case SECTION_SHOWN_BOOL:
    case SECTION_SHOWN_NUMBER:
        break;
    }
    return matching_parse(shown.type, text, text_bytes, &wanted) &&
           number_is_same(shown.type, shown.number, wanted);
}

section_status matching_element(walk *self, const selection_step *step, uint64_t offset_bytes,
                                uint64_t stride_bytes, bool *ret_match, section_error *ret_error)
{
    const program_field *field = &self->layout->fields[step->field];
    const uint64_t offset = offset_bytes + field->place.at.number;
    *ret_match = false;
    if (!is_there(field, stride_bytes)) {
        return SECTION_OK;
    }
    if (field->described->kind == SECTION_FIELD_STRING) {
        const char *text;
        size_t length;
        section_status status = walk_step(self, field->steps, ret_error);
        if (status == SECTION_OK) {
            status = texts_decode(self->image,
                                  texts_encoding(field->encoding, field->described->is_ansi),
                                  offset, (size_t)field->element_bytes, &text, &length, ret_error);
        }
        *ret_match = status == SECTION_OK && length == step->text_bytes &&
                     memcmp(text, step->text, length) == 0;
        return status;
    }
    const uint8_t *bytes;
    section_status status = walk_step(self, 1, ret_error);
    if (status == SECTION_OK) {
        status = image_get(self->image, offset, (size_t)field->element_bytes, &bytes, ret_error);
    }
    if (status == SECTION_OK) {
        *ret_match = is_same_number(field, number_load(self->layout, field, bytes), step->text,
                                    step->text_bytes);
    }
    return status;
}
