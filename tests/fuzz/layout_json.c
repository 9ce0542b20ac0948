#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "layouts/layout.h"

/* Any text as a layout: what is taken is told so that it is taken again, and is the same. */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    layout *first = NULL;
    layout *second = NULL;
    cJSON *errors = NULL;
    section_error error = {0};
    char *text = malloc(size + 1);
    if (text == NULL) {
        return 0;
    }
    memcpy(text, data, size);
    text[size] = '\0';
    const section_status status = layout_new("fuzzed", text, size, &first, &errors, &error);
    free(text);
    MUST(errors == NULL || status == SECTION_BAD_LAYOUT);
    cJSON_Delete(errors);
    if (status != SECTION_OK) {
        return 0;
    }
    MUST(layout_new("fuzzed", first->text, first->text_bytes, &second, &errors, &error) ==
         SECTION_OK);
    MUST(strcmp(first->text, second->text) == 0 && strcmp(first->etag, second->etag) == 0);
    layout_unref(first);
    layout_unref(second);
    return 0;
}
