#include "memory/values.h"

#include <section/elements.h>
#include <stdlib.h>
#include <string.h>

#include "api/conditions.h"
#include "api/handlers.h"
#include "encode/json.h"
#include "memory/waiting.h"

enum {
    /* Values that a loop's thread prints or parses by itself: a few hundred nanoseconds each. */
    VALUES_ON_LOOP = 256,
    BODY_ON_LOOP_BYTES = 8192
};

const char *const values_endians[] = {"little", "big", NULL};

section_status values_check(values_place *place, section_error *ret_error)
{
    const size_t size = section_value_lookup(place->type)->size_bytes;
    if (place->count_given && (place->count == 0 || place->count > VALUES_COUNT_MAX)) {
        return section_fail(ret_error, SECTION_BAD_SIZE, "count must be 1 to %d", VALUES_COUNT_MAX);
    }
    if (!place->stride_given) {
        place->stride_bytes = size;
    }
    if (place->stride_bytes < size) {
        return section_fail(ret_error, SECTION_BAD_SIZE,
                            "stride must be at least %u, the size of %s", (unsigned)size,
                            section_value_lookup(place->type)->name);
    }
    return SECTION_OK;
}

section_status values_fit(values_place *place, uint64_t view_bytes, section_error *ret_error)
{
    const section_value_facts *type = section_value_lookup(place->type);
    uint64_t fitting = 0;
    if (place->offset_bytes <= view_bytes && view_bytes - place->offset_bytes >= type->size_bytes) {
        const uint64_t room = view_bytes - place->offset_bytes - type->size_bytes;
        fitting = room / place->stride_bytes + 1;
    }
    if (!place->count_given) {
        place->count = fitting < VALUES_COUNT_MAX ? fitting : VALUES_COUNT_MAX;
    }
    if (place->count > fitting || (place->count == 0 && !place->count_given)) {
        return section_fail(
            ret_error, SECTION_BAD_RANGE,
            "%llu %s, one each %llu bytes from offset %llu on, do not lie inside the "
            "view of %llu bytes",
            (unsigned long long)(place->count > 0 ? place->count : 1), type->name,
            (unsigned long long)place->stride_bytes, (unsigned long long)place->offset_bytes,
            (unsigned long long)view_bytes);
    }
    return SECTION_OK;
}

bool values_are_many(const values_place *place)
{
    return place->count > VALUES_ON_LOOP ||
           (place->count > 1 && place->stride_bytes > SECTION_WHOLE_BYTES / VALUES_ON_LOOP);
}

static section_elements elements_of(const values_place *place)
{
    return (section_elements){.offset_bytes = place->offset_bytes,
                              .element_bytes = section_value_lookup(place->type)->size_bytes,
                              .stride_bytes = place->stride_bytes,
                              .count = (size_t)place->count};
}

section_status values_read(entry *entry, const values_place *place, char **ret_text,
                           section_error *ret_error)
{
    const section_elements elements = elements_of(place);
    const size_t length = elements.count * elements.element_bytes;
    void *bytes = malloc(length > 0 ? length : 1);
    if (bytes == NULL) {
        return section_fail(ret_error, SECTION_NO_MEMORY, "no memory for the values");
    }
    section_status status = section_read_elements(entry->section, &elements, bytes, ret_error);
    if (status == SECTION_OK) {
        entry_note_read(entry, length);
        *ret_text = values_to_json(place->type, place->endian, bytes, elements.count);
        if (*ret_text == NULL) {
            status = section_fail(ret_error, SECTION_NO_MEMORY, "no memory for the values");
        }
    }
    free(bytes);
    return status;
}

section_status values_decode(values_place *place, const cJSON *array, void **ret_bytes,
                             section_error *ret_error)
{
    size_t count = 0;
    if (cJSON_GetArraySize(array) > VALUES_COUNT_MAX) {
        return section_fail(ret_error, SECTION_BAD_SIZE, "at most %d values at a time",
                            VALUES_COUNT_MAX);
    }
    section_status status =
        values_from_json(array, place->type, place->endian, ret_bytes, &count, ret_error);
    place->count = count;
    place->count_given = true;
    return status;
}

section_status values_write(entry *entry, values_place *place, const void *bytes,
                            section_error *ret_error)
{
    section_status status = SECTION_OK;
    if (place->count > 0) { /* an empty array writes nothing, as an empty body does */
        status = values_fit(place, section_length(entry->section), ret_error);
    }
    if (status == SECTION_OK) {
        const section_elements elements = elements_of(place);
        status = section_write_elements(entry->section, &elements, bytes, ret_error);
        if (status == SECTION_OK) {
            entry_note_write(entry, elements.count * elements.element_bytes);
        }
    }
    return status;
}

section_status values_parse_endian(const request *request, section_endian *ret_endian,
                                   section_error *ret_error)
{
    const char *endian = request_parameter(request, "endian");
    *ret_endian = SECTION_LITTLE_ENDIAN;
    for (int i = SECTION_LITTLE_ENDIAN; endian != NULL && i <= SECTION_BIG_ENDIAN; i++) {
        if (strcmp(endian, values_endians[i]) == 0) {
            *ret_endian = (section_endian)i;
            return SECTION_OK;
        }
    }
    return endian == NULL
               ? SECTION_OK
               : section_fail(ret_error, SECTION_BAD_QUERY, "endian must be little or big");
}

/* What the query of either direction says; checked before the section is looked for. */
static section_status parse_query(const request *request, values_place *ret_place,
                                  section_error *ret_error)
{
    values_place place = {.count_given = request_parameter(request, "count") != NULL,
                          .stride_given = request_parameter(request, "stride") != NULL};
    const char *type = request_parameter(request, "type");
    section_status status =
        section_value_type_parse(type != NULL ? type : "", &place.type, ret_error);
    if (status == SECTION_OK) {
        status = values_parse_endian(request, &place.endian, ret_error);
    }
    if (status == SECTION_OK) {
        status =
            request_number(request, "offset", SECTION_BAD_OFFSET, &place.offset_bytes, ret_error);
    }
    if (status == SECTION_OK) {
        status = request_number(request, "count", SECTION_BAD_SIZE, &place.count, ret_error);
    }
    if (status == SECTION_OK) {
        status =
            request_number(request, "stride", SECTION_BAD_SIZE, &place.stride_bytes, ret_error);
    }
    if (status == SECTION_OK) {
        status = values_check(&place, ret_error);
    }
    *ret_place = place;
    return status;
}

/*
 * What a waiting read waits for: other bytes than these. Taken before the values are, so that what
 * is stored between the two is not missed.
 */
static section_status tag_span(entry *entry, byte_range span, char ret_tag[ETAG_BYTES],
                               section_error *ret_error)
{
    const size_t length = (size_t)span.length_bytes;
    if (length > SECTION_WHOLE_BYTES) {
        return SECTION_OK; /* it cannot wait, and will be told so */
    }
    char *bytes = malloc(length);
    if (bytes == NULL) {
        return section_fail(ret_error, SECTION_NO_MEMORY, "no memory for the values");
    }
    section_status status =
        section_read(entry->section, span.offset_bytes, bytes, length, ret_error);
    if (status == SECTION_OK) {
        etag_of(bytes, length, 0, ret_tag);
    }
    free(bytes);
    return status;
}

static section_status reply_values(request *request, reply *reply, entry *entry,
                                   values_place *place, section_error *ret_error)
{
    char *text;
    char span_tag[ETAG_BYTES];
    section_status status = values_fit(place, section_length(entry->section), ret_error);
    if (status == SECTION_OK && values_are_many(place) && !request->may_block) {
        return request_defer(request);
    }
    const size_t size = section_value_lookup(place->type)->size_bytes;
    const byte_range span = {.offset_bytes = place->offset_bytes,
                             .length_bytes = (place->count - 1) * place->stride_bytes + size};
    if (status == SECTION_OK && waiting_is_wanted(request)) {
        status = tag_span(entry, span, span_tag, ret_error);
    }
    if (status == SECTION_OK) {
        status = values_read(entry, place, &text, ret_error);
    }
    if (status != SECTION_OK) {
        return handlers_name_size(status, reply, entry);
    }
    cJSON *answer = cJSON_CreateObject();
    json_add_text(answer, "type", section_value_lookup(place->type)->name);
    json_add_number(answer, "offset", place->offset_bytes);
    cJSON_AddRawToObject(answer, "values", text);
    free(text);
    status = reply_json(reply, 200, answer, ret_error);
    return status == SECTION_OK
               ? waiting_check(request, reply, entry, TAG_OF_VALUES, span, span_tag, ret_error)
               : status;
}

section_status values_get(request *request, reply *reply, section_error *ret_error)
{
    entry *entry;
    values_place place;
    section_status status = parse_query(request, &place, ret_error);
    if (status == SECTION_OK) {
        status = waiting_parse(request, ret_error);
    }
    if (status == SECTION_OK) {
        status = handlers_find(request, &entry, ret_error);
    }
    if (status == SECTION_OK) {
        status = reply_values(request, reply, entry, &place, ret_error);
        handlers_release(request, entry);
    }
    return status;
}

/* `{"values":[…]}`; the array belongs to the document. */
static section_status parse_body(const request *request, cJSON **ret_document,
                                 const cJSON **ret_array, section_error *ret_error)
{
    const json_member members[] = {{.key = "values", .kind = JSON_ARRAY, .target = ret_array}};
    section_status status =
        json_parse_values(request->body, request->body_bytes, ret_document, ret_error);
    *ret_array = NULL;
    if (status != SECTION_OK) {
        return status;
    }
    status = json_read(*ret_document, members, 1, ret_error);
    if (status == SECTION_OK && *ret_array == NULL) {
        status = section_fail(ret_error, SECTION_BAD_JSON, "\"values\" is needed");
    }
    if (status != SECTION_OK) {
        cJSON_Delete(*ret_document);
    }
    return status;
}

/* The values as bytes; the body is judged before the section is looked for. */
static section_status decode_body(const request *request, values_place *place, void **ret_bytes,
                                  section_error *ret_error)
{
    cJSON *document;
    const cJSON *array;
    section_status status = parse_body(request, &document, &array, ret_error);
    if (status == SECTION_OK) {
        status = values_decode(place, array, ret_bytes, ret_error);
        cJSON_Delete(document);
    }
    return status;
}

section_status values_put(request *request, reply *reply, section_error *ret_error)
{
    entry *entry;
    values_place place;
    void *bytes;
    if (request->body_bytes > BODY_ON_LOOP_BYTES && !request->may_block) {
        return request_defer(request);
    }
    section_status status = parse_query(request, &place, ret_error);
    if (status == SECTION_OK) {
        status = decode_body(request, &place, &bytes, ret_error);
    }
    if (status != SECTION_OK) {
        return status;
    }
    status = handlers_find(request, &entry, ret_error);
    if (status == SECTION_OK) {
        status = handlers_name_size(values_write(entry, &place, bytes, ret_error), reply, entry);
        handlers_release(request, entry);
    }
    free(bytes);
    if (status == SECTION_OK) {
        reply_empty(reply, 204);
    }
    return status;
}
