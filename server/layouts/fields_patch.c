#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <section/cleanup.h>

#include "api/parameters.h"
#include "encode/json.h"
#include "layouts/fields.h"

/* PATCH …/fields: values into fields, all of them checked before the first is stored. */

enum {
    PATHS_BYTES_MAX = 8 * 1024 * 1024, /* of all paths */
    PATH_BYTES_MAX = SECTION_LAYOUT_LEVELS_MAX * (SECTION_LAYOUT_NAME_BYTES_MAX + 16)
};

typedef struct patch_order {
    cJSON *body;                 /* what texts point into */
    size_t value_count;          /* of the body */
    size_t path_bytes;           /* of all paths, each with its NUL */
    section_field_input *inputs; /* allocated, and behind them the paths; NULL: not made yet */
    size_t input_count;
    char *paths;
    size_t used_bytes;  /* of these */
    const char *layout; /* NULL: the section's own */
    /* By which tag and values are understood, also where it is replaced meanwhile. */
    struct layout *found;
    fields_effort effort;
    bool is_held;
    uint64_t steps_left; /* of what is done while everybody else waits */
    const char *select;  /* of the tag; NULL: all */
    bool force;
    bool no_terminator;
    bool has_terminator; /* a member that is a field, or says whether strings keep their NUL */
    bool nested;         /* the keys are names, not paths */
} patch_order;

static void release_order(void *context)
{
    patch_order *order = context;
    layout_unref(order->found);
    cJSON_Delete(order->body);
    free(order->inputs);
}

/* ---- the body: values by path ---- */

static section_status too_many(section_error *ret_error)
{
    return section_fail(ret_error, SECTION_BAD_PATH,
                        "a PATCH has at most %d values, and their paths %d bytes",
                        SECTION_FIELDS_INPUTS_MAX, PATHS_BYTES_MAX);
}

static bool is_container(const cJSON *json)
{
    return cJSON_IsObject(json) || cJSON_IsArray(json);
}

/* The path of a member or of an element of what has a path, as snprintf prints it. */
static size_t print_path(char *room, size_t room_bytes, const char *around, const cJSON *json,
                         size_t index)
{
    const char *key = json->string;
    const char *dot = around[0] == '\0' ? "" : ".";
    const int length =
        key == NULL ? snprintf(room, room_bytes, "%s[%llu]", around, (unsigned long long)index)
                    : snprintf(room, room_bytes, "%s%s%s", around, dot, key);
    return (size_t)length;
}

static section_status check_key(const patch_order *order, const char *key, section_error *ret_error)
{
    if (key != NULL && order->nested && strpbrk(key, ".[]=,\"") != NULL) {
        return section_fail(ret_error, SECTION_BAD_PATH,
                            "\"%.64s\" is no name of a field; with application/json the keys are "
                            "paths",
                            key);
    }
    return SECTION_OK;
}

static section_status check_length(size_t around_bytes, const char *key, section_error *ret_error)
{
    return around_bytes + (key != NULL ? strlen(key) : 0) > PATH_BYTES_MAX
               ? section_fail(ret_error, SECTION_BAD_PATH, "a path has at most %d bytes",
                              PATH_BYTES_MAX)
               : SECTION_OK;
}

/* Counts values, and bytes of paths, before there is memory for them. As deep as a body may be, which was checked. */
static section_status measure(patch_order *order, size_t around_bytes, const cJSON *json,
                              section_error *ret_error)
{
    size_t index = 0;
    for (const cJSON *each = json->child; each != NULL; each = each->next) {
        section_status status = check_key(order, each->string, ret_error);
        if (status == SECTION_OK) {
            status = check_length(around_bytes, each->string, ret_error);
        }
        if (status != SECTION_OK) {
            return status;
        }
        const char *some = around_bytes > 0 ? "x" : ""; /* of what is around, the first byte */
        const size_t path_bytes =
            around_bytes - strlen(some) + print_path(NULL, 0, some, each, index++);
        order->path_bytes += path_bytes + 1;
        order->value_count += is_container(each) ? 0 : 1;
        if (order->path_bytes > PATHS_BYTES_MAX || order->value_count > SECTION_FIELDS_INPUTS_MAX) {
            return too_many(ret_error);
        }
        status = is_container(each) ? measure(order, path_bytes, each, ret_error) : SECTION_OK;
        if (status != SECTION_OK) {
            return status;
        }
    }
    return SECTION_OK;
}

static void add_value(patch_order *order, const char *path, const cJSON *json)
{
    section_field_input *input = &order->inputs[order->input_count++];
    *input = (section_field_input){.path = path};
    if (cJSON_IsBool(json)) {
        input->kind = SECTION_INPUT_BOOL;
        input->boolean = cJSON_IsTrue(json);
    } else if (cJSON_IsNumber(json)) {
        input->kind = SECTION_INPUT_NUMBER;
        input->number = json->valuedouble;
    } else if (cJSON_IsString(json)) {
        input->kind = SECTION_INPUT_TEXT;
        input->text = json->valuestring;
        input->text_bytes = strlen(json->valuestring);
    }
}

/* Into the room that was measured. */
static void add_members(patch_order *order, const char *around, const cJSON *json)
{
    size_t index = 0;
    for (const cJSON *each = json->child; each != NULL; each = each->next) {
        char *path = order->paths + order->used_bytes;
        const size_t rest_bytes = order->path_bytes - order->used_bytes;
        order->used_bytes += print_path(path, rest_bytes, around, each, index++) + 1;
        assert(order->used_bytes <= order->path_bytes);
        order->has_terminator |= strcmp(path, "terminator") == 0;
        if (is_container(each)) {
            add_members(order, path, each);
        } else {
            add_value(order, path, each);
        }
    }
}

static size_t inputs_bytes(const patch_order *order)
{
    return order->value_count * sizeof *order->inputs + order->path_bytes;
}

/* Once its memory was taken from the budget, as that of an answer is. */
static section_status make_inputs(patch_order *order, section_error *ret_error)
{
    order->inputs = malloc(inputs_bytes(order) + 1);
    if (order->inputs == NULL) {
        return section_fail(ret_error, SECTION_NO_MEMORY, "no memory for the values");
    }
    order->paths = (char *)(order->inputs + order->value_count);
    add_members(order, "", order->body);
    return SECTION_OK;
}

static section_status read_body(const request *request, patch_order *order,
                                section_error *ret_error)
{
    static const char merge[] = "application/merge-patch+json";
    order->nested =
        strncasecmp(request->headers[HEADER_CONTENT_TYPE], merge, sizeof merge - 1) == 0;
    section_status status =
        json_parse_values(request->body, request->body_bytes, &order->body, ret_error);
    return status == SECTION_OK ? measure(order, 0, order->body, ret_error) : status;
}

/* ---- the plan ---- */

static const parameter patch_parameters[] = {
    LAYOUT,
    WORD("select", "with If-Match: as for the GET whose tag it is"),
    FLAG("force", "1: also fields that the layout itself reads, such as counts and guards"),
    FLAG("terminator", "0: a string may fill its field, without a NUL"),
    OPEN,
    END,
};

static section_status patch_plan(const request *request, plan *plan, section_error *ret_error)
{
    patch_order *order = PLAN_ORDER(plan, patch_order);
    bool terminator = true;
    plan->release = release_order;
    order->layout = request_parameter(request, "layout");
    order->select = request_parameter(request, "select");
    (void)request_flag(request, "force", &order->force);
    (void)request_flag(request, "terminator", &terminator);
    order->no_terminator = !terminator;
    plan_path_section(plan, request)->writes = true;
    section_status status = read_body(request, order, ret_error);
    plan->answer_bytes += inputs_bytes(order);
    return status;
}

/* ---- the execution ---- */

static section_status find(call *call, section_error *ret_error)
{
    patch_order *order = call->order;
    section_status status = order->found == NULL
                                ? fields_find_layout(call->means, call->targets[0].entry,
                                                     order->layout, &order->found, ret_error)
                                : SECTION_OK;
    if (status != SECTION_OK) {
        return status;
    }
    fields_begin_effort(&order->effort, order->found);
    return order->inputs == NULL ? make_inputs(order, ret_error) : SECTION_OK;
}

/* Copied, and looked at for the tag. */
enum { HELD_STEPS_MAX = 2 * 65536 };

/* Everybody else who uses the memory waits meanwhile: so it is done at once, or not at all. */
static section_status hold(call *call, section_error *ret_error)
{
    patch_order *order = call->order;
    order->is_held = true;
    order->steps_left = HELD_STEPS_MAX;
    section_status status = section_fields_hold(call->targets[0].entry->section,
                                                order->found->compiled, FIELDS_TRY_MS, ret_error);
    return status == SECTION_TORN ? fields_try_again(&order->effort, call, order->found, ret_error)
                                  : status;
}

/* As of other writes If-Match covers only so much. */
static section_status refuse_large(section_status status, section_error *ret_error)
{
    return status == SECTION_TOO_LARGE
               ? section_fail(ret_error, SECTION_BAD_SIZE,
                              "If-Match covers %d fields and elements; select fewer",
                              HELD_STEPS_MAX / 2)
               : status;
}

static void let_go(call *call)
{
    section_fields_release(call->targets[0].entry->section);
}

/* The tag of GET …/fields with the same layout and selection. */
static section_status patch_tag(call *call, char ret_etag[ETAG_BYTES], section_error *ret_error)
{
    patch_order *order = call->order;
    _cleanup_(fields_end) fields_read read = {.layout = layout_ref(order->found),
                                              .effort = &order->effort,
                                              .holds_up_others = true,
                                              .steps_left = &order->steps_left};
    entry *source = call->targets[0].entry;
    section_status status =
        fields_begin(&read, call->means, source, order->layout, order->select, ret_error);
    if (status == SECTION_OK) {
        status = fields_copy(&read, call, source, false, ret_error);
    }
    if (status == SECTION_OK) {
        status = fields_tag(&read, FIELDS_JSON, order->select, ret_etag, ret_error);
    }
    return refuse_large(status, ret_error);
}

/* `"terminator":false` beside the values, unless the layout has a field of this name. */
static void take_terminator(patch_order *order, const section_layout *layout)
{
    static const char name[] = "terminator";
    const section_layout_type *whole = &section_layout_description(layout)->whole;
    if (!order->has_terminator ||
        section_layout_find_field(layout, whole, name, sizeof name - 1) != NULL) {
        return;
    }
    for (size_t i = 0; i < order->input_count; i++) {
        section_field_input *input = &order->inputs[i];
        if (strcmp(input->path, name) == 0 && input->kind == SECTION_INPUT_BOOL) {
            order->no_terminator |= !input->boolean;
            *input = order->inputs[--order->input_count];
            return;
        }
    }
}

static section_status store(call *call, patch_order *order, section_error *ret_error)
{
    entry *target = call->targets[0].entry;
    const section_layout *compiled = order->found->compiled;
    take_terminator(order, compiled);
    const section_fields_store_options options = {.timeout_ms = FIELDS_TRY_MS,
                                                  .force = order->force,
                                                  .no_terminator = order->no_terminator,
                                                  .pause = &call->means->pause,
                                                  .steps_left =
                                                      order->is_held ? &order->steps_left : NULL};
    section_status status =
        section_fields_store(target->section, compiled, order->inputs, order->input_count, &options,
                             NULL, NULL, ret_error);
    if (status == SECTION_TORN) {
        return fields_try_again(&order->effort, call, order->found, ret_error);
    }
    if (status == SECTION_OK) {
        entry_note_write(target, order->input_count);
    }
    return refuse_large(status, ret_error);
}

static section_status patch(call *call, reply *reply, section_error *ret_error)
{
    patch_order *order = call->order;
    section_status status = find(call, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    status = store(call, order, ret_error);
    if (status == SECTION_OK) {
        reply_empty(reply, 204);
    }
    return status;
}

HANDLER(patch_fields) = {
    .parameters = patch_parameters,
    .plan = patch_plan,
    .stage = find,
    .hold = hold,
    .let_go = let_go,
    .tag = patch_tag,
    .execute = patch,
};
