#include "compile.h"

#include <stdlib.h>
#include <string.h>

#include "grow.h"
#include "names.h"

/*
 * Where a path leads to from a field: into the same structure, then outwards, into each type that has elements
 * of it. Few bytes of a description may ask for much of that, so the same question is answered once, and all
 * answers together are bounded.
 */

struct compile_lookups {
    uint32_t *first_user; /* of each type, in `users`; one more than there are types */
    uint32_t *users;      /* types that have elements of a type */
    uint32_t *seen;       /* by types: the number of the lookup that looked in it last */
    uint32_t lookup_count;
    const char **paths; /* of all fields, sorted, each once */
    size_t path_count;
    struct known
        *known; /* by path and what it must lead to; of the type that was asked about last */
    size_t target_capacity;
};

/* An answer. */
typedef struct known {
    uint32_t type; /* that the path was looked up from, and one; 0: none */
    program_reference reference;
} known;

typedef struct lookup {
    compilation *compilation;
    compile_place where;
    const char *path;
    size_t first_bytes; /* of its first name */
    compile_wanted wanted;
    bool is_over; /* a problem was found */
} lookup;

static void *scratch(compilation *self, size_t count, size_t size)
{
    void *room = section_arena_take(&self->scratch, count, size);
    self->is_out_of_memory = self->is_out_of_memory || room == NULL;
    return room;
}

/* Calls back for each type that has fields of a structure: once, however many they are. */
typedef void note_user(compile_lookups *self, uint32_t type, uint32_t user);

static void for_each_user(compilation *self, note_user *note)
{
    const section_layout *layout = self->layout;
    compile_lookups *lookups = self->lookups;
    memset(lookups->seen, 0, layout->type_count * sizeof *lookups->seen);
    for (uint32_t i = 0; i < layout->field_count; i++) { /* those of one type are side by side */
        const program_field *field = &layout->fields[i];
        if (field->structure != PROGRAM_NONE &&
            lookups->seen[field->structure] != field->type + 1) {
            lookups->seen[field->structure] = field->type + 1;
            note(lookups, field->structure, field->type);
        }
    }
}

static void count_user(compile_lookups *self, uint32_t type, uint32_t user)
{
    (void)user;
    self->first_user[type + 1]++;
}

/* Leaves where the next one goes in `first_user`. */
static void add_user(compile_lookups *self, uint32_t type, uint32_t user)
{
    self->users[self->first_user[type]++] = user;
}

static void find_users(compilation *self)
{
    const uint32_t type_count = self->layout->type_count;
    compile_lookups *lookups = self->lookups;
    for_each_user(self, count_user);
    for (uint32_t i = 0; i < type_count; i++) {
        lookups->first_user[i + 1] += lookups->first_user[i];
    }
    lookups->users = scratch(self, lookups->first_user[type_count], sizeof *lookups->users);
    if (lookups->users == NULL) {
        return;
    }
    for_each_user(self, add_user);
    memmove(lookups->first_user + 1, lookups->first_user, type_count * sizeof *lookups->first_user);
    lookups->first_user[0] = 0;
}

enum { PATHS_PER_FIELD = 7 };

static void add_paths(compile_lookups *self, const section_layout_field *field)
{
    const char *const paths[PATHS_PER_FIELD] = {field->place.at.field,
                                                field->place.of,
                                                field->counts[0].field,
                                                field->stride.field,
                                                field->size.field,
                                                field->since_field,
                                                field->table != NULL ? field->table->of : NULL};
    for (size_t i = 0; i < PATHS_PER_FIELD; i++) {
        if (paths[i] != NULL) {
            self->paths[self->path_count++] = paths[i];
        }
    }
}

static int compare_paths(const void *a, const void *b)
{
    const char *const *one = a;
    const char *const *other = b;
    return strcmp(*one, *other);
}

static void sort_paths(compilation *self)
{
    const section_layout *layout = self->layout;
    compile_lookups *lookups = self->lookups;
    size_t distinct = 0;
    lookups->paths =
        scratch(self, (size_t)layout->field_count * PATHS_PER_FIELD, sizeof *lookups->paths);
    if (lookups->paths == NULL) {
        return;
    }
    for (uint32_t i = 0; i < layout->field_count; i++) {
        add_paths(lookups, layout->fields[i].described);
    }
    qsort(lookups->paths, lookups->path_count, sizeof *lookups->paths, compare_paths);
    for (size_t i = 0; i < lookups->path_count; i++) {
        if (distinct == 0 || strcmp(lookups->paths[distinct - 1], lookups->paths[i]) != 0) {
            lookups->paths[distinct++] = lookups->paths[i];
        }
    }
    lookups->path_count = distinct;
    lookups->known = scratch(self, distinct * COMPILE_WANTED_COUNT, sizeof *lookups->known);
}

void compile_begin_lookups(compilation *self)
{
    const size_t type_count = self->layout->type_count;
    self->lookups = scratch(self, 1, sizeof *self->lookups);
    if (self->lookups == NULL) {
        return;
    }
    self->lookups->first_user = scratch(self, type_count + 1, sizeof *self->lookups->first_user);
    self->lookups->seen = scratch(self, type_count, sizeof *self->lookups->seen);
    if (self->is_out_of_memory) {
        return;
    }
    find_users(self);
    sort_paths(self);
    memset(self->lookups->seen, 0, type_count * sizeof *self->lookups->seen);
}

static known *find_known(compile_lookups *self, const char *path, compile_wanted wanted)
{
    const char **found =
        bsearch(&path, self->paths, self->path_count, sizeof *self->paths, compare_paths);
    return &self->known[(size_t)(found - self->paths) * COMPILE_WANTED_COUNT + wanted];
}

static void report(lookup *self, const char *problem)
{
    compile_report(self->compilation, self->where, "\"%.80s\": %s", self->path, problem);
    self->is_over = true;
}

/* The layout has had more than its share. */
static void give_up(lookup *self, const char *problem)
{
    report(self, problem);
    self->compilation->has_given_up = true;
}

/* Whole fields are named without an index. */
static compile_way find_whole_field(const lookup *self, uint32_t type)
{
    const section_layout *layout = self->compilation->layout;
    compile_way way = {.first = program_find(layout, type, self->path, self->first_bytes)};
    const program_field *field = &layout->fields[way.first];
    way.final = way.first;
    if (self->path[self->first_bytes] != '\0') {
        way.problem = "a single name is needed here";
    } else if (self->wanted == COMPILE_WANTED_STRUCTURES &&
               (field->structure == PROGRAM_NONE || field->dimensions != 1)) {
        way.problem = "an array of structures is needed here";
    }
    return way;
}

static bool make_room(compilation *self)
{
    section_layout *layout = self->layout;
    program_target *targets = grow_items(layout->targets, &self->lookups->target_capacity,
                                         (size_t)layout->target_count + 1, sizeof *targets);
    if (targets == NULL) {
        self->is_out_of_memory = true;
        return false;
    }
    layout->targets = targets;
    return true;
}

static void add_target(lookup *self, uint32_t type)
{
    section_layout *layout = self->compilation->layout;
    compile_way way = self->wanted == COMPILE_WANTED_INTEGER
                          ? compile_walk(self->compilation, type, self->path)
                          : find_whole_field(self, type);
    if (way.problem == NULL && self->wanted == COMPILE_WANTED_INTEGER &&
        !program_is_integer(layout->fields[way.final].described)) {
        way.problem = "it is not an integer";
    }
    if (way.problem != NULL) {
        report(self, way.problem);
        return;
    }
    if (layout->target_count == COMPILE_TARGETS_MAX) {
        give_up(self, "the places of a layout refer to more than 65536 fields, which types within "
                      "types multiply");
        return;
    }
    if (!make_room(self->compilation)) {
        self->is_over = true;
        return;
    }
    const program_target target = {type, way.first, way.index, way.delta, way.final};
    layout->targets[layout->target_count++] = target;
    if (self->wanted == COMPILE_WANTED_INTEGER) { /* of other fields only the place matters */
        compile_note_read(self->compilation, target);
    }
}

/* In this type, or in those that have elements of it: as deep as there are levels. */
static void look_in(lookup *self, uint32_t type)
{
    section_layout *layout = self->compilation->layout;
    compile_lookups *lookups = self->compilation->lookups;
    if (layout->looks == COMPILE_LOOKS_MAX) {
        give_up(self, "what the places of a layout refer to is more than 4194304 types outwards");
        return;
    }
    layout->looks++;
    if (lookups->seen[type] == lookups->lookup_count) {
        return;
    }
    lookups->seen[type] = lookups->lookup_count;
    if (program_find(layout, type, self->path, self->first_bytes) != PROGRAM_NONE) {
        add_target(self, type);
        return;
    }
    const uint32_t first = lookups->first_user[type];
    const uint32_t end = lookups->first_user[type + 1];
    if (first == end) {
        report(self, "there is no such field, neither here nor outwards");
    }
    for (uint32_t i = first; i < end && !self->is_over; i++) {
        look_in(self, lookups->users[i]);
    }
}

static int compare_targets(const void *a, const void *b)
{
    const program_target *one = a;
    const program_target *other = b;
    return (one->type > other->type) - (one->type < other->type); /* no type is there twice */
}

program_reference compile_look_up(compilation *self, compile_place where, const char *path,
                                  compile_wanted wanted)
{
    section_layout *layout = self->layout;
    program_reference reference = {layout->target_count, 0};
    if (self->has_given_up || self->is_out_of_memory) {
        return reference;
    }
    known *answer = find_known(self->lookups, path, wanted);
    if (answer->type == where.type + 1) {
        return answer->reference;
    }
    lookup asked = {.compilation = self, .where = where, .path = path, .wanted = wanted};
    asked.first_bytes = names_span(path, strlen(path));
    self->lookups->lookup_count++;
    look_in(&asked, where.type);
    if (asked.is_over) {
        return reference;
    }
    reference.target_count = layout->target_count - reference.first_target;
    qsort(layout->targets + reference.first_target, reference.target_count, sizeof *layout->targets,
          compare_targets);
    *answer = (known){where.type + 1, reference};
    return reference;
}
