#include <string.h>

#include "layouts/json/reader.h"

/* The fields that /metrics has: section 13 of the contract. */

/* What Prometheus takes for a name, without the colons that are for rules. */
static bool is_metric_name(const char *name)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_";
    static const char more[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789";
    const size_t length = strlen(name);
    return length > 0 && strspn(name, letters) > 0 && strspn(name, more) == length;
}

static void read_metric(layout_reader *in, const cJSON *value, const json_place *place,
                        void *target)
{
    const char **name = target;
    layout_read_name(in, value, place, name);
    if (*name != NULL && !is_metric_name(*name)) {
        layout_refuse(in, place, "this must be letters, digits and _, and begin with no digit");
    }
}

static void read_metric_type(layout_reader *in, const cJSON *value, const json_place *place,
                             void *target)
{
    static const char *const choices[] = {"gauge", "counter", NULL};
    *(bool *)target = layout_get_choice(in, value, place, choices) == 1;
}

/* The labels that every sample has: no field may give them. */
static bool is_taken(const char *label)
{
    static const char *const taken[] = {"section", "section_id", "layout"};
    for (size_t i = 0; i < sizeof taken / sizeof taken[0]; i++) {
        if (strcmp(taken[i], label) == 0) {
            return true;
        }
    }
    return strncmp(label, "__", 2) == 0 || strncmp(label, "index", 5) == 0;
}

static void read_labels(layout_reader *in, const cJSON *value, const json_place *place,
                        void *target)
{
    layout_export *export = target;
    if (!layout_is_map(in, value, place)) {
        return;
    }
    const size_t count = (size_t)cJSON_GetArraySize(value);
    layout_export_label *labels =
        count <= LAYOUT_EXPORT_LABELS_MAX ? layout_take(in, count, sizeof *labels) : NULL;
    if (labels == NULL) {
        layout_refuse(in, place, "a metric has at most %d labels", LAYOUT_EXPORT_LABELS_MAX);
        return;
    }
    size_t index = 0;
    const cJSON *each;
    cJSON_ArrayForEach(each, value)
    {
        const json_place at = {.outer = place, .key = each->string};
        const cJSON name = {.type = cJSON_String, .valuestring = each->string};
        read_metric(in, &name, &at, &labels[index].label);
        layout_read_name(in, each, &at, &labels[index].field);
        if (is_taken(each->string)) {
            layout_refuse(in, &at, "every sample has a label of this name already");
        }
        index++;
    }
    export->labels = labels;
    export->label_count = count;
}

void layout_read_exports(layout_reader *in, const cJSON *value, const json_place *place,
                         void *target)
{
    static const layout_member members[] = {
        LAYOUT_REQUIRED("path", layout_read_path, layout_export, path),
        LAYOUT_REQUIRED("metric", read_metric, layout_export, metric),
        LAYOUT_MEMBER("type", read_metric_type, layout_export, is_counter),
        LAYOUT_MEMBER("help", layout_read_text, layout_export, help),
        {.key = "labels", .read = read_labels},
        {0},
    };
    layout_description *description = target;
    if (!layout_is_list(in, value, place)) {
        return;
    }
    const size_t count = (size_t)cJSON_GetArraySize(value);
    layout_export *exports =
        count <= LAYOUT_EXPORTS_MAX ? layout_take(in, count, sizeof *exports) : NULL;
    if (exports == NULL) {
        layout_refuse(in, place, "a layout exports at most %d metrics", LAYOUT_EXPORTS_MAX);
        return;
    }
    size_t index = 0;
    const cJSON *each;
    cJSON_ArrayForEach(each, value)
    {
        const json_place at = {.outer = place, .index = index};
        (void)layout_read_object(in, each, &at, "an export", members, &exports[index]);
        index++;
    }
    description->exports = exports;
    description->export_count = count;
}
