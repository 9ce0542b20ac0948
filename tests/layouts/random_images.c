/*
 * Random bytes under each built-in layout, over HTTP's own code but without the sockets: an answer or what
 * does not match, never a crash, a load outside of the view, or more memory than was promised. Built
 * with sanitizers, which see the rest.
 *
 * random_images [IMAGES [NAME...]]: so many for each layout, 100 without it.
 */
#include <inttypes.h>
#include <section/section.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "layouts/builtin.h"
#include "layouts/layout.h"
#include "layouts/print.h"

enum { POOL_BYTES = 1 << 20, VIEWS = 4, IMAGES = 100 };

#define MUST(condition)                                                                            \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            (void)fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);                  \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

/* The same numbers in each run. */
static uint64_t state = 12;

static uint64_t any(uint64_t below)
{
    state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    const uint64_t mixed = state ^ state >> 29;
    return (mixed >> 7) % below;
}

static uint8_t pool[POOL_BYTES];

typedef struct view {
    section *section;
    uint8_t *bytes;
    uint64_t length_bytes;
} view;

typedef struct trial {
    layout *layout;
    const section_layout_source *source;
    view views[VIEWS];
    section_image *image;
    uint64_t answers, mismatches, torn;
} trial;

/* What a layout may be led astray by, and what leads a little way. */
static uint64_t any_number(uint64_t length_bytes)
{
    static const uint64_t numbers[] = {0,          1,          2,          3,          64,
                                       103,        128,        129,        255,        256,
                                       0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, UINT64_MAX, INT64_MAX};
    enum { COUNT = sizeof numbers / sizeof numbers[0] };
    const uint64_t which = any(COUNT + 12);
    if (which < COUNT) {
        return numbers[which];
    }
    return which % 3 == 0 ? length_bytes - any(32) : any(which % 3 == 1 ? 16 : length_bytes);
}

static void put(const view *view, const section_layout_field *field, uint64_t number)
{
    const section_value_facts *type = section_value_lookup(field->type);
    const uint64_t at = (uint64_t)field->place.at.number;
    if (field->kind == SECTION_FIELD_NUMBER && field->place.rule == SECTION_PLACE_AT &&
        field->place.at.field == NULL && at + type->size_bytes <= view->length_bytes) {
        memcpy(view->bytes + at, &number, type->size_bytes);
    }
}

static void fill_randomly(const view *view)
{
    for (uint64_t done = 0; done < view->length_bytes;) {
        const uint64_t rest = view->length_bytes - done;
        const uint64_t length = rest < POOL_BYTES / 2 ? rest : POOL_BYTES / 2;
        memcpy(view->bytes + done, pool + any(POOL_BYTES / 2), length);
        done += length;
    }
}

static void fill_sparsely(const view *view)
{
    memset(view->bytes, 0, view->length_bytes);
    for (uint64_t left = any(64); left > 0; left--) {
        view->bytes[any(any(4) == 0 ? view->length_bytes : (view->length_bytes + 15) / 16)] =
            (uint8_t)any(256);
    }
}

static void put_guards(const trial *self, const view *view)
{
    for (size_t i = 0; i < self->source->guard_count; i++) {
        const section_layout_guard *guard = &self->source->guards[i];
        const section_layout_field *field = section_layout_find_field(
            self->layout->compiled, &self->source->whole, guard->field, strlen(guard->field));
        MUST(field != NULL && guard->text == NULL);
        put(view, field, guard->value.unsigned_number);
    }
}

/* Most images look like the program's at first sight, so that the layout goes on with them. */
static void make_image(const trial *self, const view *view)
{
    const section_layout_type *whole = &self->source->whole;
    const uint64_t how = any(8);
    if (how < 4) {
        fill_sparsely(view);
    } else {
        fill_randomly(view);
    }
    for (size_t i = 0; how != 7 && i < whole->field_count; i++) {
        if (any(2) == 0) {
            put(view, &whole->fields[i], how % 2 == 0 ? any(200) : any_number(view->length_bytes));
        }
    }
    if (how != 7) {
        put_guards(self, view);
    }
}

static void print(trial *self, const section_fields_outcome *outcome)
{
    text_out out = {0};
    fields_read read = {.layout = self->layout, .image = self->image, .outcome = *outcome};
    MUST(fields_print(&out, FIELDS_JSON, &read, NULL) == SECTION_OK);
    MUST(out.status == SECTION_OK && out.used_bytes > 2);
    MUST(out.used_bytes <= SECTION_LAYOUT_READ_BYTES_MAX);
    out_free(&out);
}

static void try_image(trial *self, const view *view)
{
    const section_fields_options options = {.once = true, .allow_torn = any(16) != 0};
    section_fields_outcome outcome;
    section_error why;
    make_image(self, view);
    switch (section_fields_read(view->section, self->layout->compiled, NULL, &options, self->image,
                                &outcome, &why)) {
    case SECTION_OK:
        self->answers++;
        print(self, &outcome);
        break;
    case SECTION_LAYOUT_MISMATCH:
        self->mismatches++;
        MUST(why.detail[0] != '\0');
        break;
    case SECTION_TORN:
        self->torn++;
        MUST(!options.allow_torn);
        break;
    default:
        (void)fprintf(stderr, "%s: %s\n", self->layout->name, why.detail);
        abort();
    }
    MUST(section_image_bytes(self->image) <= SECTION_LAYOUT_READ_BYTES_MAX);
}

/* Of a size that is odd, too small, just right, and with room for what lies behind. */
static void open_views(trial *self)
{
    const uint64_t size = self->source->whole.size_bytes;
    const uint64_t sizes[VIEWS] = {size > 1 ? size - 1 : 1, size, size + 1, 3 * size + 70001};
    for (size_t i = 0; i < VIEWS; i++) {
        view *view = &self->views[i];
        const section_create_options options = {.size_bytes = sizes[i]};
        MUST(section_create(&options, &view->section, NULL) == SECTION_OK);
        view->length_bytes = section_length(view->section);
        view->bytes =
            (uint8_t *)(uintptr_t)section_borrow(view->section, 0, view->length_bytes, NULL);
        MUST(view->bytes != NULL);
    }
}

/* On Windows a view has whole pages: what fits into one page fits into each view. */
static bool can_mismatch(const trial *self)
{
    return self->source->guard_count > 0 ||
           self->views[0].length_bytes < self->source->whole.size_bytes;
}

static void try_layout(const layout_built_in *built_in, uint64_t images)
{
    layout *layout = NULL;
    cJSON *errors = NULL;
    MUST(layout_new(built_in->name, (const char *)built_in->bytes, built_in->length_bytes, &layout,
                    &errors, NULL) == SECTION_OK);
    trial trial = {.layout = layout,
                   .source = section_layout_description(layout->compiled),
                   .image = section_image_new()};
    MUST(trial.image != NULL);
    open_views(&trial);
    for (uint64_t i = 0; i < images; i++) {
        try_image(&trial, &trial.views[any(8) == 0 ? 0 : 1 + any(VIEWS - 1)]);
    }
    (void)printf("%s: %" PRIu64 " images, %" PRIu64 " answers, %" PRIu64 " mismatches, %" PRIu64
                 " torn\n",
                 built_in->name, images, trial.answers, trial.mismatches, trial.torn);
    (void)fflush(stdout);
    MUST(trial.answers > 0);
    MUST(trial.mismatches > 0 || !can_mismatch(&trial));
    for (size_t i = 0; i < VIEWS; i++) {
        section_close(trial.views[i].section);
    }
    section_image_free(trial.image);
    layout_unref(layout);
}

static bool is_wanted(const char *name, int count, char **names)
{
    bool is_there = count == 0;
    for (int i = 0; i < count; i++) {
        is_there = is_there || strcmp(names[i], name) == 0;
    }
    return is_there;
}

int main(int argc, char **argv)
{
    const char *is_long = getenv("SECTIOND_LONG");
    const uint64_t plain = is_long != NULL && strcmp(is_long, "1") == 0 ? 1000 * IMAGES : IMAGES;
    const uint64_t images = argc > 1 ? strtoull(argv[1], NULL, 10) : plain;
    for (size_t i = 0; i < POOL_BYTES; i++) {
        pool[i] = (uint8_t)any(256);
    }
    for (size_t i = 0; i < layout_built_in_count; i++) {
        if (is_wanted(layout_built_ins[i].name, argc - 2 > 0 ? argc - 2 : 0, argv + 2)) {
            try_layout(&layout_built_ins[i], images);
        }
    }
    return 0;
}
