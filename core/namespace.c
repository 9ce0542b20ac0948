#include <section/namespace.h>

#include "os.h"

section_status namespace_list(section_scope scope, namespace_visitor *visit, void *context,
                              section_error *ret_error)
{
    return os_namespace_list(scope, visit, context, ret_error);
}

bool namespace_entry_find_traits(const namespace_entry *entry, section_traits *ret_traits)
{
    const os_section object = {.identity = {entry->object[0], entry->object[1]}};
    *ret_traits = os_traits(&object, entry->name);
    return entry->object[0] != 0 || entry->object[1] != 0;
}

bool namespace_entry_is(const namespace_entry *entry, const section_name *name,
                        const uint64_t object[2])
{
    if (entry->object[0] != 0 || entry->object[1] != 0) {
        return entry->object[0] == object[0] && entry->object[1] == object[1];
    }
    return name != NULL && section_name_equal(entry->name, name);
}
