#include <stdlib.h>

#include "api/parameters.h"
#include "encode/json.h"
#include "memory/tags.h"

/* Operations on bytes that are not sent: fill, copy, flush. */

/* The members of a body that is read at once: nothing of it is kept. */
static section_status parse_body(const request *request, const json_member *members,
                                 size_t member_count, section_error *ret_error)
{
    cJSON *body;
    section_status status = json_parse_object(request->body, request->body_bytes, &body, ret_error);
    if (status == SECTION_OK) {
        status = json_read(body, members, member_count, ret_error);
        cJSON_Delete(body);
    }
    return status;
}

static section_status check_length(uint64_t length_bytes, bool given, section_error *ret_error)
{
    return given && length_bytes > 0
               ? SECTION_OK
               : section_fail(ret_error, SECTION_BAD_SIZE, "\"length\" must be at least 1");
}

static plan_target *plan_written_range(plan *plan, const request *request, uint64_t offset_bytes,
                                       uint64_t length_bytes)
{
    plan_target *target = plan_path_section(plan, request);
    target->writes = true;
    target->has_span = true;
    target->span = (plan_span){
        .offset_bytes = offset_bytes, .length_bytes = length_bytes, .length_given = true};
    return target;
}

/* ---- fill ---- */

typedef struct fill_order {
    uint8_t value;
} fill_order;

static section_status fill_plan(const request *request, plan *plan, section_error *ret_error)
{
    uint64_t offset = 0;
    uint64_t length = 0;
    uint64_t value = 0;
    bool length_given = false;
    bool value_given = false;
    const json_member members[] = {
        {.key = "offset", .kind = JSON_NUMBER, .target = &offset, .code = SECTION_BAD_OFFSET},
        {.key = "length",
         .kind = JSON_NUMBER,
         .target = &length,
         .code = SECTION_BAD_SIZE,
         .present = &length_given},
        {.key = "byte", .kind = JSON_NUMBER, .target = &value, .present = &value_given},
    };
    section_status status = parse_body(request, members, 3, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    status = check_length(length, length_given, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    if (!value_given || value > UINT8_MAX) {
        return section_fail(ret_error, SECTION_BAD_JSON, "\"byte\" must be 0 to 255");
    }
    PLAN_ORDER(plan, fill_order)->value = (uint8_t)value;
    plan_written_range(plan, request, offset, length);
    return SECTION_OK;
}

static section_status fill_post(call *call, reply *reply, section_error *ret_error)
{
    const fill_order *order = call->order;
    const bound *bound = &call->targets[0];
    section_status status =
        section_fill(bound->entry->section, bound->offset_bytes, bound->length_bytes, order->value,
                     &call->means->pause, ret_error);
    if (status == SECTION_OK) {
        entry_note_write(bound->entry, bound->length_bytes);
        reply_empty(reply, 204);
    }
    return status;
}

HANDLER(fill) = {
    .plan = fill_plan,
    .tag = bytes_tag,
    .execute = fill_post,
};

/* ---- copy ---- */

typedef struct copy_order {
    void *staged; /* the bytes of the source, read before; NULL: copied piece by piece */
} copy_order;

static void release_copy(void *order)
{
    free(((copy_order *)order)->staged);
}

static section_status copy_plan(const request *request, plan *plan, section_error *ret_error)
{
    uint64_t from_id = 0;
    uint64_t from_offset = 0;
    uint64_t offset = 0;
    uint64_t length = 0;
    bool from_given = false;
    bool length_given = false;
    const json_member members[] = {
        {.key = "from", .kind = JSON_NUMBER, .target = &from_id, .present = &from_given},
        {.key = "from_offset",
         .kind = JSON_NUMBER,
         .target = &from_offset,
         .code = SECTION_BAD_OFFSET},
        {.key = "offset", .kind = JSON_NUMBER, .target = &offset, .code = SECTION_BAD_OFFSET},
        {.key = "length",
         .kind = JSON_NUMBER,
         .target = &length,
         .code = SECTION_BAD_SIZE,
         .present = &length_given},
    };
    section_status status = parse_body(request, members, 4, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    status = check_length(length, length_given, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    if (!from_given) {
        return section_fail(ret_error, SECTION_BAD_JSON, "\"from\" must be the id of a section");
    }
    (void)PLAN_ORDER(plan, copy_order);
    plan->release = release_copy;
    plan_written_range(plan, request, offset, length);
    plan_target *from = plan_add_target(plan);
    from->id = from_id;
    from->has_span = true;
    from->span =
        (plan_span){.offset_bytes = from_offset, .length_bytes = length, .length_given = true};
    return SECTION_OK;
}

static section_status copy_stage(call *call, section_error *ret_error)
{
    copy_order *order = call->order;
    const bound *from = &call->targets[1];
    order->staged = malloc((size_t)from->length_bytes);
    return order->staged != NULL
               ? section_read(from->entry->section, from->offset_bytes, order->staged,
                              (size_t)from->length_bytes, ret_error)
               : section_fail(ret_error, SECTION_NO_MEMORY, "no memory for the bytes to copy");
}

static section_status copy_post(call *call, reply *reply, section_error *ret_error)
{
    const copy_order *order = call->order;
    const bound *to = &call->targets[0];
    const bound *from = &call->targets[1];
    section_status status =
        order->staged != NULL
            ? section_write(to->entry->section, to->offset_bytes, order->staged,
                            (size_t)to->length_bytes, ret_error)
            : section_copy(from->entry->section, from->offset_bytes, to->entry->section,
                           to->offset_bytes, to->length_bytes, &call->means->pause, ret_error);
    if (status == SECTION_OK) {
        entry_note_read(from->entry, from->length_bytes);
        entry_note_write(to->entry, to->length_bytes);
        reply_empty(reply, 204);
    }
    return status;
}

HANDLER(copy) = {
    .plan = copy_plan,
    .tag = bytes_tag,
    .stage = copy_stage,
    .execute = copy_post,
};

/* ---- flush ---- */

static const parameter range_parameters[] = {OFFSET, LENGTH, END};

static section_status flush_plan(const request *request, plan *plan, section_error *ret_error)
{
    (void)ret_error;
    plan_path_range(plan, request);
    plan->streams = true; /* nothing is copied */
    return SECTION_OK;
}

static section_status flush_post(call *call, reply *reply, section_error *ret_error)
{
    section_flushed flushed;
    const bound *bound = &call->targets[0];
    section_status status = section_flush(bound->entry->section, bound->offset_bytes,
                                          bound->length_bytes, &flushed, ret_error);
    if (status == SECTION_OK && flushed == SECTION_FLUSHED_VIEW) {
        reply_static(reply, 200, "application/json", "{\"flushed\":\"view\"}");
    } else if (status == SECTION_OK) {
        reply_empty(reply, 204);
    }
    return status;
}

HANDLER(flush) = {
    .parameters = range_parameters,
    .plan = flush_plan,
    .execute = flush_post,
};
