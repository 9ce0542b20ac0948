#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "encode/value_json.h"
#include "layouts/json/json.h"

/* A description as JSON: the members in the order in which the reference has them. */

static void add_text(cJSON *object, const char *key, const char *text)
{
    if (text != NULL) {
        cJSON_AddStringToObject(object, key, text);
    }
}

/* Exactly; beyond 2^53 as a string, which is how it is read. */
static void add_signed(cJSON *object, const char *key, int64_t number)
{
    const int64_t most = (INT64_C(1) << 53) - 1;
    const char *quote = number > most || number < -most ? "\"" : "";
    char digits[32];
    (void)snprintf(digits, sizeof digits, "%s%" PRId64 "%s", quote, number, quote);
    cJSON_AddRawToObject(object, key, digits);
}

static void add_unsigned(cJSON *object, const char *key, uint64_t number)
{
    const char *quote = number >= UINT64_C(1) << 53 ? "\"" : "";
    char digits[32];
    (void)snprintf(digits, sizeof digits, "%s%" PRIu64 "%s", quote, number, quote);
    cJSON_AddRawToObject(object, key, digits);
}

static void add_value(cJSON *object, const char *key, section_value_type type, section_value value)
{
    char text[VALUE_JSON_BYTES];
    (void)value_to_json(type, value, text);
    cJSON_AddRawToObject(object, key, text);
}

/* ---- places ---- */

static void add_members(cJSON *object, const section_layout_number *number)
{
    cJSON_AddStringToObject(object, "field", number->field);
    if (number->multiply != 0 && number->multiply != 1) {
        add_signed(object, "multiply", number->multiply);
    }
    if (number->add != 0) {
        add_signed(object, "add", number->add);
    }
    if (number->max != 0) {
        add_unsigned(object, "max", number->max);
    }
}

static cJSON *make_number(const section_layout_number *number)
{
    char digits[32];
    if (number->field != NULL) {
        cJSON *object = cJSON_CreateObject();
        add_members(object, number);
        return object;
    }
    (void)snprintf(digits, sizeof digits, "%" PRId64, number->number);
    return cJSON_CreateRaw(digits);
}

static void add_number(cJSON *object, const char *key, const section_layout_number *number)
{
    if (number->field != NULL || number->number != 0) {
        cJSON_AddItemToObject(object, key, make_number(number));
    }
}

static void add_place(cJSON *object, const section_layout_place *place)
{
    cJSON *offset;
    switch (place->rule) {
    case SECTION_PLACE_NEXT:
        break;
    case SECTION_PLACE_AT:
        cJSON_AddItemToObject(object, "offset", make_number(&place->at));
        break;
    case SECTION_PLACE_END_OF:
        offset = cJSON_AddObjectToObject(object, "offset");
        cJSON_AddStringToObject(offset, "end_of", place->of);
        if (place->align > 1) {
            add_unsigned(offset, "align", place->align);
        }
        break;
    case SECTION_PLACE_NEWEST:
        offset = cJSON_AddObjectToObject(object, "offset");
        cJSON *newest = cJSON_AddObjectToObject(offset, "newest");
        cJSON_AddStringToObject(newest, "of", place->of);
        cJSON_AddStringToObject(newest, "by", place->by);
        cJSON_AddStringToObject(newest, "offset", place->offset);
        if (place->begin != NULL) {
            cJSON_AddStringToObject(newest, "begin", place->begin);
        }
        break;
    }
    if (place->from_view) {
        cJSON_AddStringToObject(object, "from", "view");
    }
}

static void add_counts(cJSON *object, const section_layout_field *field)
{
    if (field->dimensions == 1) {
        cJSON_AddItemToObject(object, "count", make_number(&field->counts[0]));
    } else if (field->dimensions > 1) {
        cJSON *counts = cJSON_AddArrayToObject(object, "count");
        for (unsigned i = 0; i < field->dimensions; i++) {
            cJSON_AddItemToArray(counts, make_number(&field->counts[i]));
        }
    }
}

/* ---- what a field is ---- */

static void add_encoding(cJSON *object, const section_layout_field *field)
{
    static const char *const names[] = {"utf-8", "utf-16le", "utf-16be", "utf-32le", "latin1"};
    char code_page[16];
    if (field->is_ansi) {
        cJSON_AddStringToObject(object, "encoding", "ansi");
    } else if (field->encoding < sizeof names / sizeof names[0]) {
        cJSON_AddStringToObject(object, "encoding", names[field->encoding]);
    } else {
        (void)snprintf(code_page, sizeof code_page, "cp%" PRIu32, field->encoding);
        cJSON_AddStringToObject(object, "encoding", code_page);
    }
}

static void add_type(cJSON *object, const section_layout_field *field)
{
    switch (field->kind) {
    case SECTION_FIELD_NUMBER:
        add_text(object, "type", section_value_lookup(field->type)->name);
        break;
    case SECTION_FIELD_STRING:
        cJSON_AddStringToObject(object, "type", "string");
        add_unsigned(object, "bytes", field->string_bytes);
        add_encoding(object, field);
        break;
    case SECTION_FIELD_STRUCTURE:
        add_text(object, "type", field->type_name);
        break;
    case SECTION_FIELD_TABLE:
        cJSON_AddStringToObject(object, "type", "table");
        break;
    }
}

static void add_labels(cJSON *object, const section_layout_field *field)
{
    char key[24];
    const bool is_unsigned = section_value_lookup(field->type)->kind == SECTION_KIND_UNSIGNED;
    cJSON *labels = field->label_count > 0 ? cJSON_AddObjectToObject(object, "enum") : NULL;
    for (size_t i = 0; i < field->label_count; i++) {
        const int64_t number = field->labels[i].number;
        if (is_unsigned) {
            (void)snprintf(key, sizeof key, "%" PRIu64, (uint64_t)number);
        } else {
            (void)snprintf(key, sizeof key, "%" PRId64, number);
        }
        cJSON_AddStringToObject(labels, key, field->labels[i].label);
    }
}

static void add_bits(cJSON *object, const section_layout_field *field)
{
    cJSON *all = field->bits_count > 0 ? cJSON_AddObjectToObject(object, "bits") : NULL;
    for (size_t i = 0; i < field->bits_count; i++) {
        cJSON *bits = cJSON_AddObjectToObject(all, field->bits[i].name);
        add_unsigned(bits, "shift", field->bits[i].shift);
        add_unsigned(bits, "width", field->bits[i].width);
    }
    if (field->bit_width != 0) {
        add_unsigned(object, "bit_shift", field->bit_shift);
        add_unsigned(object, "bit_width", field->bit_width);
    }
}

static void add_table(cJSON *object, const section_layout_table *table)
{
    char key[24];
    if (table == NULL) {
        return;
    }
    cJSON *all = cJSON_AddObjectToObject(object, "table");
    add_text(all, "of", table->of);
    add_text(all, "name", table->name);
    add_text(all, "type", table->type);
    add_text(all, "offset", table->offset);
    add_text(all, "count", table->count);
    add_text(all, "unit", table->unit);
    add_text(all, "note", table->note);
    cJSON *types = cJSON_AddObjectToObject(all, "types");
    for (size_t i = 0; i < table->type_count; i++) {
        (void)snprintf(key, sizeof key, "%" PRId64, table->types[i].number);
        add_text(types, key, section_value_lookup(table->types[i].type)->name);
    }
}

static void add_meaning(cJSON *object, const section_layout_field *field)
{
    add_labels(object, field);
    add_bits(object, field);
    add_text(object, "unit", field->unit);
    if (field->scale != 0) {
        add_value(object, "scale", SECTION_F64, (section_value){.real = field->scale});
    }
    if (field->has_null) {
        add_value(object, "null_value", field->type, field->null_value);
    }
    if (field->since_field != NULL) {
        cJSON *since = cJSON_AddObjectToObject(object, "since");
        cJSON_AddStringToObject(since, "field", field->since_field);
        add_signed(since, "min", field->since_min);
    }
    add_text(object, "note", field->note);
}

static void add_fields(cJSON *object, const section_layout_type *type)
{
    cJSON *fields = cJSON_AddArrayToObject(object, "fields");
    for (size_t i = 0; i < type->field_count; i++) {
        const section_layout_field *field = &type->fields[i];
        cJSON *each = cJSON_CreateObject();
        cJSON_AddItemToArray(fields, each);
        add_text(each, "name", field->name);
        add_type(each, field);
        add_place(each, &field->place);
        add_counts(each, field);
        add_number(each, "stride", &field->stride);
        add_number(each, "size", &field->size);
        add_table(each, field->table);
        add_meaning(each, field);
    }
}

/* ---- the whole ---- */

static void add_guard(cJSON *fields, const section_layout_guard *guard)
{
    if (guard->text != NULL) {
        cJSON_AddStringToObject(fields, guard->field, guard->text);
        return;
    }
    switch (guard->kind) {
    case SECTION_KIND_REAL:
        add_value(fields, guard->field, SECTION_F64, guard->value);
        break;
    case SECTION_KIND_BOOL:
        cJSON_AddBoolToObject(fields, guard->field, guard->value.unsigned_number != 0);
        break;
    case SECTION_KIND_SIGNED:
        add_signed(fields, guard->field, guard->value.signed_number);
        break;
    case SECTION_KIND_UNSIGNED:
    case SECTION_KIND_CHARACTER:
        add_unsigned(fields, guard->field, guard->value.unsigned_number);
        break;
    }
}

static void add_match(cJSON *object, const section_layout_source *source)
{
    if (source->match_name_count + source->guard_count == 0) {
        return;
    }
    cJSON *match = cJSON_AddObjectToObject(object, "match");
    if (source->match_name_count > 0) {
        cJSON_AddItemToObject(
            match, "names",
            cJSON_CreateStringArray(source->match_names, (int)source->match_name_count));
    }
    cJSON *fields = source->guard_count > 0 ? cJSON_AddObjectToObject(match, "fields") : NULL;
    for (size_t i = 0; i < source->guard_count; i++) {
        add_guard(fields, &source->guards[i]);
    }
}

static void add_consistency(cJSON *object, const section_layout_consistency *consistency)
{
    if (consistency->rule == SECTION_CONSISTENCY_NONE && consistency->timeout_ms == 0) {
        return;
    }
    cJSON *all = cJSON_AddObjectToObject(object, "consistency");
    cJSON_AddStringToObject(all, "by", layout_rule_names[consistency->rule]);
    add_text(all, "field", consistency->field);
    add_text(all, "begin", consistency->begin);
    add_text(all, "end", consistency->end);
    if (consistency->rule == SECTION_CONSISTENCY_BUSY_FLAG) {
        add_unsigned(all, "mask", consistency->mask);
    }
    add_text(all, "name", consistency->name);
    if (consistency->timeout_ms != 0) {
        add_unsigned(all, "timeout_ms", consistency->timeout_ms);
    }
}

static void add_types(cJSON *object, const section_layout_source *source)
{
    cJSON *types = source->type_count > 0 ? cJSON_AddObjectToObject(object, "types") : NULL;
    for (size_t i = 0; i < source->type_count; i++) {
        cJSON *type = cJSON_AddObjectToObject(types, source->types[i].name);
        if (source->types[i].size_bytes > 0) {
            add_unsigned(type, "size", source->types[i].size_bytes);
        }
        add_fields(type, &source->types[i]);
    }
}

static void add_exports(cJSON *object, const layout_export *exports, size_t count)
{
    cJSON *all = count > 0 ? cJSON_AddArrayToObject(object, "export") : NULL;
    for (size_t i = 0; i < count; i++) {
        cJSON *each = cJSON_CreateObject();
        cJSON_AddItemToArray(all, each);
        add_text(each, "path", exports[i].path);
        add_text(each, "metric", exports[i].metric);
        add_text(each, "type", exports[i].is_counter ? "counter" : "gauge");
        add_text(each, "help", exports[i].help);
        cJSON *labels = exports[i].label_count > 0 ? cJSON_AddObjectToObject(each, "labels") : NULL;
        for (size_t j = 0; j < exports[i].label_count; j++) {
            add_text(labels, exports[i].labels[j].label, exports[i].labels[j].field);
        }
    }
}

static void add_notes(cJSON *object, const layout_note *notes, size_t count)
{
    cJSON *all = count > 0 ? cJSON_AddArrayToObject(object, "notes") : NULL;
    for (size_t i = 0; i < count; i++) {
        cJSON *each = cJSON_CreateObject();
        cJSON_AddItemToArray(all, each);
        add_text(each, "detail", notes[i].detail);
        if (notes[i].line > 0) {
            add_unsigned(each, "line", notes[i].line);
            add_unsigned(each, "column", notes[i].column);
        }
    }
}

cJSON *layout_to_json(const section_layout_source *source, const layout_description *more)
{
    cJSON *object = cJSON_CreateObject();
    add_text(object, "title", source->title);
    add_text(object, "source", source->source);
    cJSON_AddStringToObject(object, "endian",
                            source->endian == SECTION_BIG_ENDIAN ? "big" : "little");
    if (source->packed) {
        cJSON_AddBoolToObject(object, "packed", true);
    }
    if (source->whole.size_bytes > 0) {
        add_unsigned(object, "size", source->whole.size_bytes);
    }
    add_match(object, source);
    add_consistency(object, &source->consistency);
    add_types(object, source);
    add_fields(object, &source->whole);
    if (more != NULL) {
        add_exports(object, more->exports, more->export_count);
        add_notes(object, more->notes, more->note_count);
    }
    return object;
}
