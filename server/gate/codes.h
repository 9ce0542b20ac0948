#ifndef SECTIOND_CODES_H
#define SECTIOND_CODES_H

#include "api/plan.h"

/** @file Codes for the dashboard: see gate/sessions.h. */

execute_function codes_post, redeem_post;
plan_function redeem_plan;

#endif
