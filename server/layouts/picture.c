#include "layouts/picture.h"

#include <section/cleanup.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/reply.h"
#include "base/clock.h"
#include "base/platform.h"
#include "encode/value_json.h"
#include "layouts/print.h"

/*
 * Bytes of a picture: its kind, the layout's tag, then "PATH" NUL VALUE NUL, both as JSON, in the order of the
 * fields; so a text that tells it is no longer than the picture itself.
 */

enum { KIND_VALUES = 'v', KIND_TORN = 't', KIND_PROBLEM = 'p', HEAD_BYTES = 1 + ETAG_BYTES };

/* ---- making pictures ---- */

static section_status make(char kind, const char etag[ETAG_BYTES], const void *bytes,
                           size_t length_bytes, snapshot **ret_picture)
{
    snapshot *picture = snapshot_new(HEAD_BYTES + length_bytes);
    *ret_picture = picture;
    if (picture == NULL) {
        return SECTION_NO_MEMORY;
    }
    picture->bytes[0] = (uint8_t)kind;
    memcpy(picture->bytes + 1, etag, ETAG_BYTES);
    if (length_bytes > 0) {
        memcpy(picture->bytes + HEAD_BYTES, bytes, length_bytes);
    }
    picture->at_ms = platform_wall_clock_ms();
    etag_of(picture->bytes, picture->length_bytes, ETAG_OF_FIELDS, picture->etag);
    return SECTION_OK;
}

static bool begin(void *context, const section_field_at *at, section_fields_shape shape)
{
    const text_out *out = context;
    (void)at;
    (void)shape;
    return out->status == SECTION_OK;
}

static void value(void *context, const section_field_at *at, const section_field_value *shown)
{
    text_out *out = context;
    if (out->status != SECTION_OK) { /* the walk goes on, but nothing more is printed */
        return;
    }
    out_quoted(out, at->path, at->path_bytes);
    out_char(out, '\0');
    fields_print_value(out, shown);
    out_char(out, '\0');
}

section_status picture_of_values(const layout *layout, section_image *image, size_t most_bytes,
                                 snapshot **ret_picture, section_error *ret_error)
{
    _cleanup_(out_free) text_out out = {.most_bytes = most_bytes};
    const section_fields_visitor visitor = {.begin = begin, .value = value, .context = &out};
    section_status status = section_fields_visit(image, &visitor, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    if (out.status != SECTION_OK) {
        *ret_error = out.error;
        return out.status;
    }
    return make(KIND_VALUES, layout->etag, out.text, out.used_bytes, ret_picture);
}

section_status picture_of_torn(const snapshot *known, snapshot **ret_picture)
{
    static const char none[ETAG_BYTES] = "";
    const bool has_values = known != NULL && known->bytes[0] == KIND_VALUES;
    return has_values ? make(KIND_TORN, (const char *)known->bytes + 1, known->bytes + HEAD_BYTES,
                             known->length_bytes - HEAD_BYTES, ret_picture)
                      : make(KIND_TORN, none, NULL, 0, ret_picture);
}

/* The field that an error is about, which its text begins with; else nothing. */
static size_t subject_bytes(const section_error *error)
{
    const char *end = strstr(error->detail, ": ");
    return end != NULL ? (size_t)(end - error->detail) : 0;
}

static void identify(snapshot *problem, const section_error *error)
{
    char identity[1 + ETAG_BYTES + sizeof error->detail + 32];
    const int length = snprintf(identity, sizeof identity, "%c%.*s %d %.*s", KIND_PROBLEM,
                                ETAG_BYTES, (const char *)problem->bytes + 1, (int)error->code,
                                (int)subject_bytes(error), error->detail);
    etag_of(identity, (size_t)length, ETAG_OF_FIELDS, problem->etag);
}

static void free_text(char **text)
{
    cJSON_free(*text);
}

section_status picture_of_problem(const layout *layout, const section_error *error,
                                  const snapshot *known, snapshot **ret_picture)
{
    static const char none[ETAG_BYTES] = "";
    cJSON *document = problem_json(error);
    _cleanup_(free_text) char *text = document != NULL ? cJSON_PrintUnformatted(document) : NULL;
    cJSON_Delete(document);
    if (text == NULL) {
        return SECTION_NO_MEMORY;
    }
    section_status status = make(KIND_PROBLEM, layout != NULL ? layout->etag : none, text,
                                 strlen(text) + 1, ret_picture);
    if (status != SECTION_OK) {
        return status;
    }
    identify(*ret_picture, error);
    if (known != NULL && strcmp(known->etag, (*ret_picture)->etag) == 0) {
        snapshot_unref(*ret_picture);
        *ret_picture = NULL;
    }
    return SECTION_OK;
}

bool picture_is_torn(const snapshot *picture)
{
    return picture != NULL && picture->bytes[0] == KIND_TORN;
}

/* ---- telling them ---- */

/* A path and its value, in a picture. */
typedef struct item {
    const char *path;
    const char *value;
} item;

static bool next_item(const snapshot *picture, size_t *position, item *ret_item)
{
    const char *text = (const char *)picture->bytes;
    if (*position >= picture->length_bytes) {
        return false;
    }
    ret_item->path = text + *position;
    *position += strlen(ret_item->path) + 1;
    ret_item->value = text + *position;
    *position += strlen(ret_item->value) + 1;
    return true;
}

static void put_item(text_out *out, const item *told, bool *is_first)
{
    out_put(out, ",", *is_first ? 0 : 1);
    out_text(out, told->path);
    out_char(out, ':');
    out_text(out, told->value);
    *is_first = false;
}

static int compare_items(const void *left, const void *right)
{
    return strcmp(((const item *)left)->path, ((const item *)right)->path);
}

/* The items of a picture by path; malloc'ed. */
static item *sort_items(const snapshot *picture, size_t *ret_count)
{
    size_t position = HEAD_BYTES;
    size_t count = 0;
    item each;
    while (next_item(picture, &position, &each)) {
        count++;
    }
    item *items = calloc(count + 1, sizeof *items);
    position = HEAD_BYTES;
    for (size_t i = 0; items != NULL && next_item(picture, &position, &each); i++) {
        items[i] = each;
    }
    if (items != NULL) {
        qsort(items, count, sizeof *items, compare_items);
    }
    *ret_count = count;
    return items;
}

/* Nearly always the same paths in the same order: then the two are walked side by side. */
static bool have_same_paths(const snapshot *from, const snapshot *to)
{
    size_t left = HEAD_BYTES;
    size_t right = HEAD_BYTES;
    item a;
    item b;
    for (;;) {
        const bool has_left = next_item(from, &left, &a);
        const bool has_right = next_item(to, &right, &b);
        if (!has_left || !has_right) {
            return has_left == has_right;
        }
        if (strcmp(a.path, b.path) != 0) {
            return false;
        }
    }
}

static void put_same_paths(text_out *out, const snapshot *from, const snapshot *to)
{
    size_t left = HEAD_BYTES;
    size_t right = HEAD_BYTES;
    item a;
    item b;
    bool is_first = true;
    while (next_item(from, &left, &a) && next_item(to, &right, &b)) {
        if (strcmp(a.value, b.value) != 0) {
            put_item(out, &b, &is_first);
        }
    }
    out_text(out, "},\"absent\":[");
}

static bool put_other_paths(text_out *out, const snapshot *from, const snapshot *to)
{
    size_t old_count;
    size_t new_count;
    item each;
    bool is_first = true;
    size_t position = HEAD_BYTES;
    item *old_items = sort_items(from, &old_count);
    item *new_items = sort_items(to, &new_count);
    const bool has_memory = old_items != NULL && new_items != NULL;
    while (has_memory && next_item(to, &position, &each)) {
        const item *old = bsearch(&each, old_items, old_count, sizeof each, compare_items);
        if (old == NULL || strcmp(old->value, each.value) != 0) {
            put_item(out, &each, &is_first);
        }
    }
    out_text(out, "},\"absent\":[");
    is_first = true;
    position = HEAD_BYTES;
    while (has_memory && next_item(from, &position, &each)) {
        if (bsearch(&each, new_items, new_count, sizeof each, compare_items) == NULL) {
            out_put(out, ",", is_first ? 0 : 1);
            out_text(out, each.path);
            is_first = false;
        }
    }
    free(old_items);
    free(new_items);
    return has_memory;
}

static bool put_change(text_out *out, const snapshot *from, const snapshot *to)
{
    bool has_memory = true;
    out_text(out, ",\"values\":{");
    if (have_same_paths(from, to)) {
        put_same_paths(out, from, to);
    } else {
        has_memory = put_other_paths(out, from, to);
    }
    out_char(out, ']');
    return has_memory;
}

static void put_all(text_out *out, const snapshot *picture)
{
    size_t position = HEAD_BYTES;
    item each;
    bool is_first = true;
    out_text(out, ",\"values\":{");
    while (next_item(picture, &position, &each)) {
        put_item(out, &each, &is_first);
    }
    out_char(out, '}');
}

/* Values of one layout differ from values; of another one, or after a problem, all is told. */
static bool is_change(const snapshot *from, const snapshot *to)
{
    return from != NULL && from->bytes[0] != KIND_PROBLEM && from->bytes[1] != '\0' &&
           memcmp(from->bytes + 1, to->bytes + 1, ETAG_BYTES) == 0;
}

view_text *picture_tell(const snapshot *from, const snapshot *to)
{
    char at[CLOCK_TEXT_BYTES];
    _cleanup_(out_free) text_out out = {0};
    const char *kind = "snapshot";
    bool has_memory = true;
    clock_format(to->at_ms, at);
    out_text(&out, "\"at\":");
    out_quoted(&out, at, strlen(at));
    if (to->bytes[0] == KIND_TORN) {
        kind = "torn";
    } else if (to->bytes[0] == KIND_PROBLEM) {
        kind = "problem";
        out_text(&out, ",\"problem\":");
        out_text(&out, (const char *)to->bytes + HEAD_BYTES);
    } else if (is_change(from, to)) {
        kind = "change";
        has_memory = put_change(&out, from, to);
    } else {
        put_all(&out, to);
    }
    return has_memory && out.status == SECTION_OK ? view_text_new(kind, out.text, out.used_bytes)
                                                  : NULL;
}
