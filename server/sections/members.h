#ifndef SECTIOND_MEMBERS_H
#define SECTIOND_MEMBERS_H

#include "api/plan.h"
#include "encode/json.h"
#include "layouts/store.h"

/**
 * @file
 * The members that the bodies of create, open and duplicate have in common.
 */

enum {
    LABEL_CHARACTERS_MAX = 1024, /* as the schemas count them: Unicode code points */
    /* Longer than anybody waits, and far from overflowing when it is counted in milliseconds. */
    TTL_S_MAX = 10 * 365 * 86400
};

typedef struct section_members {
    const char *name;
    const char *label;
    int scope;
    bool scope_given;
    int access; /* index of the choice, -1: not given */
    const cJSON *view;
    uint64_t ttl_s;
    const char *layout;
} section_members;

/** What begins the order of each of them. */
typedef struct section_order {
    const char *layout; /* name of the layout that the new section gets; NULL: none */
} section_order;

/** Whether the layout of the order is there, before the OS is asked for a section. */
section_status members_check_layout(const opening *opening, section_error *ret_error);

/** The choices of "access", NULL-terminated. */
extern const char *const members_access_choices[];

/** The choice as the library has it. */
section_access members_access(int choice);

/** Checks label, time to live and view; label and time to live go into the plan. */
section_status members_check(const section_members *members, plan *plan, section_view *ret_view,
                             section_error *ret_error);

/** Limits of what users may write on a section. */
section_status members_check_label(const char *label, section_error *ret_error);
section_status members_check_ttl(uint64_t ttl_s, section_error *ret_error);

#endif
