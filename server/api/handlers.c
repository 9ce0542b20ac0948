#include "api/handlers.h"

#include <string.h>

#include "api/conditions.h"
#include "api/server.h"
#include "base/log.h"
#include "registry/quota.h"

enum { OPENED_IN_PASSING_TTL_S = 60 };

/* `?open=1`, on a worker. */
static section_status open_for_a_while(const request *request, const section_name *name,
                                       entry **ret_entry, section_error *ret_error)
{
    registry *registry = request->server->registry;
    const section_open_options options = {.name = name};
    reservation reservation;
    section *section;
    if (request->role < ROLE_ADMIN) {
        return section_fail(ret_error, SECTION_FORBIDDEN_ROLE, "opening needs the role admin");
    }
    section_status status = registry_reserve(registry, 0, &reservation, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    status = section_open(&options, &section, ret_error);
    if (status != SECTION_OK) {
        registry_cancel(registry, reservation);
        return status;
    }
    status = registry_add(registry, reservation, false, section, NULL, ret_entry, ret_error);
    if (status == SECTION_OK) {
        registry_set_ttl(registry, *ret_entry, OPENED_IN_PASSING_TTL_S);
        log_write(LOG_INFO, "section %llu opened in passing, for %d s",
                  (unsigned long long)(*ret_entry)->id, OPENED_IN_PASSING_TTL_S);
    }
    return status;
}

/* `@NAME`: local before global, unless a prefix says which. */
static section_status find_by_name(const request *request, const char *text, bool open,
                                   entry **ret_entry, section_error *ret_error)
{
    section_name name;
    const bool exact = strchr(text, '\\') != NULL;
    section_status status = section_name_parse(text, &name, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    *ret_entry = registry_find_name(request->server->registry, &name, exact);
    if (*ret_entry == NULL && open) {
        return open_for_a_while(request, &name, ret_entry, ret_error);
    }
    if (*ret_entry == NULL) {
        return section_fail(ret_error, SECTION_NOT_FOUND,
                            "we hold no section of that name; ?open=1, or POST "
                            "/v1/sections/open {\"name\":\"%.150s\"}, opens it",
                            text);
    }
    return SECTION_OK;
}

static section_status find(const request *request, const char *text, bool open, entry **ret_entry,
                           section_error *ret_error)
{
    uint64_t id;
    if (text[0] == '@') {
        return find_by_name(request, text + 1, open, ret_entry, ret_error);
    }
    if (!parse_decimal(text, &id)) {
        return section_fail(ret_error, SECTION_NOT_FOUND,
                            "'%.40s' is no id; GET /v1/sections lists them", text);
    }
    *ret_entry = registry_find(request->server->registry, id);
    if (*ret_entry == NULL) {
        return section_fail(ret_error, SECTION_NOT_FOUND,
                            "there is no section %llu; GET /v1/sections lists them",
                            (unsigned long long)id);
    }
    return SECTION_OK;
}

section_status handlers_find_id(const request *request, const char *text, entry **ret_entry,
                                section_error *ret_error)
{
    return find(request, text, false, ret_entry, ret_error);
}

section_status handlers_find(const request *request, entry **ret_entry, section_error *ret_error)
{
    bool open = false;
    section_status status = request_flag(request, "open", &open, ret_error);
    return status == SECTION_OK ? find(request, request->segments[2], open, ret_entry, ret_error)
                                : status;
}

bool handlers_may_open(const request *request)
{
    const char *open = request_parameter(request, "open");
    return open != NULL && strcmp(open, "1") == 0;
}

void handlers_release(const request *request, entry *entry)
{
    if (entry != NULL) {
        entry_note_use(entry);
    }
    if (request->may_block) {
        registry_unref(entry);
    } else {
        registry_unref_later(entry, request->server->workers);
    }
}

section_status handlers_may_write(const request *request, const char *what,
                                  section_error *ret_error)
{
    if (request->role < ROLE_WRITE) {
        return section_fail(ret_error, SECTION_FORBIDDEN_ROLE,
                            "the role read may read and load; %s needs the role write", what);
    }
    return capability_check(request->server->options->denied, CAPABILITY_WRITE, ret_error);
}

section_status handlers_check_conditions(const request *request, reply *reply, bool *ret_done,
                                         section_error *ret_error)
{
    const char *if_match = request->headers[HEADER_IF_MATCH];
    const char *if_none_match = request->headers[HEADER_IF_NONE_MATCH];
    *ret_done = false;
    if (if_match != NULL && !etag_list_has(if_match, reply->etag, false)) {
        return section_fail(ret_error, SECTION_PRECONDITION, "the bytes are others by now");
    }
    if (if_none_match != NULL && etag_list_has(if_none_match, reply->etag, true)) {
        reply_empty(reply, 304);
        *ret_done = true;
    }
    return SECTION_OK;
}

section_status handlers_bad_range(reply *reply, uint64_t size_bytes, section_error *ret_error,
                                  uint64_t offset_bytes, uint64_t length_bytes)
{
    reply_add_header(reply, "Content-Range", "bytes */%llu", (unsigned long long)size_bytes);
    return section_fail(ret_error, SECTION_BAD_RANGE,
                        "%llu bytes at offset %llu do not lie inside the view of %llu bytes",
                        (unsigned long long)length_bytes, (unsigned long long)offset_bytes,
                        (unsigned long long)size_bytes);
}

section_status handlers_name_size(section_status status, reply *reply, const entry *entry)
{
    if (status == SECTION_BAD_RANGE) {
        reply_add_header(reply, "Content-Range", "bytes */%llu",
                         (unsigned long long)section_length(entry->section));
    }
    return status;
}

section_status handlers_parse_range(const request *request, byte_range *ret_range,
                                    section_error *ret_error)
{
    byte_range range = {.length_given = request_parameter(request, "length") != NULL};
    section_status status =
        request_number(request, "offset", SECTION_BAD_OFFSET, &range.offset_bytes, ret_error);
    if (status == SECTION_OK) {
        status =
            request_number(request, "length", SECTION_BAD_SIZE, &range.length_bytes, ret_error);
    }
    if (status == SECTION_OK && range.length_given && range.length_bytes == 0) {
        status = section_fail(ret_error, SECTION_BAD_SIZE, "length must be at least 1");
    }
    *ret_range = range;
    return status;
}

section_status handlers_fit_range(byte_range *range, reply *reply, uint64_t view_bytes,
                                  section_error *ret_error)
{
    const uint64_t needed = range->length_given ? range->length_bytes : 1;
    if (range->offset_bytes > view_bytes || needed > view_bytes - range->offset_bytes) {
        return handlers_bad_range(reply, view_bytes, ret_error, range->offset_bytes, needed);
    }
    if (!range->length_given) {
        range->length_bytes = view_bytes - range->offset_bytes;
    }
    return SECTION_OK;
}
