#include <stdlib.h>

#include "layouts/c/print_private.h"

/* Larger places are no places of a structure of C. */
static const uint64_t size_most = UINT64_C(1) << 47;

uint64_t print_element_bytes(c_printer *printer, const section_layout_field *field)
{
    const print_type *type = NULL;
    switch (field->kind) {
    case SECTION_FIELD_NUMBER:
        return section_value_lookup(field->type)->size_bytes;
    case SECTION_FIELD_STRING:
        return field->string_bytes;
    case SECTION_FIELD_STRUCTURE:
        type = print_find_type(printer, field->type_name);
        return type != NULL && !type->is_empty ? type->size_bytes : 0;
    default:
        return 0;
    }
}

/* The distance of elements; false: it is smaller than an element, or not known. */
static bool find_stride(const section_layout_field *field, uint64_t element_bytes,
                        uint64_t *ret_stride)
{
    *ret_stride = element_bytes;
    if (field->dimensions == 0 || (field->stride.field == NULL && field->stride.number == 0)) {
        return true;
    }
    *ret_stride = (uint64_t)field->stride.number;
    return field->stride.field == NULL && field->stride.number > 0 &&
           *ret_stride >= element_bytes && *ret_stride < size_most;
}

bool print_measure(c_printer *printer, const section_layout_field *field, uint64_t *ret_bytes)
{
    const uint64_t element_bytes = print_element_bytes(printer, field);
    uint64_t bytes;
    if (element_bytes == 0 || element_bytes > size_most || field->place.rule != SECTION_PLACE_AT ||
        field->place.at.field != NULL || field->place.at.number < 0 ||
        (uint64_t)field->place.at.number > size_most ||
        !find_stride(field, element_bytes, &bytes)) {
        return false;
    }
    for (unsigned i = 0; i < field->dimensions; i++) {
        const section_layout_number *count = &field->counts[i];
        if (count->field != NULL || count->number <= 0 ||
            __builtin_mul_overflow(bytes, (uint64_t)count->number, &bytes) || bytes > size_most) {
            return false;
        }
    }
    *ret_bytes = bytes;
    return true;
}

static unsigned align_of(c_printer *printer, const section_layout_field *field)
{
    if (field->kind == SECTION_FIELD_NUMBER) {
        return (unsigned)section_value_lookup(field->type)->size_bytes;
    }
    if (field->kind == SECTION_FIELD_STRUCTURE) {
        return print_find_type(printer, field->type_name)->align;
    }
    const size_t unit = field->is_ansi ? 1 : section_encoding_unit(field->encoding);
    return field->string_bytes % unit == 0 ? (unsigned)unit : 1;
}

static int compare_bits(const void *a, const void *b)
{
    const print_bits *x = a;
    const print_bits *y = b;
    return (x->first > y->first) - (x->first < y->first);
}

static int compare_items(const void *a, const void *b)
{
    const print_item *x = a;
    const print_item *y = b;
    if (x->start != y->start) {
        return x->start < y->start ? -1 : 1;
    }
    if (x->end != y->end) {
        return x->end > y->end ? -1 : 1;
    }
    return (x->field > y->field) - (x->field < y->field);
}

static void add_field(c_printer *printer, print_items *all, const section_layout_field *field,
                      const char *name)
{
    const uint64_t start = (uint64_t)field->place.at.number;
    uint64_t bytes;
    if (!print_measure(printer, field, &bytes)) {
        return;
    }
    if (field->bit_width > 0) {
        all->bits[all->bit_count++] =
            (print_bits){.field = field, .name = name, .first = 8 * start + field->bit_shift};
        return;
    }
    all->items[all->count++] = (print_item){.start = start,
                                            .end = start + bytes,
                                            .field = field,
                                            .name = name,
                                            .align = align_of(printer, field)};
}

/* Bit fields that share bytes and do not overlap are one item. */
static void join_bits(print_items *all)
{
    uint64_t last_bit = 0;
    print_item *unit = NULL;
    qsort(all->bits, all->bit_count, sizeof *all->bits, compare_bits);
    for (size_t i = 0; i < all->bit_count; i++) {
        const print_bits *bits = &all->bits[i];
        const uint64_t end_bit = bits->first + bits->field->bit_width;
        const uint64_t end = (end_bit + 7) / 8;
        if (unit == NULL || bits->first < last_bit || bits->first / 8 >= unit->end) {
            unit = &all->items[all->count++];
            *unit = (print_item){.start = bits->first / 8, .field = bits->field, .first_bits = i};
        }
        unit->bit_count++;
        unit->end = end;
        last_bit = end_bit;
    }
}

/*
 * The type of the unit, and its end: MSVC gives bit fields whole units. A member that begins within it, as gcc lets
 * it, becomes another alternative of a union. What no unit holds is left to gcc.
 */
static void choose_unit(print_item *unit, uint64_t size_bytes)
{
    const uint64_t bytes = unit->end - unit->start;
    unsigned rounded = 1;
    while (rounded < bytes && rounded < 8) {
        rounded *= 2;
    }
    unit->unit_bytes = rounded;
    unit->align = rounded;
    unit->is_cut = rounded < bytes || (size_bytes != 0 && unit->start + rounded > size_bytes);
    unit->end = unit->is_cut ? unit->end : unit->start + rounded;
}

/* Puts the next items that overlap into layers, within which none do. */
static void add_cluster(print_items *all, size_t first, uint64_t *layer_ends)
{
    print_cluster cluster = {.first = first,
                             .next = first,
                             .start = all->items[first].start,
                             .end = all->items[first].end};
    while (cluster.next < all->count &&
           (cluster.next == first || all->items[cluster.next].start < cluster.end)) {
        print_item *item = &all->items[cluster.next++];
        size_t layer = 0;
        while (layer < cluster.layers && layer_ends[layer] > item->start) {
            layer++;
        }
        cluster.layers += layer == cluster.layers;
        layer_ends[layer] = item->end;
        item->layer = layer;
        cluster.end = item->end > cluster.end ? item->end : cluster.end;
        cluster.align = item->align > cluster.align ? item->align : cluster.align;
    }
    all->clusters[all->cluster_count++] = cluster;
}

static bool find_clusters(c_printer *printer, print_items *all)
{
    uint64_t *layer_ends = arena_take_array(&printer->arena, all->count + 1, sizeof *layer_ends);
    all->clusters = arena_take_array(&printer->arena, all->count + 1, sizeof *all->clusters);
    if (layer_ends == NULL || all->clusters == NULL) {
        return false;
    }
    for (size_t first = 0; first < all->count;) {
        add_cluster(all, first, layer_ends);
        first = all->clusters[all->cluster_count - 1].next;
    }
    return true;
}

bool print_collect(c_printer *printer, const print_type *type, print_items *ret_items)
{
    const size_t count = type->type->field_count;
    print_items all = {.items = arena_take_array(&printer->arena, count + 1, sizeof *all.items),
                       .bits = arena_take_array(&printer->arena, count + 1, sizeof *all.bits)};
    /* Each field may get padding before it, each union and the structure some at its end. */
    all.names = print_names_new(printer, 3 * count + 1);
    if (all.items == NULL || all.bits == NULL || all.names == NULL) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        const char *name = print_name(printer, all.names, type->type->fields[i].name);
        if (name == NULL) {
            return false;
        }
        add_field(printer, &all, &type->type->fields[i], name);
    }
    join_bits(&all);
    for (size_t i = 0; i < all.count; i++) {
        if (all.items[i].bit_count > 0) {
            choose_unit(&all.items[i], type->size_bytes);
        }
    }
    qsort(all.items, all.count, sizeof *all.items, compare_items);
    if (!find_clusters(printer, &all)) {
        return false;
    }
    *ret_items = all;
    return true;
}
