/* Names of sections: what is left of one that is accepted is a name, and the same one. */
#include <section/name.h>
#include <section/utf8.h>

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_input input = {data, size};
    section_name name;
    section_name again;
    section_error error = {0};
    char *text = fuzz_text(&input, '\0');
    if (section_name_parse(text, &name, &error) == SECTION_OK) {
        size_t left = strnlen(name.text, sizeof name.text);
        MUST(left > 0 && left < sizeof name.text);
        MUST(section_name_parse(name.text, &again, NULL) == SECTION_OK);
        MUST(name.scope == SECTION_SCOPE_GLOBAL || section_name_equal(&name, &again));
        for (const char *next = name.text; left > 0;) {
            uint32_t scalar;
            const size_t used = section_utf8_get(next, left, &scalar);
            MUST(used > 0 && scalar >= 0x20);
            next += used;
            left -= used;
        }
    } else {
        MUST(error.code == SECTION_BAD_NAME || error.code == SECTION_UNSUPPORTED);
    }
    free(text);
    return 0;
}
