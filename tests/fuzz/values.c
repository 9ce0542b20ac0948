/*
 * Values: a byte that chooses the type, one for the byte order and the way, then bytes of a section,
 * or the text of a JSON array. What is written as JSON reads back as the same bytes.
 */
#include <math.h>

#include "encode/json.h"
#include "encode/value_json.h"
#include "fuzz.h"

enum { TYPE_COUNT = SECTION_CHAR + 1 };

/* Two bytes of one value may differ where many stand for it: true, and not a number. */
static bool is_ambiguous(section_value_type type, section_endian endian, const uint8_t *bytes)
{
    const section_value value = section_value_load(type, endian, bytes);
    const section_value_kind kind = section_value_lookup(type)->kind;
    return kind == SECTION_KIND_BOOL || (kind == SECTION_KIND_REAL && isnan(value.real));
}

static void check_bytes(section_value_type type, section_endian endian, const fuzz_input *input)
{
    const size_t unit = section_value_lookup(type)->size_bytes;
    const size_t count = input->left / unit;
    void *back = NULL;
    size_t back_count = 0;
    char *text = values_to_json(type, endian, input->next, count);
    MUST(text != NULL);
    MUST(json_check_values(text, strlen(text), NULL) == SECTION_OK);
    cJSON *array = cJSON_Parse(text);
    MUST(values_from_json(array, type, endian, &back, &back_count, NULL) == SECTION_OK);
    MUST(back_count == count);
    for (size_t i = 0; i < count; i++) {
        const uint8_t *was = input->next + i * unit;
        MUST(is_ambiguous(type, endian, was) ||
             memcmp(was, (const uint8_t *)back + i * unit, unit) == 0);
    }
    free(back);
    cJSON_Delete(array);
    free(text);
}

static void check_text(section_value_type type, section_endian endian, const fuzz_input *input)
{
    const char *text = (const char *)input->next;
    void *bytes = NULL;
    size_t count = 0;
    if (json_check_values(text, input->left, NULL) != SECTION_OK) {
        return;
    }
    cJSON *array = cJSON_ParseWithLength(text, input->left);
    MUST(array != NULL);
    if (cJSON_IsArray(array) &&
        values_from_json(array, type, endian, &bytes, &count, NULL) == SECTION_OK) {
        MUST(count == (size_t)cJSON_GetArraySize(array));
        const fuzz_input stored = {bytes, count * section_value_lookup(type)->size_bytes};
        check_bytes(type, endian, &stored);
        free(bytes);
    }
    cJSON_Delete(array);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_input input = {data, size};
    const section_value_type type = (section_value_type)(fuzz_byte(&input) % TYPE_COUNT);
    const uint8_t way = fuzz_byte(&input);
    const section_endian endian = (way & 1) != 0 ? SECTION_BIG_ENDIAN : SECTION_LITTLE_ENDIAN;
    if ((way & 2) != 0) {
        check_text(type, endian, &input);
    } else {
        check_bytes(type, endian, &input);
    }
    return 0;
}
