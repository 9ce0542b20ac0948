#include "api/handlers.h"

enum {
    JSON_BYTES_MAX = 65536,
    TEXT_BYTES_MAX = 4 * 1024 * 1024,
    VALUES_BYTES_MAX = 4 * 1024 * 1024, /* 65,536 values, generously spaced */
    BATCH_BYTES_MAX = 16 * 1024 * 1024
};

/* clang-format off */
#define WHOLE_FROM(least) "{\"type\":\"integer\",\"minimum\":" #least "}"
#define ZERO_OR_ONE       "{\"enum\":[\"0\",\"1\"]}"
#define TEXT              "{\"type\":\"string\"}"

#define PARAMETER(name_, schema_, summary_) {.name = name_, .schema = schema_, .summary = summary_}
#define REQUIRED(name_, schema_, summary_) \
    {.name = name_, .schema = schema_, .summary = summary_, .required = true}
#define END {.name = NULL}

#define OFFSET   PARAMETER("offset", WHOLE_FROM(0), "where in the view, in bytes")
#define LENGTH   PARAMETER("length", WHOLE_FROM(1), "bytes; to the end without it")
#define OPEN     PARAMETER("open", ZERO_OR_ONE, "1: open @NAME first where we do not hold it")
#define ENCODING REQUIRED("encoding", TEXT, "utf-8 utf-16le utf-16be utf-32le latin1 gbk cpNNN")
#define TYPE     REQUIRED("type", TEXT, "u8 i8 u16 i16 u32 i32 u64 i64 f32 f64 bool8 char")
#define WAIT     PARAMETER("wait", TEXT, "30s or 500ms: not before If-None-Match fails, up to 300s")
#define STRIDE   PARAMETER("stride", WHOLE_FROM(1), "bytes from one to the next; the type's size")
#define ENDIAN   PARAMETER("endian", "{\"enum\":[\"little\",\"big\"]}", "little without it")
/* clang-format on */

static const char json[] = "application/json";
static const char octets[] = "application/octet-stream";
static const char any_media[] = "*/*";
static const char events[] = "text/event-stream";
static const char plain[] = "text/plain; charset=utf-8";

static const parameter open_parameters[] = {OPEN, END};

static const parameter range_parameters[] = {OFFSET, LENGTH, END};

static const parameter list_parameters[] = {
    PARAMETER("name", TEXT, "only those of this name"),
    PARAMETER("origin", "{\"enum\":[\"created\",\"opened\",\"duplicated\"]}",
              "only those of this origin"),
    PARAMETER("limit", "{\"type\":\"integer\",\"minimum\":1,\"maximum\":1000}",
              "how many, 100 without it"),
    PARAMETER("after", WHOLE_FROM(0), "only ids above this one"),
    END,
};

static const parameter process_parameters[] = {
    PARAMETER("name", TEXT, "only programs of this name, whatever their case"),
    END,
};

static const parameter namespace_parameters[] = {
    PARAMETER("scope", "{\"enum\":[\"local\",\"global\"]}", "only those of this scope"),
    PARAMETER("prefix", TEXT, "only those that begin so"),
    END,
};

static const parameter get_data_parameters[] = {
    OFFSET,
    LENGTH,
    PARAMETER("format", "{\"enum\":[\"raw\",\"hex\",\"base64\"]}", "raw bytes without it"),
    WAIT,
    OPEN,
    END,
};

static const parameter put_data_parameters[] = {
    OFFSET,
    PARAMETER("length", WHOLE_FROM(1), "what If-Match is about; the body without it"),
    PARAMETER("flush", ZERO_OR_ONE, "1: to disk before the answer"),
    OPEN,
    END,
};

static const parameter get_text_parameters[] = {ENCODING, OFFSET, LENGTH, WAIT, OPEN, END};

static const parameter put_text_parameters[] = {
    ENCODING,
    OFFSET,
    PARAMETER("length", WHOLE_FROM(1), "the most that may be written"),
    PARAMETER("terminator", ZERO_OR_ONE, "0: without a NUL at the end"),
    OPEN,
    END,
};

static const parameter get_values_parameters[] = {
    TYPE,
    OFFSET,
    PARAMETER("count", "{\"type\":\"integer\",\"minimum\":1,\"maximum\":65536}",
              "what fits without it"),
    STRIDE,
    ENDIAN,
    WAIT,
    OPEN,
    END,
};

static const parameter put_values_parameters[] = {TYPE, OFFSET, STRIDE, ENDIAN, OPEN, END};

/* clang-format off */
#define INTERVAL      PARAMETER("interval_ms", "{\"type\":\"integer\",\"minimum\":1,\"maximum\":60000}", \
                                "how often the bytes are compared, 10 without it")
#define EVENT_FORMAT  PARAMETER("format", "{\"enum\":[\"base64\",\"values\"]}", "base64 without it")
#define EVENT_TYPE    PARAMETER("type", TEXT, "of format=values: u8 … char")
/* clang-format on */

static const parameter events_parameters[] = {OFFSET,     LENGTH, INTERVAL, EVENT_FORMAT,
                                              EVENT_TYPE, ENDIAN, OPEN,     END};

static const parameter events_of_many_parameters[] = {
    {.name = "watch",
     .schema =
         "{\"type\":\"array\",\"minItems\":1,\"maxItems\":64,\"items\":{\"type\":\"string\"}}",
     .summary = "ID:OFFSET:LENGTH, for each range once",
     .required = true,
     .repeats = true},
    INTERVAL,
    EVENT_FORMAT,
    EVENT_TYPE,
    ENDIAN,
    END,
};

const route routes[] = {
    /* The most asked for first: the table is searched from the top. */
    {
        .method = METHOD_GET,
        .pattern = "/v1/sections/{id}/data",
        .summary = "read bytes",
        .role = ROLE_READ,
        .parameters = get_data_parameters,
        .handle = data_get,
        .answers = {{200, octets}, {206, octets}, {304, NULL}},
    },
    {
        .method = METHOD_PUT,
        .pattern = "/v1/sections/{id}/data",
        .summary = "write bytes",
        .role = ROLE_WRITE,
        .capability = CAPABILITY_WRITE,
        .body = BODY_RAW,
        .parameters = put_data_parameters,
        .handle = data_put,
        .prepare = data_prepare_put,
        .take = data_take,
        .answers = {{204, NULL}},
    },

    {
        .method = METHOD_GET,
        .pattern = "/",
        .summary = "the dashboard",
        .place = PLACE_WORKER,
        .handle = dashboard_root,
        .answers = {{200, any_media}, {304, NULL}},
    },
    {
        .method = METHOD_GET,
        .pattern = "/assets/{asset}",
        .summary = "a file of the dashboard",
        .place = PLACE_WORKER,
        .handle = dashboard_asset_get,
        .answers = {{200, any_media}, {304, NULL}},
    },
    {
        .method = METHOD_GET,
        .pattern = "/healthz",
        .summary = "whether the daemon answers",
        .handle = daemon_health,
        .answers = {{200, plain}},
    },
    {
        .method = METHOD_GET,
        .pattern = "/metrics",
        .summary = "counters, for Prometheus",
        .role = ROLE_READ,
        .handle = metrics_get,
        .answers = {{200, "text/plain; version=0.0.4; charset=utf-8"}},
    },
    {
        .method = METHOD_GET,
        .pattern = "/openapi.json",
        .summary = "this document",
        .place = PLACE_WORKER,
        .handle = openapi_get,
        .answers = {{200, json}},
    },
    {
        .method = METHOD_GET,
        .pattern = "/v1/info",
        .summary = "version, platform, limits",
        .role = ROLE_READ,
        .handle = daemon_info,
        .answers = {{200, json, "Info"}},
    },
    {
        .method = METHOD_GET,
        .pattern = "/v1/errors",
        .summary = "every error code",
        .role = ROLE_READ,
        .handle = daemon_errors,
        .answers = {{200, json, "Errors"}},
    },

    {
        .method = METHOD_GET,
        .pattern = "/v1/sections",
        .summary = "the sections that we hold",
        .role = ROLE_READ,
        .place = PLACE_WORKER,
        .parameters = list_parameters,
        .handle = sections_list,
        .answers = {{200, json, "SectionList"}},
    },
    {
        .method = METHOD_POST,
        .pattern = "/v1/sections",
        .summary = "create a section, or open the one that has the name",
        .role = ROLE_ADMIN,
        .capability = CAPABILITY_CREATE,
        .place = PLACE_WORKER,
        .body = BODY_JSON,
        .body_limit = JSON_BYTES_MAX,
        .body_schema = "Create",
        .handle = sections_create,
        .answers = {{201, json, "Section"}, {200, json, "Section"}},
    },
    {
        .method = METHOD_POST,
        .pattern = "/v1/sections/open",
        .summary = "open a section by its name",
        .role = ROLE_ADMIN,
        .place = PLACE_WORKER,
        .body = BODY_JSON,
        .body_limit = JSON_BYTES_MAX,
        .body_schema = "Open",
        .handle = sections_open,
        .answers = {{201, json, "Section"}},
    },
    {
        .method = METHOD_POST,
        .pattern = "/v1/sections/duplicate",
        .summary = "take a section from another process by its handle, or as a search found it",
        .role = ROLE_ADMIN,
        .capability = CAPABILITY_DUPLICATE,
        .place = PLACE_WORKER,
        .body = BODY_JSON,
        .body_limit = JSON_BYTES_MAX,
        .body_schema = "Duplicate",
        .handle = sections_duplicate,
        .answers = {{201, json, "Section"}},
    },
    {
        .method = METHOD_GET,
        .pattern = "/v1/processes",
        .summary = "the processes of this machine",
        .role = ROLE_ADMIN,
        .capability = CAPABILITY_DISCOVER,
        .place = PLACE_WORKER,
        .parameters = process_parameters,
        .handle = discover_processes,
        .answers = {{200, json, "ProcessList"}},
    },
    {
        .method = METHOD_GET,
        .pattern = "/v1/processes/{pid}/sections",
        .summary = "the sections that a process holds",
        .role = ROLE_ADMIN,
        .capability = CAPABILITY_DISCOVER,
        .handle = discover_sections,
        .answers = {{200, json, "ProcessSections"}},
    },
    {
        .method = METHOD_GET,
        .pattern = "/v1/namespace",
        .summary = "the named sections that exist now",
        .role = ROLE_ADMIN,
        .capability = CAPABILITY_DISCOVER,
        .place = PLACE_WORKER,
        .parameters = namespace_parameters,
        .handle = discover_names,
        .answers = {{200, json, "Namespace"}},
    },
    {
        .method = METHOD_GET,
        .pattern = "/v1/sections/{id}",
        .summary = "one section",
        .role = ROLE_READ,
        .parameters = open_parameters,
        .handle = sections_get,
        .answers = {{200, json, "Section"}},
    },
    {
        .method = METHOD_PATCH,
        .pattern = "/v1/sections/{id}",
        .summary = "change label, protection, inheritance, time to live",
        .role = ROLE_ADMIN,
        .body = BODY_PATCH,
        .body_limit = JSON_BYTES_MAX,
        .body_schema = "Patch",
        .handle = sections_patch,
        .answers = {{200, json, "Section"}},
    },
    {
        .method = METHOD_DELETE,
        .pattern = "/v1/sections/{id}",
        .summary = "close a section",
        .role = ROLE_ADMIN,
        .place = PLACE_WORKER,
        .handle = sections_delete,
        .answers = {{204, NULL}},
    },

    {
        .method = METHOD_POST,
        .pattern = "/v1/sections/{id}/fill",
        .summary = "store one byte value in a range",
        .role = ROLE_WRITE,
        .capability = CAPABILITY_WRITE,
        .body = BODY_JSON,
        .body_limit = JSON_BYTES_MAX,
        .body_schema = "Fill",
        .handle = move_fill,
        .answers = {{204, NULL}},
    },
    {
        .method = METHOD_POST,
        .pattern = "/v1/sections/{id}/copy",
        .summary = "copy from another section, or within this one",
        .role = ROLE_WRITE,
        .capability = CAPABILITY_WRITE,
        .body = BODY_JSON,
        .body_limit = JSON_BYTES_MAX,
        .body_schema = "Copy",
        .handle = move_copy,
        .answers = {{204, NULL}},
    },
    {
        .method = METHOD_POST,
        .pattern = "/v1/sections/{id}/flush",
        .summary = "write to the file on disk",
        .role = ROLE_WRITE,
        .place = PLACE_WORKER,
        .parameters = range_parameters,
        .handle = move_flush,
        .answers = {{204, NULL}, {200, json, "Flushed"}},
    },
    {
        .method = METHOD_GET,
        .pattern = "/v1/sections/{id}/events",
        .summary = "watch a range: server-sent events",
        .role = ROLE_READ,
        .parameters = events_parameters,
        .handle = events_get,
        .answers = {{200, events}},
    },
    {
        .method = METHOD_GET,
        .pattern = "/v1/events",
        .summary = "watch up to 64 ranges, also of several sections, in one stream",
        .role = ROLE_READ,
        .parameters = events_of_many_parameters,
        .handle = events_get_many,
        .answers = {{200, events}},
    },
    {
        .method = METHOD_GET,
        .pattern = "/v1/sections/{id}/text",
        .summary = "read text",
        .role = ROLE_READ,
        .parameters = get_text_parameters,
        .handle = text_get,
        .answers = {{200, plain}, {304, NULL}},
    },
    {
        .method = METHOD_PUT,
        .pattern = "/v1/sections/{id}/text",
        .summary = "write text",
        .role = ROLE_WRITE,
        .capability = CAPABILITY_WRITE,
        .body = BODY_RAW,
        .body_limit = TEXT_BYTES_MAX,
        .parameters = put_text_parameters,
        .handle = text_put,
        .answers = {{204, NULL}},
    },
    {
        .method = METHOD_GET,
        .pattern = "/v1/sections/{id}/values",
        .summary = "read numbers",
        .role = ROLE_READ,
        .parameters = get_values_parameters,
        .handle = values_get,
        .answers = {{200, json, "Values"}, {304, NULL}},
    },
    {
        .method = METHOD_PUT,
        .pattern = "/v1/sections/{id}/values",
        .summary = "write numbers",
        .role = ROLE_WRITE,
        .capability = CAPABILITY_WRITE,
        .body = BODY_JSON,
        .body_limit = VALUES_BYTES_MAX,
        .body_schema = "PutValues",
        .parameters = put_values_parameters,
        .handle = values_put,
        .answers = {{204, NULL}},
    },
    {
        .method = METHOD_POST,
        .pattern = "/v1/sections/{id}/atomic",
        .summary = "one atomic operation of the CPU; the role read may load",
        .role = ROLE_READ,
        .body = BODY_JSON,
        .body_limit = JSON_BYTES_MAX,
        .body_schema = "Atomic",
        .handle = atomic_post,
        .answers = {{200, json, "AtomicResult"}},
    },

    {
        .method = METHOD_POST,
        .pattern = "/v1/batch",
        .summary = "many reads, writes and atomics; the role read may read and load",
        .role = ROLE_READ,
        .body = BODY_JSON,
        .body_limit = BATCH_BYTES_MAX,
        .body_schema = "Batch",
        .handle = batch_post,
        .answers = {{200, json, "BatchResults"}},
    },
};

const size_t route_count = sizeof routes / sizeof routes[0];
