#include "selection.h"

#include <section/utf8.h>
#include <stdlib.h>
#include <string.h>

#include "names.h"
#include "program.h"

/* Paths are read and found in a layout at once. */

enum { STEPS_MAX = (SECTION_LAYOUT_LEVELS_MAX + 2) * (SECTION_LAYOUT_DIMENSIONS_MAX + 1) };

/* A path that is being read. */
typedef struct reader {
    section_selection *selection;
    const section_layout *layout;
    const char *path;
    const char *rest;
    uint32_t type;      /* whose field comes next, or NONE */
    uint32_t field;     /* the last one */
    unsigned dimension; /* of its dimensions so many have an index */
    bool is_in_bits;
    bool is_in_row;
    selection_step steps[STEPS_MAX];
    size_t step_count;
    section_error *error;
} reader;

static section_status bad_path(reader *self, const char *problem)
{
    return section_fail(self->error, SECTION_BAD_PATH, "\"%.120s\": %s", self->path, problem);
}

static section_status no_memory(section_error *ret_error)
{
    return section_fail(ret_error, SECTION_NO_MEMORY, "no memory for the paths");
}

static section_status add_step(reader *self, selection_step step)
{
    if (self->step_count == STEPS_MAX) {
        return bad_path(self, "it has too many steps");
    }
    self->steps[self->step_count++] = step;
    return SECTION_OK;
}

static section_status unknown(reader *self, const char *name, size_t name_bytes)
{
    return section_fail(self->error, SECTION_BAD_PATH, "\"%.120s\": there is no field \"%.*s\"",
                        self->path, (int)(name_bytes < 80 ? name_bytes : 80), name);
}

static section_status read_row(reader *self, const char *name, size_t length)
{
    const char *text = section_arena_copy(&self->selection->arena, name, length);
    self->is_in_row = true;
    return text == NULL
               ? no_memory(self->error)
               : add_step(self, (selection_step){
                                    .kind = SELECTION_ROW, .text = text, .text_bytes = length});
}

static section_status read_bits(reader *self, const section_layout_field *field, const char *name,
                                size_t length)
{
    for (size_t i = 0; i < field->bits_count; i++) {
        if (strlen(field->bits[i].name) == length &&
            memcmp(field->bits[i].name, name, length) == 0) {
            self->is_in_bits = true;
            return add_step(self, (selection_step){.kind = SELECTION_BITS, .bits = (uint32_t)i});
        }
    }
    return unknown(self, name, length);
}

/* A name of what the last field is: a structure, a table, or a number with bits. */
static section_status read_name(reader *self)
{
    const char *name = self->rest;
    const size_t length = names_span(name, strlen(name));
    self->rest += length;
    if (length == 0) {
        return bad_path(self, "a name is missing");
    }
    if (self->field != PROGRAM_NONE) {
        const program_field *last = &self->layout->fields[self->field];
        if (self->is_in_bits || self->is_in_row) {
            return bad_path(self, "what has no fields is followed by a name");
        }
        if (self->dimension < last->dimensions) {
            return bad_path(self, "an array is followed by [N], [*] or [KEY=VALUE]");
        }
        if (last->described->kind == SECTION_FIELD_TABLE) {
            return read_row(self, name, length);
        }
        if (last->described->kind == SECTION_FIELD_NUMBER && last->described->bits_count > 0) {
            return read_bits(self, last->described, name, length);
        }
        if (last->structure == PROGRAM_NONE) {
            return bad_path(self, "what has no fields is followed by a name");
        }
        self->type = last->structure;
    }
    self->field = program_find(self->layout, self->type, name, length);
    self->dimension = 0;
    return self->field == PROGRAM_NONE
               ? unknown(self, name, length)
               : add_step(self, (selection_step){.kind = SELECTION_NAME, .field = self->field});
}

static bool read_hex(const char *digits, uint32_t *ret_unit)
{
    uint32_t unit = 0;
    for (int i = 0; i < 4; i++) {
        const char digit = digits[i];
        uint32_t value;
        if (digit >= '0' && digit <= '9') {
            value = (uint32_t)(digit - '0');
        } else if ((digit | 0x20) >= 'a' && (digit | 0x20) <= 'f') {
            value = (uint32_t)((digit | 0x20) - 'a' + 10);
        } else {
            return false; /* also at the end of the text */
        }
        unit = unit << 4 | value;
    }
    *ret_unit = unit;
    return true;
}

/* After "\u"; the second half of a pair is read with the first. */
static bool read_escaped_unit(const char **rest, uint32_t *ret_scalar)
{
    uint32_t low;
    if (!read_hex(*rest, ret_scalar) || (*ret_scalar >= 0xDC00 && *ret_scalar <= 0xDFFF)) {
        return false;
    }
    *rest += 4;
    if (*ret_scalar < 0xD800 || *ret_scalar > 0xDBFF) {
        return *ret_scalar != 0;
    }
    if ((*rest)[0] != '\\' || (*rest)[1] != 'u' || !read_hex(*rest + 2, &low) || low < 0xDC00 ||
        low > 0xDFFF) {
        return false;
    }
    *rest += 6;
    *ret_scalar = 0x10000 + ((*ret_scalar - 0xD800) << 10) + (low - 0xDC00);
    return true;
}

static bool read_escape(const char **rest, char *ret_text, size_t *made)
{
    static const char names[] = "\"\\/bfnrt";
    static const char meanings[] = "\"\\/\b\f\n\r\t";
    const char letter = *(*rest)++;
    const char *at = letter != '\0' ? strchr(names, letter) : NULL;
    uint32_t scalar;
    if (at != NULL) {
        ret_text[(*made)++] = meanings[at - names];
        return true;
    }
    if (letter != 'u' || !read_escaped_unit(rest, &scalar)) {
        return false;
    }
    *made += section_utf8_put(scalar, ret_text + *made);
    return true;
}

/* A JSON string, whose quote was seen. What it stands for is no longer than it. */
static section_status read_quoted(reader *self, char *ret_text, size_t *ret_bytes)
{
    size_t made = 0;
    self->rest++;
    while (*self->rest != '"') {
        if (*self->rest == '\\') {
            self->rest++;
            if (!read_escape(&self->rest, ret_text, &made)) {
                return bad_path(self, "the VALUE in quotes is no JSON string");
            }
        } else if ((unsigned char)*self->rest < 0x20) {
            return bad_path(self, "the VALUE in quotes is no JSON string");
        } else {
            ret_text[made++] = *self->rest++;
        }
    }
    self->rest++;
    *ret_bytes = made;
    return SECTION_OK;
}

static section_status read_value(reader *self, selection_step *step)
{
    char *text = section_arena_copy(&self->selection->arena, self->rest, strlen(self->rest));
    section_status status = SECTION_OK;
    if (text == NULL) {
        return no_memory(self->error);
    }
    step->text = text;
    if (*self->rest == '"') {
        status = read_quoted(self, text, &step->text_bytes);
    } else {
        step->text_bytes = strcspn(self->rest, "],\"");
        self->rest += step->text_bytes;
    }
    text[status == SECTION_OK ? step->text_bytes : 0] = '\0';
    return status;
}

/* KEY=VALUE, of an array of structures with one dimension. */
static section_status read_match(reader *self)
{
    const program_field *array = &self->layout->fields[self->field];
    const size_t length = names_span(self->rest, strlen(self->rest));
    selection_step step = {.kind = SELECTION_MATCH};
    if (length == 0 || self->rest[length] != '=') {
        return bad_path(self, "in brackets stands N, * or KEY=VALUE");
    }
    if (array->structure == PROGRAM_NONE || array->dimensions != 1) {
        return bad_path(self, "only an array of structures has elements by KEY=VALUE");
    }
    step.field = program_find(self->layout, array->structure, self->rest, length);
    if (step.field == PROGRAM_NONE) {
        return unknown(self, self->rest, length);
    }
    const program_field *key = &self->layout->fields[step.field];
    if (key->memo != PROGRAM_NONE || key->place.from_view || key->dimensions > 0 ||
        key->described->bits_count > 0 || key->structure != PROGRAM_NONE) {
        return bad_path(self, "a KEY is one number or string at a fixed place of its element");
    }
    self->rest += length + 1;
    section_status status = read_value(self, &step);
    return status == SECTION_OK ? add_step(self, step) : status;
}

static bool may_have_index(const reader *self)
{
    return !self->is_in_bits &&
           (self->is_in_row ? self->steps[self->step_count - 1].kind == SELECTION_ROW
                            : self->dimension < self->layout->fields[self->field].dimensions);
}

static section_status read_bracket(reader *self)
{
    uint64_t index;
    const size_t length = strcspn(++self->rest, "]=");
    section_status status;
    if (!may_have_index(self)) {
        return bad_path(self, "what is no array is followed by an index");
    }
    if (self->rest[length] == ']' && length == 1 && *self->rest == '*') {
        self->rest++;
        status = add_step(self, (selection_step){.kind = SELECTION_ALL});
    } else if (self->rest[length] == ']' && names_index(self->rest, length, &index)) {
        self->rest += length;
        status = add_step(self, (selection_step){.kind = SELECTION_INDEX, .index = index});
    } else if (self->is_in_row) {
        return bad_path(self, "in brackets stands N or *");
    } else {
        status = read_match(self);
    }
    if (status != SECTION_OK) {
        return status;
    }
    if (*self->rest != ']') {
        return bad_path(self, "a bracket is not closed");
    }
    self->rest++;
    self->dimension++;
    return SECTION_OK;
}

static section_status read_path(reader *self, selection_path *ret_path)
{
    section_status status = read_name(self);
    while (status == SECTION_OK && *self->rest != '\0') {
        if (*self->rest == '.') {
            self->rest++;
            status = read_name(self);
        } else if (*self->rest == '[') {
            status = read_bracket(self);
        } else {
            status = bad_path(self, "a path is NAME, then .NAME, [N], [*] or [KEY=VALUE]");
        }
    }
    if (status != SECTION_OK) {
        return status;
    }
    section_arena *arena = &self->selection->arena;
    ret_path->text = section_arena_copy(arena, self->path, strlen(self->path));
    ret_path->steps = section_arena_take(arena, self->step_count, sizeof(selection_step));
    ret_path->step_count = self->step_count;
    if (ret_path->text == NULL || ret_path->steps == NULL) {
        return no_memory(self->error);
    }
    memcpy(ret_path->steps, self->steps, self->step_count * sizeof(selection_step));
    return SECTION_OK;
}

static section_status fill(section_selection *self, const char *const *paths, size_t path_count,
                           size_t *ret_index, section_error *ret_error)
{
    self->paths = section_arena_take(&self->arena, path_count, sizeof *self->paths);
    if (self->paths == NULL) {
        return no_memory(ret_error);
    }
    for (size_t i = 0; i < path_count; i++) {
        reader reader = {.selection = self,
                         .layout = self->layout,
                         .path = paths[i],
                         .rest = paths[i],
                         .type = PROGRAM_WHOLE,
                         .field = PROGRAM_NONE,
                         .error = ret_error};
        section_status status = read_path(&reader, &self->paths[i]);
        if (status != SECTION_OK) {
            *ret_index = i;
            return status;
        }
    }
    self->path_count = path_count;
    return SECTION_OK;
}

section_status selection_make(const section_layout *layout, const char *const *paths,
                              size_t path_count, section_selection **ret_selection,
                              size_t *ret_index, section_error *ret_error)
{
    section_selection *self = calloc(1, sizeof *self);
    if (self == NULL) {
        return no_memory(ret_error);
    }
    self->layout = layout;
    section_status status = fill(self, paths, path_count, ret_index, ret_error);
    if (status != SECTION_OK) {
        section_selection_free(self);
        return status;
    }
    *ret_selection = self;
    return SECTION_OK;
}

void section_selection_free(section_selection *self)
{
    if (self != NULL) {
        section_arena_release(&self->arena);
        free(self);
    }
}

static bool lead_apart(const selection_step *left, const selection_step *right)
{
    if (left->kind != right->kind) {
        return false;
    }
    switch (left->kind) {
    case SELECTION_NAME:
        return left->field != right->field;
    case SELECTION_BITS:
        return left->bits != right->bits;
    case SELECTION_INDEX:
        return left->index != right->index;
    case SELECTION_ROW:
        return left->text_bytes != right->text_bytes ||
               memcmp(left->text, right->text, left->text_bytes) != 0;
    case SELECTION_ALL:
    case SELECTION_MATCH:
        break;
    }
    return false;
}

/* Whether what `later` leads to can be what `earlier` leads to, or a part of it. */
static bool can_meet(const selection_path *earlier, const selection_path *later)
{
    for (size_t i = 0; i < earlier->step_count; i++) {
        if (i == later->step_count || lead_apart(&earlier->steps[i], &later->steps[i])) {
            return false;
        }
    }
    return true;
}

/* Said once here, it is not looked for at every element. */
static void find_apart(section_selection *self)
{
    for (size_t i = 0; i < self->path_count; i++) {
        bool is_apart = true;
        for (size_t earlier = 0; is_apart && earlier < i; earlier++) {
            is_apart = !can_meet(&self->paths[earlier], &self->paths[i]);
        }
        self->paths[i].is_apart = is_apart;
    }
}

section_status section_selection_make(const section_layout *layout, const char *const *paths,
                                      size_t path_count, section_selection **ret_selection,
                                      section_error *ret_error)
{
    size_t index;
    if (path_count == 0 || path_count > SECTION_SELECTION_PATHS_MAX) {
        return section_fail(ret_error, SECTION_BAD_PATH, "a selection has 1 to %d paths",
                            SECTION_SELECTION_PATHS_MAX);
    }
    section_status status =
        selection_make(layout, paths, path_count, ret_selection, &index, ret_error);
    if (status == SECTION_OK) {
        find_apart(*ret_selection);
    }
    return status;
}

/* Cuts the list at commas that stand outside of JSON strings. Returns how many paths, at most one more
 * than there may be. */
static size_t split(char *list, const char *paths[SECTION_SELECTION_PATHS_MAX])
{
    size_t count = 1;
    bool is_quoted = false;
    paths[0] = list;
    for (char *at = list; *at != '\0'; at++) {
        if (is_quoted && *at == '\\' && at[1] != '\0') {
            at++;
        } else if (*at == '"') {
            is_quoted = !is_quoted;
        } else if (*at == ',' && !is_quoted) {
            *at = '\0';
            if (count == SECTION_SELECTION_PATHS_MAX) {
                return count + 1;
            }
            paths[count++] = at + 1;
        }
    }
    return count;
}

section_status section_selection_parse(const section_layout *layout, const char *list,
                                       size_t list_bytes, section_selection **ret_selection,
                                       section_error *ret_error)
{
    const char *paths[SECTION_SELECTION_PATHS_MAX];
    if (memchr(list, 0, list_bytes) != NULL) {
        return section_fail(ret_error, SECTION_BAD_PATH, "there is a NUL in the paths");
    }
    section_arena texts = {NULL};
    char *copy = section_arena_copy(&texts, list, list_bytes);
    if (copy == NULL) {
        return no_memory(ret_error);
    }
    section_status status =
        section_selection_make(layout, paths, split(copy, paths), ret_selection, ret_error);
    section_arena_release(&texts);
    return status;
}
