#include "routes.h"

#include "daemon/daemon.h"
#include "discover/discover.h"
#include "memory/formats.h"
#include "memory/memory.h"
#include "memory/values.h"
#include "sections/sections.h"

enum {
    JSON_BYTES_MAX = 65536,
    TEXT_BYTES_MAX = 4 * 1024 * 1024,
    VALUES_BYTES_MAX = 4 * 1024 * 1024, /* 65,536 values, generously spaced */
    BATCH_BYTES_MAX = 16 * 1024 * 1024,
    WAIT_S_MAX = 300,
    LIST_LIMIT_MAX = 1000
};

static const char *const event_formats[] = {"base64", "values", NULL};

/* clang-format off */
#define FLAG(name_, summary_)       {.name = name_, .kind = PARAMETER_FLAG, .summary = summary_}
#define WORD(name_, summary_)       {.name = name_, .kind = PARAMETER_TEXT, .summary = summary_}
#define CHOICE(name_, choices_, summary_) \
    {.name = name_, .kind = PARAMETER_CHOICE, .choices = choices_, .summary = summary_}
#define NUMBER(name_, least_, most_, code_, summary_) \
    {.name = name_, .kind = PARAMETER_NUMBER, .least = least_, .most = most_, .code = code_, \
     .summary = summary_}
#define END                         {.name = NULL}

#define OFFSET   NUMBER("offset", 0, PARAMETER_MOST, SECTION_BAD_OFFSET, "where in the view, in bytes")
#define LENGTH   NUMBER("length", 1, PARAMETER_MOST, SECTION_BAD_SIZE, "bytes; to the end without it")
#define LENGTH_OF(summary_) NUMBER("length", 1, PARAMETER_MOST, SECTION_BAD_SIZE, summary_)
#define OPEN     FLAG("open", "1: open @NAME first where we do not hold it")
#define ENCODING {.name = "encoding", .kind = PARAMETER_TEXT, .code = SECTION_BAD_ENCODING, \
                  .required = true, \
                  .summary = "utf-16le (Windows TCHAR), utf-32le (Linux wchar_t), utf-8, utf-16be, " \
                             "latin1, gbk, or cpNNN for a code page"}
#define TYPE     {.name = "type", .kind = PARAMETER_CHOICE, .choices = value_type_names, \
                  .code = SECTION_BAD_TYPE, .required = true, .summary = "of each value"}
#define WAIT     {.name = "wait", .kind = PARAMETER_DURATION, .most = WAIT_S_MAX, \
                  .summary = "30s or 500ms: not before If-None-Match fails, or so long"}
#define STRIDE   NUMBER("stride", 1, PARAMETER_MOST, SECTION_BAD_SIZE, \
                        "bytes from one value to the next; the type's size without it")
#define ENDIAN   CHOICE("endian", endian_names, "little without it")
/* clang-format on */

static const char json[] = "application/json";
static const char octets[] = "application/octet-stream";
static const char several_ranges[] = "multipart/byteranges";
static const char html[] = "text/html; charset=utf-8";
static const char any_media[] = "*/*";
static const char events[] = "text/event-stream";
static const char plain[] = "text/plain; charset=utf-8";

static const parameter open_parameters[] = {OPEN, END};

static const parameter range_parameters[] = {OFFSET, LENGTH, END};

static const parameter list_parameters[] = {
    WORD("name", "only those of this name"),
    CHOICE("origin", section_origin_names, "only those of this origin"),
    NUMBER("limit", 1, LIST_LIMIT_MAX, SECTION_BAD_QUERY, "how many, 100 without it"),
    NUMBER("after", 0, PARAMETER_MOST, SECTION_BAD_QUERY, "only ids above this one"),
    END,
};

static const parameter process_parameters[] = {
    WORD("name", "only programs of this name, whatever their case"),
    END,
};

static const parameter namespace_parameters[] = {
    CHOICE("scope", scope_names, "only those of this scope"),
    WORD("prefix", "only those that begin so"),
    END,
};

static const parameter get_data_parameters[] = {
    OFFSET, LENGTH, CHOICE("format", byte_format_names, "raw bytes without it"), WAIT, OPEN, END,
};

static const parameter put_data_parameters[] = {
    OFFSET,
    LENGTH_OF("what If-Match is about; the body without it"),
    FLAG("flush", "1: to disk before the answer"),
    OPEN,
    END,
};

static const parameter get_text_parameters[] = {ENCODING, OFFSET, LENGTH, WAIT, OPEN, END};

static const parameter put_text_parameters[] = {
    ENCODING,
    OFFSET,
    LENGTH_OF("the most that may be written"),
    FLAG("terminator", "0: without a NUL at the end"),
    OPEN,
    END,
};

static const parameter get_values_parameters[] = {
    TYPE,   OFFSET, NUMBER("count", 1, VALUES_COUNT_MAX, SECTION_BAD_SIZE, "what fits without it"),
    STRIDE, ENDIAN, WAIT,
    OPEN,   END,
};

static const parameter put_values_parameters[] = {TYPE, OFFSET, STRIDE, ENDIAN, OPEN, END};

/* clang-format off */
#define INTERVAL      NUMBER("interval_ms", 1, WATCH_INTERVAL_MS_MAX, SECTION_BAD_QUERY, \
                             "how often the bytes are compared, 10 without it")
#define EVENT_FORMAT  CHOICE("format", event_formats, "base64 without it")
#define EVENT_TYPE    {.name = "type", .kind = PARAMETER_CHOICE, .choices = value_type_names, \
                       .code = SECTION_BAD_TYPE, .summary = "of each value, with format=values"}
/* clang-format on */

static const parameter events_parameters[] = {OFFSET,     LENGTH, INTERVAL, EVENT_FORMAT,
                                              EVENT_TYPE, ENDIAN, OPEN,     END};

static const parameter events_of_many_parameters[] = {
    {.name = "watch",
     .kind = PARAMETER_TEXT,
     .summary = "ID:OFFSET:LENGTH, for each range once",
     .required = true,
     .most_times = WATCH_RANGES_MAX},
    INTERVAL,
    EVENT_FORMAT,
    EVENT_TYPE,
    ENDIAN,
    END,
};

static const route routes[] = {
    /* The most asked for first: the table is searched from the top. */
    {
        .method = METHOD_GET,
        .pattern = "/v1/sections/{id}/data",
        .operation = "getData",
        .summary = "read bytes",
        .role = ROLE_READ,
        .parameters = get_data_parameters,
        .conditions = CONDITIONS_ON_ANSWER,
        .plan = data_get_plan,
        .execute = data_get,
        .answers = {{200, octets}, {200, plain}, {206, octets}, {206, several_ranges}, {304, NULL}},
    },
    {
        .method = METHOD_PUT,
        .pattern = "/v1/sections/{id}/data",
        .operation = "putData",
        .summary = "write bytes",
        .role = ROLE_WRITE,
        .capability = CAPABILITY_WRITE,
        .body = BODY_BYTES,
        .parameters = put_data_parameters,
        .conditions = CONDITIONS_ON_STATE,
        .plan = data_put_plan,
        .tag = data_put_tag,
        .execute = data_put,
        .take = data_take,
        .answers = {{204, NULL}},
    },

    {
        .method = METHOD_GET,
        .pattern = "/",
        .operation = "getDashboard",
        .summary = "the dashboard",
        .cost = COST_SYSTEM,
        .conditions = CONDITIONS_ON_ANSWER,
        .plan = dashboard_plan,
        .execute = dashboard_get,
        .answers = {{200, html}, {200, plain}, {304, NULL}},
    },
    {
        .method = METHOD_GET,
        .pattern = "/assets/{asset}",
        .operation = "getAsset",
        .summary = "a file of the dashboard",
        .cost = COST_SYSTEM,
        .conditions = CONDITIONS_ON_ANSWER,
        .plan = dashboard_plan,
        .execute = dashboard_get,
        .answers = {{200, any_media}, {304, NULL}},
    },
    {
        .method = METHOD_GET,
        .pattern = "/healthz",
        .operation = "getHealth",
        .summary = "whether the daemon answers",
        .execute = health_get,
        .answers = {{200, plain}},
    },
    {
        .method = METHOD_GET,
        .pattern = "/metrics",
        .operation = "getMetrics",
        .summary = "counters, for Prometheus",
        .role = ROLE_READ,
        .execute = metrics_get,
        .answers = {{200, "text/plain; version=0.0.4; charset=utf-8"}},
    },
    {
        .method = METHOD_GET,
        .pattern = "/openapi.json",
        .operation = "getOpenApi",
        .summary = "this document",
        .cost = COST_SYSTEM,
        .execute = openapi_get,
        .answers = {{200, json}},
    },
    {
        .method = METHOD_GET,
        .pattern = "/v1/info",
        .operation = "getInfo",
        .summary = "version, platform, limits",
        .role = ROLE_READ,
        .execute = info_get,
        .answers = {{200, json, "Info"}},
    },
    {
        .method = METHOD_GET,
        .pattern = "/v1/errors",
        .operation = "listErrors",
        .summary = "every error code",
        .role = ROLE_READ,
        .execute = errors_get,
        .answers = {{200, json, "Errors"}},
    },

    {
        .method = METHOD_GET,
        .pattern = "/v1/sections",
        .operation = "listSections",
        .summary = "the sections that we hold",
        .role = ROLE_READ,
        .cost = COST_SYSTEM,
        .parameters = list_parameters,
        .plan = list_plan,
        .execute = list_get,
        .answers = {{200, json, "SectionList"}},
    },
    {
        .method = METHOD_POST,
        .pattern = "/v1/sections",
        .operation = "createSection",
        .summary = "create a section, or open the one that has the name",
        .role = ROLE_ADMIN,
        .capability = CAPABILITY_CREATE,
        .cost = COST_SYSTEM,
        .body = BODY_JSON,
        .body_limit = JSON_BYTES_MAX,
        .body_schema = "Create",
        .plan = create_plan,
        .open = create_section,
        .execute = section_answer_new,
        .answers = {{201, json, "Section"}, {200, json, "Section"}},
    },
    {
        .method = METHOD_POST,
        .pattern = "/v1/sections/open",
        .operation = "openSection",
        .summary = "open a section by its name",
        .role = ROLE_ADMIN,
        .cost = COST_SYSTEM,
        .body = BODY_JSON,
        .body_limit = JSON_BYTES_MAX,
        .body_schema = "Open",
        .plan = open_plan,
        .open = open_section,
        .execute = section_answer_new,
        .answers = {{201, json, "Section"}},
    },
    {
        .method = METHOD_POST,
        .pattern = "/v1/sections/duplicate",
        .operation = "duplicateSection",
        .summary = "take a section from another process by its handle, or as a search found it",
        .role = ROLE_ADMIN,
        .capability = CAPABILITY_DUPLICATE,
        .cost = COST_SYSTEM,
        .body = BODY_JSON,
        .body_limit = JSON_BYTES_MAX,
        .body_schema = "Duplicate",
        .plan = duplicate_plan,
        .open = duplicate_section,
        .execute = section_answer_new,
        .answers = {{201, json, "Section"}},
    },
    {
        .method = METHOD_GET,
        .pattern = "/v1/processes",
        .operation = "listProcesses",
        .summary = "the processes of this machine",
        .role = ROLE_ADMIN,
        .capability = CAPABILITY_DISCOVER,
        .cost = COST_SYSTEM,
        .parameters = process_parameters,
        .plan = processes_plan,
        .execute = processes_get,
        .answers = {{200, json, "ProcessList"}},
    },
    {
        .method = METHOD_GET,
        .pattern = "/v1/processes/{pid}/sections",
        .operation = "listProcessSections",
        .summary = "the sections that a process holds",
        .role = ROLE_ADMIN,
        .capability = CAPABILITY_DISCOVER,
        .cost = COST_LONG,
        .plan = process_sections_plan,
        .execute = process_sections_get,
        .answers = {{200, json, "ProcessSections"}},
    },
    {
        .method = METHOD_GET,
        .pattern = "/v1/namespace",
        .operation = "listNames",
        .summary = "the named sections that exist now",
        .role = ROLE_ADMIN,
        .capability = CAPABILITY_DISCOVER,
        .cost = COST_SYSTEM,
        .parameters = namespace_parameters,
        .plan = names_plan,
        .execute = names_get,
        .answers = {{200, json, "Namespace"}},
    },
    {
        .method = METHOD_GET,
        .pattern = "/v1/sections/{id}",
        .operation = "getSection",
        .summary = "one section",
        .role = ROLE_READ,
        .parameters = open_parameters,
        .conditions = CONDITIONS_ON_ANSWER,
        .plan = section_get_plan,
        .execute = section_get,
        .answers = {{200, json, "Section"}},
    },
    {
        .method = METHOD_PATCH,
        .pattern = "/v1/sections/{id}",
        .operation = "patchSection",
        .summary = "change label, protection, inheritance, time to live",
        .role = ROLE_ADMIN,
        .body = BODY_PATCH,
        .body_limit = JSON_BYTES_MAX,
        .body_schema = "Patch",
        .conditions = CONDITIONS_ON_STATE,
        .plan = section_patch_plan,
        .tag = section_tag,
        .execute = section_patch,
        .answers = {{200, json, "Section"}},
    },
    {
        .method = METHOD_DELETE,
        .pattern = "/v1/sections/{id}",
        .operation = "closeSection",
        .summary = "close a section",
        .role = ROLE_ADMIN,
        .cost = COST_SYSTEM,
        .conditions = CONDITIONS_ON_STATE,
        .plan = section_delete_plan,
        .tag = section_tag,
        .execute = section_delete,
        .answers = {{204, NULL}},
    },

    {
        .method = METHOD_POST,
        .pattern = "/v1/sections/{id}/fill",
        .operation = "fill",
        .summary = "store one byte value in a range",
        .role = ROLE_WRITE,
        .capability = CAPABILITY_WRITE,
        .body = BODY_JSON,
        .body_limit = JSON_BYTES_MAX,
        .body_schema = "Fill",
        .conditions = CONDITIONS_ON_STATE,
        .plan = fill_plan,
        .tag = bytes_tag,
        .execute = fill_post,
        .answers = {{204, NULL}},
    },
    {
        .method = METHOD_POST,
        .pattern = "/v1/sections/{id}/copy",
        .operation = "copy",
        .summary = "copy from another section, or within this one",
        .role = ROLE_WRITE,
        .capability = CAPABILITY_WRITE,
        .body = BODY_JSON,
        .body_limit = JSON_BYTES_MAX,
        .body_schema = "Copy",
        .conditions = CONDITIONS_ON_STATE,
        .plan = copy_plan,
        .tag = bytes_tag,
        .execute = copy_post,
        .answers = {{204, NULL}},
    },
    {
        .method = METHOD_POST,
        .pattern = "/v1/sections/{id}/flush",
        .operation = "flush",
        .summary = "write to the file on disk",
        .role = ROLE_WRITE,
        .cost = COST_LONG,
        .parameters = range_parameters,
        .plan = flush_plan,
        .execute = flush_post,
        .answers = {{204, NULL}, {200, json, "Flushed"}},
    },
    {
        .method = METHOD_GET,
        .pattern = "/v1/sections/{id}/events",
        .operation = "watchSection",
        .summary = "watch a range: server-sent events",
        .role = ROLE_READ,
        .parameters = events_parameters,
        .plan = events_plan,
        .execute = events_get,
        .answers = {{200, events}},
    },
    {
        .method = METHOD_GET,
        .pattern = "/v1/events",
        .operation = "watchRanges",
        .summary = "watch up to 64 ranges, also of several sections, in one stream",
        .role = ROLE_READ,
        .parameters = events_of_many_parameters,
        .plan = events_of_many_plan,
        .execute = events_get,
        .answers = {{200, events}},
    },
    {
        .method = METHOD_GET,
        .pattern = "/v1/sections/{id}/text",
        .operation = "getText",
        .summary = "read text",
        .role = ROLE_READ,
        .parameters = get_text_parameters,
        .conditions = CONDITIONS_ON_ANSWER,
        .plan = text_get_plan,
        .execute = text_get,
        .answers = {{200, plain}, {304, NULL}},
    },
    {
        .method = METHOD_PUT,
        .pattern = "/v1/sections/{id}/text",
        .operation = "putText",
        .summary = "write text",
        .role = ROLE_WRITE,
        .capability = CAPABILITY_WRITE,
        .body = BODY_TEXT,
        .body_limit = TEXT_BYTES_MAX,
        .parameters = put_text_parameters,
        .conditions = CONDITIONS_ON_STATE,
        .plan = text_put_plan,
        .tag = text_put_tag,
        .execute = text_put,
        .answers = {{204, NULL}},
    },
    {
        .method = METHOD_GET,
        .pattern = "/v1/sections/{id}/values",
        .operation = "getValues",
        .summary = "read numbers",
        .role = ROLE_READ,
        .parameters = get_values_parameters,
        .conditions = CONDITIONS_ON_ANSWER,
        .plan = values_get_plan,
        .execute = values_get,
        .answers = {{200, json, "Values"}, {304, NULL}},
    },
    {
        .method = METHOD_PUT,
        .pattern = "/v1/sections/{id}/values",
        .operation = "putValues",
        .summary = "write numbers",
        .role = ROLE_WRITE,
        .capability = CAPABILITY_WRITE,
        .body = BODY_JSON,
        .body_limit = VALUES_BYTES_MAX,
        .body_schema = "PutValues",
        .parameters = put_values_parameters,
        .conditions = CONDITIONS_ON_STATE,
        .plan = values_put_plan,
        .tag = values_put_tag,
        .execute = values_put,
        .answers = {{204, NULL}},
    },
    {
        .method = METHOD_POST,
        .pattern = "/v1/sections/{id}/atomic",
        .operation = "atomic",
        .summary = "one atomic operation of the CPU; the role read may load",
        .role = ROLE_READ,
        .body = BODY_JSON,
        .body_limit = JSON_BYTES_MAX,
        .body_schema = "Atomic",
        .conditions = CONDITIONS_ON_STATE,
        .plan = atomic_plan,
        .tag = bytes_tag,
        .execute = atomic_post,
        .answers = {{200, json, "AtomicResult"}},
    },

    {
        .method = METHOD_POST,
        .pattern = "/v1/batch",
        .operation = "batch",
        .summary = "many reads, writes and atomics; the role read may read and load",
        .role = ROLE_READ,
        .body = BODY_JSON,
        .body_limit = BATCH_BYTES_MAX,
        .body_schema = "Batch",
        .plan = batch_plan,
        .execute = batch_post,
        .answers = {{200, json, "BatchResults"}},
    },
};

const route_table all_routes = {routes, sizeof routes / sizeof routes[0]};
