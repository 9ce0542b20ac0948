#include <section/text.h>
#include <stdlib.h>

#include "api/conditions.h"
#include "memory/waiting.h"

static section_status parse_encoding(const request *request, section_encoding *ret_encoding,
                                     section_error *ret_error)
{
    const char *name = request_parameter(request, "encoding");
    if (name == NULL) {
        return section_fail(ret_error, SECTION_BAD_ENCODING,
                            "say which: ?encoding=utf-16le (Windows TCHAR), utf-32le (Linux "
                            "wchar_t), utf-8, utf-16be, latin1, gbk, or cpNNN for a code page");
    }
    return section_encoding_parse(name, ret_encoding, ret_error);
}

/* What only the platform can convert it may have to load from a disk first. */
static bool must_wait(const request *request, section_encoding encoding)
{
    return encoding >= SECTION_CODE_PAGE_LEAST && !request->may_block;
}

/*
 * Decodes `length` bytes, or up to the first NUL of what is scanned. Up to 64 KiB that is of one
 * moment, and has a tag.
 */
static section_status decode(request *request, reply *reply, entry *entry,
                             section_encoding encoding, const char *bytes, byte_range range,
                             section_error *ret_error)
{
    enum { NUL_BYTES_MAX = 4 };
    char bytes_tag[ETAG_BYTES];
    char *text;
    size_t text_bytes;
    size_t length = (size_t)range.length_bytes;
    if (!range.length_given) {
        const size_t end = section_text_find_end(encoding, bytes, length);
        const size_t with_nul = end + NUL_BYTES_MAX;
        range.length_bytes = with_nul < length ? with_nul : length;
        length = end;
    }
    section_status status = section_text_decode(encoding, bytes, length, range.offset_bytes, &text,
                                                &text_bytes, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    reply_owned(reply, 200, "text/plain; charset=utf-8", text, text_bytes);
    if (waiting_is_wanted(request)) {
        etag_of(bytes, (size_t)range.length_bytes, 0, bytes_tag);
    }
    return waiting_check(request, reply, entry, TAG_OF_TEXT, range, bytes_tag, ret_error);
}

/* What the query of either direction says; checked before the section is looked for. */
typedef struct text_query {
    section_encoding encoding;
    byte_range range;
    bool terminate;
} text_query;

static section_status parse_query(const request *request, text_query *ret_query,
                                  section_error *ret_error)
{
    ret_query->terminate = true;
    section_status status = parse_encoding(request, &ret_query->encoding, ret_error);
    if (status == SECTION_OK) {
        status = handlers_parse_range(request, &ret_query->range, ret_error);
    }
    if (status == SECTION_OK) {
        status = request_flag(request, "terminator", &ret_query->terminate, ret_error);
    }
    return status;
}

static section_status read_text(request *request, reply *reply, entry *entry, text_query query,
                                section_error *ret_error)
{
    byte_range *range = &query.range;
    section_status status =
        handlers_fit_range(range, reply, section_length(entry->section), ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    if (range->length_bytes > SECTION_TEXT_SCAN_BYTES) {
        if (range->length_given) {
            return section_fail(ret_error, SECTION_BAD_SIZE, "length can be %u at most",
                                SECTION_TEXT_SCAN_BYTES);
        }
        range->length_bytes = SECTION_TEXT_SCAN_BYTES;
    }
    if (range->length_bytes > SECTION_WHOLE_BYTES && !request->may_block) {
        return request_defer(request);
    }
    const size_t length = (size_t)range->length_bytes;
    char *bytes = malloc(length);
    if (bytes == NULL) {
        return section_fail(ret_error, SECTION_NO_MEMORY, "no memory for the text");
    }
    status = section_read(entry->section, range->offset_bytes, bytes, length, ret_error);
    if (status == SECTION_OK) {
        status = decode(request, reply, entry, query.encoding, bytes, *range, ret_error);
        entry_note_read(entry, length);
    }
    free(bytes);
    return status;
}

section_status text_get(request *request, reply *reply, section_error *ret_error)
{
    entry *entry;
    text_query query;
    section_status status = parse_query(request, &query, ret_error);
    if (status == SECTION_OK) {
        status = waiting_parse(request, ret_error);
    }
    if (status == SECTION_OK && must_wait(request, query.encoding)) {
        return request_defer(request);
    }
    if (status == SECTION_OK) {
        status = section_encoding_check(query.encoding, ret_error);
    }
    if (status == SECTION_OK) {
        status = handlers_find(request, &entry, ret_error);
    }
    if (status == SECTION_OK) {
        status = read_text(request, reply, entry, query, ret_error);
        handlers_release(request, entry);
    }
    return status;
}

static section_status write_text(const request *request, reply *reply, entry *entry,
                                 text_query query, section_error *ret_error)
{
    const byte_range *range = &query.range;
    const uint64_t view_bytes = section_length(entry->section);
    void *bytes;
    size_t length;
    section_status status = section_text_encode(query.encoding, request->body, request->body_bytes,
                                                query.terminate, &bytes, &length, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    if (range->length_given && length > range->length_bytes) {
        status = section_fail(ret_error, SECTION_BAD_SIZE,
                              "the text takes %llu bytes with its terminator, length allows %llu",
                              (unsigned long long)length, (unsigned long long)range->length_bytes);
    } else if (range->offset_bytes > view_bytes || length > view_bytes - range->offset_bytes) {
        status = handlers_bad_range(reply, view_bytes, ret_error, range->offset_bytes, length);
    } else {
        status = section_write(entry->section, range->offset_bytes, bytes, length, ret_error);
    }
    free(bytes);
    if (status == SECTION_OK) {
        entry_note_write(entry, length);
        reply_empty(reply, 204);
    }
    return status;
}

section_status text_put(request *request, reply *reply, section_error *ret_error)
{
    entry *entry;
    text_query query;
    if (request->body_bytes > SECTION_WHOLE_BYTES / 4 && !request->may_block) {
        return request_defer(request); /* encoded, it may be four times as long */
    }
    section_status status = parse_query(request, &query, ret_error);
    if (status == SECTION_OK && must_wait(request, query.encoding)) {
        return request_defer(request);
    }
    if (status == SECTION_OK) {
        status = section_encoding_check(query.encoding, ret_error);
    }
    if (status == SECTION_OK) {
        status = handlers_find(request, &entry, ret_error);
    }
    if (status == SECTION_OK) {
        status = write_text(request, reply, entry, query, ret_error);
        handlers_release(request, entry);
    }
    return status;
}
