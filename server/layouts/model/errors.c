#include "layouts/model/errors.h"

#include <ctype.h>
#include <section/utf8.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { INDEX_BYTES = 24 };

/* One byte of a pointer's step as a fragment has it; returns how many, at most three. */
static size_t put_byte(unsigned char byte, char *ret_text)
{
    static const char digits[] = "0123456789ABCDEF";
    if (byte == '~' || byte == '/') {
        ret_text[0] = '~';
        ret_text[1] = byte == '~' ? '0' : '1';
        return 2;
    }
    if (isalnum(byte) && byte < 0x80) {
        ret_text[0] = (char)byte;
        return 1;
    }
    if (byte != '\0' && strchr("-._!$&'()*+,;=:@", byte) != NULL) {
        ret_text[0] = (char)byte;
        return 1;
    }
    ret_text[0] = '%';
    ret_text[1] = digits[byte >> 4];
    ret_text[2] = digits[byte & 15];
    return 3;
}

static size_t room_of(const json_place *place)
{
    size_t bytes = 2;
    for (; place != NULL && place->outer != NULL; place = place->outer) {
        bytes += 1 + (place->key != NULL ? 3 * strlen(place->key) : INDEX_BYTES);
    }
    return bytes;
}

static size_t put_step(const json_place *place, char *ret_text)
{
    size_t used = 0;
    ret_text[used++] = '/';
    if (place->key == NULL) {
        return used + (size_t)snprintf(ret_text + used, INDEX_BYTES, "%llu",
                                       (unsigned long long)place->index);
    }
    for (const char *each = place->key; *each != '\0'; each++) {
        used += put_byte((unsigned char)*each, ret_text + used);
    }
    return used;
}

/* From the document inwards: a place knows only what is around it. */
static size_t put_steps(const json_place *place, char *ret_text)
{
    if (place == NULL || place->outer == NULL) {
        ret_text[0] = '#';
        return 1;
    }
    const size_t used = put_steps(place->outer, ret_text);
    return used + put_step(place, ret_text + used);
}

static const char *make_pointer(arena *memory, const json_place *place)
{
    char *text = arena_take(memory, room_of(place));
    if (text != NULL) {
        (void)put_steps(place, text);
    }
    return text;
}

void layout_errors_add(layout_errors *self, arena *memory, const json_place *place,
                       const char *detail_format, ...)
{
    char cut[LAYOUT_DETAIL_BYTES];
    char detail[LAYOUT_DETAIL_BYTES];
    va_list arguments;
    if (self->count == LAYOUT_ERRORS_MAX) {
        return;
    }
    va_start(arguments, detail_format);
    (void)vsnprintf(cut, sizeof cut, detail_format, arguments);
    va_end(arguments);
    section_utf8_clean(cut, detail, sizeof detail); /* it may end within a character */
    const layout_error error = {.detail = arena_copy(memory, detail, strlen(detail)),
                                .pointer = make_pointer(memory, place)};
    if (error.detail != NULL && error.pointer != NULL) {
        self->list[self->count++] = error;
    }
}

void layout_errors_add_line(layout_errors *self, arena *memory, unsigned line, unsigned column,
                            const char *detail)
{
    const layout_error error = {
        .detail = arena_copy(memory, detail, strlen(detail)), .line = line, .column = column};
    if (self->count < LAYOUT_ERRORS_MAX && error.detail != NULL) {
        self->list[self->count++] = error;
    }
}

section_status layout_errors_fail(const layout_errors *self, section_error *ret_error)
{
    const layout_error *first = &self->list[0];
    const char *more = self->count > 1 ? "; \"errors\" has more" : "";
    return first->pointer != NULL
               ? section_fail(ret_error, SECTION_BAD_LAYOUT, "%.80s: %.200s%s", first->pointer,
                              first->detail, more)
               : section_fail(ret_error, SECTION_BAD_LAYOUT, "line %u, column %u: %.200s%s",
                              first->line, first->column, first->detail, more);
}
