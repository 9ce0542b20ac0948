#include "memory/batch.h"

#include <string.h>

#include "memory/atomics.h"
#include "memory/json_select.h"

/* The ops of a batch as JSON has them. */

static const char *const verb_names[] = {"read", "write", "atomic"};

/* The members of every op, then of each kind. */
typedef struct members {
    const char *op;
    const char *type;
    const char *encoding;
    const char *data;
    const char *atomic;
    const cJSON *select;
    const cJSON *value;
    const cJSON *expected;
    uint64_t offset_bytes;
    uint64_t length_bytes;
    bool offset_given;
    bool length_given;
    int endian;
    bool endian_given;
    int errors;
    bool errors_given;
    bool is_field;
    bool field_given;
    bool terminate;
    bool terminator_given;
} members;

/* What an op may have; `json_read` refuses other members. */
typedef struct member_list {
    json_member members[16];
    size_t count;
} member_list;

static void take(member_list *self, json_member member)
{
    self->members[self->count++] = member;
}

static void take_text(member_list *self, const char *key, const char **target)
{
    take(self, (json_member){.key = key, .kind = JSON_TEXT, .target = target});
}

static void take_any(member_list *self, const char *key, const cJSON **target)
{
    take(self, (json_member){.key = key, .kind = JSON_ANY, .target = target});
}

static void take_number(member_list *self, const char *key, uint64_t *target, bool *present,
                        section_status code)
{
    take(self,
         (json_member){
             .key = key, .kind = JSON_NUMBER, .target = target, .code = code, .present = present});
}

static void take_flag(member_list *self, const char *key, bool *target, bool *present)
{
    take(self, (json_member){.key = key, .kind = JSON_FLAG, .target = target, .present = present});
}

static void take_choice(member_list *self, const char *key, int *target, bool *present,
                        const char *const *choices)
{
    take(self, (json_member){.key = key,
                             .kind = JSON_CHOICE,
                             .target = target,
                             .choices = choices,
                             .present = present});
}

/* Of reads and writes. */
static void take_place(member_list *self, operation *ret, members *found)
{
    values_place *values = &ret->values;
    take_text(self, "encoding", &found->encoding);
    take_number(self, "length", &found->length_bytes, &found->length_given, SECTION_BAD_SIZE);
    take_flag(self, "field", &found->is_field, &found->field_given);
    take_number(self, "stride", &values->stride_bytes, &values->stride_given, SECTION_BAD_SIZE);
    take_choice(self, "endian", &found->endian, &found->endian_given, endian_names);
}

static void take_read(member_list *self, operation *ret, members *found)
{
    values_place *values = &ret->values;
    take_place(self, ret, found);
    take_choice(self, "errors", &found->errors, &found->errors_given, text_errors_names);
    take_text(self, "layout", &ret->layout);
    take_any(self, "select", &found->select);
    take_number(self, "count", &values->count, &values->count_given, SECTION_BAD_SIZE);
}

static void take_write(member_list *self, operation *ret, members *found)
{
    take_place(self, ret, found);
    take_flag(self, "terminator", &found->terminate, &found->terminator_given);
    take_text(self, "data", &found->data);
    take_text(self, "text", &ret->text_value);
    take(self, (json_member){.key = "values", .kind = JSON_ARRAY, .target = &ret->array});
}

static void take_atomic(member_list *self, members *found)
{
    take_text(self, "atomic", &found->atomic);
    take_any(self, "value", &found->value);
    take_any(self, "expected", &found->expected);
}

static section_status read_members(const cJSON *json, operation *ret, members *found,
                                   section_error *ret_error)
{
    member_list list = {0};
    take_text(&list, "op", &found->op);
    take_any(&list, "id", &ret->id);
    take_text(&list, "type", &found->type);
    take_number(&list, "offset", &found->offset_bytes, &found->offset_given, SECTION_BAD_OFFSET);
    switch (ret->verb) {
    case VERB_READ:
        take_read(&list, ret, found);
        break;
    case VERB_WRITE:
        take_write(&list, ret, found);
        break;
    case VERB_ATOMIC:
        take_atomic(&list, found);
        break;
    }
    return json_read(json, list.members, list.count, ret_error);
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

/* ---- reads and writes: of bytes; with a type, of values; with an encoding, of text; by a layout, of fields ---- */

static bool has_place(const operation *ret, const members *found)
{
    return found->type != NULL || found->encoding != NULL || found->offset_given ||
           found->length_given || found->field_given || found->endian_given ||
           found->errors_given || ret->values.count_given || ret->values.stride_given;
}

static section_status check_kind(operation *ret, const members *found, section_error *ret_error)
{
    const bool is_write = ret->verb == VERB_WRITE;
    const bool has_values = ret->values.count_given || ret->values.stride_given ||
                            found->endian_given || ret->array != NULL;
    const bool has_text = ret->text_value != NULL || found->errors_given || found->field_given ||
                          found->terminator_given;
    if (ret->layout != NULL || ret->select != NULL) {
        ret->kind = KIND_FIELDS;
        return has_place(ret, found)
                   ? section_fail(ret_error, SECTION_BAD_JSON,
                                  "fields have \"layout\" and \"select\", and nothing else")
                   : SECTION_OK;
    }
    if (found->type != NULL && found->encoding != NULL) {
        return section_fail(ret_error, SECTION_BAD_JSON, "give \"type\" or \"encoding\"");
    }
    ret->kind = found->type != NULL       ? KIND_VALUES
                : found->encoding != NULL ? KIND_TEXT
                                          : KIND_BYTES;
    const bool takes_length = ret->kind == KIND_TEXT || (ret->kind == KIND_BYTES && !is_write);
    if ((has_values && ret->kind != KIND_VALUES) || (has_text && ret->kind != KIND_TEXT) ||
        (found->data != NULL && ret->kind != KIND_BYTES) ||
        (found->length_given && !takes_length)) {
        return section_fail(
            ret_error, SECTION_BAD_JSON,
            "bytes have \"length\" or \"data\"; values have \"type\", \"count\" or "
            "\"values\", \"stride\", \"endian\"; text has \"encoding\", \"length\", "
            "\"field\", \"errors\" or \"text\", \"terminator\"");
    }
    static const char *const needed[] = {"data", "values", "text"};
    const bool has_needed[] = {found->data != NULL, ret->array != NULL, ret->text_value != NULL};
    if (is_write && !has_needed[ret->kind]) {
        return section_fail(ret_error, SECTION_BAD_JSON, "\"%s\" is needed", needed[ret->kind]);
    }
    return SECTION_OK;
}

static section_status check_text(operation *ret, const members *found, plan *plan,
                                 section_error *ret_error)
{
    text_place *text = &ret->text;
    *text = (text_place){.offset_bytes = found->offset_bytes,
                         .length_bytes = found->length_bytes,
                         .length_given = found->length_given,
                         .is_field = found->is_field,
                         .replaces = found->errors != 0,
                         .terminate = !found->terminator_given || found->terminate};
    if (text->is_field && found->terminator_given) {
        return section_fail(ret_error, SECTION_BAD_JSON,
                            "a field is filled with NULs to its end; it takes no terminator");
    }
    section_status status = text_plan_encoding(found->encoding, plan, &text->encoding, ret_error);
    return status == SECTION_OK ? text_check(text, ret_error) : status;
}

static section_status check_move(operation *ret, const members *found, plan *plan,
                                 section_error *ret_error)
{
    section_status status = check_kind(ret, found, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    switch (ret->kind) {
    case KIND_VALUES:
        ret->values.offset_bytes = found->offset_bytes;
        ret->values.endian = (section_endian)found->endian;
        status = section_value_type_parse(found->type, &ret->values.type, ret_error);
        return status == SECTION_OK ? values_check(&ret->values, ret_error) : status;
    case KIND_TEXT:
        return check_text(ret, found, plan, ret_error);
    case KIND_FIELDS:
        return SECTION_OK;
    case KIND_BYTES:
        break;
    }
    if (found->length_given && found->length_bytes == 0) {
        return section_fail(ret_error, SECTION_BAD_SIZE, "length must be at least 1");
    }
    ret->bytes = (plan_span){.offset_bytes = found->offset_bytes,
                             .length_bytes = found->length_bytes,
                             .length_given = found->length_given};
    ret->data = found->data;
    return SECTION_OK;
}

section_status operation_parse(const cJSON *json, plan *plan, arena *selects, operation *ret,
                               section_error *ret_error)
{
    members found = {0};
    section_status status = parse_verb(json, &ret->verb, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    status = read_members(json, ret, &found, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    if (ret->id == NULL) {
        return section_fail(ret_error, SECTION_BAD_JSON, "\"id\" is needed");
    }
    status = select_from_json(found.select, selects, &ret->select, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    if (ret->verb != VERB_ATOMIC) {
        return check_move(ret, &found, plan, ret_error);
    }
    const atomic_members atomic = {.op = found.atomic,
                                   .type = found.type,
                                   .offset_bytes = found.offset_bytes,
                                   .value = found.value,
                                   .expected = found.expected};
    return atomics_check(&atomic, &ret->atomic, ret_error);
}
