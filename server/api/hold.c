#include "api/private.h"
#include "base/log.h"
#include "registry/quota.h"

/*
 * Gives an id to a section that was created, opened or duplicated. The quota is reserved before the
 * OS is called, so that it holds against concurrent requests.
 */

/* Each page of a copy-on-write view that is written becomes memory of the daemon. */
static section_status charge_copies(registry *registry, reservation *reservation,
                                    const section_info *info, section_error *ret_error)
{
    return info->access == SECTION_ACCESS_WRITECOPY
               ? registry_extend(registry, reservation, info->view.length_bytes, ret_error)
               : SECTION_OK;
}

static section_status give_id(const run *self, reservation reservation, section *section,
                              entry **ret_entry, section_error *ret_error)
{
    static const char *const verbs[] = {"created", "opened", "duplicated"};
    registry *registry = self->server->registry;
    section_info info = {0};
    section_status status = section_describe(section, &info, ret_error);
    if (status == SECTION_OK) {
        status = charge_copies(registry, &reservation, &info, ret_error);
    }
    if (status != SECTION_OK) {
        section_close(section);
        registry_cancel(registry, reservation);
        return status;
    }
    char own_name[SECTION_OWN_NAME_BYTES];
    const char *label = self->plan.label;
    if (label == NULL && info.origin == SECTION_DUPLICATED && section_own_name(section, own_name)) {
        label = own_name; /* nobody can open it by this name, but users may know it */
    }
    const bool is_charged = info.created || info.access == SECTION_ACCESS_WRITECOPY;
    status = registry_add(registry, reservation, is_charged, section, label, ret_entry, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    if (self->plan.ttl_s > 0) {
        registry_set_ttl(registry, *ret_entry, self->plan.ttl_s);
    }
    log_write(LOG_INFO, "section %llu %s, %llu bytes", (unsigned long long)(*ret_entry)->id,
              verbs[info.origin], (unsigned long long)info.size_bytes);
    return SECTION_OK;
}

/* @param ret_has_lost_name it was opened, and had no name any more when it was to get its id. */
static section_status hold(const run *self, void *order, open_function *open, entry **ret_entry,
                           bool *ret_has_lost_name, section_error *ret_error)
{
    reservation reservation;
    section *opened;
    *ret_has_lost_name = false;
    section_status status = registry_reserve(self->server->registry, self->plan.committed_bytes,
                                             &reservation, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    const opening opening = {
        .order = order,
        .layouts = self->server->layouts,
        .file_folder = self->server->options->files,
        .debug_privilege = self->server->options->debug_privilege,
        .permit_change = run_permit_change,
        .permit_context = self->server,
    };
    status = open(&opening, &opened, ret_error);
    if (status != SECTION_OK) {
        registry_cancel(self->server->registry, reservation);
        return status;
    }
    status = give_id(self, reservation, opened, ret_entry, ret_error);
    *ret_has_lost_name = status == SECTION_NOT_FOUND;
    return status;
}

section_status run_hold(const run *self, void *order, open_function *open, entry **ret_entry,
                        section_error *ret_error)
{
    enum { ATTEMPTS = 16 /* how often the name may change hands meanwhile */ };
    section_status status = SECTION_OK;
    bool has_lost_name = true;
    for (int i = 0; i < ATTEMPTS && has_lost_name; i++) {
        status = hold(self, order, open, ret_entry, &has_lost_name, ret_error);
    }
    return status;
}
