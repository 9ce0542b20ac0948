#include <section/text.h>
#include <stdlib.h>
#include <string.h>

#include "memory/memory.h"

/* What the query of either direction says. */
typedef struct text_order {
    section_encoding encoding;
    bool length_given;
    uint64_t length_bytes;
    bool terminate;
} text_order;

/* A character that is decoded or encoded takes as long as so many bytes that are copied. */
enum { COST_OF_A_BYTE = 4, NUL_BYTES_MAX = 4 };

/* A platform's encoding may have to be loaded from a disk first. */
static section_status ask_for_encoding(const void *order, section_error *ret_error)
{
    return section_encoding_check(((const text_order *)order)->encoding, ret_error);
}

static section_status parse_query(const request *request, plan *plan, plan_target **ret_target,
                                  section_error *ret_error)
{
    text_order *order = PLAN_ORDER(plan, text_order);
    section_status status =
        section_encoding_parse(request_parameter(request, "encoding"), &order->encoding, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    order->terminate = true;
    (void)request_flag(request, "terminator", &order->terminate);
    plan_target *target = plan_path_range(plan, request);
    order->length_given = target->span.length_given;
    order->length_bytes = target->span.length_bytes;
    const bool is_of_platform = order->encoding >= SECTION_CODE_PAGE_LEAST;
    plan->ask = is_of_platform ? ask_for_encoding : NULL;
    plan->cost = is_of_platform ? COST_SYSTEM : COST_COPY;
    *ret_target = target;
    return status;
}

section_status text_get_plan(const request *request, plan *plan, section_error *ret_error)
{
    plan_target *target;
    section_status status = parse_query(request, plan, &target, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    const bool is_too_long =
        target->span.length_given && target->span.length_bytes > SECTION_TEXT_SCAN_BYTES;
    target->span.most_bytes = SECTION_TEXT_SCAN_BYTES;
    plan->answer_per_item = is_too_long ? 0 : COST_OF_A_BYTE; /* else it is refused */
    plan_wait(plan, request);
    plan->waits_on_less = true;
    return SECTION_OK;
}

/*
 * Decodes `length` bytes, or up to the first NUL of what is scanned. Up to 64 KiB that is of one
 * moment, and has a tag.
 */
static section_status reply_text(const call *call, reply *reply, const char *bytes,
                                 section_error *ret_error)
{
    const text_order *order = call->order;
    const bound *bound = &call->targets[0];
    size_t length = (size_t)bound->length_bytes;
    size_t origin_bytes = length;
    char *text;
    size_t text_bytes;
    if (!order->length_given) {
        const size_t end = section_text_find_end(order->encoding, bytes, length);
        origin_bytes = end + NUL_BYTES_MAX < length ? end + NUL_BYTES_MAX : length;
        length = end;
    }
    section_status status = section_text_decode(order->encoding, bytes, length, bound->offset_bytes,
                                                &text, &text_bytes, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    reply_owned(reply, 200, "text/plain; charset=utf-8", text, text_bytes);
    if (origin_bytes <= SECTION_WHOLE_BYTES) {
        etag_of(text, text_bytes, ETAG_OF_TEXT, reply->etag);
        note_origin(call, reply, bound->offset_bytes, bytes, origin_bytes);
    }
    return SECTION_OK;
}

section_status text_get(call *call, reply *reply, section_error *ret_error)
{
    const bound *bound = &call->targets[0];
    const size_t length = (size_t)bound->length_bytes;
    if (length > SECTION_TEXT_SCAN_BYTES) {
        return section_fail(ret_error, SECTION_BAD_SIZE, "length can be %u at most",
                            SECTION_TEXT_SCAN_BYTES);
    }
    char *bytes = malloc(length > 0 ? length : 1);
    if (bytes == NULL) {
        return section_fail(ret_error, SECTION_NO_MEMORY, "no memory for the text");
    }
    section_status status =
        section_read(bound->entry->section, bound->offset_bytes, bytes, length, ret_error);
    if (status == SECTION_OK) {
        status = reply_text(call, reply, bytes, ret_error);
        entry_note_read(bound->entry, length);
    }
    free(bytes);
    return status;
}

section_status text_put_plan(const request *request, plan *plan, section_error *ret_error)
{
    plan_target *target;
    section_status status = parse_query(request, plan, &target, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    target->writes = true;
    target->has_span = false; /* how long it is, is known when it is encoded */
    plan->cost_bytes = (uint64_t)request->body_bytes * COST_OF_A_BYTE;
    plan->answer_bytes += plan->cost_bytes; /* as it is encoded */
    return SECTION_OK;
}

/* What GET …/text with the same parameters has. */
section_status text_put_tag(call *call, char ret_etag[ETAG_BYTES], section_error *ret_error)
{
    const text_order *order = call->order;
    bound *bound = &call->targets[0];
    const plan_span span = {.offset_bytes = bound->offset_bytes,
                            .length_bytes = order->length_bytes,
                            .length_given = order->length_given,
                            .most_bytes = SECTION_TEXT_SCAN_BYTES};
    reply present = {0};
    section_status status = plan_fit(&span, bound->entry->section, &bound->length_bytes, ret_error);
    if (status == SECTION_OK) {
        status = text_get(call, &present, ret_error);
    }
    if (status == SECTION_OK && present.etag[0] == '\0') {
        status = section_fail(ret_error, SECTION_BAD_SIZE, "If-Match covers at most %u bytes",
                              SECTION_WHOLE_BYTES);
    }
    memcpy(ret_etag, present.etag, ETAG_BYTES);
    reply_discard(&present);
    return status;
}

static section_status check_length(const text_order *order, size_t length_bytes,
                                   section_error *ret_error)
{
    return !order->length_given || length_bytes <= order->length_bytes
               ? SECTION_OK
               : section_fail(ret_error, SECTION_BAD_SIZE,
                              "the text takes %llu bytes with its terminator, length allows %llu",
                              (unsigned long long)length_bytes,
                              (unsigned long long)order->length_bytes);
}

section_status text_put(call *call, reply *reply, section_error *ret_error)
{
    const text_order *order = call->order;
    const bound *bound = &call->targets[0];
    void *bytes;
    size_t length;
    section_status status = section_text_encode(order->encoding, call->body, call->body_bytes,
                                                order->terminate, &bytes, &length, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    status = check_length(order, length, ret_error);
    if (status == SECTION_OK) {
        status =
            section_write(bound->entry->section, bound->offset_bytes, bytes, length, ret_error);
    }
    free(bytes);
    if (status == SECTION_OK) {
        entry_note_write(bound->entry, length);
        reply_empty(reply, 204);
    }
    return status;
}
