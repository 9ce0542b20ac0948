#include "daemon/dashboard.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "api/plan.h"
#include "api/server.h"
#include "base/platform.h"

enum { FILE_BYTES_MAX = 16 * 1024 * 1024 };

/*
 * The page loads nothing from other origins and nothing inline, submits no forms, cannot be framed,
 * and cannot turn text into markup.
 */
static const char page_policy[] =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'";

/* The name of an asset has a hash of its content in it. */
static const char for_ever[] = "public, max-age=31536000, immutable";
static const char ask_again[] = "no-cache";

static const char plain_text[] = "text/plain; charset=utf-8";

static void add_page_headers(reply *reply)
{
    reply->security_policy = page_policy;
    reply_add_header(reply, "Referrer-Policy", "no-referrer");
    reply_add_header(reply, "Cross-Origin-Opener-Policy", "same-origin");
}

/* ---- what the program carries ---- */

/* `gzip` or `*` in a list of codings, unless its weight is 0 (RFC 9110 section 12.5.3). */
static bool takes_gzip(const char *accept)
{
    while (accept != NULL && *accept != '\0') {
        accept += strspn(accept, ", \t");
        const size_t item_length = strcspn(accept, ",");
        const size_t name_length = strcspn(accept, ",; \t");
        const bool is_gzip = (name_length == 4 && strncasecmp(accept, "gzip", 4) == 0) ||
                             (name_length == 1 && *accept == '*');
        if (is_gzip) {
            const char *weight = memchr(accept, '=', item_length);
            return weight == NULL || strcspn(weight + 1, "123456789") < strcspn(weight + 1, ",");
        }
        accept += item_length;
    }
    return false;
}

static const dashboard_asset *find_asset(const char *path)
{
    for (size_t i = 0; i < dashboard_asset_count; i++) {
        if (strcmp(dashboard_assets[i].path, path) == 0) {
            return &dashboard_assets[i];
        }
    }
    return NULL;
}

static void answer_with_asset(const dashboard_asset *asset, bool gzip, reply *reply)
{
    /* Two codings are two representations, so each has a tag of its own. */
    const size_t tag_length = strlen(asset->etag);
    memcpy(reply->etag, asset->etag, tag_length + 1);
    if (gzip) {
        memcpy(reply->etag + tag_length - 1, "-gz\"", sizeof "-gz\"");
    }
    reply->cache_control = strcmp(asset->path, "/") == 0 ? ask_again : for_ever;
    reply_add_header(reply, "Vary", "Accept-Encoding");
    if (gzip) {
        reply_add_header(reply, "Content-Encoding", "gzip");
    }
    reply->http_status = 200;
    reply->content_type = asset->content_type;
    reply->bytes = gzip ? asset->gzipped : asset->bytes;
    reply->length_bytes = gzip ? asset->gzipped_bytes : asset->length_bytes;
}

/* ---- --web-dir ---- */

/* A plain name: neither a path, nor hidden, nor one that Windows reads in a way of its own. */
static bool is_plain_name(const char *name)
{
    static const char allowed[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
    const size_t length = strlen(name);
    return length > 0 && length < 200 && name[0] != '.' && name[length - 1] != '.' &&
           strspn(name, allowed) == length;
}

static const char *type_of(const char *name)
{
    static const struct {
        const char *ending;
        const char *type;
    } types[] = {
        {".html", "text/html; charset=utf-8"}, {".js", "text/javascript; charset=utf-8"},
        {".css", "text/css; charset=utf-8"},   {".svg", "image/svg+xml"},
        {".map", "application/json"},
    };
    const char *ending = strrchr(name, '.');
    for (size_t i = 0; ending != NULL && i < sizeof types / sizeof types[0]; i++) {
        if (strcmp(ending, types[i].ending) == 0) {
            return types[i].type;
        }
    }
    return NULL;
}

static section_status read_file_inside(const char *folder, const char *subfolder, const char *name,
                                       char **ret_text, section_error *ret_error)
{
    char *inner = subfolder != NULL ? platform_join_path(folder, subfolder) : strdup(folder);
    char *path = inner != NULL ? platform_join_path(inner, name) : NULL;
    section_status status =
        path == NULL ? section_fail(ret_error, SECTION_NO_MEMORY, "no memory for a path")
                     : platform_read_plain_file(path, FILE_BYTES_MAX, ret_text, ret_error);
    free(path);
    free(inner);
    return status;
}

static section_status answer_with_file(const char *folder, const char *subfolder, const char *name,
                                       reply *reply, section_error *ret_error)
{
    char *text = NULL;
    const char *type = type_of(name);
    if (type == NULL || !is_plain_name(name) ||
        read_file_inside(folder, subfolder, name, &text, NULL) != SECTION_OK) {
        return section_fail(ret_error, SECTION_NOT_FOUND,
                            "the folder of --web-dir has no readable file of that name");
    }
    reply->cache_control = ask_again;
    reply_owned(reply, 200, type, text, strlen(text));
    return SECTION_OK;
}

/* ---- the routes ---- */

typedef struct dashboard_order {
    const char *name; /* of an asset; NULL: the page */
    bool gzip;
} dashboard_order;

static section_status dashboard_plan(const request *request, plan *plan, section_error *ret_error)
{
    dashboard_order *order = PLAN_ORDER(plan, dashboard_order);
    (void)ret_error;
    order->name = request->segment_count > 1 ? request->segments[1] : NULL;
    order->gzip = takes_gzip(request->headers[HEADER_ACCEPT_ENCODING]);
    return SECTION_OK;
}

static section_status answer_without_dashboard(reply *reply)
{
    reply_static(reply, 200, plain_text,
                 "sectiond " SECTIOND_VERSION ": shared-memory sections over HTTP\n"
                 "\n"
                 "This program was built without the dashboard. The sections are at /v1/sections.\n"
                 "Send the token of the ready line:\n"
                 "\n"
                 "  curl -H @HEADER-FILE http://127.0.0.1:7780/v1/sections\n"
                 "\n"
                 "The header file lies beside the token file; sectiond --help says more.\n");
    return SECTION_OK;
}

static section_status page_get(const dashboard_order *order, const char *folder, reply *reply,
                               section_error *ret_error)
{
    const dashboard_asset *page = find_asset("/");
    if (folder == NULL && page == NULL) {
        return answer_without_dashboard(reply);
    }
    add_page_headers(reply);
    if (folder != NULL) {
        return answer_with_file(folder, NULL, "index.html", reply, ret_error);
    }
    answer_with_asset(page, order->gzip, reply);
    return SECTION_OK;
}

static section_status dashboard_get(server *server, call *call, reply *reply,
                                    section_error *ret_error)
{
    const dashboard_order *order = call->order;
    const char *folder = server->options->web_directory;
    if (order->name == NULL) {
        return page_get(order, folder, reply, ret_error);
    }
    if (folder != NULL) {
        return answer_with_file(folder, "assets", order->name, reply, ret_error);
    }
    char path[128] = "";
    const dashboard_asset *asset = NULL;
    if (strlen(order->name) < sizeof path - sizeof "/assets/") {
        (void)snprintf(path, sizeof path, "/assets/%s", order->name);
        asset = find_asset(path);
    }
    if (asset == NULL) {
        return section_fail(ret_error, SECTION_NOT_FOUND, "the dashboard has no such file");
    }
    answer_with_asset(asset, order->gzip, reply);
    return SECTION_OK;
}

HANDLER(get_asset) = {
    .plan = dashboard_plan,
    .tell = dashboard_get,
};

HANDLER(get_dashboard) = {
    .plan = dashboard_plan,
    .tell = dashboard_get,
};
