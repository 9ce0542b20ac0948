#ifndef SECTIOND_ROUTES_H
#define SECTIOND_ROUTES_H

#include "api/route.h"

/** Everything that can be asked. */
extern const route_table all_routes;

#endif
