#include "layouts/json/reader.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <section/cleanup.h>

static const double largest_exact = 9007199254740991.0; /* 2^53-1 */

void *layout_take(layout_reader *in, size_t count, size_t size_bytes)
{
    void *taken = arena_take_array(&in->description->arena, count, size_bytes);
    in->no_memory |= taken == NULL;
    return taken;
}

/* ---- objects ---- */

/* The members that an object may have, for the error. */
static void list_members(const layout_member *members, char *ret_text, size_t capacity)
{
    size_t used = 0;
    for (; members->key != NULL && used < capacity; members++) {
        used += (size_t)snprintf(ret_text + used, capacity - used, "%s%s", used > 0 ? ", " : "",
                                 members->key);
    }
}

static const layout_member *find_member(const layout_member *members, const char *key)
{
    while (members->key != NULL && strcmp(members->key, key) != 0) {
        members++;
    }
    return members->key != NULL ? members : NULL;
}

static void refuse_unknown(layout_reader *in, const json_place *place, const char *what,
                           const layout_member *members)
{
    char allowed[200] = "";
    list_members(members, allowed, sizeof allowed);
    layout_refuse(in, place, "%s has no member \"%.24s\"; it may have: %s", what, place->key,
                  allowed);
}

static void check_required(layout_reader *in, const json_place *place, const char *what,
                           const layout_member *members, uint32_t present)
{
    for (unsigned i = 0; members[i].key != NULL; i++) {
        if (members[i].required && (present & UINT32_C(1) << i) == 0) {
            layout_refuse(in, place, "%s needs \"%s\"", what, members[i].key);
        }
    }
}

uint32_t layout_read_object(layout_reader *in, const cJSON *object, const json_place *place,
                            const char *what, const layout_member *members, void *target)
{
    uint32_t seen = 0;
    uint32_t present = 0;
    if (!cJSON_IsObject(object)) {
        layout_refuse(in, place, "%s must be an object", what);
        return 0;
    }
    const cJSON *value;
    cJSON_ArrayForEach(value, object)
    {
        const json_place at = {.outer = place, .key = value->string};
        const layout_member *member = find_member(members, value->string);
        if (member == NULL) {
            refuse_unknown(in, &at, what, members);
            continue;
        }
        const uint32_t bit = UINT32_C(1) << (member - members);
        if ((seen & bit) != 0) {
            layout_refuse(in, &at, "\"%s\" stands twice", member->key);
            continue;
        }
        seen |= bit;
        if (!cJSON_IsNull(value)) {
            present |= bit;
            member->read(in, value, &at, (char *)target + member->offset);
        }
    }
    check_required(in, place, what, members, present);
    return present;
}

/* qsort's; equal keys stand side by side. */
static int compare_keys(const void *left, const void *right)
{
    const cJSON *const *a = left;
    const cJSON *const *b = right;
    return strcmp((*a)->string, (*b)->string);
}

bool layout_is_map(layout_reader *in, const cJSON *value, const json_place *place)
{
    size_t count = 0;
    if (!cJSON_IsObject(value)) {
        layout_refuse(in, place, "\"%s\" must be an object", place->key);
        return false;
    }
    _cleanup_free_ const cJSON **sorted =
        calloc((size_t)cJSON_GetArraySize(value) + 1, sizeof(const cJSON *));
    if (sorted == NULL) {
        in->no_memory = true;
        return false;
    }
    const cJSON *each;
    cJSON_ArrayForEach(each, value)
    {
        sorted[count++] = each;
    }
    qsort(sorted, count, sizeof(const cJSON *), compare_keys);
    for (size_t i = 1; i < count; i++) {
        if (strcmp(sorted[i - 1]->string, sorted[i]->string) == 0) {
            const json_place at = {.outer = place, .key = sorted[i]->string};
            layout_refuse(in, &at, "\"%.64s\" stands twice", sorted[i]->string);
            return false;
        }
    }
    return true;
}

bool layout_is_list(layout_reader *in, const cJSON *value, const json_place *place)
{
    if (!cJSON_IsArray(value)) {
        layout_refuse(in, place, "\"%s\" must be an array", place->key);
        return false;
    }
    return true;
}

/* ---- values ---- */

bool layout_is_whole(double number)
{
    return number >= -largest_exact && number <= largest_exact && number == (double)(int64_t)number;
}

/* Digits, perhaps behind a sign: what a number of JSON would lose beyond 2^53. */
static bool parse_whole(const char *text, int64_t *ret_number)
{
    const char *digits = text + (text[0] == '-' ? 1 : 0);
    if (digits[0] == '\0' || strspn(digits, "0123456789") != strlen(digits)) {
        return false;
    }
    errno = 0;
    *ret_number = strtoll(text, NULL, 10);
    return errno == 0;
}

bool layout_get_whole(layout_reader *in, const cJSON *value, const json_place *place,
                      int64_t *ret_number)
{
    const char *text = cJSON_GetStringValue(value);
    if (cJSON_IsNumber(value) && layout_is_whole(value->valuedouble)) {
        *ret_number = (int64_t)value->valuedouble;
        return true;
    }
    if (text != NULL && parse_whole(text, ret_number)) {
        return true;
    }
    layout_refuse(in, place, "this must be a whole number; beyond 2^53 as a string");
    return false;
}

bool layout_get_size(layout_reader *in, const cJSON *value, const json_place *place, uint64_t most,
                     uint64_t *ret_number)
{
    if (!cJSON_IsNumber(value) || !layout_is_whole(value->valuedouble) || value->valuedouble < 0 ||
        (uint64_t)value->valuedouble > most) {
        layout_refuse(in, place, "this must be a whole number from 0 to %" PRIu64, most);
        return false;
    }
    *ret_number = (uint64_t)value->valuedouble;
    return true;
}

int layout_get_choice(layout_reader *in, const cJSON *value, const json_place *place,
                      const char *const *choices)
{
    char allowed[160] = "";
    size_t used = 0;
    const char *text = cJSON_GetStringValue(value);
    for (int i = 0; choices[i] != NULL; i++) {
        if (text != NULL && strcmp(choices[i], text) == 0) {
            return i;
        }
        if (used < sizeof allowed) {
            used += (size_t)snprintf(allowed + used, sizeof allowed - used, "%s\"%s\"",
                                     i > 0 ? ", " : "", choices[i]);
        }
    }
    layout_refuse(in, place, "this must be one of %s", allowed);
    return -1;
}

/* A key that is a number: that of a label, or of a row's type. */
bool layout_get_key(layout_reader *in, const char *key, const json_place *place,
                    int64_t *ret_number)
{
    const bool is_negative = key[0] == '-';
    const char *digits = key + (is_negative ? 1 : 0);
    const bool is_plain = digits[0] != '\0' && strspn(digits, "0123456789") == strlen(digits) &&
                          (digits[0] != '0' || strcmp(key, "0") == 0);
    errno = 0;
    const uint64_t magnitude = is_plain ? strtoull(digits, NULL, 10) : 0;
    if (is_plain && errno == 0 && (!is_negative || magnitude <= (uint64_t)INT64_MAX + 1)) {
        *ret_number = (int64_t)(is_negative ? 0 - magnitude : magnitude);
        return true;
    }
    layout_refuse(in, place, "\"%.32s\" must be a whole number, in decimal", key);
    return false;
}

void layout_read_text(layout_reader *in, const cJSON *value, const json_place *place, void *target)
{
    const char *text = cJSON_GetStringValue(value);
    if (text == NULL) {
        layout_refuse(in, place, "this must be a string");
        return;
    }
    const char *copy = arena_copy(&in->description->arena, text, strlen(text));
    in->no_memory |= copy == NULL;
    *(const char **)target = copy;
}

static void read_bounded(layout_reader *in, const cJSON *value, const json_place *place,
                         size_t most_bytes, void *target)
{
    const char *text = cJSON_GetStringValue(value);
    if (text != NULL && (text[0] == '\0' || strlen(text) > most_bytes)) {
        layout_refuse(in, place, "this must have 1 to %u bytes", (unsigned)most_bytes);
        return;
    }
    layout_read_text(in, value, place, target);
}

void layout_read_name(layout_reader *in, const cJSON *value, const json_place *place, void *target)
{
    read_bounded(in, value, place, SECTION_LAYOUT_NAME_BYTES_MAX, target);
}

void layout_read_path(layout_reader *in, const cJSON *value, const json_place *place, void *target)
{
    enum { STEP_EXTRA_BYTES = 10 }; /* a point, an index */
    read_bounded(in, value, place,
                 SECTION_LAYOUT_LEVELS_MAX * (SECTION_LAYOUT_NAME_BYTES_MAX + STEP_EXTRA_BYTES),
                 target);
}

void layout_read_flag(layout_reader *in, const cJSON *value, const json_place *place, void *target)
{
    if (!cJSON_IsBool(value)) {
        layout_refuse(in, place, "this must be true or false");
        return;
    }
    *(bool *)target = cJSON_IsTrue(value);
}

void layout_read_whole(layout_reader *in, const cJSON *value, const json_place *place, void *target)
{
    (void)layout_get_whole(in, value, place, target);
}

void layout_read_size(layout_reader *in, const cJSON *value, const json_place *place, void *target)
{
    (void)layout_get_size(in, value, place, (uint64_t)largest_exact, target);
}

void layout_read_mask(layout_reader *in, const cJSON *value, const json_place *place, void *target)
{
    const char *text = cJSON_GetStringValue(value);
    if (text == NULL) {
        layout_read_size(in, value, place, target);
        return;
    }
    errno = 0;
    const uint64_t mask = strtoull(text, NULL, 10);
    if (text[0] == '\0' || strspn(text, "0123456789") != strlen(text) || errno != 0) {
        layout_refuse(in, place, "this must be a whole number from 0 to 2^64-1");
        return;
    }
    *(uint64_t *)target = mask;
}

/* What `null` or no member would be: the number itself. */
void layout_read_number(layout_reader *in, const cJSON *value, const json_place *place,
                        void *target)
{
    static const layout_member members[] = {
        LAYOUT_REQUIRED("field", layout_read_path, section_layout_number, field),
        LAYOUT_MEMBER("add", layout_read_whole, section_layout_number, add),
        LAYOUT_MEMBER("multiply", layout_read_whole, section_layout_number, multiply),
        {0},
    };
    section_layout_number *number = target;
    if (cJSON_IsObject(value)) {
        (void)layout_read_object(in, value, place, "a number of a field", members, number);
        return;
    }
    uint64_t size = 0;
    if (layout_get_size(in, value, place, (uint64_t)largest_exact, &size)) {
        number->number = (int64_t)size;
    }
}
