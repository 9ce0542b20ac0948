#include <section/cleanup.h>
#include <stdlib.h>
#include <string.h>

#include "base/platform.h"
#include "encode/base64.h"
#include "encode/json.h"
#include "layouts/fields.h"
#include "layouts/print.h"
#include "memory/atomics.h"
#include "memory/batch.h"
#include "memory/json_target.h"
#include "memory/tags.h"

/*
 * Many small operations in one request, in order, each with an answer of its own; not a
 * transaction. If one operation fails, its place in the answer has the error, and the others are
 * performed.
 */

enum {
    COST_OF_AN_OP = 128, /* as many bytes as are copied meanwhile */
    ANSWER_BYTES = 512,  /* of an op that reads nothing; a problem is no longer */
    /* The memory for each byte that is read: the byte, its base64, and the document. */
    ANSWER_PER_BYTE = 6,
    ANSWER_PER_VALUE = 4 * 26, /* the longest value and a comma */
    /* The byte, the text, and twice the text in JSON, where a byte may become \u00XX. */
    ANSWER_PER_TEXT_BYTE = 1 + 4 + 3 * 6,
    /*
     * The end of a text without a length is not known before it is read. All such texts of a batch
     * share this many bytes, of which each gets a part.
     */
    ENDLESS_BYTES = 65536,
    ENDLESS_PART_BYTES = 4096,
    /* All reads of fields of a batch try so long for consistent copies, together; and their walks. */
    FIELDS_TIME_MS = 1000,
    FIELDS_STEPS_MAX = 1 << 22
};

typedef struct batch {
    cJSON *document;
    arena selects; /* joined paths */
    operation *operations;
    size_t count;
    size_t endless_count;        /* texts that are read up to their NUL */
    uint64_t endless_left_bytes; /* that they may have yet */
    int64_t fields_until_ms;     /* monotonic: the end of their time; 0: none was read yet */
    uint64_t fields_steps_left;
    fields_effort effort; /* of the op that is tried now */
    cJSON *answer;
    size_t done; /* ops that have their place in it */
} batch;

/* ---- the plan ---- */

/* Plans a read: its span, and the size of its answer. */
static void plan_read(const operation *op, plan_operation *planned)
{
    plan_target *target = &planned->target;
    const values_place *values = &op->values;
    target->has_span = true;
    planned->is_text = op->kind != KIND_BYTES;
    switch (op->kind) {
    case KIND_BYTES:
        target->span = op->bytes;
        planned->answer_per_item = ANSWER_PER_BYTE;
        break;
    case KIND_VALUES:
        target->span = values_span(values);
        planned->item_bytes = values->stride_bytes;
        planned->answer_per_item = values->count_given ? 0 : ANSWER_PER_VALUE;
        planned->answer_bytes += values->count_given ? values->count * ANSWER_PER_VALUE : 0;
        break;
    case KIND_TEXT:
        target->span = text_span(&op->text, ENDLESS_BYTES);
        planned->answer_per_item =
            op->text.length_given && !text_is_too_long(&op->text) ? ANSWER_PER_TEXT_BYTE : 0;
        break;
    case KIND_FIELDS: /* its answer is reserved as it grows */
        target->has_span = false;
        break;
    }
}

/* Plans a write. Its bytes are in the body; their number is known once they are converted. */
static void plan_write(const operation *op, plan_operation *planned)
{
    enum { ENCODED_PER_BYTE = 4 };
    plan_target *target = &planned->target;
    planned->writes = true;
    target->writes = true;
    planned->is_text = op->kind != KIND_BYTES;
    switch (op->kind) {
    case KIND_BYTES:
        target->span.offset_bytes = op->bytes.offset_bytes;
        break;
    case KIND_VALUES:
        target->span.offset_bytes = op->values.offset_bytes;
        break;
    case KIND_TEXT:
        target->span = text_span(&op->text, 0);
        target->has_span = op->text.is_field;
        planned->answer_bytes += strlen(op->text_value) * ENCODED_PER_BYTE;
        planned->answer_per_item = op->text.is_field && !text_is_too_long(&op->text) ? 1 : 0;
        break;
    case KIND_FIELDS: /* is only read */
        break;
    }
}

static void plan_span_of(const operation *op, plan_operation *planned)
{
    planned->answer_bytes = ANSWER_BYTES;
    switch (op->verb) {
    case VERB_READ:
        plan_read(op, planned);
        break;
    case VERB_WRITE:
        plan_write(op, planned);
        break;
    case VERB_ATOMIC:
        planned->target.has_span = true;
        atomics_aim(&op->atomic, &planned->target);
        planned->writes = planned->target.writes;
        break;
    }
}

static bool is_endless(const operation *op)
{
    return op->verb == VERB_READ && op->kind == KIND_TEXT && !op->text.length_given;
}

static section_status plan_op(batch *self, const cJSON *json, plan *plan, size_t index)
{
    operation *op = &self->operations[index];
    plan_operation *planned = &plan->operations[index];
    section_status status = operation_parse(json, plan, &self->selects, op, &planned->error);
    if (status != SECTION_OK) {
        return status;
    }
    status = target_from_json(op->id, &planned->target, &planned->error);
    if (status != SECTION_OK) {
        return status;
    }
    plan_span_of(op, planned);
    return SECTION_OK;
}

/* All texts without a length together. */
static void plan_endless(batch *self, plan *plan)
{
    if (self->endless_count == 0) {
        return;
    }
    const uint64_t parts = (uint64_t)self->endless_count * ENDLESS_PART_BYTES;
    self->endless_left_bytes = parts > ENDLESS_BYTES ? parts : ENDLESS_BYTES;
    plan->answer_bytes += self->endless_left_bytes * ANSWER_PER_TEXT_BYTE;
}

static void release_batch(void *order)
{
    batch *self = order;
    free(self->operations);
    arena_release(&self->selects);
    cJSON_Delete(self->document);
    cJSON_Delete(self->answer);
}

/* The array of ops, with room for their plans. */
static section_status parse_envelope(batch *self, plan *plan, const cJSON **ret_list,
                                     section_error *ret_error)
{
    const json_member envelope[] = {{.key = "ops", .kind = JSON_ARRAY, .target = ret_list}};
    *ret_list = NULL;
    section_status status = json_read(self->document, envelope, 1, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    const int count = *ret_list != NULL ? cJSON_GetArraySize(*ret_list) : 0;
    if (count == 0 || count > BATCH_OPERATIONS_MAX) {
        return section_fail(ret_error, SECTION_BAD_JSON, "\"ops\" must be an array of 1 to %d ops",
                            BATCH_OPERATIONS_MAX);
    }
    self->operations = calloc((size_t)count, sizeof *self->operations);
    plan->operations = calloc((size_t)count, sizeof *plan->operations);
    if (self->operations == NULL || plan->operations == NULL) {
        return section_fail(ret_error, SECTION_NO_MEMORY, "no memory for the batch");
    }
    return SECTION_OK;
}

static section_status batch_plan(const request *request, plan *plan, section_error *ret_error)
{
    batch *self = PLAN_ORDER(plan, batch);
    const cJSON *list;
    const cJSON *json;
    plan->release = release_batch;
    arena_init(&self->selects, request->body_bytes + 1);
    section_status status =
        json_parse_values(request->body, request->body_bytes, &self->document, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    status = parse_envelope(self, plan, &list, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    cJSON_ArrayForEach(json, list)
    {
        const size_t i = self->count++;
        if (!cJSON_IsObject(json)) {
            return section_fail(ret_error, SECTION_BAD_JSON, "ops[%llu] must be an object",
                                (unsigned long long)i);
        }
        plan->operations[i].status = plan_op(self, json, plan, i);
        plan->operation_count = self->count;
        self->endless_count += is_endless(&self->operations[i]) ? 1 : 0;
        if (self->operations[i].kind == KIND_FIELDS) { /* may wait for a consistent copy */
            plan->cost = COST_LONG;
        }
    }
    plan_endless(self, plan);
    plan->cost_bytes = request->body_bytes + self->count * COST_OF_AN_OP;
    return SECTION_OK;
}

/* ---- the execution ---- */

static section_status read_bytes(const bound *place, cJSON *answer, section_error *ret_error)
{
    entry *source = place->entry;
    const uint64_t offset = place->offset_bytes;
    const uint64_t length = place->length_bytes;
    _cleanup_free_ char *text = malloc(base64_encoded_length((size_t)length) + 1);
    _cleanup_free_ void *bytes = malloc((size_t)length);
    if (text == NULL || bytes == NULL) {
        return section_fail(ret_error, SECTION_NO_MEMORY, "no memory for the bytes");
    }
    section_status status = section_read(source->section, offset, bytes, (size_t)length, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    base64_encode(bytes, (size_t)length, text);
    cJSON_AddStringToObject(answer, "data", text);
    entry_note_read(source, length);
    return SECTION_OK;
}

static section_status write_bytes(const operation *op, entry *target, section_error *ret_error)
{
    const size_t text_bytes = strlen(op->data);
    size_t length = 0;
    _cleanup_free_ void *bytes = malloc(text_bytes / 4 * 3 + 1);
    if (bytes == NULL) {
        return section_fail(ret_error, SECTION_NO_MEMORY, "no memory for the bytes");
    }
    if (!base64_decode(op->data, text_bytes, bytes, &length)) {
        return section_fail(ret_error, SECTION_BAD_VALUE,
                            "\"data\" must be base64 as RFC 4648 has it, with its padding");
    }
    section_status status =
        section_write(target->section, op->bytes.offset_bytes, bytes, length, ret_error);
    if (status == SECTION_OK) {
        entry_note_write(target, length);
    }
    return status;
}

static section_status read_values(operation *op, const bound *found, cJSON *answer,
                                  section_error *ret_error)
{
    values_place *values = &op->values;
    _cleanup_free_ char *text = NULL;
    values_count(values, found->length_bytes);
    section_status status = values_read(found->entry, values, &text, ret_error);
    if (status == SECTION_OK) {
        cJSON_AddRawToObject(answer, "values", text);
    }
    return status;
}

static section_status write_values(operation *op, entry *target, section_error *ret_error)
{
    _cleanup_free_ void *bytes = NULL;
    section_status status = values_decode(&op->values, op->array, &bytes, ret_error);
    if (status != SECTION_OK || op->values.count == 0) {
        return status;
    }
    return values_write(target, &op->values, bytes, ret_error);
}

/* A text without a length takes what the others of its kind have left. */
static section_status read_text(batch *self, const operation *op, const bound *found, cJSON *answer,
                                section_error *ret_error)
{
    bound place = *found;
    _cleanup_(text_discard) text_found text = {0};
    const bool endless = is_endless(op);
    if (endless && place.length_bytes > self->endless_left_bytes) {
        place.length_bytes = self->endless_left_bytes;
    }
    section_status status = text_read(&op->text, &place, &text, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    self->endless_left_bytes -= endless ? text.origin_bytes : 0;
    _cleanup_free_ char *quoted = json_quote(text.text, text.text_bytes);
    if (quoted == NULL) {
        return section_fail(ret_error, SECTION_NO_MEMORY, "no memory for the text");
    }
    cJSON_AddRawToObject(answer, "text", quoted);
    return SECTION_OK;
}

/* The time of one op ends with that of all. */
static void begin_effort(batch *self, const layout *of)
{
    if (self->fields_until_ms == 0) {
        self->fields_until_ms = platform_monotonic_ms() + FIELDS_TIME_MS;
        self->fields_steps_left = FIELDS_STEPS_MAX;
    }
    fields_begin_effort(&self->effort, of);
    if (self->effort.until_ms > self->fields_until_ms) {
        self->effort.until_ms = self->fields_until_ms;
    }
}

/* An op that took a nap has begun in time, and has one more try. */
static section_status check_time(const batch *self, section_error *ret_error)
{
    const bool is_begun = self->effort.until_ms != 0;
    const bool is_over =
        self->fields_until_ms != 0 && !is_begun && platform_monotonic_ms() >= self->fields_until_ms;
    return is_over ? section_fail(ret_error, SECTION_TOO_LARGE,
                                  "all reads of fields of a batch may take %d ms together; read "
                                  "these in another one",
                                  FIELDS_TIME_MS)
                   : SECTION_OK;
}

static section_status read_fields(batch *self, const operation *op, call *call, entry *source,
                                  cJSON *answer, section_error *ret_error)
{
    _cleanup_(fields_end)
        fields_read read = {.effort = &self->effort, .steps_left = &self->fields_steps_left};
    section_status status = check_time(self, ret_error);
    if (status == SECTION_OK) {
        status = fields_begin(&read, call->means, source, op->layout, op->select, ret_error);
    }
    if (status != SECTION_OK) {
        return status;
    }
    begin_effort(self, read.layout);
    status = fields_copy(&read, call, source, false, ret_error);
    return status == SECTION_OK ? fields_print_into(call, &read, answer, ret_error) : status;
}

static section_status perform_read(batch *self, operation *op, call *call, const bound *place,
                                   cJSON *answer, section_error *ret_error)
{
    switch (op->kind) {
    case KIND_FIELDS:
        return read_fields(self, op, call, place->entry, answer, ret_error);
    case KIND_VALUES:
        return read_values(op, place, answer, ret_error);
    case KIND_TEXT:
        return read_text(self, op, place, answer, ret_error);
    case KIND_BYTES:
        break;
    }
    return read_bytes(place, answer, ret_error);
}

static section_status perform_write(operation *op, entry *target, section_error *ret_error)
{
    switch (op->kind) {
    case KIND_VALUES:
        return write_values(op, target, ret_error);
    case KIND_TEXT:
        return text_write(&op->text, target, op->text_value, strlen(op->text_value), ret_error);
    case KIND_FIELDS:
    case KIND_BYTES:
        break;
    }
    return write_bytes(op, target, ret_error);
}

static section_status perform(batch *self, operation *op, call *call, const bound *place,
                              cJSON *answer, section_error *ret_error)
{
    switch (op->verb) {
    case VERB_READ:
        return perform_read(self, op, call, place, answer, ret_error);
    case VERB_WRITE:
        return perform_write(op, place->entry, ret_error);
    case VERB_ATOMIC:
        break;
    }
    return atomics_run(place->entry, &op->atomic, answer, ret_error);
}

/* The answer to one op, or its problem; NULL: it is to be tried again after a nap. */
static cJSON *answer_to(batch *self, operation *op, call *call, call_operation *called)
{
    if (called->status != SECTION_OK) {
        return problem_json(&called->error);
    }
    cJSON *answer = cJSON_CreateObject();
    section_status status = perform(self, op, call, &called->target, answer, &called->error);
    if (status == SECTION_OK) {
        return answer;
    }
    cJSON_Delete(answer);
    return call->nap_ms == 0 ? problem_json(&called->error) : NULL;
}

static section_status batch_post(call *call, reply *reply, section_error *ret_error)
{
    batch *self = call->order;
    if (self->answer == NULL) {
        self->answer = cJSON_CreateObject();
        cJSON_AddArrayToObject(self->answer, "results");
    }
    cJSON *results = cJSON_GetObjectItemCaseSensitive(self->answer, "results");
    while (self->done < self->count) {
        operation *op = &self->operations[self->done];
        cJSON *each = answer_to(self, op, call, &call->operations[self->done]);
        if (call->nap_ms > 0) {
            return SECTION_TORN;
        }
        if (!cJSON_AddItemToArray(results, each)) {
            cJSON_Delete(each);
        }
        self->effort = (fields_effort){0};
        self->done++;
    }
    cJSON *answer = self->answer;
    self->answer = NULL;
    return reply_json(reply, 200, answer, ret_error);
}

HANDLER(batch) = {
    .plan = batch_plan,
    .execute = batch_post,
};
