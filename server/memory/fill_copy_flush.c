#include <string.h>

#include "api/handlers.h"
#include "api/server.h"
#include "encode/json.h"

/* fill, copy and flush: what is done to bytes without sending them. */

/* Up to this much is done where it was asked for; what takes longer goes to a worker. */
static bool may_go_on(void *context)
{
    const server *server = context;
    return !atomic_load(&server->closing);
}

static bool must_defer(const request *request, uint64_t length_bytes)
{
    return length_bytes > SECTION_WHOLE_BYTES && !request->may_block;
}

static section_status check_length(uint64_t length_bytes, bool given, section_error *ret_error)
{
    if (!given || length_bytes == 0) {
        return section_fail(ret_error, SECTION_BAD_SIZE, "\"length\" must be at least 1");
    }
    return SECTION_OK;
}

static section_status parse_body(const request *request, const json_member *members,
                                 size_t member_count, cJSON **ret_body, section_error *ret_error)
{
    section_status status =
        json_parse_object(request->body, request->body_bytes, ret_body, ret_error);
    if (status == SECTION_OK) {
        status = json_read(*ret_body, members, member_count, ret_error);
        if (status != SECTION_OK) {
            cJSON_Delete(*ret_body);
        }
    }
    return status;
}

/* 416 says how long the view is. */
static section_status fit(const entry *entry, reply *reply, uint64_t offset_bytes,
                          uint64_t length_bytes, section_error *ret_error)
{
    byte_range range = {offset_bytes, length_bytes, true};
    return handlers_fit_range(&range, reply, section_length(entry->section), ret_error);
}

static section_status fill_entry(const request *request, reply *reply, uint64_t offset_bytes,
                                 uint64_t length_bytes, uint8_t value, section_error *ret_error)
{
    entry *entry;
    section_status status = handlers_find(request, &entry, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    status = fit(entry, reply, offset_bytes, length_bytes, ret_error);
    if (status == SECTION_OK) {
        const section_pause pause = {may_go_on, request->server};
        status = section_fill(entry->section, offset_bytes, length_bytes, value, &pause, ret_error);
    }
    if (status == SECTION_OK) {
        entry_note_write(entry, length_bytes);
        reply_empty(reply, 204);
    }
    handlers_release(request, entry);
    return status;
}

section_status move_fill(request *request, reply *reply, section_error *ret_error)
{
    uint64_t offset = 0;
    uint64_t length = 0;
    uint64_t value = 0;
    bool length_given = false;
    bool value_given = false;
    cJSON *body;
    const json_member members[] = {
        {.key = "offset", .kind = JSON_NUMBER, .target = &offset, .code = SECTION_BAD_OFFSET},
        {.key = "length",
         .kind = JSON_NUMBER,
         .target = &length,
         .code = SECTION_BAD_SIZE,
         .present = &length_given},
        {.key = "byte", .kind = JSON_NUMBER, .target = &value, .present = &value_given},
    };
    section_status status = parse_body(request, members, 3, &body, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    cJSON_Delete(body);
    status = check_length(length, length_given, ret_error);
    if (status == SECTION_OK && (!value_given || value > UINT8_MAX)) {
        status = section_fail(ret_error, SECTION_BAD_JSON, "\"byte\" must be 0 to 255");
    }
    if (status != SECTION_OK) {
        return status;
    }
    return must_defer(request, length)
               ? request_defer_long(request)
               : fill_entry(request, reply, offset, length, (uint8_t)value, ret_error);
}

/** What a copy is told. */
typedef struct copy_order {
    uint64_t from_id;
    uint64_t from_offset;
    uint64_t offset;
    uint64_t length;
} copy_order;

static section_status copy_entry(const request *request, reply *reply, const copy_order *order,
                                 section_error *ret_error)
{
    entry *to;
    section_status status = handlers_find(request, &to, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    entry *from = registry_find(request->server->registry, order->from_id);
    if (from == NULL) {
        status = section_fail(ret_error, SECTION_NOT_FOUND, "there is no section %llu to copy from",
                              (unsigned long long)order->from_id);
    }
    if (status == SECTION_OK) {
        status = fit(from, reply, order->from_offset, order->length, ret_error);
    }
    if (status == SECTION_OK) {
        status = fit(to, reply, order->offset, order->length, ret_error);
    }
    if (status == SECTION_OK) {
        const section_pause pause = {may_go_on, request->server};
        status = section_copy(from->section, order->from_offset, to->section, order->offset,
                              order->length, &pause, ret_error);
    }
    if (status == SECTION_OK) {
        entry_note_read(from, order->length);
        entry_note_write(to, order->length);
        reply_empty(reply, 204);
    }
    handlers_release(request, from);
    handlers_release(request, to);
    return status;
}

section_status move_copy(request *request, reply *reply, section_error *ret_error)
{
    copy_order order = {0};
    bool from_given = false;
    bool length_given = false;
    cJSON *body;
    const json_member members[] = {
        {.key = "from", .kind = JSON_NUMBER, .target = &order.from_id, .present = &from_given},
        {.key = "from_offset",
         .kind = JSON_NUMBER,
         .target = &order.from_offset,
         .code = SECTION_BAD_OFFSET},
        {.key = "offset", .kind = JSON_NUMBER, .target = &order.offset, .code = SECTION_BAD_OFFSET},
        {.key = "length",
         .kind = JSON_NUMBER,
         .target = &order.length,
         .code = SECTION_BAD_SIZE,
         .present = &length_given},
    };
    section_status status = parse_body(request, members, 4, &body, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    cJSON_Delete(body);
    status = check_length(order.length, length_given, ret_error);
    if (status == SECTION_OK && !from_given) {
        status = section_fail(ret_error, SECTION_BAD_JSON, "\"from\" must be the id of a section");
    }
    if (status != SECTION_OK) {
        return status;
    }
    return must_defer(request, order.length) ? request_defer_long(request)
                                             : copy_entry(request, reply, &order, ret_error);
}

section_status move_flush(request *request, reply *reply, section_error *ret_error)
{
    entry *entry;
    byte_range range;
    section_flushed flushed;
    section_status status = handlers_parse_range(request, &range, ret_error);
    if (status == SECTION_OK) {
        status = handlers_find(request, &entry, ret_error);
    }
    if (status != SECTION_OK) {
        return status;
    }
    status = handlers_fit_range(&range, reply, section_length(entry->section), ret_error);
    if (status == SECTION_OK) {
        status = section_flush(entry->section, range.offset_bytes, range.length_bytes, &flushed,
                               ret_error);
    }
    if (status == SECTION_OK && flushed == SECTION_FLUSHED_VIEW) {
        reply_static(reply, 200, "application/json", "{\"flushed\":\"view\"}");
    } else if (status == SECTION_OK) {
        reply_empty(reply, 204);
    }
    handlers_release(request, entry);
    return status;
}
