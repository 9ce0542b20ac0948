#include <stdlib.h>
#include <string.h>

#include "api/parameters.h"
#include "base/log.h"
#include "encode/json.h"
#include "sections/members.h"
#include "sections/sections.h"

/* ---- describing ---- */

static section_status reply_section(reply *reply, const entry *entry, unsigned http_status,
                                    section_error *ret_error)
{
    cJSON *object;
    section_status status = section_to_json(entry, &object, ret_error);
    return status == SECTION_OK ? reply_json(reply, http_status, object, ret_error) : status;
}

/*
 * The tag for PATCH and DELETE: made of the section's identity and its settings. Counters that each
 * read changes are left out, because the tag would never match again.
 */
static section_status make_tag(const entry *entry, char ret_etag[ETAG_BYTES],
                               section_error *ret_error)
{
    section_info info;
    section_status status = section_describe(entry->section, &info, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    cJSON *state = cJSON_CreateArray();
    char *label = registry_copy_label(entry->registry, entry);
    char *layout = registry_copy_layout(entry->registry, entry);
    cJSON_AddItemToArray(state, cJSON_CreateNumber((double)entry->id));
    cJSON_AddItemToArray(state, cJSON_CreateNumber((double)entry->created_at_ms));
    cJSON_AddItemToArray(state, label != NULL ? cJSON_CreateString(label) : cJSON_CreateNull());
    cJSON_AddItemToArray(state, layout != NULL ? cJSON_CreateString(layout) : cJSON_CreateNull());
    cJSON_AddItemToArray(state, cJSON_CreateNumber((double)atomic_load(&entry->ttl_s)));
    cJSON_AddItemToArray(state, cJSON_CreateBool(info.protect));
    cJSON_AddItemToArray(state, cJSON_CreateBool(info.inherit));
    free(label);
    free(layout);
    char *text = cJSON_PrintUnformatted(state);
    cJSON_Delete(state);
    if (text == NULL) {
        return section_fail(ret_error, SECTION_NO_MEMORY, "no memory for the tag");
    }
    etag_of(text, strlen(text), ETAG_OF_SECTION, ret_etag);
    cJSON_free(text);
    return SECTION_OK;
}

static section_status section_tag(call *call, char ret_etag[ETAG_BYTES], section_error *ret_error)
{
    return make_tag(call->targets[0].entry, ret_etag, ret_error);
}

static const parameter open_parameters[] = {OPEN, END};

static section_status section_get_plan(const request *request, plan *plan, section_error *ret_error)
{
    (void)ret_error;
    plan->describes_only = true;
    plan_path_section(plan, request);
    return SECTION_OK;
}

static section_status section_get(call *call, reply *reply, section_error *ret_error)
{
    section_status status = make_tag(call->targets[0].entry, reply->etag, ret_error);
    return status == SECTION_OK ? reply_section(reply, call->targets[0].entry, 200, ret_error)
                                : status;
}

HANDLER(get_section) = {
    .parameters = open_parameters,
    .plan = section_get_plan,
    .execute = section_get,
};

section_status section_answer_new(call *call, reply *reply, section_error *ret_error)
{
    entry *entry = call->targets[0].entry;
    const section_order *order = call->order;
    section_info info;
    section_status status = section_describe(entry->section, &info, ret_error);
    if (status == SECTION_OK && order->layout != NULL) {
        status = layout_store_bind(call->means->layouts, entry, order->layout, ret_error);
    }
    if (status != SECTION_OK) { /* the layout was deleted at the same moment */
        (void)registry_remove(call->means->registry, entry);
        return status;
    }
    const bool existed = info.origin == SECTION_CREATED && !info.created;
    if (!existed) {
        reply_add_header(reply, "Location", "/v1/sections/%llu", (unsigned long long)entry->id);
    }
    return reply_section(reply, entry, existed ? 200 : 201, ret_error);
}

/* ---- closing ---- */

static section_status section_delete_plan(const request *request, plan *plan,
                                          section_error *ret_error)
{
    plan->closes = true;
    return section_get_plan(request, plan, ret_error);
}

static section_status section_delete(call *call, reply *reply, section_error *ret_error)
{
    entry *entry = call->targets[0].entry;
    section_info info;
    section_status status = section_describe(entry->section, &info, ret_error);
    if (status == SECTION_OK && info.protect) {
        return section_fail(ret_error, SECTION_PROTECTED,
                            "it is protected from close; take that away first");
    }
    if (!registry_remove(call->means->registry, entry)) {
        return section_fail(ret_error, SECTION_NOT_FOUND, "it was deleted at the same moment");
    }
    log_write(LOG_INFO, "section %llu closed", (unsigned long long)entry->id);
    reply_empty(reply, 204);
    return SECTION_OK;
}

HANDLER(close_section) = {
    .plan = section_delete_plan,
    .tag = section_tag,
    .execute = section_delete,
};

/* ---- changing ---- */

/** The members that a PATCH may change; those that are not given stay. */
typedef struct patch {
    cJSON *body; /* what `label` points into */
    const char *label;
    const char *layout;
    uint64_t ttl_s;
    bool protect;
    bool inherit;
    bool has_label;
    bool has_layout;
    bool has_ttl;
    bool has_protect;
    bool has_inherit;
} patch;

/* Merge patch (RFC 7396): null takes away, which leaves no label, no time to live, no flag. */
static section_status read_patch(const cJSON *body, patch *patch, section_error *ret_error)
{
    const json_member members[] = {
        {.key = "label", .kind = JSON_TEXT, .target = &patch->label},
        {.key = "layout", .kind = JSON_TEXT, .target = &patch->layout},
        {.key = "ttl_s", .kind = JSON_NUMBER, .target = &patch->ttl_s},
        {.key = "protected", .kind = JSON_FLAG, .target = &patch->protect},
        {.key = "inherit", .kind = JSON_FLAG, .target = &patch->inherit},
    };
    section_status status = json_read(body, members, sizeof members / sizeof members[0], ret_error);
    patch->has_label = cJSON_GetObjectItemCaseSensitive(body, "label") != NULL;
    patch->has_layout = cJSON_GetObjectItemCaseSensitive(body, "layout") != NULL;
    patch->has_ttl = cJSON_GetObjectItemCaseSensitive(body, "ttl_s") != NULL;
    patch->has_protect = cJSON_GetObjectItemCaseSensitive(body, "protected") != NULL;
    patch->has_inherit = cJSON_GetObjectItemCaseSensitive(body, "inherit") != NULL;
    if (status == SECTION_OK) {
        status = members_check_label(patch->label, ret_error);
    }
    if (status == SECTION_OK && patch->layout != NULL) {
        status = layout_check_name(patch->layout, ret_error);
    }
    return status == SECTION_OK ? members_check_ttl(patch->ttl_s, ret_error) : status;
}

/* Changes that may fail come first, so that a patch that fails has changed no label and no time. */
static section_status apply_patch(const call_means *means, entry *entry, const patch *patch,
                                  section_error *ret_error)
{
    registry *registry = means->registry;
    layout *layout = NULL;
    char *label = patch->label != NULL ? strdup(patch->label) : NULL;
    section_status status = SECTION_OK;
    if (patch->label != NULL && label == NULL) {
        return section_fail(ret_error, SECTION_NO_MEMORY, "no memory for the label");
    }
    if (patch->layout != NULL) {
        status = layout_store_get(means->layouts, patch->layout, &layout, ret_error);
        layout_unref(layout);
    }
    /* Before what cannot fail, because some sections have no descriptor to inherit. */
    if (status == SECTION_OK && patch->has_inherit) {
        status = section_set_inherit(entry->section, patch->inherit, ret_error);
    }
    if (status == SECTION_OK && patch->has_protect) {
        status = section_set_protect(entry->section, patch->protect, ret_error);
    }
    if (status == SECTION_OK && patch->has_layout) {
        status = layout_store_bind(means->layouts, entry, patch->layout, ret_error);
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

static void release_patch(void *order)
{
    cJSON_Delete(((patch *)order)->body);
}

static section_status section_patch_plan(const request *request, plan *plan,
                                         section_error *ret_error)
{
    patch *order = PLAN_ORDER(plan, patch);
    plan->release = release_patch;
    plan->describes_only = true; /* a label and times of ours, and flags of the handle */
    plan_path_section(plan, request);
    section_status status =
        json_parse_object(request->body, request->body_bytes, &order->body, ret_error);
    return status == SECTION_OK ? read_patch(order->body, order, ret_error) : status;
}

static section_status section_patch(call *call, reply *reply, section_error *ret_error)
{
    entry *entry = call->targets[0].entry;
    section_status status = apply_patch(call->means, entry, call->order, ret_error);
    if (status == SECTION_OK) {
        status = make_tag(entry, reply->etag, ret_error);
    }
    return status == SECTION_OK ? reply_section(reply, entry, 200, ret_error) : status;
}

HANDLER(patch_section) = {
    .plan = section_patch_plan,
    .tag = section_tag,
    .execute = section_patch,
};
