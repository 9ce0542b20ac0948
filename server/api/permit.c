#include "api/private.h"

/*
 * Checks the plan against the caller's role and --deny. The gate has checked the needs of the route
 * itself.
 */

static section_status permit_write(const run *self, section_error *ret_error)
{
    if (self->caller->role < ROLE_WRITE) {
        return section_fail(ret_error, SECTION_FORBIDDEN_ROLE,
                            "the role %s may read and load; this needs the role write",
                            role_name(self->caller->role));
    }
    return capability_check(self->server->options->denied, CAPABILITY_WRITE, ret_error);
}

section_status run_permit_operation(const run *self, const plan_operation *operation,
                                    section_error *ret_error)
{
    return operation->writes ? permit_write(self, ret_error) : SECTION_OK;
}

/* It is known only when the file is examined whether it has to be made or extended. */
section_status run_permit_change(void *context, section_error *ret_error)
{
    const server *server = context;
    return capability_check(server->options->denied, CAPABILITY_WRITE, ret_error);
}

section_status run_permit(const run *self)
{
    const plan *plan = &self->plan;
    const options *options = self->server->options;
    if (plan->writes) {
        section_status status = permit_write(self, self->error);
        if (status != SECTION_OK) {
            return status;
        }
    }
    for (int i = CAPABILITY_NONE + 1; plan->capabilities != 0 && i < CAPABILITY_COUNT; i++) {
        if ((plan->capabilities & 1u << i) != 0) {
            section_status status = capability_check(options->denied, (capability)i, self->error);
            if (status != SECTION_OK) {
                return status;
            }
        }
    }
    if ((plan->capabilities & 1u << CAPABILITY_FILES) != 0 && options->files == NULL) {
        return section_fail(
            self->error, SECTION_DISABLED,
            "sections of files are switched off; --files FOLDER allows those in it");
    }
    return SECTION_OK;
}
