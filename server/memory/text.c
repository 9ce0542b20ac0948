#include "memory/text.h"

#include <stdlib.h>
#include <string.h>

#include "api/parameters.h"
#include "memory/tags.h"

const char *const text_errors_names[] = {"strict", "replace", NULL};

static const parameter text_get_parameters[] = {
    ENCODING,
    OFFSET,
    LENGTH_OF("bytes; up to the first NUL without it"),
    FIELD("1: length is the width of a field; the text ends at its first NUL or at its end"),
    TEXT_ERRORS,
    WAIT,
    OPEN,
    END,
};

static const parameter text_put_parameters[] = {
    ENCODING,
    OFFSET,
    LENGTH_OF("the most that may be written"),
    FLAG("terminator", "0: without a NUL at the end"),
    FIELD("1: length is the width of a field, which is filled with NULs"),
    OPEN,
    END,
};

/* A character that is decoded or encoded takes as long as so many bytes that are copied. */
enum { COST_OF_A_BYTE = 4 };

/* ---- text, whoever names it ---- */

section_status text_plan_encoding(const char *name, plan *plan, section_encoding *ret_encoding,
                                  section_error *ret_error)
{
    section_status status = section_encoding_parse(name, ret_encoding, ret_error);
    if (status != SECTION_OK || *ret_encoding < SECTION_CODE_PAGE_LEAST) {
        return status;
    }
    if (plan->cost < COST_SYSTEM) {
        plan->cost = COST_SYSTEM;
    }
    return SECTION_OK;
}

section_status text_check(const text_place *place, section_error *ret_error)
{
    if (place->is_field && !place->length_given) {
        return section_fail(ret_error, SECTION_BAD_SIZE, "a field needs its length, in bytes");
    }
    return place->length_given && place->length_bytes == 0
               ? section_fail(ret_error, SECTION_BAD_SIZE, "length must be at least 1")
               : SECTION_OK;
}

bool text_is_too_long(const text_place *place)
{
    return place->length_given && place->length_bytes > SECTION_TEXT_SCAN_BYTES;
}

static section_status check_extent(const text_place *place, section_error *ret_error)
{
    return text_is_too_long(place)
               ? section_fail(ret_error, SECTION_BAD_SIZE, "length can be %u at most",
                              SECTION_TEXT_SCAN_BYTES)
               : SECTION_OK;
}

plan_span text_span(const text_place *place, uint64_t most_bytes)
{
    return (plan_span){.offset_bytes = place->offset_bytes,
                       .length_bytes = place->length_bytes,
                       .length_given = place->length_given,
                       .most_bytes = most_bytes};
}

/* Finds the end of the text; `*ret_origin` is the number of bytes that decide it. */
static section_status find_end(const text_place *place, const bound *bound, const char *bytes,
                               size_t *ret_end, size_t *ret_origin, section_error *ret_error)
{
    const size_t length = (size_t)bound->length_bytes;
    const size_t unit = section_encoding_unit(place->encoding);
    const size_t nul = section_text_find_end(place->encoding, bytes, length);
    const bool ends = length - nul >= unit;
    const uint64_t end_offset = bound->offset_bytes + length;
    *ret_origin = length;
    *ret_end = length;
    if (place->length_given && !place->is_field) {
        return SECTION_OK;
    }
    if (ends) {
        *ret_end = nul;
        *ret_origin = nul + unit;
        return SECTION_OK;
    }
    if (!place->is_field && end_offset < section_length(bound->entry->section)) {
        return section_fail(
            ret_error, SECTION_TOO_LARGE,
            "no NUL ends the text within %llu bytes; say how long it is, with length",
            (unsigned long long)length);
    }
    if (!place->is_field) {
        *ret_end = nul; /* at the view's end, where half a unit is none */
    }
    return SECTION_OK;
}

static section_status decode(const text_place *place, const bound *bound, text_found *found,
                             section_error *ret_error)
{
    section_text_bytes from = {.encoding = place->encoding,
                               .bytes = found->bytes,
                               .first_offset = bound->offset_bytes,
                               .replaces = place->replaces};
    section_status status =
        find_end(place, bound, found->bytes, &from.length_bytes, &found->origin_bytes, ret_error);
    return status == SECTION_OK
               ? section_text_decode(&from, &found->text, &found->text_bytes, ret_error)
               : status;
}

section_status text_read(const text_place *place, const bound *bound, text_found *ret_found,
                         section_error *ret_error)
{
    const size_t length = (size_t)bound->length_bytes;
    section_status status = check_extent(place, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    *ret_found = (text_found){.bytes = malloc(length > 0 ? length : 1)};
    if (ret_found->bytes == NULL) {
        return section_fail(ret_error, SECTION_NO_MEMORY, "no memory for the text");
    }
    status = section_read(bound->entry->section, bound->offset_bytes, ret_found->bytes, length,
                          ret_error);
    if (status == SECTION_OK) {
        entry_note_read(bound->entry, length);
        status = decode(place, bound, ret_found, ret_error);
    }
    if (status != SECTION_OK) {
        text_discard(ret_found);
    }
    return status;
}

void text_discard(text_found *found)
{
    free(found->bytes);
    free(found->text);
    *found = (text_found){0};
}

/* Encodes a text as it is stored; a field is filled with NULs to its end, as strncpy does. */
static section_status encode(const text_place *place, const char *text, size_t text_bytes,
                             char **ret_bytes, size_t *ret_length, section_error *ret_error)
{
    void *bytes;
    size_t length;
    section_status status = place->is_field ? check_extent(place, ret_error) : SECTION_OK;
    if (status != SECTION_OK) {
        return status;
    }
    status = section_text_encode(place->encoding, text, text_bytes,
                                 place->terminate && !place->is_field, &bytes, &length, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    if (place->length_given && length > place->length_bytes) {
        free(bytes);
        return section_fail(ret_error, SECTION_BAD_SIZE,
                            "the text takes %llu bytes%s, length allows %llu",
                            (unsigned long long)length,
                            place->terminate && !place->is_field ? " with its terminator" : "",
                            (unsigned long long)place->length_bytes);
    }
    *ret_bytes = bytes;
    *ret_length = length;
    if (!place->is_field) {
        return SECTION_OK;
    }
    const size_t width = (size_t)place->length_bytes;
    char *field = realloc(bytes, width);
    if (field == NULL) {
        free(bytes);
        return section_fail(ret_error, SECTION_NO_MEMORY, "no memory for the text");
    }
    memset(field + length, 0, width - length);
    *ret_bytes = field;
    *ret_length = width;
    return SECTION_OK;
}

section_status text_write(const text_place *place, entry *entry, const char *text,
                          size_t text_bytes, section_error *ret_error)
{
    char *bytes = NULL;
    size_t length = 0;
    section_status status = encode(place, text, text_bytes, &bytes, &length, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    status = section_write(entry->section, place->offset_bytes, bytes, length, ret_error);
    free(bytes);
    if (status == SECTION_OK) {
        entry_note_write(entry, length);
    }
    return status;
}

/* ---- GET ---- */

/* A platform's encoding may have to be loaded from a disk first. */
static section_status ask_for_encoding(const void *order, section_error *ret_error)
{
    return section_encoding_check(((const text_place *)order)->encoding, ret_error);
}

/* Reads the parameters that GET and PUT share. */
static section_status parse_query(const request *request, plan *plan, plan_target **ret_target,
                                  section_error *ret_error)
{
    text_place *place = PLAN_ORDER(plan, text_place);
    int errors = 0;
    section_status status = text_plan_encoding(request_parameter(request, "encoding"), plan,
                                               &place->encoding, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    plan->ask = place->encoding >= SECTION_CODE_PAGE_LEAST ? ask_for_encoding : NULL;
    place->terminate = true;
    const bool terminator_given = request_flag(request, "terminator", &place->terminate);
    (void)request_flag(request, "field", &place->is_field);
    (void)request_choice(request, "errors", text_errors_names, &errors);
    place->replaces = errors != 0;
    plan_target *target = plan_path_range(plan, request);
    place->offset_bytes = target->span.offset_bytes;
    place->length_given = target->span.length_given;
    place->length_bytes = target->span.length_bytes;
    *ret_target = target;
    if (place->is_field && terminator_given) {
        return section_fail(ret_error, SECTION_BAD_QUERY,
                            "a field is filled with NULs to its end; it takes no terminator");
    }
    return text_check(place, ret_error);
}

static section_status text_get_plan(const request *request, plan *plan, section_error *ret_error)
{
    plan_target *target;
    section_status status = parse_query(request, plan, &target, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    const text_place *place = (const text_place *)plan->room.order;
    target->span = text_span(place, SECTION_TEXT_SCAN_BYTES);
    plan->answer_per_item = text_is_too_long(place) ? 0 : COST_OF_A_BYTE;
    plan_wait(plan, request);
    plan->waits_on_less = true;
    return SECTION_OK;
}

/* Up to 64 KiB that a text is made of are of one moment, and have a tag. */
static section_status text_get(call *call, reply *reply, section_error *ret_error)
{
    const text_place *place = call->order;
    const bound *bound = &call->targets[0];
    text_found found;
    section_status status = text_read(place, bound, &found, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    if (found.origin_bytes <= SECTION_WHOLE_BYTES) {
        etag_of(found.text, found.text_bytes, ETAG_OF_TEXT, reply->etag);
        note_origin(call, reply, bound->offset_bytes, found.bytes, found.origin_bytes);
    }
    reply_owned(reply, 200, "text/plain; charset=utf-8", found.text, found.text_bytes);
    found.text = NULL;
    text_discard(&found);
    return SECTION_OK;
}

HANDLER(get_text) = {
    .parameters = text_get_parameters,
    .plan = text_get_plan,
    .execute = text_get,
};

/* ---- PUT ---- */

static section_status text_put_plan(const request *request, plan *plan, section_error *ret_error)
{
    plan_target *target;
    section_status status = parse_query(request, plan, &target, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    const text_place *place = (const text_place *)plan->room.order;
    target->writes = true;
    target->has_span = place->is_field; /* else how long it is, is known when it is encoded */
    plan->cost_bytes = (uint64_t)request->body_bytes * COST_OF_A_BYTE;
    plan->answer_bytes += plan->cost_bytes; /* as it is encoded */
    plan->answer_per_item = place->is_field && !text_is_too_long(place) ? 1 : 0;
    if (!text_is_too_long(place)) {
        plan->tag = (plan_tag){.has_span = true,
                               .span = text_span(place, SECTION_TEXT_SCAN_BYTES),
                               .per_item = COST_OF_A_BYTE,
                               .cost_per_byte = COST_OF_A_BYTE};
    }
    return SECTION_OK;
}

/* The tag of GET …/text with the same parameters; of errors=replace if bytes do not decode. */
static section_status text_put_tag(call *call, char ret_etag[ETAG_BYTES], section_error *ret_error)
{
    text_place place = *(const text_place *)call->order;
    bound bound = call->targets[0];
    text_found found;
    const plan_span span = text_span(&place, SECTION_TEXT_SCAN_BYTES);
    place.replaces = true;
    section_status status = plan_fit(&span, bound.entry->section, &bound.length_bytes, ret_error);
    if (status == SECTION_OK) {
        status = text_read(&place, &bound, &found, ret_error);
    }
    if (status != SECTION_OK) {
        return status;
    }
    status = plan_check_tagged(found.origin_bytes, ret_error);
    if (status == SECTION_OK) {
        etag_of(found.text, found.text_bytes, ETAG_OF_TEXT, ret_etag);
    }
    text_discard(&found);
    return status;
}

static section_status text_put(call *call, reply *reply, section_error *ret_error)
{
    section_status status =
        text_write(call->order, call->targets[0].entry, call->body, call->body_bytes, ret_error);
    if (status == SECTION_OK) {
        reply_empty(reply, 204);
    }
    return status;
}

HANDLER(put_text) = {
    .parameters = text_put_parameters,
    .plan = text_put_plan,
    .tag = text_put_tag,
    .execute = text_put,
};
