#include <stdlib.h>
#include <string.h>

#include "api/handlers.h"
#include "api/server.h"
#include "base/log.h"
#include "encode/json.h"

enum { LABEL_BYTES_MAX = 1024 };

/* Longer than anybody waits, and far from overflowing when it is counted in milliseconds. */
static const uint64_t ttl_s_max = UINT64_C(10) * 365 * 86400;

section_status handlers_check_label(const char *label, section_error *ret_error)
{
    if (label != NULL && strlen(label) > LABEL_BYTES_MAX) {
        return section_fail(ret_error, SECTION_BAD_REQUEST, "a label has at most %d bytes",
                            LABEL_BYTES_MAX);
    }
    return SECTION_OK;
}

section_status handlers_check_ttl(uint64_t ttl_s, section_error *ret_error)
{
    if (ttl_s > ttl_s_max) {
        return section_fail(ret_error, SECTION_BAD_REQUEST, "ttl_s is at most %llu, ten years",
                            (unsigned long long)ttl_s_max);
    }
    return SECTION_OK;
}

section_status reply_section(reply *reply, const entry *entry, unsigned http_status,
                             section_error *ret_error)
{
    cJSON *object;
    section_status status = section_to_json(entry, &object, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    if (http_status == 201) {
        reply_add_header(reply, "Location", "/v1/sections/%llu", (unsigned long long)entry->id);
    }
    return reply_json(reply, http_status, object, ret_error);
}

section_status sections_get(request *request, reply *reply, section_error *ret_error)
{
    entry *entry;
    section_status status = handlers_find(request, &entry, ret_error);
    if (status == SECTION_OK) {
        status = reply_section(reply, entry, 200, ret_error);
        handlers_release(request, entry);
    }
    return status;
}

section_status sections_delete(request *request, reply *reply, section_error *ret_error)
{
    entry *entry;
    section_info info;
    section_status status = handlers_find(request, &entry, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    status = section_describe(entry->section, &info, ret_error);
    if (status == SECTION_OK && info.protect) {
        status = section_fail(ret_error, SECTION_PROTECTED,
                              "it is protected from close; take that away first");
    } else if (!registry_remove(request->server->registry, entry)) {
        status = section_fail(ret_error, SECTION_NOT_FOUND, "it was deleted at the same moment");
    } else {
        log_write(LOG_INFO, "section %llu closed", (unsigned long long)entry->id);
        reply_empty(reply, 204);
        status = SECTION_OK;
    }
    handlers_release(request, entry);
    return status;
}

/** What a PATCH names; the rest stays. */
typedef struct patch {
    const char *label;
    uint64_t ttl_s;
    bool protect;
    bool inherit;
    bool has_label;
    bool has_ttl;
    bool has_protect;
    bool has_inherit;
} patch;

/* Merge patch (RFC 7396): null takes away, which leaves no label, no time to live, no flag. */
static section_status read_patch(const cJSON *body, patch *patch, section_error *ret_error)
{
    const json_member members[] = {
        {.key = "label", .kind = JSON_TEXT, .target = &patch->label},
        {.key = "ttl_s", .kind = JSON_NUMBER, .target = &patch->ttl_s},
        {.key = "protected", .kind = JSON_FLAG, .target = &patch->protect},
        {.key = "inherit", .kind = JSON_FLAG, .target = &patch->inherit},
    };
    section_status status = json_read(body, members, sizeof members / sizeof members[0], ret_error);
    patch->has_label = cJSON_GetObjectItemCaseSensitive(body, "label") != NULL;
    patch->has_ttl = cJSON_GetObjectItemCaseSensitive(body, "ttl_s") != NULL;
    patch->has_protect = cJSON_GetObjectItemCaseSensitive(body, "protected") != NULL;
    patch->has_inherit = cJSON_GetObjectItemCaseSensitive(body, "inherit") != NULL;
    if (status == SECTION_OK) {
        status = handlers_check_label(patch->label, ret_error);
    }
    return status == SECTION_OK ? handlers_check_ttl(patch->ttl_s, ret_error) : status;
}

/* What may fail comes first, so that a patch that fails has changed nothing of ours. */
static section_status apply_patch(const request *request, entry *entry, const patch *patch,
                                  section_error *ret_error)
{
    registry *registry = request->server->registry;
    char *label = patch->label != NULL ? strdup(patch->label) : NULL;
    section_status status = SECTION_OK;
    if (patch->label != NULL && label == NULL) {
        return section_fail(ret_error, SECTION_NO_MEMORY, "no memory for the label");
    }
    if (patch->has_protect) {
        status = section_set_protect(entry->section, patch->protect, ret_error);
    }
    if (status == SECTION_OK && patch->has_inherit) {
        status = section_set_inherit(entry->section, patch->inherit, ret_error);
    }
    if (status != SECTION_OK) {
        free(label);
        return status;
    }
    if (patch->has_label) {
        registry_set_label(registry, entry, label);
    }
    if (patch->has_ttl) {
        registry_set_ttl(registry, entry, patch->ttl_s);
    }
    return SECTION_OK;
}

section_status sections_patch(request *request, reply *reply, section_error *ret_error)
{
    cJSON *body;
    entry *entry;
    patch patch = {0};
    section_status status = json_parse_object(request->body, request->body_bytes, &body, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    status = read_patch(body, &patch, ret_error);
    if (status == SECTION_OK) {
        status = handlers_find(request, &entry, ret_error);
    }
    if (status == SECTION_OK) {
        status = apply_patch(request, entry, &patch, ret_error);
        if (status == SECTION_OK) {
            status = reply_section(reply, entry, 200, ret_error);
        }
        handlers_release(request, entry);
    }
    cJSON_Delete(body);
    return status;
}
