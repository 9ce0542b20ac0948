/*
 * c_layout ABI [STRUCTURE [c]]: reads C declarations from its input and tells what it made of them, for
 * tests/layouts/test_c_abi.py. "type NAME SIZE" begins a structure, "field NAME OFFSET KIND BYTES COUNTS…" is one of
 * its fields; the last structure is the one that was asked for. With `c` it prints that as C instead. What is
 * wrong is "error LINE COLUMN DETAIL", and the end is 1; what is left out is "note …".
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "layouts/c/c.h"

static char text[C_LAYOUT_TEXT_BYTES_MAX + 1];

static void print_field(const section_layout_field *field)
{
    printf("field %s %" PRId64 " ", field->name, field->place.at.number);
    switch (field->kind) {
    case SECTION_FIELD_NUMBER:
        printf("%s", section_value_lookup(field->type)->name);
        if (field->bit_width > 0) {
            printf(":%u:%u", field->bit_shift, field->bit_width);
        }
        break;
    case SECTION_FIELD_STRING:
        printf("string:%u:%" PRIu64, field->is_ansi ? 999u : field->encoding, field->string_bytes);
        break;
    default:
        printf("struct:%s", field->type_name);
        break;
    }
    for (unsigned i = 0; i < field->dimensions; i++) {
        printf(" %" PRId64, field->counts[i].number);
    }
    for (size_t i = 0; i < field->label_count; i++) {
        printf(" %s=%" PRId64, field->labels[i].label, field->labels[i].number);
    }
    printf("\n");
}

static void print_type(const section_layout_type *type, const char *name)
{
    printf("type %s %" PRIu64 "\n", name, type->size_bytes);
    for (size_t i = 0; i < type->field_count; i++) {
        print_field(&type->fields[i]);
    }
}

static void print_messages(const char *kind, const c_message *message)
{
    for (; message != NULL; message = message->next) {
        printf("%s %u %u %s\n", kind, message->line, message->column, message->detail);
    }
}

static int print_c(const section_layout_source *source)
{
    char *printed = NULL;
    if (c_layout_print(source, &printed, NULL) != SECTION_OK) {
        return 2;
    }
    fputs(printed, stdout);
    free(printed);
    return 0;
}

int main(int argc, char **argv)
{
    c_abi abi;
    c_layout *layout = NULL;
    const char *structure = argc > 2 && argv[2][0] != '\0' ? argv[2] : NULL;
    if (argc < 2 || !abi_parse(argv[1], &abi)) {
        fprintf(stderr, "usage: c_layout win64|win32|sysv64|sysv32 [STRUCTURE [c]]\n");
        return 2;
    }
    const size_t length = fread(text, 1, sizeof text, stdin);
    if (c_layout_parse(text, length, structure, abi, &layout, NULL) != SECTION_OK) {
        return 2;
    }
    int result = layout->errors != NULL;
    if (result != 0) {
        print_messages("error", layout->errors);
    } else if (argc > 3 && strcmp(argv[3], "c") == 0) {
        result = print_c(&layout->source);
    } else {
        print_messages("note", layout->notes);
        for (size_t i = 0; i < layout->source.type_count; i++) {
            print_type(&layout->source.types[i], layout->source.types[i].name);
        }
        print_type(&layout->source.whole, layout->source.title);
    }
    c_layout_free(layout);
    return result;
}
