#include <stdlib.h>
#include <string.h>

#include <section/cleanup.h>

#include "api/parameters.h"
#include "encode/value_json.h"
#include "layouts/fields.h"
#include "layouts/print.h"

/* GET …/layout: where the fields of a section lie now, and what the rows of its tables are. */

typedef struct resolve_order {
    const char *layout; /* NULL: the section's own */
    fields_effort effort;
} resolve_order;

/* ---- printing ---- */

static void put_text(text_out *out, const char *key, const char *text)
{
    if (text != NULL) {
        out_text(out, key);
        out_quoted(out, text, strlen(text));
    }
}

static void put_number(text_out *out, const char *key, uint64_t number)
{
    char digits[VALUE_JSON_BYTES];
    out_text(out, key);
    out_put(out, digits,
            value_to_json(SECTION_F64, (section_value){.real = (double)number}, digits));
}

static const char *type_of(const section_field_at *at)
{
    if (at->is_text) {
        return "string";
    }
    if (at->field == NULL) {
        return section_value_lookup(at->type)->name;
    }
    switch (at->field->kind) {
    case SECTION_FIELD_STRING:
        return "string";
    case SECTION_FIELD_STRUCTURE:
        return at->field->type_name;
    case SECTION_FIELD_TABLE:
        return "table";
    case SECTION_FIELD_NUMBER:
        break;
    }
    return section_value_lookup(at->type)->name;
}

/* What all fields have; the caller closes the object. */
static void begin_field(text_out *out, const section_field_at *at)
{
    const char last = out->used_bytes > 0 ? out->text[out->used_bytes - 1] : '[';
    out_text(out, last == '[' ? "{\"name\":" : ",{\"name\":");
    out_quoted(out, at->name, at->name_bytes);
    put_text(out, ",\"type\":", type_of(at));
    put_number(out, ",\"offset\":", at->offset_bytes);
    put_number(out, ",\"size\":", at->size_bytes);
    put_text(out, ",\"unit\":", at->unit);
    put_text(out, ",\"note\":", at->note);
}

/* The first dimension may depend on memory, the others do not. */
static void put_counts(text_out *out, const section_field_at *at)
{
    const unsigned dimensions = at->field != NULL ? at->field->dimensions : 1;
    put_number(out, dimensions > 1 ? ",\"count\":[" : ",\"count\":", at->count);
    for (unsigned i = 1; i < dimensions; i++) {
        put_number(out, ",", (uint64_t)at->field->counts[i].number);
    }
    out_text(out, dimensions > 1 ? "]" : "");
    put_number(out, ",\"stride\":", at->stride_bytes);
}

/* What the numbers of a field mean, as its layout has it; 64-bit integers stand between quotes as keys do. */
static void put_labels(text_out *out, const section_layout_field *field)
{
    char key[VALUE_JSON_BYTES];
    const bool is_unsigned = section_value_lookup(field->type)->kind == SECTION_KIND_UNSIGNED;
    const section_value_type type = is_unsigned ? SECTION_U64 : SECTION_I64;
    for (size_t i = 0; i < field->label_count; i++) {
        const section_layout_label *label = &field->labels[i];
        const section_value number = {.signed_number = label->number};
        out_text(out, i == 0 ? ",\"enum\":{" : ",");
        out_put(out, key, value_to_json(type, number, key));
        out_char(out, ':');
        out_quoted(out, label->label, strlen(label->label));
    }
    out_text(out, field->label_count > 0 ? "}" : "");
}

static void put_bits(text_out *out, unsigned shift, unsigned width)
{
    put_number(out, ",\"bit_shift\":", shift);
    put_number(out, ",\"bit_width\":", width);
}

static bool has_members(const section_field_at *at)
{
    return at->field != NULL &&
           (at->field->kind == SECTION_FIELD_STRUCTURE || at->field->bits_count > 0);
}

/* Of an array the first element is told: the others are like it, a stride further each. */
static bool begin(void *context, const section_field_at *at, section_fields_shape shape)
{
    text_out *out = context;
    const bool is_array = shape == SECTION_SHAPE_ARRAY;
    if (at->name == NULL) {
        return at->index == 0 && has_members(at) && out->status == SECTION_OK;
    }
    begin_field(out, at);
    if (is_array) {
        put_counts(out, at);
    }
    if (is_array && !has_members(at)) {
        if (at->field != NULL) {
            put_labels(out, at->field);
        }
        out_char(out, '}');
        return false;
    }
    out_text(out, ",\"fields\":[");
    return out->status == SECTION_OK;
}

static void end(void *context, const section_field_at *at, section_fields_shape shape)
{
    (void)shape;
    if (at->name != NULL) {
        out_text(context, "]}");
    }
}

static void value(void *context, const section_field_at *at, const section_field_value *shown)
{
    text_out *out = context;
    (void)shown;
    if (at->name == NULL) {
        return;
    }
    begin_field(out, at);
    if (at->bits != NULL) {
        put_bits(out, at->bits->shift, at->bits->width);
    } else if (at->field != NULL) {
        if (at->field->bit_width > 0) {
            put_bits(out, at->field->bit_shift, at->field->bit_width);
        }
        put_labels(out, at->field);
    }
    out_char(out, '}');
}

static section_status print(text_out *out, fields_read *read, section_error *ret_error)
{
    const section_fields_visitor visitor = {begin, end, value, out};
    put_text(out, "{\"layout\":", read->layout->name);
    out_text(out, ",\"fields\":[");
    section_status status = section_fields_visit(read->image, &visitor, ret_error);
    out_text(out, "]}");
    if (status == SECTION_OK && out->status != SECTION_OK) {
        *ret_error = out->error;
    }
    return status == SECTION_OK ? out->status : status;
}

/* ---- the route ---- */

static const parameter resolve_parameters[] = {LAYOUT, OPEN, END};

static section_status resolve_plan(const request *request, plan *plan, section_error *ret_error)
{
    resolve_order *order = PLAN_ORDER(plan, resolve_order);
    (void)ret_error;
    order->layout = request_parameter(request, "layout");
    plan_path_section(plan, request);
    return SECTION_OK;
}

static section_status resolve(call *call, reply *reply, section_error *ret_error)
{
    resolve_order *order = call->order;
    entry *source = call->targets[0].entry;
    _cleanup_(fields_end) fields_read read = {.effort = &order->effort};
    section_status status =
        fields_begin(&read, call->means, source, order->layout, NULL, ret_error);
    if (status == SECTION_OK) {
        status = fields_copy(&read, call, source, false, ret_error);
    }
    if (status != SECTION_OK) {
        return status;
    }
    text_out out = {.call = call};
    status = print(&out, &read, ret_error);
    if (status != SECTION_OK) {
        out_free(&out);
        return status;
    }
    etag_of(out.text, out.used_bytes, ETAG_OF_LAYOUT, reply->etag);
    reply_owned(reply, 200, "application/json", out.text, out.used_bytes);
    reply->buffered_bytes = out.room_bytes;
    return SECTION_OK;
}

HANDLER(get_section_layout) = {
    .parameters = resolve_parameters,
    .plan = resolve_plan,
    .execute = resolve,
};
