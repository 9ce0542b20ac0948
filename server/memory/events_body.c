#include "memory/events.h"

#include <stdlib.h>
#include <string.h>

#include "memory/json_select.h"
#include "memory/json_target.h"
#include "memory/values.h"

/* The ranges that the body of POST /v1/events names. */

/* `{"id","layout","select":[…]}` */
static section_status read_fields(const cJSON *json, plan_target *target, events_order *order,
                                  range_order *range, section_error *ret_error)
{
    const cJSON *id = NULL;
    const cJSON *select = NULL;
    const json_member members[] = {
        {.key = "id", .kind = JSON_ANY, .target = &id},
        {.key = "layout", .kind = JSON_TEXT, .target = &range->layout},
        {.key = "select", .kind = JSON_ANY, .target = &select},
    };
    range->is_fields = true;
    section_status status = json_read(json, members, sizeof members / sizeof members[0], ret_error);
    if (status == SECTION_OK) {
        status = target_from_json(id, target, ret_error);
    }
    return status == SECTION_OK
               ? select_from_json(select, &order->selects, &range->select, ret_error)
               : status;
}

static bool is_of_fields(const cJSON *json)
{
    return cJSON_GetObjectItemCaseSensitive(json, "layout") != NULL ||
           cJSON_GetObjectItemCaseSensitive(json, "select") != NULL;
}

/* `{"id","offset","length","type","endian"}` */
static section_status read_range(const cJSON *json, plan_target *target, range_order *range,
                                 section_error *ret_error)
{
    const cJSON *id = NULL;
    const char *type = NULL;
    int endian = SECTION_LITTLE_ENDIAN;
    bool endian_given = false;
    plan_span *span = &target->span;
    const json_member members[] = {
        {.key = "id", .kind = JSON_ANY, .target = &id},
        {.key = "offset",
         .kind = JSON_NUMBER,
         .target = &span->offset_bytes,
         .code = SECTION_BAD_OFFSET},
        {.key = "length",
         .kind = JSON_NUMBER,
         .target = &span->length_bytes,
         .code = SECTION_BAD_SIZE,
         .present = &span->length_given},
        {.key = "type", .kind = JSON_TEXT, .target = &type},
        {.key = "endian",
         .kind = JSON_CHOICE,
         .target = &endian,
         .choices = endian_names,
         .present = &endian_given},
    };
    section_status status = json_read(json, members, sizeof members / sizeof members[0], ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    status = target_from_json(id, target, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    if (span->length_given && span->length_bytes == 0) {
        return section_fail(ret_error, SECTION_BAD_SIZE, "length must be at least 1");
    }
    if (endian_given && type == NULL) {
        return section_fail(ret_error, SECTION_BAD_JSON,
                            "\"endian\" is for values: give a \"type\"");
    }
    range->values.endian = (section_endian)endian;
    range->values.typed = type != NULL;
    range->length_given = span->length_given;
    target->has_span = true;
    return type != NULL ? section_value_type_parse(type, &range->values.type, ret_error)
                        : SECTION_OK;
}

section_status events_read_ranges(const cJSON *list, plan *plan, section_error *ret_error)
{
    events_order *order = (events_order *)plan->room.order;
    const int count = list != NULL ? cJSON_GetArraySize(list) : 0;
    const cJSON *json;
    section_status status = SECTION_OK;
    if (count == 0 || count > WATCH_RANGES_MAX) {
        return section_fail(ret_error, SECTION_BAD_JSON,
                            "\"watch\" must be an array of 1 to %d ranges", WATCH_RANGES_MAX);
    }
    plan->targets = calloc(WATCH_RANGES_MAX, sizeof *plan->targets);
    if (plan->targets == NULL) {
        return section_fail(ret_error, SECTION_NO_MEMORY, "no memory for the ranges");
    }
    cJSON_ArrayForEach(json, list)
    {
        range_order *range = &order->ranges[plan->target_count];
        if (!cJSON_IsObject(json)) {
            return section_fail(ret_error, SECTION_BAD_JSON, "a range must be an object");
        }
        status = is_of_fields(json)
                     ? read_fields(json, plan_add_target(plan), order, range, ret_error)
                     : read_range(json, plan_add_target(plan), range, ret_error);
        if (status != SECTION_OK) {
            return status;
        }
    }
    return SECTION_OK;
}
