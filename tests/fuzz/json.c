/* JSON bodies: what our check lets through cJSON must parse, and what cJSON prints our check takes. */
#include "encode/json.h"
#include "fuzz.h"

static void check_document(const char *text, size_t length)
{
    cJSON *object = NULL;
    cJSON *document = cJSON_ParseWithLength(text, length);
    MUST(document != NULL);
    char *printed = cJSON_PrintUnformatted(document);
    MUST(printed != NULL);
    /* The values may not be those of the text (1e400), but it is JSON. */
    MUST(json_check_values(printed, strlen(printed), NULL) == SECTION_OK);
    MUST((json_parse_values(text, length, &object, NULL) == SECTION_OK) ==
         cJSON_IsObject(document));
    cJSON_Delete(object);
    cJSON_free(printed);
    cJSON_Delete(document);
}

static void read_members(const cJSON *object)
{
    static const char *const choices[] = {"one", "two", NULL};
    const char *text = NULL;
    uint64_t number = 7;
    bool flag = false;
    int64_t handle = 0;
    int choice = 0;
    const cJSON *inner = NULL;
    const cJSON *array = NULL;
    const cJSON *any = NULL;
    const json_member members[] = {
        {.key = "text", .kind = JSON_TEXT, .target = &text},
        {.key = "number", .kind = JSON_NUMBER, .target = &number},
        {.key = "flag", .kind = JSON_FLAG, .target = &flag},
        {.key = "handle", .kind = JSON_HANDLE, .target = &handle},
        {.key = "choice", .kind = JSON_CHOICE, .target = &choice, .choices = choices},
        {.key = "object", .kind = JSON_OBJECT, .target = &inner},
        {.key = "array", .kind = JSON_ARRAY, .target = &array},
        {.key = "any", .kind = JSON_ANY, .target = &any},
    };
    if (json_read(object, members, sizeof members / sizeof members[0], NULL) == SECTION_OK) {
        MUST(number < UINT64_C(1) << 53);
        MUST(choice == 0 || choice == 1);
        MUST(inner == NULL || cJSON_IsObject(inner));
        MUST(array == NULL || cJSON_IsArray(array));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;
    section_error error = {0};
    cJSON *object = NULL;
    const section_status strict = json_check(text, size, &error);
    MUST(strict == SECTION_OK || error.code == SECTION_BAD_JSON);
    const section_status values = json_check_values(text, size, NULL);
    MUST(strict != SECTION_OK || values == SECTION_OK);
    if (values == SECTION_OK) {
        check_document(text, size);
    }
    if (json_parse_object(text, size, &object, NULL) == SECTION_OK) {
        MUST(strict == SECTION_OK);
        read_members(object);
        cJSON_Delete(object);
    }
    return 0;
}
