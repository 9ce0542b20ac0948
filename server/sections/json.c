#include <section/naming.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "encode/names.h"
#include "sections/sections.h"

const char *const section_origin_names[] = {"created", "opened", "duplicated", NULL};
static const char *const accesses[] = {NULL, "read", "readwrite", "writecopy"};

static void add_time(cJSON *object, const char *key, int64_t wall_ms)
{
    char text[CLOCK_TEXT_BYTES];
    clock_format(wall_ms, text);
    cJSON_AddStringToObject(object, key, text);
}

static void add_stats(cJSON *object, const entry *entry)
{
    cJSON *stats = cJSON_AddObjectToObject(object, "stats");
    json_add_number(stats, "reads", atomic_load(&entry->reads));
    json_add_number(stats, "writes", atomic_load(&entry->writes));
    json_add_number(stats, "bytes_read", atomic_load(&entry->bytes_read));
    json_add_number(stats, "bytes_written", atomic_load(&entry->bytes_written));
    json_add_number(stats, "watchers", atomic_load(&entry->watchers));
}

static void add_identity(cJSON *object, const entry *entry, const section_info *info)
{
    const bool has_scope = info->name != NULL && info->backing != SECTION_BACKING_SHM;
    json_add_number(object, "id", entry->id);
    json_add_text(object, "name", info->name != NULL ? info->name->text : NULL);
    json_add_text(object, "scope", has_scope ? section_json_scopes[info->name->scope] : NULL);
    char *label = registry_copy_label(entry->registry, entry);
    json_add_text(object, "label", label);
    free(label);
    char *layout = registry_copy_layout(entry->registry, entry);
    json_add_text(object, "layout", layout);
    free(layout);
    cJSON_AddStringToObject(object, "origin", section_origin_names[info->origin]);
    cJSON_AddBoolToObject(object, "created", info->created);
}

static void add_memory(cJSON *object, const section_info *info)
{
    json_add_number(object, "size", info->size_bytes);
    cJSON_AddBoolToObject(object, "size_exact", info->size_exact);
    if (info->requested_size_bytes > 0) {
        json_add_number(object, "requested_size", info->requested_size_bytes);
    } else {
        cJSON_AddNullToObject(object, "requested_size");
    }
    cJSON_AddStringToObject(object, "access", accesses[info->access]);
    cJSON *backing = cJSON_AddObjectToObject(object, "backing");
    cJSON_AddStringToObject(backing, "kind", section_json_backings[info->backing]);
    json_add_text(backing, "file", info->file);
    json_add_text(object, "namespace", info->is_elsewhere ? "other" : NULL);
    cJSON *view = cJSON_AddObjectToObject(object, "view");
    json_add_number(view, "offset", info->view.offset_bytes);
    json_add_number(view, "length", info->view.length_bytes);
}

static void add_handles(cJSON *object, const section_info *info)
{
    json_add_number(object, "pid", info->pid);
    if (info->has_handle) {
        json_add_handle(object, "handle", info->handle);
    } else {
        cJSON_AddNullToObject(object, "handle");
    }
    if (info->source.pid != 0) {
        cJSON *source = cJSON_AddObjectToObject(object, "source");
        json_add_number(source, "pid", info->source.pid);
        if (info->source.address != 0) {
            cJSON_AddNullToObject(source, "handle");
            json_add_handle(source, "address", info->source.address);
        } else {
            json_add_handle(source, "handle", info->source.handle);
        }
    } else {
        cJSON_AddNullToObject(object, "source");
    }
    cJSON_AddBoolToObject(object, "protected", info->protect);
    cJSON_AddBoolToObject(object, "inherit", info->inherit);
    if (info->handle_count >= 0) {
        json_add_number(object, "handle_count", (uint64_t)info->handle_count);
    } else {
        cJSON_AddNullToObject(object, "handle_count");
    }
}

section_status section_to_json(const entry *entry, cJSON **ret_object, section_error *ret_error)
{
    section_info info;
    section_status status = section_describe(entry->section, &info, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    cJSON *object = cJSON_CreateObject();
    add_identity(object, entry, &info);
    add_memory(object, &info);
    add_handles(object, &info);
    cJSON_AddBoolToObject(object, "orphaned", section_is_orphaned(entry->section));
    add_time(object, "created_at", entry->created_at_ms);
    /*
     * Computed from the time of creation, so that a change of the clock never puts the use before
     * it.
     */
    const int64_t used_after_ms = atomic_load(&entry->last_used_at_ms) - entry->created_ms;
    add_time(object, "last_used_at", entry->created_at_ms + used_after_ms);
    json_add_number(object, "ttl_s", atomic_load(&entry->ttl_s));
    add_stats(object, entry);
    *ret_object = object;
    return SECTION_OK;
}
