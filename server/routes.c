#include "handlers.h"

enum { JSON_BYTES_MAX = 65536, TEXT_BYTES_MAX = 4 * 1024 * 1024 };

static const char *const none[] = {NULL};
static const char *const list_parameters[] = {"name", "origin", "limit", "after", NULL};
static const char *const open_parameters[] = {"open", NULL};
static const char *const range_parameters[] = {"offset", "length", NULL};
static const char *const get_data_parameters[] = {"offset", "length", "format", "open", NULL};
static const char *const put_data_parameters[] = {"offset", "length", "flush", "open", NULL};
static const char *const text_parameters[] = {"encoding", "offset", "length", "open", NULL};
static const char *const put_text_parameters[] = {"encoding",   "offset", "length",
                                                  "terminator", "open",   NULL};

/* clang-format off */
const route routes[] = {
    {METHOD_GET, "/", ROLE_NONE, PLACE_LOOP, BODY_NONE, 0, none, daemon_root, NULL, NULL,
     "what this is"},
    {METHOD_GET, "/healthz", ROLE_NONE, PLACE_LOOP, BODY_NONE, 0, none, daemon_health, NULL, NULL,
     "whether the daemon answers"},
    {METHOD_GET, "/v1/info", ROLE_READ, PLACE_LOOP, BODY_NONE, 0, none, daemon_info, NULL, NULL,
     "version, platform, limits"},
    {METHOD_GET, "/v1/errors", ROLE_READ, PLACE_LOOP, BODY_NONE, 0, none, daemon_errors, NULL, NULL,
     "every error code"},

    {METHOD_GET, "/v1/sections", ROLE_READ, PLACE_WORKER, BODY_NONE, 0, list_parameters,
     sections_list, NULL, NULL, "the sections that we hold"},
    {METHOD_POST, "/v1/sections", ROLE_ADMIN, PLACE_WORKER, BODY_JSON, JSON_BYTES_MAX, none,
     sections_create, NULL, NULL, "create a section"},
    {METHOD_POST, "/v1/sections/open", ROLE_ADMIN, PLACE_WORKER, BODY_JSON, JSON_BYTES_MAX, none,
     sections_open, NULL, NULL, "open a section by its name"},
    {METHOD_POST, "/v1/sections/duplicate", ROLE_ADMIN, PLACE_WORKER, BODY_JSON, JSON_BYTES_MAX,
     none, sections_duplicate, NULL, NULL, "take a section from another process by its handle"},
    {METHOD_GET, "/v1/sections/{id}", ROLE_READ, PLACE_LOOP, BODY_NONE, 0, open_parameters, sections_get,
     NULL, NULL, "one section"},
    {METHOD_PATCH, "/v1/sections/{id}", ROLE_ADMIN, PLACE_LOOP, BODY_PATCH, JSON_BYTES_MAX, none,
     sections_patch, NULL, NULL, "change label, protection, inheritance, time to live"},
    {METHOD_DELETE, "/v1/sections/{id}", ROLE_ADMIN, PLACE_WORKER, BODY_NONE, 0, none,
     sections_delete, NULL, NULL, "close a section"},

    {METHOD_GET, "/v1/sections/{id}/data", ROLE_READ, PLACE_LOOP, BODY_NONE, 0, get_data_parameters,
     data_get, NULL, NULL, "read bytes"},
    {METHOD_PUT, "/v1/sections/{id}/data", ROLE_WRITE, PLACE_LOOP, BODY_RAW, 0, put_data_parameters,
     data_put, data_prepare_put, data_take, "write bytes"},
    {METHOD_POST, "/v1/sections/{id}/fill", ROLE_WRITE, PLACE_LOOP, BODY_JSON, JSON_BYTES_MAX, none,
     move_fill, NULL, NULL, "store one byte value in a range"},
    {METHOD_POST, "/v1/sections/{id}/copy", ROLE_WRITE, PLACE_LOOP, BODY_JSON, JSON_BYTES_MAX, none,
     move_copy, NULL, NULL, "copy from another section, or within this one"},
    {METHOD_POST, "/v1/sections/{id}/flush", ROLE_WRITE, PLACE_WORKER, BODY_NONE, 0,
     range_parameters, move_flush, NULL, NULL, "write to the file on disk"},
    {METHOD_GET, "/v1/sections/{id}/text", ROLE_READ, PLACE_LOOP, BODY_NONE, 0, text_parameters,
     text_get, NULL, NULL, "read text"},
    {METHOD_PUT, "/v1/sections/{id}/text", ROLE_WRITE, PLACE_LOOP, BODY_RAW, TEXT_BYTES_MAX,
     put_text_parameters, text_put, NULL, NULL, "write text"},
};
/* clang-format on */

const size_t route_count = sizeof routes / sizeof routes[0];
