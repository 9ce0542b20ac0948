#include <stdlib.h>
#include <string.h>

#include "encode/base64.h"
#include "encode/json.h"
#include "memory/atomics.h"
#include "memory/memory.h"
#include "memory/values.h"

/*
 * Many small operations in one request, in order, each with an answer of its own; not a transaction.
 * What is wrong with one operation stands in its place, and the others are done.
 */

enum {
    OPS_MAX = 1024,
    COST_OF_AN_OP = 128, /* as many bytes as are copied meanwhile */
    ANSWER_BYTES = 512,  /* of an op that reads nothing; a problem is no longer */
    /* What is in memory at once for what is read: the bytes, base64 of them, and the document. */
    ANSWER_PER_BYTE = 6,
    ANSWER_PER_VALUE = 4 * 26 /* the longest value and a comma */
};

typedef enum verb { VERB_READ, VERB_WRITE, VERB_ATOMIC } verb;

static const char *const verb_names[] = {"read", "write", "atomic"};

/** One op of the batch; texts and arrays are borrowed from the body. */
typedef struct operation {
    verb verb;
    const cJSON *id;
    bool typed;
    values_place place; /* its offset also of what is not typed */
    uint64_t length_bytes;
    bool length_given;
    const char *data;
    const cJSON *values;
    section_atomic_args atomic;
} operation;

typedef struct batch {
    cJSON *document;
    operation *operations;
    size_t count;
} batch;

/* The members of every op, then of each kind; the targets are those of `parse_operation`. */
typedef struct members {
    const char *op;
    const char *type;
    const char *atomic;
    const cJSON *value;
    const cJSON *expected;
    int endian;
    bool endian_given;
} members;

#define MEMBER_COUNT(list) (sizeof(list) / sizeof((list)[0]))

static section_status read_members(const cJSON *json, operation *ret, members *found,
                                   section_error *ret_error)
{
    values_place *place = &ret->place;
    const json_member op = {.key = "op", .kind = JSON_TEXT, .target = &found->op};
    const json_member id = {.key = "id", .kind = JSON_ANY, .target = &ret->id};
    const json_member type = {.key = "type", .kind = JSON_TEXT, .target = &found->type};
    const json_member offset = {.key = "offset",
                                .kind = JSON_NUMBER,
                                .target = &place->offset_bytes,
                                .code = SECTION_BAD_OFFSET};
    const json_member stride = {.key = "stride",
                                .kind = JSON_NUMBER,
                                .target = &place->stride_bytes,
                                .code = SECTION_BAD_SIZE,
                                .present = &place->stride_given};
    const json_member endian = {.key = "endian",
                                .kind = JSON_CHOICE,
                                .target = &found->endian,
                                .choices = endian_names,
                                .present = &found->endian_given};
    const json_member of_read[] = {op,
                                   id,
                                   type,
                                   offset,
                                   stride,
                                   endian,
                                   {.key = "count",
                                    .kind = JSON_NUMBER,
                                    .target = &place->count,
                                    .code = SECTION_BAD_SIZE,
                                    .present = &place->count_given},
                                   {.key = "length",
                                    .kind = JSON_NUMBER,
                                    .target = &ret->length_bytes,
                                    .code = SECTION_BAD_SIZE,
                                    .present = &ret->length_given}};
    const json_member of_write[] = {op,
                                    id,
                                    type,
                                    offset,
                                    stride,
                                    endian,
                                    {.key = "data", .kind = JSON_TEXT, .target = &ret->data},
                                    {.key = "values", .kind = JSON_ARRAY, .target = &ret->values}};
    const json_member of_atomic[] = {
        op,
        id,
        type,
        offset,
        {.key = "atomic", .kind = JSON_TEXT, .target = &found->atomic},
        {.key = "value", .kind = JSON_ANY, .target = &found->value},
        {.key = "expected", .kind = JSON_ANY, .target = &found->expected}};
    switch (ret->verb) {
    case VERB_READ:
        return json_read(json, of_read, MEMBER_COUNT(of_read), ret_error);
    case VERB_WRITE:
        return json_read(json, of_write, MEMBER_COUNT(of_write), ret_error);
    case VERB_ATOMIC:
        break;
    }
    return json_read(json, of_atomic, MEMBER_COUNT(of_atomic), ret_error);
}

static section_status parse_verb(const cJSON *json, verb *ret_verb, section_error *ret_error)
{
    const char *name = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(json, "op"));
    for (int i = VERB_READ; name != NULL && i <= VERB_ATOMIC; i++) {
        if (strcmp(name, verb_names[i]) == 0) {
            *ret_verb = (verb)i;
            return SECTION_OK;
        }
    }
    return section_fail(ret_error, SECTION_BAD_JSON, "\"op\" must be read, write or atomic");
}

/* Reads and writes are of bytes, or, with a type, of values. */
static section_status check_move(operation *ret, const members *found, section_error *ret_error)
{
    values_place *place = &ret->place;
    ret->typed = found->type != NULL;
    if (ret->typed ? ret->length_given || ret->data != NULL
                   : place->count_given || place->stride_given || found->endian_given ||
                         ret->values != NULL) {
        return section_fail(ret_error, SECTION_BAD_JSON,
                            "bytes have \"length\" or \"data\"; values have \"type\", \"count\" or "
                            "\"values\", \"stride\", \"endian\"");
    }
    if (ret->verb == VERB_WRITE && ret->data == NULL && ret->values == NULL) {
        return section_fail(ret_error, SECTION_BAD_JSON, "\"%s\" is needed",
                            ret->typed ? "values" : "data");
    }
    if (ret->length_given && ret->length_bytes == 0) {
        return section_fail(ret_error, SECTION_BAD_SIZE, "length must be at least 1");
    }
    if (!ret->typed) {
        return SECTION_OK;
    }
    place->endian = (section_endian)found->endian;
    section_status status = section_value_type_parse(found->type, &place->type, ret_error);
    return status == SECTION_OK ? values_check(place, ret_error) : status;
}

static section_status parse_operation(const cJSON *json, operation *ret, section_error *ret_error)
{
    members found = {0};
    section_status status = parse_verb(json, &ret->verb, ret_error);
    if (status == SECTION_OK) {
        status = read_members(json, ret, &found, ret_error);
    }
    if (status == SECTION_OK && ret->id == NULL) {
        status = section_fail(ret_error, SECTION_BAD_JSON, "\"id\" is needed");
    }
    if (status == SECTION_OK && ret->verb != VERB_ATOMIC) {
        return check_move(ret, &found, ret_error);
    }
    const atomic_members atomic = {.op = found.atomic,
                                   .type = found.type,
                                   .offset_bytes = ret->place.offset_bytes,
                                   .value = found.value,
                                   .expected = found.expected};
    return status == SECTION_OK ? atomics_check(&atomic, &ret->atomic, ret_error) : status;
}

/* ---- the plan ---- */

static section_status plan_id(const operation *operation, plan_target *target,
                              section_error *ret_error)
{
    const double number = cJSON_IsNumber(operation->id) ? operation->id->valuedouble : -1;
    target->text = cJSON_GetStringValue(operation->id);
    if (target->text != NULL) {
        return SECTION_OK;
    }
    if (!(number >= 0 && number < 9007199254740992.0) || number != (double)(uint64_t)number) {
        return section_fail(ret_error, SECTION_BAD_JSON, "\"id\" must be an id or \"@NAME\"");
    }
    target->id = (uint64_t)number;
    return SECTION_OK;
}

/* What is written is in the body; how long it is, is known when it is decoded. */
static void plan_span_of(const operation *operation, plan_operation *planned)
{
    plan_target *target = &planned->target;
    planned->writes = operation->verb == VERB_WRITE;
    planned->answer_bytes = ANSWER_BYTES;
    target->writes = planned->writes;
    target->has_span = !planned->writes;
    if (operation->verb == VERB_ATOMIC) {
        atomics_aim(&operation->atomic, target);
        planned->writes = target->writes;
    } else if (operation->typed) {
        planned->is_text = true;
        planned->answer_per_item = planned->writes ? 0 : ANSWER_PER_VALUE;
        planned->item_bytes = operation->place.stride_bytes;
        target->span = values_span(&operation->place);
    } else {
        planned->answer_per_item = planned->writes ? 0 : ANSWER_PER_BYTE;
        target->span = (plan_span){.offset_bytes = operation->place.offset_bytes,
                                   .length_bytes = operation->length_bytes,
                                   .length_given = operation->length_given};
    }
    if (operation->typed && operation->place.count_given && !planned->writes) {
        planned->answer_per_item = 0;
        planned->answer_bytes += operation->place.count * ANSWER_PER_VALUE;
    }
}

static section_status plan_operation_of(const cJSON *json, operation *operation,
                                        plan_operation *planned)
{
    section_status status = parse_operation(json, operation, &planned->error);
    if (status == SECTION_OK) {
        status = plan_id(operation, &planned->target, &planned->error);
    }
    if (status == SECTION_OK) {
        plan_span_of(operation, planned);
    }
    return status;
}

static void release_batch(void *order)
{
    batch *batch = order;
    free(batch->operations);
    cJSON_Delete(batch->document);
}

/* The array of ops, with room for their plans. */
static section_status parse_envelope(batch *batch, plan *plan, const cJSON **ret_list,
                                     section_error *ret_error)
{
    const json_member envelope[] = {{.key = "ops", .kind = JSON_ARRAY, .target = ret_list}};
    *ret_list = NULL;
    section_status status = json_read(batch->document, envelope, 1, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    const int count = *ret_list != NULL ? cJSON_GetArraySize(*ret_list) : 0;
    if (count == 0 || count > OPS_MAX) {
        return section_fail(ret_error, SECTION_BAD_JSON, "\"ops\" must be an array of 1 to %d ops",
                            OPS_MAX);
    }
    batch->operations = calloc((size_t)count, sizeof *batch->operations);
    plan->operations = calloc((size_t)count, sizeof *plan->operations);
    if (batch->operations == NULL || plan->operations == NULL) {
        return section_fail(ret_error, SECTION_NO_MEMORY, "no memory for the batch");
    }
    return SECTION_OK;
}

section_status batch_plan(const request *request, plan *plan, section_error *ret_error)
{
    batch *batch = PLAN_ORDER(plan, struct batch);
    const cJSON *list;
    const cJSON *json;
    plan->release = release_batch;
    section_status status =
        json_parse_values(request->body, request->body_bytes, &batch->document, ret_error);
    if (status == SECTION_OK) {
        status = parse_envelope(batch, plan, &list, ret_error);
    }
    if (status != SECTION_OK) {
        return status;
    }
    cJSON_ArrayForEach(json, list)
    {
        const size_t i = batch->count++;
        if (!cJSON_IsObject(json)) {
            return section_fail(ret_error, SECTION_BAD_JSON, "ops[%llu] must be an object",
                                (unsigned long long)i);
        }
        plan->operations[i].status =
            plan_operation_of(json, &batch->operations[i], &plan->operations[i]);
        plan->operation_count = batch->count;
    }
    plan->cost_bytes = request->body_bytes + batch->count * COST_OF_AN_OP;
    return SECTION_OK;
}

/* ---- the execution ---- */

static section_status read_bytes(const bound *bound, cJSON *answer, section_error *ret_error)
{
    entry *entry = bound->entry;
    const uint64_t offset = bound->offset_bytes;
    const uint64_t length = bound->length_bytes;
    char *text = malloc(base64_encoded_length((size_t)length) + 1);
    void *bytes = malloc((size_t)length);
    section_status status =
        text == NULL || bytes == NULL
            ? section_fail(ret_error, SECTION_NO_MEMORY, "no memory for the bytes")
            : section_read(entry->section, offset, bytes, (size_t)length, ret_error);
    if (status == SECTION_OK) {
        base64_encode(bytes, (size_t)length, text);
        cJSON_AddStringToObject(answer, "data", text);
        entry_note_read(entry, length);
    }
    free(bytes);
    free(text);
    return status;
}

static section_status write_bytes(const operation *operation, entry *entry,
                                  section_error *ret_error)
{
    const size_t text_bytes = strlen(operation->data);
    size_t length = 0;
    void *bytes = malloc(text_bytes / 4 * 3 + 1);
    section_status status = SECTION_OK;
    if (bytes == NULL) {
        return section_fail(ret_error, SECTION_NO_MEMORY, "no memory for the bytes");
    }
    if (!base64_decode(operation->data, text_bytes, bytes, &length)) {
        status = section_fail(ret_error, SECTION_BAD_VALUE,
                              "\"data\" must be base64 as RFC 4648 has it, with its padding");
    }
    if (status == SECTION_OK) {
        status =
            section_write(entry->section, operation->place.offset_bytes, bytes, length, ret_error);
    }
    if (status == SECTION_OK) {
        entry_note_write(entry, length);
    }
    free(bytes);
    return status;
}

static section_status read_values(operation *operation, const bound *bound, cJSON *answer,
                                  section_error *ret_error)
{
    values_place *place = &operation->place;
    char *text;
    values_count(place, bound->length_bytes);
    section_status status = values_read(bound->entry, place, &text, ret_error);
    if (status == SECTION_OK) {
        cJSON_AddRawToObject(answer, "values", text);
        free(text);
    }
    return status;
}

static section_status write_values(operation *operation, entry *entry, section_error *ret_error)
{
    void *bytes;
    section_status status = values_decode(&operation->place, operation->values, &bytes, ret_error);
    if (status == SECTION_OK) {
        if (operation->place.count > 0) {
            status = values_write(entry, &operation->place, bytes, ret_error);
        }
        free(bytes);
    }
    return status;
}

static section_status perform(operation *operation, const bound *bound, cJSON *answer,
                              section_error *ret_error)
{
    switch (operation->verb) {
    case VERB_READ:
        return operation->typed ? read_values(operation, bound, answer, ret_error)
                                : read_bytes(bound, answer, ret_error);
    case VERB_WRITE:
        return operation->typed ? write_values(operation, bound->entry, ret_error)
                                : write_bytes(operation, bound->entry, ret_error);
    case VERB_ATOMIC:
        break;
    }
    return atomics_run(bound->entry, &operation->atomic, answer, ret_error);
}

/* The answer to one op, or its problem. */
static cJSON *answer_to(operation *operation, call_operation *called)
{
    if (called->status != SECTION_OK) {
        return problem_json(&called->error);
    }
    cJSON *answer = cJSON_CreateObject();
    called->status = perform(operation, &called->target, answer, &called->error);
    if (called->status != SECTION_OK) {
        cJSON_Delete(answer);
        return problem_json(&called->error);
    }
    return answer;
}

section_status batch_post(call *call, reply *reply, section_error *ret_error)
{
    batch *batch = call->order;
    cJSON *answer = cJSON_CreateObject();
    cJSON *results = cJSON_AddArrayToObject(answer, "results");
    for (size_t i = 0; i < batch->count; i++) {
        cJSON_AddItemToArray(results, answer_to(&batch->operations[i], &call->operations[i]));
    }
    return reply_json(reply, 200, answer, ret_error);
}
