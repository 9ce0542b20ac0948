/* The text of a token file, a NUL, and an Authorization header: only a token of the file is let in. */
#include "fuzz.h"
#include "gate/auth.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_input input = {data, size};
    section_error error = {0};
    auth *auth = NULL;
    char *text = fuzz_text(&input, '\0');
    char *original = strdup(text);
    char *header = fuzz_text(&input, '\0');
    MUST(original != NULL);
    if (auth_parse("fuzzed", text, &auth, &error) == SECTION_OK) {
        char own[600];
        const char *best = auth_token(auth);
        MUST(strstr(original, best) != NULL && *best != '\0');
        (void)snprintf(own, sizeof own, "bearer %s", best);
        MUST(auth_check(auth, NULL, own) != ROLE_NONE);
        if (auth_check(auth, NULL, header) != ROLE_NONE) {
            const char *given = header + strlen("Bearer ");
            MUST(strstr(original, given + strspn(given, " ")) != NULL);
        }
    } else {
        MUST(error.code == SECTION_BAD_REQUEST);
    }
    auth_close(auth);
    free(header);
    free(original);
    free(text);
    return 0;
}
