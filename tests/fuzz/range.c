/* Range and tag lists: eight bytes of a size, then the header. Parts lie inside the size. */
#include "api/conditions.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_input input = {data, size};
    byte_part parts[RANGE_PARTS_MAX];
    unsigned count;
    uint64_t size_bytes = 0;
    for (int i = 0; i < 8; i++) {
        size_bytes = size_bytes << 8 | fuzz_byte(&input);
    }
    char *header = fuzz_text(&input, '\0');
    const range_result result = range_parse(header, size_bytes, parts, &count);
    MUST(count <= RANGE_PARTS_MAX);
    MUST(result != RANGE_PARTS || count > 0);
    for (unsigned i = 0; result == RANGE_PARTS && i < count; i++) {
        MUST(parts[i].length > 0);
        MUST(parts[i].first < size_bytes && parts[i].length <= size_bytes - parts[i].first);
    }
    const bool strong = etag_list_has(header, "\"abc\"", false);
    MUST(!strong || etag_list_has(header, "\"abc\"", true));
    MUST(!strong || strchr(header, '*') != NULL || strstr(header, "\"abc\"") != NULL);
    free(header);
    return 0;
}
