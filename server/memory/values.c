#include "memory/values.h"
#include "api/parameters.h"

#include <section/cleanup.h>
#include <section/elements.h>
#include <stdlib.h>
#include <string.h>

#include "encode/json.h"
#include "memory/tags.h"

const char *const endian_names[] = {"little", "big", NULL};

const char *const value_type_names[] = {
#define VALUE_TYPE_NAME(constant, name, kind, size) name,
    SECTION_VALUE_TYPES(VALUE_TYPE_NAME)
#undef VALUE_TYPE_NAME
        NULL};

/* A value that is printed or parsed takes as long as so many bytes that are copied. */
enum { COST_OF_A_VALUE = 256, ANSWER_OF_A_VALUE = 26, ANSWER_BYTES = 128 };

section_status values_check(values_place *place, section_error *ret_error)
{
    const size_t size = section_value_lookup(place->type)->size_bytes;
    if (place->count_given && (place->count == 0 || place->count > VALUES_COUNT_MAX)) {
        return section_fail(ret_error, SECTION_BAD_SIZE, "count must be 1 to %d", VALUES_COUNT_MAX);
    }
    if (!place->stride_given) {
        place->stride_bytes = size;
    }
    if (place->stride_bytes < size) {
        return section_fail(ret_error, SECTION_BAD_SIZE,
                            "stride must be at least %u, the size of %s", (unsigned)size,
                            section_value_lookup(place->type)->name);
    }
    return SECTION_OK;
}

plan_span values_span(const values_place *place)
{
    const uint64_t size = section_value_lookup(place->type)->size_bytes;
    const uint64_t stride = place->stride_bytes;
    const uint64_t count = place->count_given ? place->count : VALUES_COUNT_MAX;
    const bool overflows = count > 1 && stride > (UINT64_MAX - size) / (count - 1);
    const uint64_t bytes = overflows ? UINT64_MAX : (count - 1) * stride + size;
    return (plan_span){.offset_bytes = place->offset_bytes,
                       .length_bytes = bytes,
                       .length_given = place->count_given,
                       .least_bytes = size,
                       .most_bytes = bytes};
}

void values_count(values_place *place, uint64_t length_bytes)
{
    const uint64_t size = section_value_lookup(place->type)->size_bytes;
    if (!place->count_given) {
        const uint64_t fitting = (length_bytes - size) / place->stride_bytes + 1;
        place->count = fitting < VALUES_COUNT_MAX ? fitting : VALUES_COUNT_MAX;
        place->count_given = true;
    }
}

static section_elements elements_of(const values_place *place)
{
    return (section_elements){.offset_bytes = place->offset_bytes,
                              .element_bytes = section_value_lookup(place->type)->size_bytes,
                              .stride_bytes = place->stride_bytes,
                              .count = (size_t)place->count};
}

section_status values_read(entry *entry, const values_place *place, char **ret_text,
                           section_error *ret_error)
{
    const section_elements elements = elements_of(place);
    const size_t length = elements.count * elements.element_bytes;
    _cleanup_free_ void *bytes = malloc(length > 0 ? length : 1);
    if (bytes == NULL) {
        return section_fail(ret_error, SECTION_NO_MEMORY, "no memory for the values");
    }
    section_status status = section_read_elements(entry->section, &elements, bytes, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    entry_note_read(entry, length);
    *ret_text = values_to_json(place->type, place->endian, bytes, elements.count);
    return *ret_text != NULL
               ? SECTION_OK
               : section_fail(ret_error, SECTION_NO_MEMORY, "no memory for the values");
}

section_status values_decode(values_place *place, const cJSON *array, void **ret_bytes,
                             section_error *ret_error)
{
    size_t count = 0;
    if (cJSON_GetArraySize(array) > VALUES_COUNT_MAX) {
        return section_fail(ret_error, SECTION_BAD_SIZE, "at most %d values at a time",
                            VALUES_COUNT_MAX);
    }
    section_status status =
        values_from_json(array, place->type, place->endian, ret_bytes, &count, ret_error);
    place->count = count;
    place->count_given = true;
    return status;
}

section_status values_write(entry *entry, const values_place *place, const void *bytes,
                            section_error *ret_error)
{
    const section_elements elements = elements_of(place);
    section_status status = section_write_elements(entry->section, &elements, bytes, ret_error);
    if (status == SECTION_OK) {
        entry_note_write(entry, elements.count * elements.element_bytes);
    }
    return status;
}

void values_parse_type(const request *request, section_value_type *ret_type,
                       section_endian *ret_endian)
{
    int type = 0;
    int endian = SECTION_LITTLE_ENDIAN;
    (void)request_choice(request, "type", value_type_names, &type);
    (void)request_choice(request, "endian", endian_names, &endian);
    *ret_type = (section_value_type)type;
    *ret_endian = (section_endian)endian;
}

/* Reads the parameters that GET and PUT share. */
static section_status parse_query(const request *request, values_place *ret_place,
                                  section_error *ret_error)
{
    values_place place = {0};
    values_parse_type(request, &place.type, &place.endian);
    (void)request_number(request, "offset", &place.offset_bytes);
    place.count_given = request_number(request, "count", &place.count);
    place.stride_given = request_number(request, "stride", &place.stride_bytes);
    section_status status = values_check(&place, ret_error);
    *ret_place = place;
    return status;
}

/* ---- GET ---- */

static unsigned cost_per_byte(const values_place *place)
{
    const uint64_t stride = place->stride_bytes;
    return stride < COST_OF_A_VALUE ? (unsigned)(COST_OF_A_VALUE / stride) : 1;
}

static const parameter get_values_parameters[] = {
    TYPE,   OFFSET, NUMBER("count", 1, VALUES_COUNT_MAX, SECTION_BAD_SIZE, "what fits without it"),
    STRIDE, ENDIAN, WAIT,
    OPEN,   END,
};

static section_status values_get_plan(const request *request, plan *plan, section_error *ret_error)
{
    values_place *place = PLAN_ORDER(plan, values_place);
    section_status status = parse_query(request, place, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    plan_target *target = plan_path_section(plan, request);
    target->has_span = true;
    target->span = values_span(place);
    plan_wait(plan, request);
    plan->cost_per_byte = cost_per_byte(place);
    /* The text of the values, and its copy in the document. */
    plan->answer_bytes +=
        ANSWER_BYTES + (place->count_given ? place->count * ANSWER_OF_A_VALUE * 4 : 0);
    if (!place->count_given) {
        plan->answer_per_item = ANSWER_OF_A_VALUE * 4;
        plan->item_bytes = place->stride_bytes;
    }
    return status;
}

/* The text of the answer; the document that holds it is `{"type","offset","values":[…]}`. */
static section_status reply_values(reply *reply, const values_place *place, char *text,
                                   section_error *ret_error)
{
    cJSON *answer = cJSON_CreateObject();
    json_add_text(answer, "type", section_value_lookup(place->type)->name);
    json_add_number(answer, "offset", place->offset_bytes);
    cJSON_AddRawToObject(answer, "values", text);
    free(text);
    return reply_json(reply, 200, answer, ret_error);
}

/*
 * Notes the bytes that a waiting read compares with. They are read before the values, so that a
 * store between the two reads is not missed.
 */
static section_status note_span(const call *call, reply *reply, section_error *ret_error)
{
    const bound *bound = &call->targets[0];
    if (!call->is_watched) {
        return SECTION_OK;
    }
    const size_t length = (size_t)bound->length_bytes; /* up to 64 KiB, of what is watched */
    _cleanup_free_ char *bytes = malloc(length);
    if (bytes == NULL) {
        return section_fail(ret_error, SECTION_NO_MEMORY, "no memory for the values");
    }
    section_status status =
        section_read(bound->entry->section, bound->offset_bytes, bytes, length, ret_error);
    if (status == SECTION_OK) {
        note_origin(call, reply, bound->offset_bytes, bytes, length);
    }
    return status;
}

static section_status values_get(call *call, reply *reply, section_error *ret_error)
{
    char *text;
    bound *bound = &call->targets[0];
    values_place place = *(const values_place *)call->order;
    values_count(&place, bound->length_bytes);
    section_status status = note_span(call, reply, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    status = values_read(bound->entry, &place, &text, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    status = reply_values(reply, &place, text, ret_error);
    if (status == SECTION_OK && bound->length_bytes <= SECTION_WHOLE_BYTES) {
        etag_of(reply->bytes, (size_t)reply->length_bytes, ETAG_OF_VALUES, reply->etag);
    }
    return status;
}

HANDLER(get_values) = {
    .parameters = get_values_parameters,
    .plan = values_get_plan,
    .execute = values_get,
};

/* ---- PUT ---- */

typedef struct put_order {
    values_place place;
    void *bytes; /* decoded */
} put_order;

static void release_put(void *context)
{
    put_order *order = context;
    free(order->bytes);
}

/* `{"values":[…]}`: the values as bytes. */
static section_status decode_body(const request *request, put_order *order,
                                  section_error *ret_error)
{
    cJSON *document;
    const cJSON *array = NULL;
    const json_member members[] = {{.key = "values", .kind = JSON_ARRAY, .target = &array}};
    section_status status =
        json_parse_values(request->body, request->body_bytes, &document, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    status = json_read(document, members, 1, ret_error);
    if (status == SECTION_OK && array == NULL) {
        status = section_fail(ret_error, SECTION_BAD_JSON, "\"values\" is needed");
    }
    if (status == SECTION_OK) {
        status = values_decode(&order->place, array, &order->bytes, ret_error);
    }
    cJSON_Delete(document);
    return status;
}

static const parameter put_values_parameters[] = {TYPE, OFFSET, STRIDE, ENDIAN, OPEN, END};

static section_status values_put_plan(const request *request, plan *plan, section_error *ret_error)
{
    put_order *order = PLAN_ORDER(plan, put_order);
    plan->release = release_put;
    section_status status = parse_query(request, &order->place, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    status = decode_body(request, order, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    plan_target *target = plan_path_section(plan, request);
    target->writes = true;
    target->has_span = order->place.count > 0; /* an empty array writes nothing */
    if (target->has_span) {
        target->span = values_span(&order->place);
        target->has_gaps =
            order->place.stride_bytes > section_value_lookup(order->place.type)->size_bytes;
    }
    plan->tag = (plan_tag){.bytes = ANSWER_BYTES,
                           .per_item = ANSWER_OF_A_VALUE * 4,
                           .item_bytes = order->place.stride_bytes,
                           .cost_per_byte = cost_per_byte(&order->place)};
    return SECTION_OK;
}

/* The tag of GET …/values with the same parameters and as many values. */
static section_status values_put_tag(call *call, char ret_etag[ETAG_BYTES],
                                     section_error *ret_error)
{
    const put_order *order = call->order;
    reply present = {0};
    char *text;
    section_status status = values_read(call->targets[0].entry, &order->place, &text, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    status = reply_values(&present, &order->place, text, ret_error);
    if (status == SECTION_OK) {
        etag_of(present.bytes, (size_t)present.length_bytes, ETAG_OF_VALUES, ret_etag);
    }
    reply_discard(&present);
    return status;
}

static section_status values_put(call *call, reply *reply, section_error *ret_error)
{
    const put_order *order = call->order;
    section_status status =
        values_write(call->targets[0].entry, &order->place, order->bytes, ret_error);
    if (status == SECTION_OK) {
        reply_empty(reply, 204);
    }
    return status;
}

HANDLER(put_values) = {
    .parameters = put_values_parameters,
    .plan = values_put_plan,
    .tag = values_put_tag,
    .execute = values_put,
};
