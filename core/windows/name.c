#include "identify.h"

/* A name stays with its object as long as any handle to it is open, and we have one open. */

section_status os_check_name(section_name *name, const char *prefix, section_error *ret_error)
{
    (void)name; /* section_name_parse knows all the rules of Windows */
    (void)prefix;
    (void)ret_error;
    return SECTION_OK;
}

section_status os_find_named(const section_name *name, section_traits *ret_traits,
                             section_error *ret_error)
{
    (void)name;
    (void)ret_traits;
    return section_fail(ret_error, SECTION_UNSUPPORTED,
                        "a name leads to the section that is held under it");
}

bool os_name_leads_to(const section_name *name, const os_section *object)
{
    (void)name;
    (void)object;
    return true;
}

void os_release_name(os_section *object, const section_name *name)
{
    (void)object;
    (void)name;
}

bool os_can_be_orphaned(const os_section *object, const section_name *name)
{
    (void)name;
    return !object->created;
}

bool os_is_orphaned(const os_section *object, const section_name *name, unsigned held,
                    bool is_made_here)
{
    PUBLIC_OBJECT_BASIC_INFORMATION counts;
    (void)name;
    NTSTATUS status =
        NtQueryObject(handle_of(object), ObjectBasicInformation, &counts, sizeof counts, NULL);
    return NT_SUCCESS(status) && !is_made_here && counts.HandleCount <= held;
}
