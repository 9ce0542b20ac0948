#include "api/parameters.h"
#include "memory/tags.h"

typedef struct put_order {
    uint64_t given_length_bytes; /* `length` of the query, or 0 */
    bool flush;
} put_order;

static const parameter put_data_parameters[] = {
    OFFSET,
    LENGTH_OF("what If-Match is about; the body without it"),
    FLAG("flush", "1: to disk before the answer"),
    OPEN,
    END,
};

/* Runs before the body: a request is refused before its first byte is written. */
static section_status data_put_plan(const request *request, plan *plan, section_error *ret_error)
{
    put_order *order = PLAN_ORDER(plan, put_order);
    plan_target *target = plan_path_range(plan, request);
    target->writes = true;
    order->given_length_bytes = target->span.length_given ? target->span.length_bytes : 0;
    (void)request_flag(request, "flush", &order->flush);
    if (request->has_length && order->given_length_bytes > 0 &&
        request->length_bytes > order->given_length_bytes) {
        return section_fail(ret_error, SECTION_BAD_SIZE, "the body is longer than length says");
    }
    /* The range of If-Match. The length of a chunked body is known at its end. */
    if (!target->span.length_given) {
        target->span.length_bytes = request->has_length ? request->length_bytes : 0;
        target->span.length_given = true;
    }
    if (!request->has_length && order->given_length_bytes == 0) {
        plan->tag.bytes = SECTION_WHOLE_BYTES; /* a chunked body: as long as it is */
    }
    plan->streams = true; /* a longer body is written as it comes */
    plan->cost = order->flush ? COST_LONG : COST_COPY;
    return SECTION_OK;
}

static section_status data_take(call *call, const void *bytes, size_t length_bytes,
                                section_error *ret_error)
{
    const bound *bound = &call->targets[0];
    section *section = bound->entry->section;
    const uint64_t at = bound->offset_bytes + call->written_bytes;
    const put_order *order = call->order;
    const uint64_t given = order->given_length_bytes;
    if (given > 0 && length_bytes > given - call->written_bytes) {
        return section_fail(ret_error, SECTION_BAD_SIZE, "the body is longer than length says");
    }
    const uint64_t room = section_length(section) - at;
    const size_t fitting = length_bytes < room ? length_bytes : (size_t)room;
    section_status status = section_write(section, at, bytes, fitting, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    call->written_bytes += fitting;
    if (fitting < length_bytes) {
        return section_fail(ret_error, SECTION_BAD_RANGE,
                            "the body is longer than the %llu bytes from there to the view's end",
                            (unsigned long long)(section_length(section) - bound->offset_bytes));
    }
    return SECTION_OK;
}

static section_status data_put_tag(call *call, char ret_etag[ETAG_BYTES], section_error *ret_error)
{
    const put_order *order = call->order;
    bound *bound = &call->targets[0];
    if (order->given_length_bytes == 0) {
        bound->length_bytes = call->body_bytes;
    }
    return bytes_tag(call, ret_etag, ret_error);
}

/* A body that was kept: one copy under the section's lock. */
static section_status write_kept(call *call, section_error *ret_error)
{
    const put_order *order = call->order;
    const bound *bound = &call->targets[0];
    if (order->given_length_bytes > 0 && call->body_bytes > order->given_length_bytes) {
        return section_fail(ret_error, SECTION_BAD_SIZE, "the body is longer than length says");
    }
    section_status status = section_write(bound->entry->section, bound->offset_bytes, call->body,
                                          call->body_bytes, ret_error);
    call->written_bytes = status == SECTION_OK ? call->body_bytes : 0;
    return status;
}

static section_status data_put(call *call, reply *reply, section_error *ret_error)
{
    const bound *bound = &call->targets[0];
    if (call->written_bytes == 0) {
        section_status status = write_kept(call, ret_error);
        if (status != SECTION_OK) {
            return status;
        }
    }
    entry_note_write(bound->entry, call->written_bytes);
    reply_empty(reply, 204);
    return SECTION_OK;
}

/*
 * Writes to the disk before the answer, as far as possible. A failure is not an error here; POST
 * …/flush reports it.
 */
static section_status data_put_after(call *call, section_error *ret_error)
{
    const put_order *order = call->order;
    const bound *bound = &call->targets[0];
    section_flushed flushed;
    return order->flush ? section_flush(bound->entry->section, bound->offset_bytes,
                                        call->written_bytes, &flushed, ret_error)
                        : SECTION_OK;
}

HANDLER(put_data) = {
    .parameters = put_data_parameters,
    .plan = data_put_plan,
    .tag = data_put_tag,
    .execute = data_put,
    .after = data_put_after,
    .take = data_take,
};
