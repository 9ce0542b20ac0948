#include "sections/hold.h"

#include "api/server.h"
#include "base/log.h"
#include "registry/quota.h"

/* In the order of section_access, which has SECTION_ACCESS_MOST before them. */
const char *const admit_access_choices[] = {"read", "readwrite", "writecopy", NULL};

section_access admit_access(int choice)
{
    return (section_access)(choice + 1);
}

static section_status read_view(const cJSON *object, section_view *ret_view,
                                section_error *ret_error)
{
    const json_member members[] = {
        {.key = "offset",
         .kind = JSON_NUMBER,
         .target = &ret_view->offset_bytes,
         .code = SECTION_BAD_OFFSET},
        {.key = "length",
         .kind = JSON_NUMBER,
         .target = &ret_view->length_bytes,
         .code = SECTION_BAD_SIZE},
    };
    return object == NULL ? SECTION_OK : json_read(object, members, 2, ret_error);
}

section_status admit_check(const admit_members *common, section_view *ret_view,
                           section_error *ret_error)
{
    section_status status = handlers_check_label(common->label, ret_error);
    if (status == SECTION_OK) {
        status = handlers_check_ttl(common->ttl_s, ret_error);
    }
    return status == SECTION_OK ? read_view(common->view, ret_view, ret_error) : status;
}

/*
 * The common end: gives the section an id and answers. Takes section and reservation over.
 */
static section_status admit(const request *request, reply *reply, reservation reservation,
                            section *section, const admit_members *common, section_error *ret_error)
{
    static const char *const verbs[] = {"created", "opened", "duplicated"};
    section_info info = {0};
    entry *entry;
    section_status status = section_describe(section, &info, ret_error);
    /* What is written to a copy-on-write view becomes memory of ours, page by page. */
    const bool copies = info.access == SECTION_ACCESS_WRITECOPY;
    if (status == SECTION_OK && copies) {
        status = registry_extend(request->server->registry, &reservation, info.view.length_bytes,
                                 ret_error);
    }
    if (status != SECTION_OK) {
        section_close(section);
        registry_cancel(request->server->registry, reservation);
        return status;
    }
    status = registry_add(request->server->registry, reservation, info.created || copies, section,
                          common->label, &entry, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    if (common->ttl_s > 0) {
        registry_set_ttl(request->server->registry, entry, common->ttl_s);
    }
    log_write(LOG_INFO, "section %llu %s, %llu bytes", (unsigned long long)entry->id,
              verbs[info.origin], (unsigned long long)info.size_bytes);
    const bool existed = info.origin == SECTION_CREATED && !info.created;
    status = reply_section(reply, entry, existed ? 200 : 201, ret_error);
    registry_unref(entry);
    return status;
}

section_status admit_opened(const request *request, reply *reply, uint64_t charged_bytes,
                            admit_opener *open, const void *options, const admit_members *common,
                            section_error *ret_error)
{
    registry *registry = request->server->registry;
    reservation reservation;
    section *section;
    section_status status = registry_reserve(registry, charged_bytes, &reservation, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    status = open(options, &section, ret_error);
    if (status != SECTION_OK) {
        registry_cancel(registry, reservation);
        return status;
    }
    return admit(request, reply, reservation, section, common, ret_error);
}

section_status admit_with_body(request *request, reply *reply, admit_reader *from,
                               section_error *ret_error)
{
    cJSON *body;
    section_status status = json_parse_object(request->body, request->body_bytes, &body, ret_error);
    if (status == SECTION_OK) {
        status = from(request, reply, body, ret_error);
        cJSON_Delete(body);
    }
    return status;
}
