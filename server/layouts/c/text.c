#include <section/utf8.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "layouts/c/private.h"

enum { MESSAGE_BYTES = 400, QUOTED_BYTES_MAX = 64 };

static c_message *make_message(c_parser *parser, unsigned line, unsigned column, const char *format,
                               va_list arguments)
{
    char text[MESSAGE_BYTES];
    char clean[MESSAGE_BYTES];
    (void)vsnprintf(text, sizeof text, format, arguments);
    /* What the text says may be GBK, and a long name is cut. */
    section_utf8_clean(text, clean, sizeof clean);
    c_message *message = arena_take(parser->arena, sizeof *message);
    const char *detail = arena_copy(parser->arena, clean, strlen(clean));
    if (message == NULL || detail == NULL) {
        (void)c_no_memory(parser);
        return NULL;
    }
    *message = (c_message){.detail = detail, .line = line, .column = column};
    return message;
}

bool c_error(c_parser *parser, const c_token *at, const char *format, ...)
{
    if (parser->quiet > 0 || parser->is_stopped) {
        return false;
    }
    const c_message *last = parser->last_error;
    if (last != NULL && last->line == at->line && last->column == at->column) {
        return false; /* it follows from what was told */
    }
    va_list arguments;
    va_start(arguments, format);
    c_message *message = make_message(parser, at->line, at->column, format, arguments);
    va_end(arguments);
    if (message == NULL) {
        return false;
    }
    if (last == NULL) {
        parser->errors = message;
    } else {
        parser->last_error->next = message;
    }
    parser->last_error = message;
    parser->error_count++;
    parser->is_stopped = parser->error_count == C_LAYOUT_ERRORS_MAX;
    return false;
}

void c_note(c_parser *parser, unsigned line, unsigned column, const char *format, ...)
{
    if (parser->quiet > 0 || parser->is_prelude || parser->is_stopped) {
        return;
    }
    if (++parser->note_count > C_LAYOUT_NOTES_MAX) {
        return;
    }
    if (parser->note_count == C_LAYOUT_NOTES_MAX) {
        format = "More was left out, passed over or decided from here on; it is not told";
    }
    va_list arguments;
    va_start(arguments, format);
    c_message *message = make_message(parser, line, column, format, arguments);
    va_end(arguments);
    if (message == NULL) {
        return;
    }
    if (parser->last_note == NULL) {
        parser->notes = message;
    } else {
        parser->last_note->next = message;
    }
    parser->last_note = message;
}

bool c_no_memory(c_parser *parser)
{
    parser->is_stopped = true; /* the arena knows why */
    return false;
}

bool c_enter(c_parser *parser)
{
    if (++parser->depth <= C_LAYOUT_DEPTH_MAX) {
        return true;
    }
    (void)c_error(parser, &parser->token, "This is nested more than %d deep", C_LAYOUT_DEPTH_MAX);
    parser->is_stopped = true;
    return false;
}

void c_leave(c_parser *parser)
{
    parser->depth--;
}

int c_quoted(const c_token *token)
{
    return (int)(token->text_bytes < QUOTED_BYTES_MAX ? token->text_bytes : QUOTED_BYTES_MAX);
}

static bool is_utf8(const char *text, size_t text_bytes)
{
    uint32_t scalar;
    while (text_bytes > 0) {
        const size_t used = section_utf8_get(text, text_bytes, &scalar);
        if (used == 0) {
            return false;
        }
        text += used;
        text_bytes -= used;
    }
    return true;
}

/* The end of the line that blanks and a line end behind a backslash reach; NULL: it is no continuation. */
static const char *find_continued(const char *next, const char *end)
{
    while (next < end && (*next == ' ' || *next == '\t')) {
        next++;
    }
    if (next < end && *next == '\r') {
        next++;
        return next < end && *next == '\n' ? next + 1 : next;
    }
    return next < end && *next == '\n' ? next + 1 : NULL;
}

/* Whether two bytes are a character of GBK, whose second byte may look like a backslash. */
static bool is_pair(unsigned char first, unsigned char second)
{
    return first >= 0x81 && first <= 0xFE && second >= 0x40 && second != 0x7F;
}

/* Copies without continuations and carriage returns; tells where each continuation was. */
static size_t splice(const c_parser *parser, const char *text, const char *end, char *ret_text,
                     uint32_t *ret_splices)
{
    size_t length = 0;
    size_t splices = 0;
    for (const char *next = text; next < end;) {
        const char *continued = *next == '\\' ? find_continued(next + 1, end) : NULL;
        if (continued != NULL) {
            ret_splices[splices++] = (uint32_t)length;
            next = continued;
        } else if (!parser->is_utf8 && end - next >= 2 &&
                   is_pair((unsigned char)next[0], (unsigned char)next[1])) {
            ret_text[length++] = *next++;
            ret_text[length++] = *next++;
        } else if (*next == '\r') {
            next += end - next >= 2 && next[1] == '\n' ? 2 : 1;
            ret_text[length++] = '\n';
        } else {
            ret_text[length++] = *next++;
        }
    }
    ret_splices[splices] = UINT32_MAX;
    return length;
}

static size_t count_backslashes(const char *text, size_t text_bytes)
{
    size_t count = 0;
    for (size_t i = 0; i < text_bytes; i++) {
        count += text[i] == '\\';
    }
    return count;
}

bool c_begin_text(c_parser *parser, const char *text, size_t text_bytes)
{
    static const char mark[] = "\xEF\xBB\xBF"; /* some editors begin UTF-8 with it */
    if (text_bytes >= sizeof mark - 1 && memcmp(text, mark, sizeof mark - 1) == 0) {
        text += sizeof mark - 1;
        text_bytes -= sizeof mark - 1;
    }
    parser->is_utf8 = is_utf8(text, text_bytes);
    char *copy = arena_take(parser->arena, text_bytes + 1);
    uint32_t *splices =
        arena_take_array(parser->arena, count_backslashes(text, text_bytes) + 1, sizeof *splices);
    if (copy == NULL || splices == NULL) {
        return c_no_memory(parser);
    }
    const size_t length = splice(parser, text, text + text_bytes, copy, splices);
    parser->frames[0].macro = NULL;
    parser->frames[0].lexer = (c_lexer){.next = copy,
                                        .start = copy,
                                        .end = copy + length,
                                        .counted = copy,
                                        .splice = splices,
                                        .line = 1,
                                        .column = 1,
                                        .at_line_start = true};
    parser->frame_count = 1;
    parser->floor = 1;
    return true;
}
