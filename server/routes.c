#include "layouts/routes.h"
#include "api/route.h"
#include "api/table.h"
#include "discover/discover.h"
#include "layouts/json/json.h"
#include "memory/batch.h"
#include "memory/text.h"
#include "memory/values.h"
#include "sections/members.h"
#include "sections/sections.h"
#include "watch/format.h"

/* routes.h is read twice: each handler that it names is declared, and then listed. */

#define ROUTE(name, ...) extern const handler name##_handler;
#include "routes.h"
#undef ROUTE

static const route routes[] = {
#define ROUTE(name, ...) {.handler = &name##_handler, __VA_ARGS__},
#include "routes.h"
#undef ROUTE
};

static const schema_word words[] = {
    {.name = "whole_number", .number = PARAMETER_MOST},
    {.name = "label_characters", .number = LABEL_CHARACTERS_MAX},
    {.name = "ttl_s", .number = TTL_S_MAX},
    {.name = "values", .number = VALUES_COUNT_MAX},
    {.name = "operations", .number = BATCH_OPERATIONS_MAX},
    {.name = "watch_ranges", .number = WATCH_RANGES_MAX},
    {.name = "watch_interval_ms", .number = WATCH_INTERVAL_MS_MAX},
    {.name = "layout_fields", .number = SECTION_LAYOUT_FIELDS_MAX},
    {.name = "consistency_rules", .choices = layout_rule_names},
    {.name = "value_types", .choices = value_type_names},
    {.name = "byte_orders", .choices = endian_names},
    {.name = "text_errors", .choices = text_errors_names},
    {.name = "event_formats", .choices = watch_format_names},
    {.name = "access", .choices = members_access_choices},
    {.name = "origins", .choices = section_origin_names},
    {0},
};

const route_table all_routes = {routes, sizeof routes / sizeof routes[0], words};
