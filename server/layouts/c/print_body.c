#include "layouts/c/print_private.h"

static void indent(c_printer *printer, unsigned level)
{
    for (unsigned i = 0; i < level; i++) {
        print_add(printer, "    ");
    }
}

const char *print_type_of(const section_layout_field *field)
{
    static const char *const names[] = {
        [SECTION_U8] = "uint8_t",   [SECTION_I8] = "int8_t",    [SECTION_U16] = "uint16_t",
        [SECTION_I16] = "int16_t",  [SECTION_U32] = "uint32_t", [SECTION_I32] = "int32_t",
        [SECTION_U64] = "uint64_t", [SECTION_I64] = "int64_t",  [SECTION_F32] = "float",
        [SECTION_F64] = "double",   [SECTION_BOOL8] = "_Bool",  [SECTION_CHAR] = "char"};
    return names[field->type];
}

/* Type and name of a member without its dimensions; of a string also the units. */
static void print_string(c_printer *printer, const section_layout_field *field, const char *name,
                         const char *dimensions)
{
    const size_t unit = field->is_ansi ? 1 : section_encoding_unit(field->encoding);
    const bool is_whole = field->string_bytes % unit == 0;
    const char *type = !is_whole   ? "uint8_t"
                       : unit == 1 ? "char"
                       : unit == 2 ? "char16_t"
                                   : "char32_t";
    print_add(printer, "%s %s%s[%llu]", type, name, dimensions,
              (unsigned long long)(field->string_bytes / (is_whole ? unit : 1)));
}

static const char *make_dimensions(c_printer *printer, const section_layout_field *field)
{
    const char *text = "";
    for (unsigned i = 0; i < field->dimensions && text != NULL; i++) {
        text = arena_format(&printer->arena, "%s[%lld]", text, (long long)field->counts[i].number);
    }
    printer->out.failed |= text == NULL;
    return text != NULL ? text : "";
}

static void print_member(c_printer *printer, const section_layout_field *field, const char *name,
                         const char *dimensions)
{
    if (field->kind == SECTION_FIELD_STRING) {
        print_string(printer, field, name, dimensions);
    } else if (field->kind == SECTION_FIELD_STRUCTURE) {
        print_add(printer, "struct %s %s%s", print_find_type(printer, field->type_name)->name, name,
                  dimensions);
    } else {
        print_add(printer, "%s %s%s", print_type_of(field), name, dimensions);
    }
}

static void print_field(c_printer *printer, const print_item *item, unsigned level)
{
    const section_layout_field *field = item->field;
    const char *dimensions = make_dimensions(printer, field);
    const uint64_t bytes = print_element_bytes(printer, field);
    const uint64_t stride =
        field->dimensions > 0 && field->stride.number > 0 ? (uint64_t)field->stride.number : bytes;
    indent(printer, level);
    if (stride > bytes) {
        print_add(printer, "struct { ");
        print_member(printer, field, "value", "");
        print_add(printer, "; uint8_t padding[%llu]; } %s%s;", (unsigned long long)(stride - bytes),
                  item->name, dimensions);
    } else {
        print_member(printer, field, item->name, dimensions);
        print_add(printer, ";");
    }
    print_remarks(printer, field);
    print_add(printer, "\n");
}

static void print_unit(c_printer *printer, const print_items *all, const print_item *item,
                       unsigned level)
{
    const unsigned unit_bits = 8 * item->unit_bytes;
    uint64_t bit = 8 * item->start;
    if (item->is_cut) {
        indent(printer, level);
        print_add(printer, "/* as gcc packs bit fields: no unit of MSVC's holds these */\n");
    }
    for (size_t i = item->first_bits; i < item->first_bits + item->bit_count; i++) {
        const print_bits *bits = &all->bits[i];
        const bool is_signed = section_value_lookup(bits->field->type)->kind == SECTION_KIND_SIGNED;
        indent(printer, level);
        if (bits->first > bit) {
            print_add(printer, "uint%u_t : %u; ", unit_bits, (unsigned)(bits->first - bit));
        }
        if (bits->field->type == SECTION_BOOL8 && unit_bits == 8) {
            print_add(printer, "_Bool %s : %u;", bits->name, bits->field->bit_width);
        } else { /* MSVC takes a unit for each run of types of one size */
            print_add(printer, "%sint%u_t %s : %u;", is_signed ? "" : "u", unit_bits, bits->name,
                      bits->field->bit_width);
        }
        print_remarks(printer, bits->field);
        print_add(printer, "\n");
        bit = bits->first + bits->field->bit_width;
    }
    for (uint64_t left = 8 * item->end - bit; left > 0;) {
        const unsigned width = left > unit_bits ? unit_bits : (unsigned)left;
        indent(printer, level);
        print_add(printer, "uint%u_t : %u;\n", unit_bits, width);
        left -= width;
    }
}

static void print_item_at(c_printer *printer, const print_items *all, const print_item *item,
                          unsigned level)
{
    if (item->bit_count > 0) {
        print_unit(printer, all, item, level);
    } else {
        print_field(printer, item, level);
    }
}

static void print_padding(c_printer *printer, const print_items *all, uint64_t bytes,
                          unsigned level)
{
    if (bytes > 0) {
        const char *name = print_name(printer, all->names, "padding");
        printer->out.failed |= name == NULL;
        indent(printer, level);
        print_add(printer, "uint8_t %s[%llu];\n", name != NULL ? name : "",
                  (unsigned long long)bytes);
    }
}

/* One alternative of a union: a member, or a structure where there are several, or padding before it. */
static void print_layer(c_printer *printer, const print_items *all, const print_cluster *cluster,
                        size_t layer)
{
    size_t count = 0;
    const print_item *only = NULL;
    uint64_t at = cluster->start;
    for (size_t i = cluster->first; i < cluster->next; i++) {
        count += all->items[i].layer == layer;
        only = all->items[i].layer == layer ? &all->items[i] : only;
    }
    if (count == 1 && only->start == at && only->bit_count == 0) {
        print_item_at(printer, all, only, 2);
        return;
    }
    print_add(printer, "        struct {\n");
    for (size_t i = cluster->first; i < cluster->next; i++) {
        const print_item *item = &all->items[i];
        if (item->layer == layer) {
            print_padding(printer, all, item->start - at, 3);
            print_item_at(printer, all, item, 3);
            at = item->end;
        }
    }
    print_add(printer, "        };\n");
}

void print_body(c_printer *printer, const print_type *type, const print_items *items)
{
    uint64_t at = 0;
    for (size_t i = 0; i < items->cluster_count; i++) {
        const print_cluster *cluster = &items->clusters[i];
        print_padding(printer, items, cluster->start - at, 1);
        if (cluster->layers == 1) {
            print_item_at(printer, items, &items->items[cluster->first], 1);
        } else {
            print_add(printer, "    union {\n");
            for (size_t layer = 0; layer < cluster->layers; layer++) {
                print_layer(printer, items, cluster, layer);
            }
            print_padding(printer, items, cluster->padding_bytes, 2);
            print_add(printer, "    };\n");
        }
        at = cluster->end;
    }
    print_padding(printer, items, type->size_bytes - at, 1);
}
