#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/platform.h"
#include "encode/json.h"
#include "sections/members.h"
#include "sections/sections.h"

static const char *const scope_choices[] = {"local", "global", NULL};
static const char *const exists_choices[] = {"open", "fail", NULL};

/* Parses a name. Its prefix gives the scope, or else "scope" does. */
static section_status parse_name(const section_members *common, section_name *ret_name,
                                 section_error *ret_error)
{
    const bool has_prefix = strchr(common->name, '\\') != NULL;
    const bool global = common->scope_given && common->scope == SECTION_SCOPE_GLOBAL;
    char prefixed[SECTION_NAME_BYTES_MAX + 8];
    const char *text = common->name;
    if (global && !has_prefix) {
        (void)snprintf(prefixed, sizeof prefixed, "Global\\%s", text);
        text = prefixed;
    }
    section_status status = section_name_parse(text, ret_name, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    if (has_prefix && common->scope_given && ret_name->scope != (section_scope)common->scope) {
        return section_fail(ret_error, SECTION_BAD_NAME,
                            "the prefix of the name and \"scope\" contradict each other");
    }
    return SECTION_OK;
}

/* A version 4 UUID (RFC 9562) as text: no two sections ever get the same. */
static section_status generate_name(char ret_text[40], section_error *ret_error)
{
    unsigned char b[16];
    section_status status = platform_random(b, sizeof b, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    b[6] = (unsigned char)((b[6] & 0x0F) | 0x40);
    b[8] = (unsigned char)((b[8] & 0x3F) | 0x80);
    (void)snprintf(ret_text, 40,
                   "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", b[0],
                   b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12], b[13],
                   b[14], b[15]);
    return SECTION_OK;
}

/* The members of the body of create. */
typedef struct create_members {
    section_members common;
    section_create_options options;
    bool generate_name;
    int if_exists;
    bool size_given;
    const char *mode;
    const cJSON *backing;
} create_members;

static section_status read_backing(const cJSON *object, section_create_options *options,
                                   section_error *ret_error)
{
    static const char *const ways[] = {"open_or_create", "create_new", "open_existing", "truncate",
                                       NULL}; /* in the order of section_file_open */
    int way = SECTION_FILE_OPEN_OR_CREATE;
    const json_member members[] = {
        {.key = "file", .kind = JSON_TEXT, .target = &options->file},
        {.key = "open", .kind = JSON_CHOICE, .target = &way, .choices = ways},
    };
    section_status status = json_read(object, members, 2, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    if (options->file == NULL || options->file[0] == '\0') {
        return section_fail(ret_error, SECTION_BAD_JSON, "\"backing\" needs a \"file\"");
    }
    options->file_open = (section_file_open)way;
    return SECTION_OK;
}

/* Octal, as chmod(1) takes it. */
static section_status read_mode(const char *text, section_create_options *options,
                                section_error *ret_error)
{
    enum { MODE_MOST = 0777 };
    if (text == NULL) {
        return SECTION_OK;
    }
    const size_t length = strspn(text, "01234567");
    const unsigned long mode = strtoul(text, NULL, 8);
    if (length < 3 || length > 4 || text[length] != '\0' || mode > MODE_MOST) {
        return section_fail(ret_error, SECTION_BAD_REQUEST,
                            "\"mode\" must be octal digits up to \"0777\", such as \"0660\"");
    }
    options->mode = (unsigned)mode;
    options->has_mode = true;
    return SECTION_OK;
}

static section_status read_create(const cJSON *body, create_members *in, plan *plan,
                                  section_error *ret_error)
{
    section_members *common = &in->common;
    section_create_options *options = &in->options;
    const json_member members[] = {
        {.key = "name", .kind = JSON_TEXT, .target = &common->name},
        {.key = "generate_name", .kind = JSON_FLAG, .target = &in->generate_name},
        {.key = "scope",
         .kind = JSON_CHOICE,
         .target = &common->scope,
         .choices = scope_choices,
         .present = &common->scope_given},
        {.key = "size",
         .kind = JSON_NUMBER,
         .target = &options->size_bytes,
         .code = SECTION_BAD_SIZE,
         .present = &in->size_given},
        {.key = "access",
         .kind = JSON_CHOICE,
         .target = &common->access,
         .choices = members_access_choices},
        {.key = "backing", .kind = JSON_OBJECT, .target = &in->backing},
        {.key = "reserve", .kind = JSON_FLAG, .target = &options->reserve},
        {.key = "view", .kind = JSON_OBJECT, .target = &common->view},
        {.key = "inherit", .kind = JSON_FLAG, .target = &options->inherit},
        {.key = "protected", .kind = JSON_FLAG, .target = &options->protect},
        {.key = "sddl", .kind = JSON_TEXT, .target = &options->sddl},
        {.key = "if_exists",
         .kind = JSON_CHOICE,
         .target = &in->if_exists,
         .choices = exists_choices},
        {.key = "mode", .kind = JSON_TEXT, .target = &in->mode},
        {.key = "group", .kind = JSON_TEXT, .target = &options->group},
        {.key = "keep", .kind = JSON_FLAG, .target = &options->keep_name},
        {.key = "label", .kind = JSON_TEXT, .target = &common->label},
        {.key = "layout", .kind = JSON_TEXT, .target = &common->layout},
        {.key = "ttl_s", .kind = JSON_NUMBER, .target = &common->ttl_s},
    };
    section_status status = json_read(body, members, sizeof members / sizeof members[0], ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    if (!in->size_given && in->backing == NULL) {
        return section_fail(ret_error, SECTION_BAD_SIZE, "\"size\" is missing: bytes, at least 1");
    }
    if (in->size_given && options->size_bytes == 0) {
        return section_fail(ret_error, SECTION_BAD_SIZE, "\"size\" must be at least 1");
    }
    options->access = members_access(common->access);
    if (in->backing != NULL) {
        status = read_backing(in->backing, options, ret_error);
        if (status != SECTION_OK) {
            return status;
        }
    }
    status = read_mode(in->mode, options, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    const bool has_rights = options->has_mode || options->group != NULL;
    if (has_rights && (in->backing != NULL || (common->name == NULL && !in->generate_name))) {
        return section_fail(ret_error, SECTION_BAD_REQUEST,
                            "\"mode\" and \"group\" are of a new name in memory");
    }
    if (in->generate_name && common->name != NULL) {
        return section_fail(ret_error, SECTION_BAD_NAME, "give \"name\" or \"generate_name\"");
    }
    return members_check(common, plan, &options->view, ret_error);
}

/* The order of create and open, for the call of the OS. */
typedef struct new_order {
    section_order common;
    cJSON *body; /* what texts point into */
    section_name name;
    char generated[40];
    section_create_options create;
    section_open_options open;
} new_order;

static void release_order(void *context)
{
    cJSON_Delete(((new_order *)context)->body);
}

static section_status plan_name(new_order *order, create_members *in, section_error *ret_error)
{
    if (in->generate_name) {
        section_status status = generate_name(order->generated, ret_error);
        if (status != SECTION_OK) {
            return status;
        }
        in->common.name = order->generated;
    }
    if (in->common.name != NULL) {
        in->options.name = &order->name;
        return parse_name(&in->common, &order->name, ret_error);
    }
    if (in->common.scope_given) {
        return section_fail(ret_error, SECTION_BAD_NAME, "an anonymous section has no scope");
    }
    return SECTION_OK;
}

static section_status create_plan(const request *request, plan *plan, section_error *ret_error)
{
    create_members in = {.common = {.access = -1}};
    new_order *order = PLAN_ORDER(plan, new_order);
    plan->release = release_order;
    section_status status =
        json_parse_object(request->body, request->body_bytes, &order->body, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    status = read_create(order->body, &in, plan, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    status = plan_name(order, &in, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    if (in.options.file != NULL && in.options.name == NULL && in.if_exists == 1) {
        return section_fail(ret_error, SECTION_BAD_REQUEST,
                            "\"if_exists\" is about names; \"open\":\"create_new\" is for files");
    }
    in.options.must_be_new = in.if_exists == 1 || in.generate_name;
    order->create = in.options;
    if (in.options.file != NULL) {
        plan->capabilities |= 1u << CAPABILITY_FILES;
        plan->writes = in.options.file_open == SECTION_FILE_TRUNCATE ||
                       in.options.file_open == SECTION_FILE_CREATE_NEW;
        plan->cost = COST_DISK;
        plan->lane = plan_lane_of_file(in.options.file, platform_separators);
    }
    /* The quota limits committed memory. Reserved memory and files do not count. */
    const bool committed = !in.options.reserve && in.options.file == NULL;
    plan->committed_bytes = committed ? in.options.size_bytes : 0;
    return SECTION_OK;
}

static section_status create_section(const opening *opening, section **ret_section,
                                     section_error *ret_error)
{
    new_order *order = opening->order;
    order->create.file_folder = opening->file_folder;
    order->create.permit_change = opening->permit_change;
    order->create.permit_context = opening->permit_context;
    section_status status = members_check_layout(opening, ret_error);
    return status == SECTION_OK ? section_create(&order->create, ret_section, ret_error) : status;
}

HANDLER(create_section) = {
    .plan = create_plan,
    .open = create_section,
    .execute = section_answer_new,
};

static section_status open_plan(const request *request, plan *plan, section_error *ret_error)
{
    section_members common = {.access = -1};
    new_order *order = PLAN_ORDER(plan, new_order);
    plan->release = release_order;
    const json_member members[] = {
        {.key = "name", .kind = JSON_TEXT, .target = &common.name},
        {.key = "scope",
         .kind = JSON_CHOICE,
         .target = &common.scope,
         .choices = scope_choices,
         .present = &common.scope_given},
        {.key = "access",
         .kind = JSON_CHOICE,
         .target = &common.access,
         .choices = members_access_choices},
        {.key = "view", .kind = JSON_OBJECT, .target = &common.view},
        {.key = "label", .kind = JSON_TEXT, .target = &common.label},
        {.key = "layout", .kind = JSON_TEXT, .target = &common.layout},
        {.key = "ttl_s", .kind = JSON_NUMBER, .target = &common.ttl_s},
    };
    section_status status =
        json_parse_object(request->body, request->body_bytes, &order->body, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    status = json_read(order->body, members, sizeof members / sizeof members[0], ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    if (common.name == NULL) {
        return section_fail(ret_error, SECTION_BAD_NAME, "\"name\" is missing");
    }
    status = members_check(&common, plan, &order->open.view, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    order->open.name = &order->name;
    order->open.access = members_access(common.access);
    return parse_name(&common, &order->name, ret_error);
}

static section_status open_section(const opening *opening, section **ret_section,
                                   section_error *ret_error)
{
    const new_order *order = opening->order;
    section_status status = members_check_layout(opening, ret_error);
    return status == SECTION_OK ? section_open(&order->open, ret_section, ret_error) : status;
}

HANDLER(open_section) = {
    .plan = open_plan,
    .open = open_section,
    .execute = section_answer_new,
};
