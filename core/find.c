#include <section/find.h>

#include <section/cleanup.h>
#include <stdlib.h>
#include <string.h>

#include "held.h"

/* A search, and how far it is. */
typedef struct search {
    section *self;
    const section_pattern *pattern;
    size_t key; /* the first byte of the pattern that counts */
    uint64_t at;
    uint64_t end;
    uint64_t memory_end; /* up to here it was looked for holes */
    uint8_t *piece;      /* SECTION_WHOLE_BYTES of room */
} search;

static bool counts(const section_pattern *pattern, size_t i)
{
    return pattern->mask == NULL || pattern->mask[i] != 0;
}

static bool matches(const section_pattern *pattern, const uint8_t *bytes)
{
    if (pattern->mask == NULL) {
        return memcmp(bytes, pattern->bytes, pattern->length_bytes) == 0;
    }
    for (size_t i = 0; i < pattern->length_bytes; i++) {
        if (counts(pattern, i) && bytes[i] != pattern->bytes[i]) {
            return false;
        }
    }
    return true;
}

/* Where the first match in so many bytes begins; `length_bytes` if there is none. */
static size_t find_in(const search *search, const uint8_t *bytes, size_t length_bytes)
{
    const section_pattern *pattern = search->pattern;
    const size_t places = length_bytes - pattern->length_bytes + 1;
    for (size_t at = 0; at < places; at++) {
        const uint8_t *from = bytes + at + search->key;
        const uint8_t *found = memchr(from, pattern->bytes[search->key], places - at);
        if (found == NULL) {
            return length_bytes;
        }
        at += (size_t)(found - from);
        if (matches(pattern, bytes + at)) {
            return at;
        }
    }
    return length_bytes;
}

/* How many bytes of a hole lie ahead. */
static section_status look_ahead(search *search, uint64_t *ret_hole_bytes, section_error *ret_error)
{
    section *self = search->self;
    os_stretch stretch = {0};
    *ret_hole_bytes = 0;
    if (self->os.cannot_fault || search->at < search->memory_end) {
        return SECTION_OK;
    }
    lock_take(self->lock);
    section_status status = os_look(&self->os, self->view + search->at,
                                    (size_t)(search->end - search->at), &stretch, ret_error);
    lock_give(self->lock);
    *ret_hole_bytes = stretch.is_hole ? stretch.length_bytes : 0;
    search->memory_end = search->at + stretch.length_bytes;
    return status;
}

/* One step: over a hole, or through a piece. `at` goes to the match, or to where to go on. */
static section_status step(search *search, bool *ret_found, section_error *ret_error)
{
    const size_t overlap = search->pattern->length_bytes - 1;
    const uint64_t rest = search->end - search->at;
    uint64_t hole;
    section_status status = look_ahead(search, &hole, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    if (hole > overlap) {
        search->at += hole - overlap; /* a match may begin in a hole, and end in what follows it */
        return SECTION_OK;
    }
    const size_t length = rest < SECTION_WHOLE_BYTES ? (size_t)rest : SECTION_WHOLE_BYTES;
    status = section_read(search->self, search->at, search->piece, length, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    const size_t found = find_in(search, search->piece, length);
    *ret_found = found < length;
    search->at += *ret_found ? found : length - overlap;
    return SECTION_OK;
}

static section_status begin(search *search, section_error *ret_error)
{
    const section_pattern *pattern = search->pattern;
    if (pattern->length_bytes == 0 || pattern->length_bytes > SECTION_PATTERN_BYTES_MAX) {
        return section_fail(ret_error, SECTION_BAD_SIZE, "a pattern has 1 to %u bytes",
                            SECTION_PATTERN_BYTES_MAX);
    }
    while (search->key < pattern->length_bytes && !counts(pattern, search->key)) {
        search->key++;
    }
    return search->key < pattern->length_bytes
               ? SECTION_OK
               : section_fail(ret_error, SECTION_BAD_SIZE, "no byte of the pattern counts");
}

section_status section_find(section *self, const section_pattern *pattern, uint64_t offset_bytes,
                            uint64_t length_bytes, const section_pause *pause,
                            uint64_t *ret_offset_bytes, section_error *ret_error)
{
    _cleanup_free_ uint8_t *piece = malloc(SECTION_WHOLE_BYTES);
    search search = {.self = self,
                     .pattern = pattern,
                     .at = offset_bytes,
                     .end = offset_bytes + length_bytes,
                     .piece = piece};
    bool found = false;
    section_status status = section_check(self, offset_bytes, length_bytes, ret_error);
    if (status == SECTION_OK) {
        status = piece == NULL ? section_fail(ret_error, SECTION_NO_MEMORY, "no memory to search")
                               : begin(&search, ret_error);
    }
    while (status == SECTION_OK && !found && search.end - search.at >= pattern->length_bytes) {
        if (search.at > offset_bytes && pause != NULL && !pause->may_go_on(pause->context)) {
            status = section_fail(ret_error, SECTION_STOPPING, "the search was ended");
        } else {
            status = step(&search, &found, ret_error);
        }
    }
    *ret_offset_bytes = found || status != SECTION_OK ? search.at : search.end;
    return status;
}
