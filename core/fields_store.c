#include <stdlib.h>
#include <string.h>

#include <section/cleanup.h>

#include "held.h"
#include "reading.h"
#include "storing.h"

/* Stores values: finds the places of all, makes the bytes of all, and only then stores the first. */

typedef struct storing {
    section *section;
    const section_layout *layout;
    const section_field_input *inputs;
    size_t input_count;
    section_fields_store_options options;
    section_image *image;
    section_selection *selection;
    storing_part *parts;   /* one for each input */
    storing_part **sorted; /* by their offsets */
    size_t *hits;          /* how many values each path has led to */
    size_t failed;         /* the input that the error is about */
    reading reading;
} storing;

static void free_storing(storing *self)
{
    for (size_t i = 0; self->parts != NULL && i < self->input_count; i++) {
        free(self->parts[i].text);
    }
    free(self->parts);
    free(self->sorted);
    free(self->hits);
    section_selection_free(self->selection);
    section_image_free(self->image);
    if (self->reading.has_mutex) {
        os_mutex_give(&self->reading.mutex);
    }
}

static section_status make_room(storing *self, section_error *ret_error)
{
    self->parts = calloc(self->input_count, sizeof *self->parts);
    self->sorted = calloc(self->input_count, sizeof(storing_part *));
    self->hits = calloc(self->input_count, sizeof *self->hits);
    self->image = section_image_new();
    return self->parts != NULL && self->sorted != NULL && self->hits != NULL && self->image != NULL
               ? SECTION_OK
               : section_fail(ret_error, SECTION_NO_MEMORY, "no memory for the values");
}

static section_status find_paths(storing *self, section_error *ret_error)
{
    const char **paths = calloc(self->input_count, sizeof *paths);
    if (paths == NULL) {
        return section_fail(ret_error, SECTION_NO_MEMORY, "no memory for the paths");
    }
    for (size_t i = 0; i < self->input_count; i++) {
        paths[i] = self->inputs[i].path;
    }
    section_status status = selection_make(self->layout, paths, self->input_count, &self->selection,
                                           &self->failed, ret_error);
    free(paths);
    return status;
}

/* Of a walk: where a path leads to first. Whether that is one value is asked when the bytes are made. */
static section_status place_leaf(walk *walk, const walk_leaf *leaf, section_error *ret_error)
{
    storing *self = walk->context;
    storing_part *part = &self->parts[walk->path_index];
    (void)ret_error;
    if (part->field_bytes == 0) {
        storing_place(self->layout, leaf, part);
    }
    return SECTION_OK;
}

static bool pass_over(walk *walk, const section_field_at *at, section_fields_shape shape)
{
    (void)walk;
    (void)at;
    (void)shape;
    return false;
}

/* While the copy is made, so that the places of counts and offsets are those of one moment. */
static section_status find_reads(void *context, section_error *ret_error)
{
    static const walk_tasks tasks = {.leaf = place_leaf, .begin = pass_over, .repeats = true};
    storing *self = context;
    memset(self->parts, 0, self->input_count * sizeof *self->parts);
    section_status status = walk_run(self->image, &tasks, self, ret_error);
    return status == SECTION_OK ? storing_find_reads(self->image, self->parts, self->sorted,
                                                     self->input_count, ret_error)
                                : status;
}

/* Of a walk: what a path leads to. */
static section_status plan_leaf(walk *walk, const walk_leaf *leaf, section_error *ret_error)
{
    storing *self = walk->context;
    const size_t input = walk->path_index;
    self->failed = input;
    if (++self->hits[input] > 1) {
        return section_fail(ret_error, SECTION_BAD_PATH, "%.120s: it leads to more than one value",
                            self->inputs[input].path);
    }
    if (self->parts[input].is_read) {
        return section_fail(ret_error, SECTION_FIELD_READ_BY_LAYOUT,
                            "%.120s: the layout itself reads this field; force=1 writes it all "
                            "the same",
                            self->inputs[input].path);
    }
    storing_part *part = &self->parts[input];
    part->input = input;
    return storing_encode(self->layout, leaf, &self->inputs[input], self->options.no_terminator,
                          part, ret_error);
}

static bool plan_begin(walk *walk, const section_field_at *at, section_fields_shape shape)
{
    enum { MANY = 2 };
    storing *self = walk->context;
    (void)at;
    (void)shape;
    self->hits[walk->path_index] = MANY;
    return false;
}

static section_status plan(storing *self, section_error *ret_error)
{
    static const walk_tasks tasks = {.leaf = plan_leaf, .begin = plan_begin, .repeats = true};
    self->image->hold_until_ns = self->reading.hold_until_ns; /* the mutex is kept */
    section_status status = walk_run(self->image, &tasks, self, ret_error);
    for (size_t i = 0; status == SECTION_OK && i < self->input_count; i++) {
        self->failed = i;
        if (self->hits[i] == 0) {
            return section_fail(ret_error, SECTION_FIELD_ABSENT,
                                "%.120s: the section has no such field now", self->inputs[i].path);
        }
        if (self->hits[i] > 1) {
            return section_fail(ret_error, SECTION_BAD_PATH,
                                "%.120s: it leads to an array or a structure, not to one value",
                                self->inputs[i].path);
        }
    }
    return status;
}

static int compare_parts(const void *a, const void *b)
{
    const storing_part *const *one = a;
    const storing_part *const *other = b;
    return ((*one)->offset_bytes > (*other)->offset_bytes) -
           ((*one)->offset_bytes < (*other)->offset_bytes);
}

static section_status check_overlaps(storing *self, section_error *ret_error)
{
    for (size_t i = 0; i < self->input_count; i++) {
        self->sorted[i] = &self->parts[i];
    }
    qsort(self->sorted, self->input_count, sizeof(storing_part *), compare_parts);
    for (size_t i = 0; i < self->input_count; i++) {
        section_status status = image_check_mutex(self->image, ret_error);
        if (status != SECTION_OK) {
            return status;
        }
        const storing_part *a = self->sorted[i];
        for (size_t j = i + 1; j < self->input_count; j++) {
            const storing_part *b = self->sorted[j];
            if (b->offset_bytes - a->offset_bytes >= a->field_bytes) {
                break;
            }
            if (storing_is_shared(a, b)) {
                self->failed = a->input > b->input ? a->input : b->input;
                return section_fail(ret_error, SECTION_BAD_PATH, "%.120s and %.120s overlap",
                                    self->inputs[a->input].path, self->inputs[b->input].path);
            }
        }
    }
    return SECTION_OK;
}

static section_status check_ranges(storing *self, section_error *ret_error)
{
    section_status status = SECTION_OK;
    for (size_t i = 0; status == SECTION_OK && i < self->input_count; i++) {
        self->failed = i;
        status = section_check(self->section, self->parts[i].offset_bytes,
                               self->parts[i].length_bytes, ret_error);
    }
    return status;
}

/* What the pages of all parts have no memory for. */
static uint64_t missing_of_all(const storing *self)
{
    uint64_t missing = 0, next = 0;
    for (size_t i = 0; i < self->input_count; i++) {
        const storing_part *part = self->sorted[i];
        missing +=
            held_missing_behind(self->section, part->offset_bytes, part->length_bytes, &next);
    }
    return missing;
}

/* Under the lock for a sequence. All parts are granted their memory before the first is stored. */
static section_status apply(storing *self, section_error *ret_error)
{
    uint64_t granted = 0;
    section *target = self->section;
    section_status status = check_ranges(self, ret_error);
    if (status == SECTION_OK && target->commit != NULL) {
        self->failed = self->input_count;
        status = held_grant(target, missing_of_all(self), &granted, ret_error);
    }
    target->granted_bytes = &granted;
    for (size_t i = 0; status == SECTION_OK && i < self->input_count; i++) {
        self->failed = i;
        status = storing_apply(target, &self->parts[i], ret_error);
    }
    target->granted_bytes = NULL;
    held_give_back(target, granted);
    return status;
}

static section_status store(storing *self, section_error *ret_error)
{
    if (lock_is_held(self->section->lock)) { /* by the caller, who releases it */
        return apply(self, ret_error);
    }
    if (!hold_sequence(&self->reading)) {
        return section_fail(ret_error, SECTION_TORN,
                            "others use the memory for longer than its mutex may be held");
    }
    section_status status = apply(self, ret_error);
    lock_release();
    return status;
}

static section_status read_places(storing *self, section_error *ret_error)
{
    self->reading =
        (reading){.section = self->section,
                  .layout = self->layout,
                  .selection = self->selection,
                  .image = self->image,
                  .is_check = self->input_count == 0,
                  .keeps_mutex = true,
                  .also = self->options.force || self->input_count == 0 ? NULL : find_reads,
                  .context = self};
    self->reading.options.timeout_ms = self->options.timeout_ms;
    self->reading.options.pause = self->options.pause;
    self->reading.options.steps_left = self->options.steps_left;
    return reading_run(&self->reading, ret_error);
}

/* Of no values: whether the layout fits, which is checked for any. */
static section_status check_only(storing *self, section_error *ret_error)
{
    self->image = section_image_new();
    return self->image != NULL
               ? read_places(self, ret_error)
               : section_fail(ret_error, SECTION_NO_MEMORY, "no memory for the copy");
}

static section_status run(storing *self, section_error *ret_error)
{
    section_status status = held_check_writable(self->section, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    if (self->input_count > SECTION_FIELDS_INPUTS_MAX) {
        return section_fail(ret_error, SECTION_BAD_PATH, "at most %d values are stored at once",
                            SECTION_FIELDS_INPUTS_MAX);
    }
    if (self->input_count == 0) {
        return check_only(self, ret_error);
    }
    typedef section_status step(storing *, section_error *);
    static step *const steps[] = {make_room, find_paths, read_places, plan, check_overlaps};
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        self->failed = self->input_count;
        status = steps[i](self, ret_error);
        if (status == SECTION_TORN) {
            self->failed = self->input_count;
        }
        if (status != SECTION_OK) {
            return status;
        }
    }
    self->failed = self->input_count;
    if (self->options.is_trial) {
        return SECTION_OK;
    }
    status = image_check_mutex(self->image, ret_error);
    return status == SECTION_OK ? store(self, ret_error) : status;
}

section_status section_fields_store(section *self, const section_layout *layout,
                                    const section_field_input *inputs, size_t input_count,
                                    const section_fields_store_options *options, size_t *ret_index,
                                    section_fields_outcome *ret_outcome, section_error *ret_error)
{
    _cleanup_(free_storing) storing wanted = {
        .section = self, .layout = layout, .inputs = inputs, .input_count = input_count};
    if (options != NULL) {
        wanted.options = *options;
    }
    wanted.failed = input_count;
    section_status status = run(&wanted, ret_error);
    if (status != SECTION_OK && ret_index != NULL) {
        *ret_index = wanted.failed;
    }
    if (ret_outcome != NULL) {
        *ret_outcome = wanted.reading.outcome;
    }
    return status;
}
