#ifndef SECTIOND_JSON_TARGET_H
#define SECTIOND_JSON_TARGET_H

#include "api/plan.h"
#include "encode/json.h"

/** Sets the section of a target: an id, or "@NAME", which it borrows. @return SECTION_BAD_JSON. */
section_status target_from_json(const cJSON *id, plan_target *target, section_error *ret_error);

#endif
