#include <section/text.h>
#include <stdlib.h>

#include "handlers.h"

static section_status parse_encoding(const request *request, section_encoding *ret_encoding,
                                     section_error *ret_error)
{
    const char *name = request_parameter(request, "encoding");
    if (name == NULL) {
        return section_fail(ret_error, SECTION_BAD_ENCODING,
                            "say which: ?encoding=utf-16le (Windows TCHAR), utf-32le (Linux "
                            "wchar_t) or utf-8");
    }
    return section_encoding_parse(name, ret_encoding, ret_error);
}

/* Decodes `length` bytes, or up to the first NUL of what is scanned. */
static section_status decode(section_encoding encoding, const char *bytes, byte_range range,
                             reply *reply, section_error *ret_error)
{
    char *text;
    size_t text_bytes;
    size_t length = (size_t)range.length_bytes;
    if (!range.length_given) {
        length = section_text_find_end(encoding, bytes, length);
    }
    section_status status =
        section_text_decode(encoding, bytes, length, &text, &text_bytes, ret_error);
    if (status == SECTION_OK) {
        reply_owned(reply, 200, "text/plain; charset=utf-8", text, text_bytes);
    }
    return status;
}

static section_status read_text(request *request, reply *reply, entry *entry,
                                section_error *ret_error)
{
    section_encoding encoding;
    byte_range range;
    section_status status = parse_encoding(request, &encoding, ret_error);
    if (status == SECTION_OK) {
        status = handlers_range(request, reply, section_length(entry->section), &range, ret_error);
    }
    if (status != SECTION_OK) {
        return status;
    }
    if (range.length_bytes > SECTION_TEXT_SCAN_BYTES) {
        if (range.length_given) {
            return section_fail(ret_error, SECTION_BAD_SIZE, "length can be %u at most",
                                SECTION_TEXT_SCAN_BYTES);
        }
        range.length_bytes = SECTION_TEXT_SCAN_BYTES;
    }
    if (range.length_bytes > SECTION_WHOLE_BYTES && !request->may_block) {
        return request_defer(request);
    }
    char *bytes = malloc((size_t)range.length_bytes);
    if (bytes == NULL) {
        return section_fail(ret_error, SECTION_NO_MEMORY, "no memory for the text");
    }
    status = section_read(entry->section, range.offset_bytes, bytes, (size_t)range.length_bytes,
                          ret_error);
    if (status == SECTION_OK) {
        status = decode(encoding, bytes, range, reply, ret_error);
        entry_note_read(entry, range.length_bytes);
    }
    free(bytes);
    return status;
}

section_status text_get(request *request, reply *reply, section_error *ret_error)
{
    entry *entry;
    section_status status = handlers_find(request, &entry, ret_error);
    if (status == SECTION_OK) {
        status = read_text(request, reply, entry, ret_error);
        handlers_release(request, entry);
    }
    return status;
}

static section_status write_text(request *request, reply *reply, entry *entry,
                                 section_error *ret_error)
{
    section_encoding encoding;
    uint64_t offset = 0;
    uint64_t room = 0;
    bool terminate = true;
    void *bytes;
    size_t length;
    section_status status = parse_encoding(request, &encoding, ret_error);
    if (status == SECTION_OK) {
        status = request_number(request, "offset", SECTION_BAD_OFFSET, &offset, ret_error);
    }
    if (status == SECTION_OK) {
        status = request_number(request, "length", SECTION_BAD_SIZE, &room, ret_error);
    }
    if (status == SECTION_OK) {
        status = request_flag(request, "terminator", &terminate, ret_error);
    }
    if (status == SECTION_OK) {
        status = section_text_encode(encoding, request->body, request->body_bytes, terminate,
                                     &bytes, &length, ret_error);
    }
    if (status != SECTION_OK) {
        return status;
    }
    const uint64_t view_bytes = section_length(entry->section);
    if (request_parameter(request, "length") != NULL && length > room) {
        status = section_fail(ret_error, SECTION_BAD_SIZE,
                              "the text takes %llu bytes with its terminator, length allows %llu",
                              (unsigned long long)length, (unsigned long long)room);
    } else if (offset > view_bytes || length > view_bytes - offset) {
        status = handlers_bad_range(reply, view_bytes, ret_error, offset, length);
    } else {
        status = section_write(entry->section, offset, bytes, length, ret_error);
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
    if (request->body_bytes > SECTION_WHOLE_BYTES / 4 && !request->may_block) {
        return request_defer(request); /* encoded, it may be four times as long */
    }
    section_status status = handlers_find(request, &entry, ret_error);
    if (status == SECTION_OK) {
        status = write_text(request, reply, entry, ret_error);
        handlers_release(request, entry);
    }
    return status;
}
