#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "layouts/c/print_private.h"

enum { MEMORY_BYTES_MAX = 64 * 1024 * 1024 };

static bool make_room(print_text *out, size_t bytes)
{
    enum { FIRST_BYTES = 4096 };
    size_t size_bytes = out->size_bytes > 0 ? out->size_bytes : FIRST_BYTES;
    while (size_bytes - out->used_bytes <= bytes) {
        size_bytes *= 2;
    }
    if (size_bytes == out->size_bytes) {
        return true;
    }
    char *text = size_bytes <= MEMORY_BYTES_MAX ? realloc(out->text, size_bytes) : NULL;
    if (text == NULL) {
        return false;
    }
    out->text = text;
    out->size_bytes = size_bytes;
    return true;
}

void print_add(c_printer *printer, const char *format, ...)
{
    print_text *out = &printer->out;
    va_list arguments;
    va_start(arguments, format);
    const int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    if (out->failed || length < 0 || !make_room(out, (size_t)length)) {
        out->failed = true;
        return;
    }
    va_start(arguments, format);
    (void)vsnprintf(out->text + out->used_bytes, (size_t)length + 1, format, arguments);
    va_end(arguments);
    out->used_bytes += (size_t)length;
}

print_type *print_find_type(c_printer *printer, const char *name)
{
    for (size_t i = 0; i + 1 < printer->type_count; i++) {
        if (strcmp(printer->types[i].type->name, name) == 0) {
            return &printer->types[i];
        }
    }
    return NULL;
}

/* What is told of fields whose place or number depends on memory. */
static void print_left_out(c_printer *printer, const section_layout_type *type)
{
    uint64_t bytes;
    for (size_t i = 0; i < type->field_count; i++) {
        const section_layout_field *field = &type->fields[i];
        if (print_measure(printer, field, &bytes)) {
            continue;
        }
        print_add(printer, "/* not in it, as its place depends on memory: ");
        print_comment(printer, field->name);
        if (field->type_name != NULL) {
            print_add(printer, ", of the structure ");
            print_comment(printer, field->type_name);
        }
        print_add(printer, " */\n");
    }
}

static uint64_t round_up(uint64_t number, unsigned align)
{
    return (number + align - 1) / align * align;
}

/*
 * Whether compilers, left to themselves, put everything where it lies; and the alignment that gives. A union
 * begins and ends at its alignment.
 */
static bool is_natural(print_type *type, const print_items *items)
{
    type->align = 1;
    for (size_t i = 0; i < items->count; i++) {
        const print_item *item = &items->items[i];
        if (item->start % item->align != 0 || item->is_cut) {
            return false;
        }
        type->align = item->align > type->align ? item->align : type->align;
    }
    for (size_t i = 0; i < items->cluster_count; i++) {
        const print_cluster *cluster = &items->clusters[i];
        const uint64_t next = i + 1 < items->cluster_count ? cluster[1].start : type->size_bytes;
        if (cluster->layers > 1 && (cluster->start % cluster->align != 0 ||
                                    round_up(cluster->end, cluster->align) > next)) {
            return false;
        }
    }
    return type->size_bytes % type->align == 0;
}

static void print_assertions(c_printer *printer, const print_type *type, const print_items *items)
{
    print_add(printer, "_Static_assert(sizeof(struct %s) == %llu, \"%s\");\n", type->name,
              (unsigned long long)type->size_bytes, type->name);
    for (size_t i = 0; i < items->count; i++) {
        const print_item *item = &items->items[i];
        if (item->bit_count == 0) {
            print_add(printer, "_Static_assert(offsetof(struct %s, %s) == %llu, \"%s\");\n",
                      type->name, item->name, (unsigned long long)item->start, item->name);
        }
    }
    print_add(printer, "\n");
}

/* The size that the description has, or what its fields need. */
static void find_size(print_type *type, const print_items *items)
{
    type->size_bytes = type->type->size_bytes;
    for (size_t i = 0; i < items->count; i++) {
        const uint64_t end = items->items[i].end;
        type->size_bytes = end > type->size_bytes ? end : type->size_bytes;
    }
    type->is_empty = type->size_bytes == 0;
}

static void print_structure(c_printer *printer, print_type *type)
{
    print_items items;
    type->size_bytes = type->type->size_bytes;
    if (!print_collect(printer, type, &items)) {
        printer->out.failed = true;
        return;
    }
    find_size(type, &items);
    const bool natural = is_natural(type, &items);
    type->align = natural ? type->align : 1;
    for (size_t i = 0; i < items.cluster_count && natural; i++) {
        print_cluster *cluster = &items.clusters[i];
        const uint64_t end = round_up(cluster->end, cluster->align);
        if (cluster->layers > 1 && end > cluster->end) {
            cluster->padding_bytes = end - cluster->start;
            cluster->end = end;
        }
    }
    print_left_out(printer, type->type);
    if (type->is_empty) {
        print_add(printer, "/* struct %s has nothing in it */\n\n", type->name);
        return;
    }
    print_add(printer, "%sstruct %s {\n", natural ? "" : "#pragma pack(push, 1)\n", type->name);
    print_body(printer, type, &items);
    print_add(printer, "};\n%s\n", natural ? "" : "#pragma pack(pop)\n");
    print_assertions(printer, type, &items);
}

/* After the structures that it has in it. */
static void print_in_order(c_printer *printer, print_type *type)
{
    if (type->is_open || type->is_printed) {
        return;
    }
    type->is_open = true;
    for (size_t i = 0; i < type->type->field_count; i++) {
        const section_layout_field *field = &type->type->fields[i];
        print_type *inner = field->kind == SECTION_FIELD_STRUCTURE
                                ? print_find_type(printer, field->type_name)
                                : NULL;
        if (inner != NULL) {
            print_in_order(printer, inner);
        }
    }
    print_structure(printer, type);
    type->is_open = false;
    type->is_printed = true;
}

static bool add_types(c_printer *printer)
{
    const section_layout_source *source = printer->source;
    const char *title = source->title != NULL ? source->title : "layout";
    print_names *names = print_names_new(printer, source->type_count + 1);
    printer->type_count = source->type_count + 1;
    printer->types = arena_take_array(&printer->arena, printer->type_count, sizeof *printer->types);
    if (names == NULL || printer->types == NULL) {
        return false;
    }
    for (size_t i = 0; i < printer->type_count; i++) {
        print_type *type = &printer->types[i];
        const bool is_whole = i == source->type_count;
        type->type = is_whole ? &source->whole : &source->types[i];
        type->name = print_name(printer, names, is_whole ? title : type->type->name);
        type->align = 1;
        if (type->name == NULL) {
            return false;
        }
    }
    return true;
}

/* Strings of units that are larger than a byte have types of a header of their own. */
static bool has_wide_strings(const section_layout_type *type)
{
    for (size_t i = 0; i < type->field_count; i++) {
        const section_layout_field *field = &type->fields[i];
        if (field->kind == SECTION_FIELD_STRING && !field->is_ansi &&
            section_encoding_unit(field->encoding) > 1) {
            return true;
        }
    }
    return false;
}

static void print_head(c_printer *printer)
{
    const section_layout_source *source = printer->source;
    bool is_wide = false;
    print_add(printer, "/* ");
    print_comment(printer, source->title != NULL ? source->title : "layout");
    if (source->source != NULL) {
        print_add(printer, ": ");
        print_comment(printer, source->source);
    }
    print_add(printer, "%s */\n#include <stddef.h>\n#include <stdint.h>\n",
              source->endian == SECTION_BIG_ENDIAN ? " (its numbers are big-endian)" : "");
    for (size_t i = 0; i < printer->type_count; i++) {
        is_wide = is_wide || has_wide_strings(printer->types[i].type);
    }
    print_add(printer, "%s\n", is_wide ? "#include <uchar.h>\n" : "");
}

section_status c_layout_print(const section_layout_source *source, char **ret_text,
                              section_error *ret_error)
{
    c_printer printer = {.source = source};
    arena_init(&printer.arena, MEMORY_BYTES_MAX);
    if (add_types(&printer)) {
        print_head(&printer);
        for (size_t i = 0; i < printer.type_count; i++) {
            print_in_order(&printer, &printer.types[i]);
        }
    } else {
        printer.out.failed = true;
    }
    arena_release(&printer.arena);
    if (printer.out.failed) {
        free(printer.out.text);
        return section_fail(ret_error, SECTION_NO_MEMORY, "Memory ran out");
    }
    *ret_text = printer.out.text;
    return SECTION_OK;
}
