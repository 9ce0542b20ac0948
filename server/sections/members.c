#include "sections/members.h"

#include <stddef.h>
/* In the order of section_access, which has SECTION_ACCESS_MOST before them. */
const char *const members_access_choices[] = {"read", "readwrite", "writecopy", NULL};

section_access members_access(int choice)
{
    return (section_access)(choice + 1);
}

/* Of UTF-8 that was checked: each begins with a byte that continues none. */
static size_t count_characters(const char *text)
{
    size_t count = 0;
    for (; *text != '\0'; text++) {
        count += ((unsigned char)*text & 0xC0) != 0x80;
    }
    return count;
}

section_status members_check_label(const char *label, section_error *ret_error)
{
    if (label != NULL && count_characters(label) > LABEL_CHARACTERS_MAX) {
        return section_fail(ret_error, SECTION_BAD_REQUEST, "a label has at most %d characters",
                            LABEL_CHARACTERS_MAX);
    }
    return SECTION_OK;
}

section_status members_check_ttl(uint64_t ttl_s, section_error *ret_error)
{
    if (ttl_s > TTL_S_MAX) {
        return section_fail(ret_error, SECTION_BAD_REQUEST, "ttl_s is at most %llu, ten years",
                            (unsigned long long)TTL_S_MAX);
    }
    return SECTION_OK;
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

section_status members_check(const section_members *members, plan *plan, section_view *ret_view,
                             section_error *ret_error)
{
    section_status status = members_check_label(members->label, ret_error);
    if (status == SECTION_OK) {
        status = members_check_ttl(members->ttl_s, ret_error);
    }
    if (status == SECTION_OK) {
        status = read_view(members->view, ret_view, ret_error);
    }
    if (status == SECTION_OK && members->layout != NULL) {
        status = layout_check_name(members->layout, ret_error);
    }
    ((section_order *)(void *)plan->room.order)->layout = members->layout;
    plan->label = members->label;
    plan->ttl_s = members->ttl_s;
    return status;
}

section_status members_check_layout(const opening *opening, section_error *ret_error)
{
    layout *found = NULL;
    const section_order *order = opening->order;
    section_status status =
        order->layout != NULL ? layout_store_get(opening->layouts, order->layout, &found, ret_error)
                              : SECTION_OK;
    layout_unref(found);
    return status;
}
