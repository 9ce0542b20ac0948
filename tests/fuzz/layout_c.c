/*
 * C declarations: whatever is read is a layout that the library takes and that fits its structure; printed as C
 * and read again, on any ABI, it gives the same offsets and sizes.
 */
#include "fuzz.h"
#include "layouts/c/c.h"

static const section_layout_type *find_type(const section_layout_source *source, size_t index)
{
    return index < source->type_count ? &source->types[index] : &source->whole;
}

static void check_messages(const c_message *message)
{
    for (; message != NULL; message = message->next) {
        MUST(message->detail != NULL && message->detail[0] != '\0');
    }
}

static void check_types(const section_layout_source *source)
{
    section_layout *compiled = NULL;
    section_error error = {0};
    for (size_t i = 0; i <= source->type_count; i++) {
        const section_layout_type *type = find_type(source, i);
        MUST(type->field_count > 0 && type->size_bytes > 0);
        for (size_t j = 0; j < type->field_count; j++) {
            const section_layout_field *field = &type->fields[j];
            MUST(field->place.rule == SECTION_PLACE_AT && field->place.at.number >= 0);
            MUST((uint64_t)field->place.at.number < type->size_bytes);
            MUST(field->bit_width <= 64 && field->bit_shift < 8);
        }
    }
    if (section_layout_compile(source, &compiled, NULL, &error) != SECTION_OK) {
        fprintf(stderr, "%s\n", error.detail);
        MUST(error.code == SECTION_NO_MEMORY);
    }
    section_layout_free(compiled);
}

/* The fields with names that the printed C kept; what it added is called padding. */
static void compare_types(const section_layout_type *first, const section_layout_type *again)
{
    MUST(first->size_bytes == again->size_bytes);
    for (size_t i = 0; i < first->field_count; i++) {
        const section_layout_field *field = &first->fields[i];
        for (size_t j = 0; j < again->field_count; j++) {
            const section_layout_field *other = &again->fields[j];
            if (strcmp(field->name, other->name) == 0 && field->name[0] != 'p') {
                MUST(field->place.at.number == other->place.at.number);
                MUST(field->bit_shift == other->bit_shift && field->bit_width == other->bit_width);
            }
        }
    }
}

static void read_again(const section_layout_source *source, c_abi abi)
{
    char *printed = NULL;
    c_layout *again = NULL;
    if (c_layout_print(source, &printed, NULL) != SECTION_OK) {
        return;
    }
    const size_t length = strlen(printed);
    const bool is_gcc_only = strstr(printed, "as gcc packs bit fields") != NULL;
    if (length <= C_LAYOUT_TEXT_BYTES_MAX && (!is_gcc_only || abi >= C_ABI_SYSV64)) {
        MUST(c_layout_parse(printed, length, NULL, abi, &again, NULL) == SECTION_OK);
        if (again->errors != NULL) {
            fprintf(stderr, "%u:%u: %s in\n%s\n", again->errors->line, again->errors->column,
                    again->errors->detail, printed);
        }
        MUST(again->errors == NULL);
        compare_types(&source->whole, &again->source.whole);
    }
    c_layout_free(again);
    free(printed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_input input = {data, size};
    const uint8_t choice = fuzz_byte(&input);
    const c_abi abi = (c_abi)(choice % C_ABI_COUNT);
    c_layout *layout = NULL;
    char *structure = choice & 0x80 ? fuzz_text(&input, '\n') : NULL;
    MUST(c_layout_parse((const char *)input.next, input.left, structure, abi, &layout, NULL) ==
         SECTION_OK);
    check_messages(layout->errors);
    check_messages(layout->notes);
    if (layout->errors == NULL) {
        check_types(&layout->source);
        read_again(&layout->source, abi);
        read_again(&layout->source, (c_abi)(choice / C_ABI_COUNT % C_ABI_COUNT));
    }
    c_layout_free(layout);
    free(structure);
    return 0;
}
