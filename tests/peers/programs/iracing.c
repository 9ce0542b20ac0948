#define PROGRAM_FIELDS "iracing.def"
#include "declare.h"
#include "program.h"

#include <stdio.h>
#include <string.h>

_Static_assert(offsetof(iracing, session_info_update) == 12, "");
_Static_assert(offsetof(iracing, variable_count) == 24, "");
_Static_assert(offsetof(iracing, variable_offset) == 28, "");
_Static_assert(offsetof(iracing, buffer_count) == 32, "");
_Static_assert(offsetof(iracing, buffer_length) == 36, "");
_Static_assert(offsetof(iracing, current_tick) == 40, "");
_Static_assert(offsetof(iracing, current_buffer) == 44, "");
_Static_assert(offsetof(iracing, buffers) == 48, "");
_Static_assert(sizeof(iracing) == 112, "");
_Static_assert(sizeof(buffer) == 16, "");
_Static_assert(offsetof(buffer, begin_tick) == 8, "");
_Static_assert(offsetof(variable, count_as_time) == 12, "");
_Static_assert(offsetof(variable, name) == 16, "");
_Static_assert(offsetof(variable, description) == 48, "");
_Static_assert(offsetof(variable, unit) == 112, "");
_Static_assert(sizeof(variable) == 144, "");

enum { BUFFERS = 3, VARIABLES_MAX = 16, SESSION_BYTES = 4096 };

/* The numbers of the types, as a variable has them. */
static int32_t type_number(program_kind kind)
{
    switch (kind) {
    case KIND_latin1:
        return 0;
    case KIND_bool8:
        return 1;
    case KIND_i32:
        return 2;
    case KIND_u32:
        return 3;
    case KIND_f32:
        return 4;
    default:
        return 5;
    }
}

static uint32_t row_offset(uint32_t index)
{
    return (uint32_t)(sizeof(iracing) + VARIABLES_MAX * sizeof(variable) + SESSION_BYTES +
                      index * sizeof(row));
}

static uint64_t size(uint32_t version)
{
    (void)version;
    return row_offset(BUFFERS);
}

static void describe(const program_row *from, variable *to)
{
    to->type = type_number(from->kind);
    to->offset = (int32_t)from->offset;
    to->count = from->count ? (int32_t)from->count : 1;
    if (from->kind == KIND_latin1)
        to->count = (int32_t)from->element_bytes;
    to->count_as_time = 0;
    snprintf(to->name, sizeof to->name, "%s", from->name);
}

/* The length is the number of variables; the row is the same, with more or less of it described. */
static void build(const program_state *state, uint8_t *image)
{
    iracing *header = (iracing *)(void *)image;
    const program_layout *layout = row_layout();
    const uint32_t salt = salt_name(SALT_START, "variables");
    program_fill(iracing_layout(), image, offsetof(iracing, variable_count), SALT_START,
                 state->tick);
    header->version = (int32_t)state->version;
    header->status = 1;
    header->variable_count =
        (int32_t)(state->length < layout->row_count ? state->length : layout->row_count);
    header->variable_offset = sizeof(iracing);
    header->buffer_count = BUFFERS;
    header->buffer_length = sizeof(row);
    variable *variables = (variable *)(void *)(image + sizeof(iracing));
    for (uint32_t i = 0; i < (uint32_t)header->variable_count; i++) {
        program_fill(variable_layout(), (uint8_t *)&variables[i], UINT64_MAX, salt_index(salt, i),
                     state->tick);
        describe(&layout->rows[i], &variables[i]);
    }
    program_fill(layout, image + row_offset(0), UINT64_MAX, salt_name(SALT_START, "telemetry"),
                 state->tick);
}

static uint32_t newest_buffer(const iracing *header)
{
    uint32_t newest = 0;
    for (uint32_t i = 1; i < BUFFERS; i++)
        if (header->buffers[i].tick > header->buffers[newest].tick)
            newest = i;
    return newest;
}

/*
 * Ticks go on by one with each row, whatever the state's tick is: a reader takes the newest. The
 * header and the variables change between sessions only.
 */
static void write_row(const program_state *state, uint8_t *view, const uint8_t *image, bool half)
{
    iracing *header = (iracing *)(void *)view;
    const uint32_t newest = newest_buffer(header);
    const uint32_t next = (newest + 1) % BUFFERS;
    const int32_t tick = header->buffers[newest].tick + 1;
    memcpy(view, image, offsetof(iracing, current_tick));
    memcpy(view + sizeof(iracing), image + sizeof(iracing), VARIABLES_MAX * sizeof(variable));
    header->buffers[next].offset = (int32_t)row_offset(next);
    if (state->version >= 2)
        header->buffers[next].begin_tick = tick;
    program_fence();
    memcpy(view + row_offset(next), image + row_offset(0), half ? sizeof(row) / 2 : sizeof(row));
    if (half)
        return;
    __atomic_store_n(&header->buffers[next].tick, tick, __ATOMIC_RELEASE);
    if (state->version >= 2) {
        header->current_tick = tick;
        header->current_buffer = (uint8_t)next;
    }
}

const program program_iracing = {.name = "iracing",
                                 .versions = {1, 2},
                                 .length_max = VARIABLES_MAX,
                                 .size = size,
                                 .build = build,
                                 .habit = HABIT_BUFFERS,
                                 .write = write_row};
