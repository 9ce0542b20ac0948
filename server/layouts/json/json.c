#include "layouts/json/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "encode/json.h"
#include "encode/value_json.h"
#include "layouts/json/reader.h"

/* More than any text that is short enough can take. */
enum { DESCRIPTION_BYTES_MAX = 64 * 1024 * 1024 };

/* A layout as a whole: its own members, its types, and what names the fields of both. */

/* ---- how it is known ---- */

static void read_match_names(layout_reader *in, const cJSON *value, const json_place *place,
                             void *target)
{
    enum { NAMES_MAX = 64 };
    section_layout_source *source = target;
    if (!layout_is_list(in, value, place)) {
        return;
    }
    const size_t count = (size_t)cJSON_GetArraySize(value);
    const char **names = count <= NAMES_MAX ? layout_take(in, count, sizeof *names) : NULL;
    if (names == NULL) {
        layout_refuse(in, place, "a layout is of at most %d names", NAMES_MAX);
        return;
    }
    size_t index = 0;
    const cJSON *each;
    cJSON_ArrayForEach(each, value)
    {
        const json_place at = {.outer = place, .index = index};
        layout_read_name(in, each, &at, &names[index]);
        index++;
    }
    source->match_names = names;
    source->match_name_count = count;
}

/* What a guard's field must hold; of which type the field is, is asked when all are known. */
static void read_guard(layout_reader *in, const cJSON *value, const json_place *place,
                       section_layout_guard *guard)
{
    section_error error = {0};
    const bool is_real = cJSON_IsNumber(value) && !layout_is_whole(value->valuedouble);
    if (cJSON_IsString(value)) {
        layout_read_text(in, value, place, &guard->text);
        guard->kind = SECTION_KIND_CHARACTER;
        return;
    }
    guard->kind = is_real                   ? SECTION_KIND_REAL
                  : cJSON_IsBool(value)     ? SECTION_KIND_BOOL
                  : value->valuedouble >= 0 ? SECTION_KIND_UNSIGNED
                                            : SECTION_KIND_SIGNED;
    const section_value_type type = is_real                   ? SECTION_F64
                                    : cJSON_IsBool(value)     ? SECTION_BOOL8
                                    : value->valuedouble >= 0 ? SECTION_U64
                                                              : SECTION_I64;
    if (value_from_json(value, type, "a field to match", &guard->value, &error) != SECTION_OK) {
        layout_refuse(in, place, "%.200s", error.detail);
    }
}

static void read_guards(layout_reader *in, const cJSON *value, const json_place *place,
                        void *target)
{
    section_layout_source *source = target;
    if (!layout_is_map(in, value, place)) {
        return;
    }
    const size_t count = (size_t)cJSON_GetArraySize(value);
    section_layout_guard *guards =
        count <= SECTION_LAYOUT_GUARDS_MAX ? layout_take(in, count, sizeof *guards) : NULL;
    if (guards == NULL) {
        layout_refuse(in, place, "at most %d fields are matched", SECTION_LAYOUT_GUARDS_MAX);
        return;
    }
    size_t index = 0;
    const cJSON *each;
    cJSON_ArrayForEach(each, value)
    {
        const json_place at = {.outer = place, .key = each->string};
        const cJSON name = {.type = cJSON_String, .valuestring = each->string};
        layout_read_path(in, &name, &at, &guards[index].field);
        if (cJSON_IsNumber(each) || cJSON_IsString(each) || cJSON_IsBool(each)) {
            read_guard(in, each, &at, &guards[index]);
        } else {
            layout_refuse(in, &at, "a field is matched with a number or a string");
        }
        index++;
    }
    source->guards = guards;
    source->guard_count = count;
}

static void read_match(layout_reader *in, const cJSON *value, const json_place *place, void *target)
{
    static const layout_member members[] = {
        {.key = "names", .read = read_match_names},
        {.key = "fields", .read = read_guards},
        {0},
    };
    (void)layout_read_object(in, value, place, "\"match\"", members, target);
}

/* ---- how it is read ---- */

/* In the order of section_consistency_rule. */
const char *const layout_rule_names[] = {
    "none", "seqlock", "version_pair", "busy_flag", "unchanged", "mutex", NULL};

typedef struct raw_consistency {
    section_layout_consistency rule;
    uint64_t timeout_ms;
    int by;
} raw_consistency;

static void read_rule(layout_reader *in, const cJSON *value, const json_place *place, void *target)
{
    *(int *)target = layout_get_choice(in, value, place, layout_rule_names);
}

static void read_timeout(layout_reader *in, const cJSON *value, const json_place *place,
                         void *target)
{
    enum { TIMEOUT_MOST_MS = 1000 };
    if (layout_get_size(in, value, place, TIMEOUT_MOST_MS, target) && *(uint64_t *)target == 0) {
        layout_refuse(in, place, "this must be 1 to %d", TIMEOUT_MOST_MS);
    }
}

static const layout_member consistency_members[] = {
    {.key = "by", .read = read_rule, .offset = offsetof(raw_consistency, by), .required = true},
    LAYOUT_MEMBER("field", layout_read_path, raw_consistency, rule.field),
    LAYOUT_MEMBER("begin", layout_read_path, raw_consistency, rule.begin),
    LAYOUT_MEMBER("end", layout_read_path, raw_consistency, rule.end),
    LAYOUT_MEMBER("mask", layout_read_mask, raw_consistency, rule.mask),
    LAYOUT_MEMBER("name", layout_read_name, raw_consistency, rule.name),
    LAYOUT_MEMBER("timeout_ms", read_timeout, raw_consistency, timeout_ms),
    {0},
};

/* The members that a rule needs; it may have no others of them. `timeout_ms` goes with all. */
static const struct {
    const char *needs[2];
} of_rules[] = {
    [SECTION_CONSISTENCY_NONE] = {{NULL, NULL}},
    [SECTION_CONSISTENCY_SEQLOCK] = {{"field", NULL}},
    [SECTION_CONSISTENCY_VERSION_PAIR] = {{"begin", "end"}},
    [SECTION_CONSISTENCY_BUSY_FLAG] = {{"field", "mask"}},
    [SECTION_CONSISTENCY_UNCHANGED] = {{"field", NULL}},
    [SECTION_CONSISTENCY_MUTEX] = {{"name", NULL}},
};

static void check_rule(layout_reader *in, const json_place *place, int by, uint32_t present)
{
    for (unsigned i = 1; strcmp(consistency_members[i].key, "timeout_ms") != 0; i++) {
        bool is_needed = false;
        const char *key = consistency_members[i].key;
        for (size_t j = 0; j < 2 && of_rules[by].needs[j] != NULL; j++) {
            is_needed |= strcmp(of_rules[by].needs[j], key) == 0;
        }
        const bool is_there = (present & UINT32_C(1) << i) != 0;
        const json_place at = {.outer = place, .key = key};
        if (is_needed && !is_there && strcmp(key, "mask") != 0) {
            layout_refuse(in, place, "\"%s\" needs \"%s\"", layout_rule_names[by], key);
        } else if (is_there && !is_needed) {
            layout_refuse(in, &at, "\"%s\" has no \"%s\"", layout_rule_names[by], key);
        }
    }
}

static void read_consistency(layout_reader *in, const cJSON *value, const json_place *place,
                             void *target)
{
    raw_consistency raw = {.by = -1};
    section_layout_consistency *consistency = target;
    const uint32_t present =
        layout_read_object(in, value, place, "\"consistency\"", consistency_members, &raw);
    if (raw.by < 0) {
        return;
    }
    check_rule(in, place, raw.by, present);
    *consistency = raw.rule;
    consistency->rule = (section_consistency_rule)raw.by;
    consistency->timeout_ms = (unsigned)raw.timeout_ms;
    if (consistency->rule == SECTION_CONSISTENCY_BUSY_FLAG && consistency->mask == 0) {
        consistency->mask = UINT64_MAX; /* any bit of the field */
    }
}

/* ---- the whole ---- */

static void read_endian(layout_reader *in, const cJSON *value, const json_place *place,
                        void *target)
{
    static const char *const choices[] = {"little", "big", NULL};
    *(section_endian *)target = layout_get_choice(in, value, place, choices) == 1
                                    ? SECTION_BIG_ENDIAN
                                    : SECTION_LITTLE_ENDIAN;
}

static void read_type(layout_reader *in, const cJSON *value, const json_place *place,
                      section_layout_type *type)
{
    static const layout_member members[] = {
        LAYOUT_MEMBER("size", layout_read_size, section_layout_type, size_bytes),
        {.key = "fields", .read = layout_read_fields, .required = true},
        {0},
    };
    const cJSON name = {.type = cJSON_String, .valuestring = value->string};
    layout_read_name(in, &name, place, &type->name);
    if (layout_is_type_word(value->string)) {
        layout_refuse(in, place, "\"%s\" is a type already", value->string);
    }
    (void)layout_read_object(in, value, place, "a type", members, type);
}

static void read_types(layout_reader *in, const cJSON *value, const json_place *place, void *target)
{
    section_layout_source *source = target;
    if (!layout_is_map(in, value, place)) {
        return;
    }
    const size_t count = (size_t)cJSON_GetArraySize(value);
    if (count > SECTION_LAYOUT_FIELDS_MAX) {
        layout_refuse(in, place, "a layout has at most %d types", SECTION_LAYOUT_FIELDS_MAX);
        return;
    }
    section_layout_type *types = layout_take(in, count, sizeof *types);
    size_t index = 0;
    const cJSON *each;
    if (types == NULL) {
        return;
    }
    cJSON_ArrayForEach(each, value)
    {
        const json_place at = {.outer = place, .key = each->string};
        read_type(in, each, &at, &types[index++]);
    }
    source->types = types;
    source->type_count = count;
}

static void read_notes(layout_reader *in, const cJSON *value, const json_place *place, void *target)
{
    static const layout_member members[] = {
        LAYOUT_REQUIRED("detail", layout_read_text, layout_note, detail),
        LAYOUT_MEMBER("line", layout_read_size, layout_note, line),
        LAYOUT_MEMBER("column", layout_read_size, layout_note, column),
        {0},
    };
    layout_description *description = target;
    if (!layout_is_list(in, value, place)) {
        return;
    }
    const size_t count = (size_t)cJSON_GetArraySize(value);
    layout_note *notes = count <= LAYOUT_NOTES_MAX ? layout_take(in, count, sizeof *notes) : NULL;
    if (notes == NULL) {
        layout_refuse(in, place, "a layout has at most %d notes", LAYOUT_NOTES_MAX);
        return;
    }
    size_t index = 0;
    const cJSON *each;
    cJSON_ArrayForEach(each, value)
    {
        const json_place at = {.outer = place, .index = index};
        (void)layout_read_object(in, each, &at, "a note", members, &notes[index]);
        index++;
    }
    description->notes = notes;
    description->note_count = count;
}

static void ignore(layout_reader *in, const cJSON *value, const json_place *place, void *target)
{
    (void)in;
    (void)value;
    (void)place;
    (void)target;
}

static const layout_member layout_members[] = {
    {.key = "$schema", .read = ignore}, /* editors look it up there; it says nothing to us */
    {.key = "notes", .read = read_notes},
    LAYOUT_MEMBER("title", layout_read_text, layout_description, source.title),
    LAYOUT_MEMBER("source", layout_read_text, layout_description, source.source),
    LAYOUT_MEMBER("endian", read_endian, layout_description, source.endian),
    LAYOUT_MEMBER("packed", layout_read_flag, layout_description, source.packed),
    LAYOUT_MEMBER("size", layout_read_size, layout_description, source.whole.size_bytes),
    LAYOUT_MEMBER("match", read_match, layout_description, source),
    LAYOUT_MEMBER("consistency", read_consistency, layout_description, source.consistency),
    LAYOUT_MEMBER("types", read_types, layout_description, source),
    LAYOUT_REQUIRED("fields", layout_read_fields, layout_description, source.whole),
    {.key = "export", .read = layout_read_exports},
    {0},
};

/* ---- numbers of 64 bits, which are told as strings ---- */

static const section_layout_field *find_in_type(const section_layout_type *type, const char *name,
                                                size_t name_bytes)
{
    for (size_t i = 0; type != NULL && i < type->field_count; i++) {
        const char *each = type->fields[i].name;
        if (each != NULL && strlen(each) == name_bytes && memcmp(each, name, name_bytes) == 0) {
            return &type->fields[i];
        }
    }
    return NULL;
}

static const section_layout_type *find_type(const section_layout_source *source, const char *name)
{
    for (size_t i = 0; name != NULL && i < source->type_count; i++) {
        if (source->types[i].name != NULL && strcmp(source->types[i].name, name) == 0) {
            return &source->types[i];
        }
    }
    return NULL;
}

/* The field of a path, whatever element it is of; NULL: the library says what is wrong with it. */
static const section_layout_field *find_path(const section_layout_source *source, const char *path)
{
    const section_layout_type *type = &source->whole;
    const section_layout_field *field = NULL;
    while (path != NULL && *path != '\0') {
        const size_t length = strcspn(path, ".[");
        field = find_in_type(type, path, length);
        type = field != NULL ? find_type(source, field->type_name) : NULL;
        const char *point = strchr(path, '.');
        path = point != NULL ? point + 1 : NULL;
    }
    return field;
}

static void read_long_guards(layout_description *description, layout_errors *errors)
{
    static const json_place document = {0};
    static const json_place match = {.outer = &document, .key = "match"};
    static const json_place fields = {.outer = &match, .key = "fields"};
    section_layout_source *source = &description->source;
    for (size_t i = 0; i < source->guard_count; i++) {
        section_error error = {0};
        section_layout_guard *guard = &((section_layout_guard *)(uintptr_t)source->guards)[i];
        const section_layout_field *field = find_path(source, guard->field);
        if (guard->text == NULL || field == NULL || field->kind != SECTION_FIELD_NUMBER ||
            section_value_lookup(field->type)->size_bytes != sizeof(uint64_t)) {
            continue;
        }
        const cJSON text = {.type = cJSON_String, .valuestring = (char *)(uintptr_t)guard->text};
        const json_place at = {.outer = &fields, .key = guard->field};
        guard->kind = section_value_lookup(field->type)->kind;
        if (value_from_json(&text, field->type, "it", &guard->value, &error) != SECTION_OK) {
            layout_errors_add(errors, &description->arena, &at, "%.200s", error.detail);
        }
        guard->text = NULL;
    }
}

section_status layout_from_json(const char *text, size_t text_bytes,
                                layout_description *description, layout_errors *errors,
                                section_error *ret_error)
{
    static const json_place document = {0};
    layout_reader reader = {.description = description, .errors = errors};
    cJSON *object;
    arena_init(&description->arena, DESCRIPTION_BYTES_MAX);
    section_status status = json_parse_values(text, text_bytes, &object, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    (void)layout_read_object(&reader, object, &document, "a layout", layout_members, description);
    cJSON_Delete(object);
    read_long_guards(description, errors);
    if (reader.no_memory) {
        return section_fail(ret_error, SECTION_NO_MEMORY, "no memory for the layout");
    }
    return errors->count == 0 ? SECTION_OK : layout_errors_fail(errors, ret_error);
}

/* ---- what the library finds ---- */

static size_t index_of(const section_layout_type *type, const section_layout_field *field)
{
    return (size_t)(field - type->fields);
}

/* The members of a layout that a problem outside of the fields is about. */
static void note_outside(const layout_description *description,
                         const section_layout_problem *problem, const json_place *document,
                         arena *memory, layout_errors *errors)
{
    const section_layout_source *source = &description->source;
    const char *member = problem->member != NULL ? problem->member : "";
    const size_t index = problem->index;
    const json_place match = {.outer = document, .key = "match"};
    const json_place fields = {.outer = &match, .key = "fields"};
    const json_place names = {.outer = &match, .key = "names"};
    const json_place name = {.outer = &names, .index = index};
    const json_place at = {.outer = document, .key = problem->member};
    if (strcmp(member, "match.fields") == 0 && index < source->guard_count) {
        const json_place guard = {.outer = &fields, .key = source->guards[index].field};
        layout_errors_add(errors, memory, &guard, "%s", problem->detail);
    } else if (strcmp(member, "match.names") == 0) {
        layout_errors_add(errors, memory, &name, "%s", problem->detail);
    } else {
        layout_errors_add(errors, memory, member[0] != '\0' ? &at : document, "%s",
                          problem->detail);
    }
}

/* The key or the index of a member's element, where the problem is about one. */
static bool find_element(const section_layout_field *field, const section_layout_problem *problem,
                         char key[24], json_place *ret_at)
{
    const size_t index = problem->index;
    if (strcmp(problem->member, "bits") == 0 && index < field->bits_count) {
        ret_at->key = field->bits[index].name;
        return true;
    }
    if (strcmp(problem->member, "enum") == 0 && index < field->label_count) {
        (void)snprintf(key, 24, "%lld", (long long)field->labels[index].number);
        ret_at->key = key;
        return true;
    }
    return false;
}

void layout_json_problem(const layout_description *description,
                         const section_layout_problem *problem, arena *memory,
                         layout_errors *errors)
{
    static const json_place document = {0};
    char key[24];
    const section_layout_type *type = problem->type;
    if (type == NULL) {
        note_outside(description, problem, &document, memory, errors);
        return;
    }
    const json_place types = {.outer = &document, .key = "types"};
    const json_place named = {.outer = &types, .key = type->name};
    const json_place *around = type->name != NULL ? &named : &document;
    const json_place fields = {.outer = around, .key = "fields"};
    const json_place field = {.outer = &fields,
                              .index = problem->field != NULL ? index_of(type, problem->field) : 0};
    const json_place *owner = problem->field != NULL ? &field : around;
    const json_place member = {.outer = owner, .key = problem->member};
    json_place element = {.outer = &member};
    if (problem->member == NULL) {
        layout_errors_add(errors, memory, owner, "%s", problem->detail);
    } else if (problem->field != NULL && find_element(problem->field, problem, key, &element)) {
        layout_errors_add(errors, memory, &element, "%s", problem->detail);
    } else {
        layout_errors_add(errors, memory, &member, "%s", problem->detail);
    }
}
