#include <section/fields.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

/*
 * Paths of a selection, in a layout that has a field of every kind. Whatever is selected leads to
 * values whose paths are selected again and lead to the same.
 */

static section_layout *make_layout(void)
{
    static const section_layout_bits bits[] = {{"low", 0, 3}, {"top", 7, 1}};
    static const section_layout_label labels[] = {{0, "off"}, {1, "a,b]\""}};
    static const struct section_layout_row_type types[] = {{1, SECTION_F32}, {2, SECTION_CHAR}};
    static const section_layout_table table = {.of = "vars",
                                               .name = "name",
                                               .type = "type",
                                               .offset = "at",
                                               .count = "n",
                                               .types = types,
                                               .type_count = 2};
    static const section_layout_field inner[] = {
        {.name = "name", .kind = SECTION_FIELD_STRING, .string_bytes = 4},
        {.name = "type", .type = SECTION_U8},
        {.name = "at", .type = SECTION_U8},
        {.name = "n", .type = SECTION_U8},
        {.name = "state", .type = SECTION_U8, .labels = labels, .label_count = 2},
    };
    static const section_layout_type structure = {.name = "var", .fields = inner, .field_count = 5};
    static const section_layout_field fields[] = {
        {.name = "a", .type = SECTION_U32},
        {.name = "flags", .type = SECTION_U8, .bits = bits, .bits_count = 2},
        {.name = "grid",
         .type = SECTION_I16,
         .counts = {{.number = 2}, {.number = 3}},
         .dimensions = 2},
        {.name = "vars",
         .kind = SECTION_FIELD_STRUCTURE,
         .type_name = "var",
         .counts = {{.field = "a", .max = 8}},
         .dimensions = 1},
        {.name = "t",
         .kind = SECTION_FIELD_TABLE,
         .place = {.rule = SECTION_PLACE_AT, .at = {.number = 128}},
         .size = {.number = 64},
         .table = &table},
    };
    const section_layout_source source = {
        .types = &structure, .type_count = 1, .whole = {.fields = fields, .field_count = 5}};
    section_layout *layout = NULL;
    MUST(section_layout_compile(&source, &layout, NULL, NULL) == SECTION_OK);
    return layout;
}

/* Three elements, two of them rows of the table. */
static section *make_section(void)
{
    static const uint8_t head[] = {3,   0, 0, 0, 0x85, 0, 1, 0, 2,   0, 3, 0, 4, 0, 5, 0, 6,  0,
                                   'x', 0, 0, 0, 1,    0, 2, 0, 'y', 0, 0, 0, 2, 8, 4, 1, 'z'};
    const section_create_options options = {.size_bytes = 256};
    section *self = NULL;
    MUST(section_create(&options, &self, NULL) == SECTION_OK);
    MUST(section_write(self, 0, head, sizeof head, NULL) == SECTION_OK);
    return self;
}

typedef struct seen {
    const section_layout *layout;
    section *source;
    size_t values;
    size_t depth;
} seen;

static void read_paths(seen *self, const char *list, size_t list_bytes);

/* A path that is told can be asked for, and leads to one value. */
static void value(void *context, const section_field_at *at, const section_field_value *shown)
{
    seen *self = context;
    (void)shown;
    self->values++;
    MUST(at->path_bytes == strlen(at->path));
    if (self->depth == 0) {
        seen again = {.layout = self->layout, .source = self->source, .depth = 1};
        read_paths(&again, at->path, at->path_bytes);
        MUST(again.values == 1);
    }
}

static void read_paths(seen *self, const char *list, size_t list_bytes)
{
    section_selection *selection = NULL;
    section_error error = {0};
    section_status status =
        section_selection_parse(self->layout, list, list_bytes, &selection, &error);
    if (status != SECTION_OK) {
        MUST(status == SECTION_BAD_PATH && error.detail[0] != '\0' && self->depth == 0);
        return;
    }
    const section_fields_visitor visitor = {.value = value, .context = self};
    section_image *image = section_image_new();
    MUST(image != NULL);
    status = section_fields_read(self->source, self->layout, selection, NULL, image, NULL, &error);
    MUST(status == SECTION_OK);
    MUST(section_fields_visit(image, &visitor, &error) == SECTION_OK);
    section_image_free(image);
    section_selection_free(selection);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static section_layout *layout;
    static section *source;
    if (layout == NULL) {
        layout = make_layout();
        source = make_section();
    }
    seen all = {.layout = layout, .source = source};
    char *copy = malloc(size > 0 ? size : 1); /* as long as it is: a read beyond it is seen */
    MUST(copy != NULL);
    memcpy(copy, data, size);
    read_paths(&all, copy, size);
    free(copy);
    return 0;
}
