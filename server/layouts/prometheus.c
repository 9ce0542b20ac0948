#include "layouts/prometheus.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "encode/value_json.h"

/*
 * All samples of a metric stand together, but the fields of an array come element by element. So the
 * samples are collected first, then sorted by metric.
 */

/* A sample: in the collected text its metric, NUL, its labels and value, NUL. */
typedef struct sample {
    union {
        size_t offset;    /* while they are collected: the text may move */
        const char *text; /* afterwards */
    } metric;
    const char *note; /* of its field, or NULL */
} sample;

typedef struct collection {
    const prometheus_labels *labels;
    text_out text;
    text_out samples; /* of `sample` */
} collection;

/* Between quotes, as the value of a label. */
static void put_quoted(text_out *out, const char *text)
{
    out_char(out, '"');
    for (; *text != '\0'; text++) {
        if (*text == '\n') {
            out_text(out, "\\n");
            continue;
        }
        if (*text == '"' || *text == '\\') {
            out_char(out, '\\');
        }
        out_char(out, *text);
    }
    out_char(out, '"');
}

static void put_label(text_out *out, const char *name, const char *value)
{
    if (value != NULL && value[0] != '\0') {
        out_text(out, name);
        put_quoted(out, value);
    }
}

/* ---- what a path says ---- */

static bool is_of_metric(char character)
{
    return (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z') ||
           (character >= '0' && character <= '9');
}

/* The names of the path, with _ between them and for whatever Prometheus does not take in a name. */
static void put_metric(text_out *out, const char *path)
{
    bool is_index = false;
    out_text(out, "sectiond_field_");
    for (; *path != '\0'; path++) {
        const bool is_continuation = ((unsigned char)*path & 0xC0) == 0x80; /* of UTF-8 */
        is_index = is_index ? *path != ']' : *path == '[';
        if (!is_index && *path != ']' && !is_continuation) {
            out_char(out, is_of_metric(*path) ? *path : '_');
        }
    }
}

static void put_indexes(text_out *out, const char *path)
{
    char name[32];
    unsigned count = 0;
    for (path = strchr(path, '['); path != NULL; path = strchr(path, '[')) {
        const size_t digits = strcspn(++path, "]");
        const int length = ++count == 1 ? snprintf(name, sizeof name, ",index=\"")
                                        : snprintf(name, sizeof name, ",index_%u=\"", count);
        out_put(out, name, (size_t)length);
        out_put(out, path, digits);
        out_char(out, '"');
    }
}

/* ---- samples ---- */

static void put_number(text_out *out, const section_field_value *value)
{
    char text[VALUE_JSON_BYTES];
    size_t length = value_to_json(value->type, value->number, text);
    if (strcmp(text, "\"Infinity\"") == 0) {
        out_text(out, "+Inf");
    } else if (strcmp(text, "\"-Infinity\"") == 0) {
        out_text(out, "-Inf");
    } else if (text[0] == '"') { /* NaN, and 64 bits, which are told exactly */
        out_put(out, text + 1, length - 2);
    } else {
        out_put(out, text, length);
    }
}

/* Text, characters and null are no numbers; a label stands for one. */
static bool is_number(const section_field_at *at, const section_field_value *value)
{
    switch (value->shown) {
    case SECTION_SHOWN_NULL:
        return false;
    case SECTION_SHOWN_TEXT:
        return !at->is_text;
    case SECTION_SHOWN_BOOL:
        return true;
    case SECTION_SHOWN_NUMBER:
        break;
    }
    return value->type != SECTION_CHAR;
}

static void put_sample(text_out *out, const prometheus_labels *labels, const section_field_at *at,
                       const section_field_value *value)
{
    char id[48];
    put_metric(out, at->path);
    out_char(out, '\0');
    (void)snprintf(id, sizeof id, "{section_id=\"%" PRIu64 "\"", labels->section_id);
    out_text(out, id);
    put_label(out, ",section=", labels->section);
    put_label(out, ",layout=", labels->layout);
    put_label(out, ",path=", at->path);
    put_indexes(out, at->path);
    put_label(out, ",unit=", at->unit);
    out_text(out, "} ");
    if (value->shown == SECTION_SHOWN_BOOL) {
        out_char(out, value->number.unsigned_number != 0 ? '1' : '0');
    } else {
        put_number(out, value);
    }
    out_char(out, '\0');
}

static bool begin(void *context, const section_field_at *at, section_fields_shape shape)
{
    const collection *self = context;
    (void)at;
    (void)shape;
    return self->text.status == SECTION_OK && self->samples.status == SECTION_OK;
}

static void collect(void *context, const section_field_at *at, const section_field_value *value)
{
    collection *self = context;
    const sample each = {.metric.offset = self->text.used_bytes, .note = at->note};
    if (!is_number(at, value) || !begin(self, at, SECTION_SHAPE_STRUCTURE)) {
        return;
    }
    put_sample(&self->text, self->labels, at, value);
    out_put(&self->samples, (const char *)&each, sizeof each);
}

/* ---- printing them ---- */

static int compare(const void *left, const void *right)
{
    const sample *a = left;
    const sample *b = right;
    const int order = strcmp(a->metric.text, b->metric.text);
    if (order != 0) {
        return order;
    }
    return a->metric.text < b->metric.text ? -1 : 1; /* as they were collected */
}

static void put_head(text_out *out, const sample *first)
{
    out_text(out, "# HELP ");
    out_text(out, first->metric.text);
    out_char(out, ' ');
    for (const char *next = first->note != NULL ? first->note : "A field of a section.";
         *next != '\0'; next++) {
        if (*next == '\n' || *next == '\\') {
            out_text(out, *next == '\n' ? "\\n" : "\\\\");
        } else {
            out_char(out, *next);
        }
    }
    out_text(out, "\n# TYPE ");
    out_text(out, first->metric.text);
    out_text(out, " gauge\n");
}

static void print_all(text_out *out, collection *self)
{
    /* realloc aligns its memory for any type. */
    sample *samples = (sample *)(void *)self->samples.text;
    const size_t count = self->samples.used_bytes / sizeof *samples;
    const char *metric = "";
    for (size_t i = 0; i < count; i++) {
        samples[i].metric.text = self->text.text + samples[i].metric.offset;
    }
    if (count > 1) {
        qsort(samples, count, sizeof *samples, compare);
    }
    for (size_t i = 0; i < count; i++) {
        if (strcmp(metric, samples[i].metric.text) != 0) {
            put_head(out, &samples[i]);
        }
        metric = samples[i].metric.text;
        out_text(out, metric);
        out_text(out, metric + strlen(metric) + 1);
        out_char(out, '\n');
    }
}

static section_status fail_as(const text_out *out, section_error *ret_error)
{
    if (out->status != SECTION_OK && ret_error != NULL) {
        *ret_error = out->error;
    }
    return out->status;
}

section_status prometheus_print(text_out *out, section_image *image,
                                const prometheus_labels *labels, section_error *ret_error)
{
    collection all = {
        .labels = labels, .text = {.call = out->call}, .samples = {.call = out->call}};
    const section_fields_visitor visitor = {.begin = begin, .value = collect, .context = &all};
    section_status status = section_fields_visit(image, &visitor, ret_error);
    if (all.text.status != SECTION_OK) {
        status = fail_as(&all.text, ret_error);
    } else if (all.samples.status != SECTION_OK) {
        status = fail_as(&all.samples, ret_error);
    }
    if (status == SECTION_OK) {
        print_all(out, &all);
        status = fail_as(out, ret_error);
    }
    out_free(&all.text);
    out_free(&all.samples);
    return status;
}
