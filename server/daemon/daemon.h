#ifndef SECTIOND_DAEMON_H
#define SECTIOND_DAEMON_H

#include "api/plan.h"

/**
 * @file
 * The routes that tell of the daemon itself.
 */

/* info.c */
execute_function health_get, info_get, errors_get;

/* metrics_page.c */
execute_function metrics_get;

/* openapi.c */
execute_function openapi_get;

/* dashboard.c */
plan_function dashboard_plan;
execute_function dashboard_get;

#endif
