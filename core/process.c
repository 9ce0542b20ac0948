#include <section/process.h>

#include <stdio.h>
#include <string.h>

#include "held.h"
#include "unseen.h"

void unseen_note(unseen *self, const section_error *why)
{
    if (self->count++ == 0) {
        self->why = *why;
    }
}

void unseen_tell(const unseen *self, const char *what, section_error *ret_unseen)
{
    if (self->count == 0) {
        return;
    }
    const section_error why = self->why;
    *ret_unseen = why;
    (void)section_fail(ret_unseen, why.code, "%llu of %s could not be looked at, the first: %s",
                       (unsigned long long)self->count, what, why.detail);
}

section_status process_list(process_visitor *visit, void *context, section_error *ret_error)
{
    return os_process_list(visit, context, ret_error);
}

/* Gives what the platform finds its numbers. */
typedef struct numbering {
    process_section_visitor *visit;
    void *context;
    uint64_t next;
} numbering;

static bool number_and_show(void *context, const process_section *found)
{
    numbering *self = context;
    process_section numbered = *found;
    numbered.index = self->next++;
    return self->visit(self->context, &numbered);
}

section_status process_sections(const process_search *search, process_section_visitor *visit,
                                void *context, section_error *ret_unseen, section_error *ret_error)
{
    numbering self = {.visit = visit, .context = context};
    memset(ret_unseen, 0, sizeof *ret_unseen);
    return os_process_sections(search, number_and_show, &self, ret_unseen, ret_error);
}

/* A name that can be opened stays with its object as long as we hold the object. */
static bool has_name_of(const process_section *found, const section *ours)
{
    return found->has_scope && ours->has_name && found->scope == ours->name.scope &&
           strcmp(found->name, ours->name.text) == 0;
}

bool process_section_find_traits(const process_section *found, section_traits *ret_traits)
{
    section_name name;
    if (!found->described) {
        return false;
    }
    if (found->has_scope) {
        name.scope = found->scope;
        (void)snprintf(name.text, sizeof name.text, "%s", found->name);
    }
    *ret_traits = os_traits(found->opened, found->has_scope ? &name : NULL);
    return true;
}

bool process_section_is(const process_section *found, const section *ours)
{
    return os_is_same_object(found->opened, &ours->os) || has_name_of(found, ours);
}

/** A search for holders of one section. */
typedef struct holder_search {
    const section *ours;
    process_holder_visitor *visit;
    void *context;
} holder_search;

static bool show_if_it_is(void *context, const process_entry *process, const process_section *found)
{
    const holder_search *self = context;
    return !process_section_is(found, self->ours) || self->visit(self->context, process, found);
}

section_status section_holders(const section *self, const process_search *search,
                               process_holder_visitor *visit, void *context,
                               section_error *ret_unseen, section_error *ret_error)
{
    holder_search asked = {self, visit, context};
    memset(ret_unseen, 0, sizeof *ret_unseen);
    return os_holders(search, &self->os, show_if_it_is, &asked, ret_unseen, ret_error);
}

section_status namespace_holders(const process_search *search, process_holder_visitor *visit,
                                 void *context, section_error *ret_unseen, section_error *ret_error)
{
    memset(ret_unseen, 0, sizeof *ret_unseen);
    return os_holders(search, NULL, visit, context, ret_unseen, ret_error);
}

section_status process_sharing(const process_search *search, process_sharer_visitor *visit,
                               void *context, section_error *ret_unseen, section_error *ret_error)
{
    memset(ret_unseen, 0, sizeof *ret_unseen);
    return os_sharing(search, visit, context, ret_unseen, ret_error);
}
