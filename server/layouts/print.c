#include "layouts/print.h"

#include <section/utf8.h>
#include <string.h>

#include "encode/value_json.h"
#include "layouts/prometheus.h"

const char *const fields_format_names[] = {"json", "csv", "text", "ndjson", "prometheus", NULL};

const char *const fields_format_media[] = {
    [FIELDS_JSON] = "application/json",
    [FIELDS_CSV] = "text/csv; charset=utf-8",
    [FIELDS_TEXT] = "text/plain; charset=utf-8",
    [FIELDS_NDJSON] = "application/x-ndjson",
    [FIELDS_PROMETHEUS] = "text/plain; version=0.0.4; charset=utf-8",
};

/* ---- values ---- */

/* Digits of 64 bits stand between quotes in JSON, where a reader may have doubles only. */
static void put_number(text_out *out, const section_field_value *value, bool is_json)
{
    char text[VALUE_JSON_BYTES];
    size_t length = value_to_json(value->type, value->number, text);
    const bool is_quoted = text[0] == '"' && value->type != SECTION_CHAR;
    if (is_quoted && !is_json) {
        out_put(out, text + 1, length - 2);
    } else {
        out_put(out, text, length);
    }
}

void fields_print_value(text_out *out, const section_field_value *value)
{
    switch (value->shown) {
    case SECTION_SHOWN_NULL:
        out_text(out, "null");
        break;
    case SECTION_SHOWN_BOOL:
        out_text(out, value->number.unsigned_number != 0 ? "true" : "false");
        break;
    case SECTION_SHOWN_NUMBER:
        put_number(out, value, true);
        break;
    case SECTION_SHOWN_TEXT:
        out_quoted(out, value->text, value->text_bytes);
        break;
    }
}

/* ---- JSON ---- */

/* What comes next begins behind a comma, unless it is the first in what is around it. */
static void begin_item(text_out *out)
{
    const char last = out->used_bytes > 0 ? out->text[out->used_bytes - 1] : '{';
    if (last != '{' && last != '[') {
        out_char(out, ',');
    }
}

static void put_key(text_out *out, const section_field_at *at)
{
    begin_item(out);
    if (at->is_selected) {
        out_quoted(out, at->path, at->path_bytes);
        out_char(out, ':');
    } else if (at->name != NULL) {
        out_quoted(out, at->name, at->name_bytes);
        out_char(out, ':');
    }
}

static bool json_begin(void *context, const section_field_at *at, section_fields_shape shape)
{
    text_out *out = context;
    put_key(out, at);
    out_char(out, shape == SECTION_SHAPE_ARRAY ? '[' : '{');
    return out->status == SECTION_OK;
}

static void json_end(void *context, const section_field_at *at, section_fields_shape shape)
{
    (void)at;
    out_char(context, shape == SECTION_SHAPE_ARRAY ? ']' : '}');
}

static void json_value(void *context, const section_field_at *at, const section_field_value *value)
{
    put_key(context, at);
    fields_print_value(context, value);
}

static section_status visit(text_out *out, section_image *image, section_fields_visitor visitor,
                            section_error *ret_error)
{
    visitor.context = out;
    section_status status = section_fields_visit(image, &visitor, ret_error);
    if (out->status != SECTION_OK) {
        if (ret_error != NULL) {
            *ret_error = out->error;
        }
        return out->status;
    }
    return status;
}

section_status fields_print_object(text_out *out, section_image *image, section_error *ret_error)
{
    static const section_fields_visitor visitor = {json_begin, json_end, json_value, NULL};
    out_char(out, '{');
    section_status status = visit(out, image, visitor, ret_error);
    out_char(out, '}');
    return status;
}

const char *fields_consistent_text(const section_fields_outcome *outcome)
{
    static const char *const texts[] = {
        [SECTION_CONSISTENT_NO] = "false",
        [SECTION_CONSISTENT_YES] = "true",
        [SECTION_CONSISTENT_UNKNOWN] = "null",
    };
    return texts[outcome->consistent];
}

static section_status print_json(text_out *out, fields_read *read, section_error *ret_error)
{
    out_text(out, "{\"layout\":\"");
    out_text(out, read->layout->name);
    out_text(out, "\",\"consistent\":");
    out_text(out, fields_consistent_text(&read->outcome));
    if (read->outcome.was_abandoned) {
        out_text(out, ",\"abandoned\":true");
    }
    out_text(out, read->selection != NULL ? ",\"values\":" : ",\"fields\":");
    section_status status = fields_print_object(out, read->image, ret_error);
    out_char(out, '}');
    return status;
}

/* ---- formats of a line for each value ---- */

static bool line_begin(void *context, const section_field_at *at, section_fields_shape shape)
{
    (void)at;
    (void)shape;
    return ((text_out *)context)->status == SECTION_OK;
}

/* RFC 4180: between quotes where it has a quote, a comma or a line break; a quote stands twice. */
static void put_cell(text_out *out, const char *text, size_t text_bytes)
{
    bool is_plain = true;
    for (size_t i = 0; i < text_bytes && is_plain; i++) {
        is_plain = text[i] != '\0' && strchr("\",\r\n", text[i]) == NULL;
    }
    if (is_plain) {
        out_put(out, text, text_bytes);
        return;
    }
    out_char(out, '"');
    for (size_t i = 0; i < text_bytes; i++) {
        out_put(out, text[i] == '"' ? "\"\"" : text + i, text[i] == '"' ? 2 : 1);
    }
    out_char(out, '"');
}

static void csv_value(void *context, const section_field_at *at, const section_field_value *value)
{
    text_out *out = context;
    put_cell(out, at->path, at->path_bytes);
    out_char(out, ',');
    if (value->shown == SECTION_SHOWN_TEXT) {
        put_cell(out, value->text, value->text_bytes);
    } else if (value->shown == SECTION_SHOWN_NUMBER && value->type == SECTION_CHAR) {
        char character[8];
        put_cell(out, character,
                 section_utf8_put((uint32_t)value->number.unsigned_number, character));
    } else if (value->shown == SECTION_SHOWN_NUMBER) {
        put_number(out, value, false);
    } else if (value->shown == SECTION_SHOWN_BOOL) {
        fields_print_value(out, value);
    }
    out_char(out, ',');
    put_cell(out, at->unit != NULL ? at->unit : "", at->unit != NULL ? strlen(at->unit) : 0);
    out_text(out, "\r\n");
}

/* A line is a line, whatever a program has put into a string. */
static void put_line_text(text_out *out, const char *text, size_t text_bytes)
{
    for (size_t i = 0; i < text_bytes; i++) {
        const unsigned char byte = (unsigned char)text[i];
        out_char(out, byte < 0x20 || byte == 0x7F ? ' ' : text[i]);
    }
}

static void text_value(void *context, const section_field_at *at, const section_field_value *value)
{
    text_out *out = context;
    out_put(out, at->path, at->path_bytes);
    out_char(out, ' ');
    if (value->shown == SECTION_SHOWN_TEXT) {
        put_line_text(out, value->text, value->text_bytes);
    } else if (value->shown == SECTION_SHOWN_NUMBER) {
        put_number(out, value, false);
    } else {
        fields_print_value(out, value);
    }
    out_char(out, '\n');
}

static void ndjson_value(void *context, const section_field_at *at,
                         const section_field_value *value)
{
    text_out *out = context;
    out_text(out, "{\"path\":");
    out_quoted(out, at->path, at->path_bytes);
    out_text(out, ",\"value\":");
    fields_print_value(out, value);
    if (at->unit != NULL) {
        out_text(out, ",\"unit\":");
        out_quoted(out, at->unit, strlen(at->unit));
    }
    out_text(out, "}\n");
}

static section_status print_prometheus(text_out *out, fields_read *read, section_error *ret_error)
{
    const section_name *name = read->source->name;
    const prometheus_labels labels = {.section = name != NULL ? name->text : NULL,
                                      .section_id = read->source->id,
                                      .layout = read->layout->name};
    return prometheus_print(out, read->image, &labels, ret_error);
}

section_status fields_print(text_out *out, fields_format format, fields_read *read,
                            section_error *ret_error)
{
    section_fields_visitor visitor = {.begin = line_begin};
    switch (format) {
    case FIELDS_JSON:
        return print_json(out, read, ret_error);
    case FIELDS_PROMETHEUS:
        return print_prometheus(out, read, ret_error);
    case FIELDS_CSV:
        out_text(out, "path,value,unit\r\n");
        visitor.value = csv_value;
        break;
    case FIELDS_TEXT:
        visitor.value = text_value;
        break;
    case FIELDS_NDJSON:
        visitor.value = ndjson_value;
        break;
    }
    return visit(out, read->image, visitor, ret_error);
}

/*
 * The text is in the document, and in the answer that is printed from it: that doubles as it grows, and is moved
 * then. What the text takes here is given back only with the answer.
 */
static section_status reserve_copies(call *call, const text_out *out, section_error *ret_error)
{
    enum { COPIES = 3 };
    return call_reserve(call, (uint64_t)out->used_bytes * COPIES, ret_error);
}

/* `{"a":1,…}` as a text that ends. */
static section_status print_text(text_out *out, fields_read *read, section_error *ret_error)
{
    section_status status = fields_print_object(out, read->image, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    out_char(out, '\0');
    if (out->status != SECTION_OK) {
        *ret_error = out->error;
    }
    return out->status;
}

section_status fields_print_into(call *call, fields_read *read, cJSON *answer,
                                 section_error *ret_error)
{
    text_out out = {.call = call};
    section_status status = print_text(&out, read, ret_error);
    if (status == SECTION_OK) {
        status = reserve_copies(call, &out, ret_error);
    }
    if (status == SECTION_OK) {
        cJSON_AddStringToObject(answer, "layout", read->layout->name);
        cJSON_AddRawToObject(answer, "consistent", fields_consistent_text(&read->outcome));
        if (read->outcome.was_abandoned) {
            cJSON_AddTrueToObject(answer, "abandoned");
        }
        cJSON_AddRawToObject(answer, read->selection != NULL ? "values" : "fields", out.text);
    }
    out_free(&out);
    return status;
}
