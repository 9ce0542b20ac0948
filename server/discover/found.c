#include "discover/discover.h"

#include <string.h>

#include "encode/json.h"

static char lower(char letter)
{
    return letter >= 'A' && letter <= 'Z' ? (char)(letter | 0x20) : letter;
}

static bool begins(const char *text, const char *part)
{
    while (*part != '\0' && lower(*text) == lower(*part)) {
        text++;
        part++;
    }
    return *part == '\0';
}

bool discover_equals(const char *a, const char *b)
{
    return strlen(a) == strlen(b) && begins(a, b);
}

bool discover_contains(const char *text, const char *part)
{
    for (; *text != '\0'; text++) {
        if (begins(text, part)) {
            return true;
        }
    }
    return *part == '\0';
}

static void add_access(cJSON *object, unsigned access)
{
    static const char *const words[] = {"read", "write", "query"}; /* by bit */
    cJSON *list = cJSON_AddArrayToObject(object, "access");
    for (unsigned i = 0; i < 3; i++) {
        if ((access & 1u << i) != 0) {
            cJSON_AddItemToArray(list, cJSON_CreateString(words[i]));
        }
    }
}

void discover_add_place(cJSON *object, const process_section *found)
{
    if (found->has_handle) {
        json_add_handle(object, "handle", found->handle);
        cJSON_AddNullToObject(object, "address");
    } else {
        cJSON_AddNullToObject(object, "handle");
        json_add_handle(object, "address", found->address);
    }
    add_access(object, found->access);
}

cJSON *discover_holder(const process_entry *process, const process_section *found)
{
    cJSON *object = cJSON_CreateObject();
    json_add_number(object, "pid", process->pid);
    cJSON_AddStringToObject(object, "name", process->name);
    discover_add_place(object, found);
    return object;
}

cJSON *discover_unseen(const section_error *unseen)
{
    const bool partial = unseen->code != SECTION_OK;
    cJSON *rest = cJSON_CreateObject();
    cJSON_AddBoolToObject(rest, "partial", partial);
    json_add_text(rest, "reason", partial ? unseen->detail : NULL);
    return rest;
}
