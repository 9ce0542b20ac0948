#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <section/utf8.h>

#include "layouts/c/private.h"

/* Names that mean something else as a field's type in JSON. */
static bool is_reserved(const char *name)
{
    static const char *const names[] = {
#define NAME_OF_TYPE(constant, name, kind, size) name,
        SECTION_VALUE_TYPES(NAME_OF_TYPE)
#undef NAME_OF_TYPE
            "string",
        "table"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(names[i], name) == 0) {
            return true;
        }
    }
    return false;
}

/* A name for a type that no other type has, in the arena. */
static const char *choose_name(c_parser *parser, const char *wanted)
{
    char name[SECTION_LAYOUT_NAME_BYTES_MAX + 1];
    (void)snprintf(name, sizeof name, "%s", wanted);
    for (unsigned number = 2;; number++) {
        c_symbol *symbol = c_intern(parser, name, strlen(name));
        if (symbol == NULL) {
            return NULL;
        }
        if (!symbol->is_type_name && !is_reserved(name)) {
            symbol->is_type_name = true;
            return symbol->name;
        }
        (void)snprintf(name, sizeof name, "%.200s_%u", wanted, number);
    }
}

static const char *own_name(const c_record *record)
{
    const c_symbol *symbol = record->tag != NULL    ? record->tag
                             : record->name != NULL ? record->name
                                                    : record->variable;
    return symbol != NULL ? symbol->name : NULL;
}

/* An unnamed one is called after the member that it is the type of. */
static bool name_record(c_parser *parser, c_record *record, const char *parent, const char *member)
{
    const char *own = own_name(record);
    const char *wanted = own != NULL ? own : arena_format(parser->arena, "%s_%s", parent, member);
    if (wanted != NULL && strlen(wanted) > SECTION_LAYOUT_NAME_BYTES_MAX) {
        wanted = "type";
    }
    record->described_name = wanted != NULL ? choose_name(parser, wanted) : NULL;
    return record->described_name != NULL || c_no_memory(parser);
}

/* The members of a record that become fields, at most: those of unnamed records count as its own. */
static size_t count_members(const c_record *record)
{
    size_t count = 0;
    for (const c_member *member = record->members; member != NULL; member = member->next) {
        if (member->symbol != NULL) {
            count++;
        } else if (!member->is_bit_field) {
            count += count_members(member->type->record);
        }
    }
    return count;
}

static const c_type *innermost(const c_type *type)
{
    while (type->kind == C_ARRAY) {
        type = type->of;
    }
    return type;
}

static bool add_record(c_parser *parser, c_description *all, c_record *record, unsigned levels);

/* Describes what members are structures, before the record itself. */
static bool add_inner(c_parser *parser, c_description *all, const c_record *record,
                      const char *parent, unsigned levels)
{
    for (const c_member *member = record->members; member != NULL; member = member->next) {
        c_record *inner = innermost(member->type)->record;
        if (inner == NULL) {
            continue;
        }
        if (member->symbol == NULL) {
            if (!add_inner(parser, all, inner, parent, levels)) {
                return false;
            }
            continue;
        }
        const c_token at = {.line = member->line, .column = member->column};
        if (levels == SECTION_LAYOUT_LEVELS_MAX) {
            return c_error(parser, &at, "Structures have structures in them, %d levels at most",
                           SECTION_LAYOUT_LEVELS_MAX);
        }
        if (inner->described_name == NULL &&
            !name_record(parser, inner, parent, member->symbol->name)) {
            return false;
        }
        if (inner->described_levels < levels + 1 && !add_record(parser, all, inner, levels + 1)) {
            return false;
        }
    }
    return true;
}

/* Describes a record that is `levels` deep; one that was less deep before is only looked through again. */
static bool add_record(c_parser *parser, c_description *all, c_record *record, unsigned levels)
{
    const bool is_new = record->described_levels == 0;
    record->described_levels = levels;
    if (!add_inner(parser, all, record, record->described_name, levels) || !is_new) {
        return is_new ? false : !parser->is_stopped && parser->error_count == 0;
    }
    const size_t count = count_members(record);
    section_layout_field *fields =
        arena_take_array(parser->arena, count > 0 ? count : 1, sizeof *fields);
    if (fields == NULL) {
        return c_no_memory(parser);
    }
    const c_token at = {.line = record->line, .column = record->column};
    c_fields described = {
        .parser = parser, .fields = fields, .room = SECTION_LAYOUT_FIELDS_MAX - all->field_count};
    if (!c_add_fields(&described, record, 0)) {
        return false;
    }
    record->described_fields = described.count;
    if (described.count == 0) {
        return true; /* a member of this type is left out */
    }
    if (all->type_count == SECTION_LAYOUT_FIELDS_MAX) {
        return c_error(parser, &at, "There are more than %d structures", SECTION_LAYOUT_FIELDS_MAX);
    }
    all->field_count += described.count;
    all->types[all->type_count++] = (section_layout_type){.name = record->described_name,
                                                          .size_bytes = record->type.size_bytes,
                                                          .fields = fields,
                                                          .field_count = described.count};
    return true;
}

/* NAME, struct NAME, union NAME; NULL: the last one that has members. */
static c_record *find_structure(c_parser *parser, const char *name)
{
    const c_token nowhere = {.line = 0};
    if (name == NULL) {
        if (parser->last_record == NULL) {
            (void)c_error(parser, &nowhere, "There is no structure in these declarations");
        }
        return parser->last_record;
    }
    const char *bare = strncmp(name, "struct ", 7) == 0  ? name + 7
                       : strncmp(name, "union ", 6) == 0 ? name + 6
                                                         : name;
    const c_symbol *symbol = c_intern(parser, bare, strlen(bare));
    if (symbol == NULL) {
        return NULL;
    }
    c_record *record = symbol->type != NULL && symbol->type->kind == C_RECORD ? symbol->type->record
                       : symbol->record != NULL && !symbol->record->is_ours   ? symbol->record
                                                                              : NULL;
    if (record == NULL || !record->is_complete) {
        (void)c_error(parser, &nowhere,
                      record == NULL ? "There is no structure %.200s in these declarations"
                                     : "%.200s is declared, but its members are not",
                      bare);
        return NULL;
    }
    return record;
}

bool c_describe(c_parser *parser, const char *structure, section_layout_source *source)
{
    c_description all = {.type_count = 0};
    c_record *record = find_structure(parser, structure);
    all.types = arena_take_array(parser->arena, SECTION_LAYOUT_FIELDS_MAX, sizeof *all.types);
    if (record == NULL || all.types == NULL) {
        return record != NULL && c_no_memory(parser);
    }
    if (!name_record(parser, record, "layout", "type") || !add_record(parser, &all, record, 1)) {
        return false;
    }
    const c_token at = {.line = record->line, .column = record->column};
    if (record->described_fields == 0) {
        return c_error(parser, &at, "%s has no member that could be a field",
                       record->described_name);
    }
    *source = (section_layout_source){.title = record->described_name,
                                      .endian = SECTION_LITTLE_ENDIAN,
                                      .types = all.types,
                                      .type_count = all.type_count - 1,
                                      .whole = all.types[all.type_count - 1]};
    source->whole.name = NULL;
    return !parser->is_stopped;
}
