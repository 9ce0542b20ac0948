/* Text: a byte that chooses the encoding, then bytes of it. What decodes encodes to the same bytes. */
#include <section/text.h>
#include <section/utf8.h>

#include "fuzz.h"

static const char *const names[] = {"utf-8",  "utf-16le", "utf-16be", "utf-32le",
                                    "latin1", "gbk",      "cp1252",   "cp932"};

static void check_decoded(section_encoding encoding, const fuzz_input *bytes, const char *text,
                          size_t text_bytes)
{
    void *back = NULL;
    size_t back_bytes = 0;
    for (size_t at = 0; at < text_bytes;) {
        uint32_t scalar;
        const size_t used = section_utf8_get(text + at, text_bytes - at, &scalar);
        MUST(used > 0);
        at += used;
    }
    const section_status status =
        section_text_encode(encoding, text, text_bytes, false, &back, &back_bytes, NULL);
    if (encoding < SECTION_CODE_PAGE_LEAST) { /* a code page may write one character in two ways */
        MUST(status == SECTION_OK && back_bytes == bytes->left);
        MUST(back_bytes == 0 || memcmp(back, bytes->next, back_bytes) == 0);
    }
    free(back);
}

static section_status decode(section_encoding encoding, const void *bytes, size_t length,
                             bool replaces, char **ret_text, size_t *ret_text_bytes)
{
    const section_text_bytes from = {
        .encoding = encoding, .bytes = bytes, .length_bytes = length, .replaces = replaces};
    return section_text_decode(&from, ret_text, ret_text_bytes, NULL);
}

static void check_encoded(section_encoding encoding, const fuzz_input *text)
{
    void *bytes = NULL;
    size_t length = 0;
    char *back = NULL;
    size_t back_bytes = 0;
    if (section_text_encode(encoding, (const char *)text->next, text->left, true, &bytes, &length,
                            NULL) != SECTION_OK) {
        return;
    }
    const size_t unit = section_encoding_unit(encoding);
    MUST(length >= unit && section_text_find_end(encoding, bytes, length) <= length - unit);
    MUST(decode(encoding, bytes, length - unit, false, &back, &back_bytes) == SECTION_OK);
    if (encoding < SECTION_CODE_PAGE_LEAST) {
        MUST(back_bytes == text->left);
        MUST(back_bytes == 0 || memcmp(back, text->next, back_bytes) == 0);
    }
    free(back);
    free(bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_input input = {data, size};
    section_encoding encoding;
    char *text = NULL;
    size_t text_bytes = 0;
    const uint8_t choice = fuzz_byte(&input);
    if (choice >= 0xF0) { /* the rest is a name */
        char *name = fuzz_text(&input, '\0');
        if (section_encoding_parse(name, &encoding, NULL) == SECTION_OK) {
            const size_t unit = section_encoding_unit(encoding);
            MUST(unit == 1 || unit == 2 || unit == 4);
        }
        free(name);
        return 0;
    }
    MUST(section_encoding_parse(names[choice % 8], &encoding, NULL) == SECTION_OK);
    MUST(section_text_find_end(encoding, input.next, input.left) <= input.left);
    if (decode(encoding, input.next, input.left, false, &text, &text_bytes) == SECTION_OK) {
        check_decoded(encoding, &input, text, text_bytes);
        free(text);
    }
    if (decode(encoding, input.next, input.left, true, &text, &text_bytes) == SECTION_OK) {
        MUST(text_bytes <= 4 * input.left);
        for (size_t at = 0, used; at < text_bytes; at += used) {
            uint32_t scalar;
            used = section_utf8_get(text + at, text_bytes - at, &scalar);
            MUST(used > 0);
        }
        free(text);
    }
    check_encoded(encoding, &input);
    return 0;
}
