#include "api/route.h"
#include "api/table.h"
#include "discover/discover.h"
#include "sections/sections.h"

/* routes.h is read twice: each handler that it names is declared, and then listed. */

#define ROUTE(name, ...) extern const handler name##_handler;
#include "routes.h"
#undef ROUTE

static const route routes[] = {
#define ROUTE(name, ...) {.handler = &name##_handler, __VA_ARGS__},
#include "routes.h"
#undef ROUTE
};

const route_table all_routes = {routes, sizeof routes / sizeof routes[0]};
