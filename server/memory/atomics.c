#include "memory/atomics.h"

#include <string.h>

#include "encode/json.h"
#include "memory/tags.h"

static const char *const op_names[] = {
#define ATOMIC_NAME(constant, name) name,
    SECTION_ATOMIC_OPS(ATOMIC_NAME)
#undef ATOMIC_NAME
        NULL};

static section_status parse_op(const char *name, section_atomic_op *ret_op,
                               section_error *ret_error)
{
    for (int i = 0; name != NULL && op_names[i] != NULL; i++) {
        if (strcmp(name, op_names[i]) == 0) {
            *ret_op = (section_atomic_op)i;
            return SECTION_OK;
        }
    }
    return section_fail(ret_error, SECTION_BAD_JSON,
                        "the operations are load, store, add, sub, and, or, xor, exchange and cas");
}

/* An operand that has to be there, or must not. */
static section_status parse_operand(const cJSON *json, bool is_needed, section_value_type type,
                                    const char *key, section_value *ret_value,
                                    section_error *ret_error)
{
    if (is_needed != (json != NULL)) {
        return section_fail(ret_error, SECTION_BAD_JSON, "\"%s\" %s", key,
                            is_needed ? "is needed" : "is nothing that this operation takes");
    }
    return is_needed ? value_from_json(json, type, key, ret_value, ret_error) : SECTION_OK;
}

section_status atomics_check(const atomic_members *members, section_atomic_args *ret_args,
                             section_error *ret_error)
{
    section_atomic_args args = {.offset_bytes = members->offset_bytes};
    const char *type = members->type != NULL ? members->type : "";
    section_status status = parse_op(members->op, &args.op, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    status = section_value_type_parse(type, &args.type, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    status = section_atomic_check_type(args.type, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    status = parse_operand(members->value, args.op != SECTION_ATOMIC_LOAD, args.type, "value",
                           &args.value, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    status = parse_operand(members->expected, args.op == SECTION_ATOMIC_CAS, args.type, "expected",
                           &args.expected, ret_error);
    *ret_args = args;
    return status;
}

static void add_value(cJSON *object, const char *key, section_value_type type, section_value value)
{
    char text[VALUE_JSON_BYTES];
    (void)value_to_json(type, value, text);
    cJSON_AddRawToObject(object, key, text);
}

section_status atomics_run(entry *entry, const section_atomic_args *args, cJSON *object,
                           section_error *ret_error)
{
    section_atomic_result result;
    section_status status = section_atomic(entry->section, args, &result, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    const size_t size = section_value_lookup(args->type)->size_bytes;
    if (args->op == SECTION_ATOMIC_LOAD) {
        entry_note_read(entry, size);
    } else {
        entry_note_write(entry, result.swapped ? size : 0);
    }
    add_value(object, "previous", args->type, result.previous);
    add_value(object, "current", args->type, result.current);
    cJSON_AddBoolToObject(object, "swapped", result.swapped);
    return SECTION_OK;
}

static section_status parse_body(const request *request, section_atomic_args *ret_args,
                                 section_error *ret_error)
{
    atomic_members found = {0};
    cJSON *body;
    const json_member members[] = {
        {.key = "op", .kind = JSON_TEXT, .target = &found.op},
        {.key = "type", .kind = JSON_TEXT, .target = &found.type},
        {.key = "offset",
         .kind = JSON_NUMBER,
         .target = &found.offset_bytes,
         .code = SECTION_BAD_OFFSET},
        {.key = "value", .kind = JSON_ANY, .target = &found.value},
        {.key = "expected", .kind = JSON_ANY, .target = &found.expected},
    };
    section_status status = json_parse_object(request->body, request->body_bytes, &body, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    status = json_read(body, members, sizeof members / sizeof members[0], ret_error);
    if (status == SECTION_OK) {
        status = atomics_check(&found, ret_args, ret_error);
    }
    cJSON_Delete(body);
    return status;
}

void atomics_aim(const section_atomic_args *args, plan_target *target)
{
    target->writes = args->op != SECTION_ATOMIC_LOAD;
    target->has_span = true;
    target->span = (plan_span){.offset_bytes = args->offset_bytes,
                               .length_bytes = section_value_lookup(args->type)->size_bytes,
                               .length_given = true};
}

static section_status atomic_plan(const request *request, plan *plan, section_error *ret_error)
{
    section_atomic_args *args = PLAN_ORDER(plan, section_atomic_args);
    section_status status = parse_body(request, args, ret_error);
    if (status == SECTION_OK) {
        atomics_aim(args, plan_path_section(plan, request));
        plan->writes = args->op != SECTION_ATOMIC_LOAD;
    }
    return status;
}

static section_status atomic_post(call *call, reply *reply, section_error *ret_error)
{
    cJSON *answer = cJSON_CreateObject();
    section_status status = atomics_run(call->targets[0].entry, call->order, answer, ret_error);
    if (status != SECTION_OK) {
        cJSON_Delete(answer);
        return status;
    }
    return reply_json(reply, 200, answer, ret_error);
}

HANDLER(atomic) = {
    .plan = atomic_plan,
    .tag = bytes_tag,
    .execute = atomic_post,
};
