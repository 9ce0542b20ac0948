#include <string.h>

#include "api/private.h"
#include "base/log.h"

/* Finds the section that a request names among those that we hold. */

enum { OPENED_IN_PASSING_TTL_S = 60 };

static section_status call_open(const opening *opening, section **ret_section,
                                section_error *ret_error)
{
    const section_open_options options = {.name = opening->order};
    return section_open(&options, ret_section, ret_error);
}

/* `?open=1`. */
static section_status open_for_a_while(const run *self, section_name *name, entry **ret_entry,
                                       section_error *ret_error)
{
    if (self->caller->role < ROLE_ADMIN) {
        return section_fail(ret_error, SECTION_FORBIDDEN_ROLE, "opening needs the role admin");
    }
    section_status status = run_hold(self, name, call_open, ret_entry, ret_error);
    if (status == SECTION_OK) {
        registry_set_passing(self->server->registry, *ret_entry, OPENED_IN_PASSING_TTL_S);
    }
    return status;
}

/*
 * The error for a name: no section of it is held, or the section that is held no longer has the
 * name.
 */
static section_status fail_to_find(const run *self, const section_name *name, const char *text,
                                   section_error *ret_error)
{
    const registry_filter filter = {.name = name};
    entry *orphan = NULL;
    if (registry_list(self->server->registry, 0, &filter, &orphan, 1) == 0) {
        return section_fail(ret_error, SECTION_NOT_FOUND,
                            "we hold no section of that name; ?open=1, or POST "
                            "/v1/sections/open {\"name\":\"%.150s\"}, opens it",
                            text);
    }
    section_fail(ret_error, SECTION_NOT_FOUND,
                 "the name is gone, or another object has it by now; section %llu is the old one; "
                 "?open=1, or POST /v1/sections/open {\"name\":\"%.150s\"}, opens what has it",
                 (unsigned long long)orphan->id, text);
    registry_unref_later(orphan, self->server->workers);
    return SECTION_NOT_FOUND;
}

/*
 * Finds the section that has `@NAME` now: in the local scope, then in the global one, unless a
 * prefix gives the scope.
 */
static section_status find_by_name(const run *self, const plan_target *target, bool may_block,
                                   entry **ret_entry, bool *ret_must_block,
                                   section_error *ret_error)
{
    section_name name;
    const char *text = target->text + 1;
    const bool exact = strchr(text, '\\') != NULL;
    section_status status = section_name_parse(text, &name, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    *ret_entry = registry_find_name(self->server->registry, &name, exact);
    if (*ret_entry != NULL) {
        return SECTION_OK;
    }
    if (!target->may_open) {
        return fail_to_find(self, &name, text, ret_error);
    }
    *ret_must_block = !may_block;
    return may_block ? open_for_a_while(self, &name, ret_entry, ret_error) : SECTION_OK;
}

section_status run_find(const run *self, const plan_target *target, bool may_block,
                        entry **ret_entry, bool *ret_must_block, section_error *ret_error)
{
    uint64_t id = target->id;
    *ret_must_block = false;
    if (target->text != NULL && target->text[0] == '@') {
        return find_by_name(self, target, may_block, ret_entry, ret_must_block, ret_error);
    }
    if (target->text != NULL && !parse_decimal(target->text, &id)) {
        return section_fail(ret_error, SECTION_NOT_FOUND,
                            "'%.40s' is no id; GET /v1/sections lists them", target->text);
    }
    *ret_entry = registry_find(self->server->registry, id);
    if (*ret_entry == NULL) {
        return section_fail(ret_error, SECTION_NOT_FOUND,
                            "there is no section %llu; GET /v1/sections lists them",
                            (unsigned long long)id);
    }
    return SECTION_OK;
}
