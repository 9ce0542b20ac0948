#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/handlers.h"
#include "encode/base64.h"
#include "encode/json.h"
#include "memory/atomics.h"
#include "memory/values.h"

/*
 * Many small operations in one request, in order, each with an answer of its own; not a transaction.
 * What is wrong with one operation stands in its place, and the others are done.
 */

enum {
    OPS_MAX = 1024,
    BODY_ON_LOOP_BYTES = 8192,
    VALUES_ON_LOOP = 256,
    ANSWER_BYTES_MAX = 8 * 1024 * 1024, /* of what all reads of a batch answer */
    VALUE_TEXT_BYTES = 26               /* the longest value and a comma */
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
    section_status status; /* not OK: `error` is the answer */
    section_error error;
} operation;

typedef struct batch {
    const request *request;
    cJSON *document;
    operation *operations;
    size_t count;
    uint64_t answer_bytes; /* of the reads so far */
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
                                .choices = values_endians,
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
static section_status check_move(const request *request, operation *ret, const members *found,
                                 section_error *ret_error)
{
    values_place *place = &ret->place;
    if (ret->verb == VERB_WRITE) {
        section_status status = handlers_may_write(request, "write", ret_error);
        if (status != SECTION_OK) {
            return status;
        }
    }
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

static section_status parse_operation(const request *request, const cJSON *json, operation *ret,
                                      section_error *ret_error)
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
        return check_move(request, ret, &found, ret_error);
    }
    const atomic_members atomic = {.op = found.atomic,
                                   .type = found.type,
                                   .offset_bytes = ret->place.offset_bytes,
                                   .value = found.value,
                                   .expected = found.expected};
    return status == SECTION_OK ? atomics_check(request, &atomic, &ret->atomic, ret_error) : status;
}

/* The body and what it holds; `batch_free` it in any case. */
static section_status parse_batch(batch *batch, section_error *ret_error)
{
    const request *request = batch->request;
    const cJSON *list = NULL;
    const cJSON *json;
    const json_member envelope[] = {{.key = "ops", .kind = JSON_ARRAY, .target = &list}};
    section_status status =
        json_parse_values(request->body, request->body_bytes, &batch->document, ret_error);
    if (status == SECTION_OK) {
        status = json_read(batch->document, envelope, 1, ret_error);
    }
    if (status != SECTION_OK) {
        return status;
    }
    const int count = list != NULL ? cJSON_GetArraySize(list) : 0;
    if (count == 0 || count > OPS_MAX) {
        return section_fail(ret_error, SECTION_BAD_JSON, "\"ops\" must be an array of 1 to %d ops",
                            OPS_MAX);
    }
    batch->operations = calloc((size_t)count, sizeof *batch->operations);
    if (batch->operations == NULL) {
        return section_fail(ret_error, SECTION_NO_MEMORY, "no memory for the batch");
    }
    cJSON_ArrayForEach(json, list)
    {
        operation *operation = &batch->operations[batch->count++];
        if (!cJSON_IsObject(json)) {
            return section_fail(ret_error, SECTION_BAD_JSON, "ops[%llu] must be an object",
                                (unsigned long long)(batch->count - 1));
        }
        operation->status = parse_operation(request, json, operation, &operation->error);
    }
    return SECTION_OK;
}

static void batch_free(batch *batch)
{
    free(batch->operations);
    cJSON_Delete(batch->document);
}

/* Whether it may take longer than a loop's thread has for a request. */
static bool is_long(const batch *batch)
{
    uint64_t bytes = 0;
    uint64_t values = 0;
    for (size_t i = 0; i < batch->count; i++) {
        const operation *operation = &batch->operations[i];
        if (operation->verb != VERB_READ || operation->status != SECTION_OK) {
            continue; /* what is written is in the body, which is short */
        }
        if (operation->typed ? !operation->place.count_given || values_are_many(&operation->place)
                             : !operation->length_given) {
            return true;
        }
        values += operation->place.count;
        bytes += operation->length_bytes;
        if (values > VALUES_ON_LOOP || bytes > SECTION_WHOLE_BYTES) {
            return true;
        }
    }
    return false;
}

static section_status find(const batch *batch, const cJSON *id, entry **ret_entry,
                           section_error *ret_error)
{
    char digits[24];
    const char *text = cJSON_GetStringValue(id);
    const double number = cJSON_IsNumber(id) ? id->valuedouble : -1;
    if (text == NULL) {
        if (!(number >= 0 && number < 9007199254740992.0) || number != (double)(uint64_t)number) {
            return section_fail(ret_error, SECTION_BAD_JSON, "\"id\" must be an id or \"@NAME\"");
        }
        (void)snprintf(digits, sizeof digits, "%llu", (unsigned long long)number);
        text = digits;
    }
    return handlers_find_id(batch->request, text, ret_entry, ret_error);
}

/* Room among the answers, so that a small request cannot ask for more memory than there is. */
static section_status take_room(batch *batch, uint64_t text_bytes, section_error *ret_error)
{
    if (text_bytes > ANSWER_BYTES_MAX - batch->answer_bytes) {
        return section_fail(ret_error, SECTION_TOO_LARGE,
                            "what one batch reads may take %d bytes as text; read this by itself",
                            ANSWER_BYTES_MAX);
    }
    batch->answer_bytes += text_bytes;
    return SECTION_OK;
}

static section_status read_bytes(batch *batch, const operation *operation, entry *entry,
                                 cJSON *answer, section_error *ret_error)
{
    const uint64_t offset = operation->place.offset_bytes;
    const uint64_t view_bytes = section_length(entry->section);
    const uint64_t rest = offset < view_bytes ? view_bytes - offset : 1; /* 1: refused below */
    const uint64_t length = operation->length_given ? operation->length_bytes : rest;
    section_status status = section_check(entry->section, offset, length, ret_error);
    if (status == SECTION_OK) {
        status = take_room(
            batch, length <= ANSWER_BYTES_MAX ? base64_encoded_length((size_t)length) : length,
            ret_error);
    }
    if (status != SECTION_OK) {
        return status;
    }
    char *text = malloc(base64_encoded_length((size_t)length) + 1);
    void *bytes = malloc((size_t)length);
    status = text == NULL || bytes == NULL
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

static section_status read_values(batch *batch, operation *operation, entry *entry, cJSON *answer,
                                  section_error *ret_error)
{
    values_place *place = &operation->place;
    char *text;
    section_status status = values_fit(place, section_length(entry->section), ret_error);
    if (status == SECTION_OK) {
        status = take_room(batch, place->count * VALUE_TEXT_BYTES, ret_error);
    }
    if (status == SECTION_OK) {
        status = values_read(entry, place, &text, ret_error);
    }
    if (status == SECTION_OK) {
        batch->answer_bytes -= place->count * VALUE_TEXT_BYTES - strlen(text);
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
        status = values_write(entry, &operation->place, bytes, ret_error);
        free(bytes);
    }
    return status;
}

static section_status perform(batch *batch, operation *operation, entry *entry, cJSON *answer,
                              section_error *ret_error)
{
    switch (operation->verb) {
    case VERB_READ:
        return operation->typed ? read_values(batch, operation, entry, answer, ret_error)
                                : read_bytes(batch, operation, entry, answer, ret_error);
    case VERB_WRITE:
        return operation->typed ? write_values(operation, entry, ret_error)
                                : write_bytes(operation, entry, ret_error);
    case VERB_ATOMIC:
        break;
    }
    return atomics_run(entry, &operation->atomic, answer, ret_error);
}

/* The answer to one op, or its problem. */
static cJSON *answer_to(batch *batch, operation *operation)
{
    section_error *error = &operation->error;
    entry *entry = NULL;
    cJSON *answer = cJSON_CreateObject();
    section_status status = operation->status;
    if (status == SECTION_OK) {
        status = find(batch, operation->id, &entry, error);
    }
    if (status == SECTION_OK) {
        status = perform(batch, operation, entry, answer, error);
        handlers_release(batch->request, entry);
    }
    if (status != SECTION_OK) {
        cJSON_Delete(answer);
        return problem_json(error);
    }
    return answer;
}

section_status batch_post(request *request, reply *reply, section_error *ret_error)
{
    batch batch = {.request = request};
    if (request->body_bytes > BODY_ON_LOOP_BYTES && !request->may_block) {
        return request_defer(request);
    }
    section_status status = parse_batch(&batch, ret_error);
    if (status != SECTION_OK || (is_long(&batch) && !request->may_block)) {
        batch_free(&batch);
        return status != SECTION_OK ? status : request_defer(request);
    }
    cJSON *answer = cJSON_CreateObject();
    cJSON *results = cJSON_AddArrayToObject(answer, "results");
    for (size_t i = 0; i < batch.count; i++) {
        cJSON_AddItemToArray(results, answer_to(&batch, &batch.operations[i]));
    }
    batch_free(&batch);
    return reply_json(reply, 200, answer, ret_error);
}
