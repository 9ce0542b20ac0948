#include "play.h"

#include "../slots.h"
#include "program.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STAGES = 16, IMAGES_MAX = 64 };

/* A section that is played, found by its slot's name. */
typedef struct stage {
    char slot_name[SLOT_NAME_BYTES]; /* empty: free */
    const program *played;
    program_state state;
    uint64_t mutex; /* or NO_HANDLE */
    bool is_held;
} stage;

static stage stages[STAGES];

static uint32_t *guard_of(const stage *playing, uint8_t *view, size_t index)
{
    return (uint32_t *)(void *)(view + playing->played->guards[index]);
}

static void store(uint32_t *word, uint32_t value)
{
    __atomic_store_n(word, value, __ATOMIC_RELEASE);
    program_fence();
}

static void begin_write(stage *playing, uint8_t *view)
{
    uint32_t *guard = guard_of(playing, view, 0);
    switch (playing->played->habit) {
    case HABIT_SEQLOCK:
        store(guard, (*guard + 1) | 1);
        break;
    case HABIT_VERSION_PAIR:
    case HABIT_COUNTER:
        store(guard, *guard + 1);
        break;
    case HABIT_BUSY_FLAG:
        store(guard, 1);
        break;
    case HABIT_MUTEX:
        if (playing->mutex != NO_HANDLE && !playing->is_held)
            mutex_acquire(playing->mutex);
        playing->is_held = true;
        break;
    case HABIT_BUFFERS:
    case HABIT_NONE:
        break;
    }
}

static void end_write(stage *playing, uint8_t *view)
{
    uint32_t *guard = guard_of(playing, view, 0);
    switch (playing->played->habit) {
    case HABIT_SEQLOCK:
        store(guard, *guard + 1);
        break;
    case HABIT_VERSION_PAIR:
        store(guard_of(playing, view, 1), *guard);
        break;
    case HABIT_BUSY_FLAG:
        store(guard_of(playing, view, 1), *guard_of(playing, view, 1) + 1);
        store(guard, 0);
        break;
    case HABIT_MUTEX:
        if (playing->mutex != NO_HANDLE)
            mutex_release(playing->mutex);
        playing->is_held = false;
        break;
    case HABIT_COUNTER:
    case HABIT_BUFFERS:
    case HABIT_NONE:
        break;
    }
}

/* All but the guards, which are words. */
static void copy_image(const program *played, uint8_t *view, const uint8_t *image, uint64_t length)
{
    const uint32_t first = played->has_guards ? played->guards[0] : UINT32_MAX;
    const uint32_t second = played->has_guards && played->guards[1] ? played->guards[1] : first;
    const uint64_t stops[] = {first, second, length};
    uint64_t at = 0;
    for (size_t i = 0; i < sizeof stops / sizeof stops[0]; i++) {
        if (stops[i] < at || at >= length)
            continue;
        const uint64_t stop = stops[i] < length ? stops[i] : length;
        memcpy(view + at, image + at, (size_t)(stop - at));
        at = stop + sizeof(uint32_t);
    }
}

static void write_image(stage *playing, uint8_t *view, const uint8_t *image, bool half)
{
    const program *played = playing->played;
    if (played->write) {
        played->write(&playing->state, view, image, half);
        return;
    }
    const uint64_t length = played->size(playing->state.version);
    begin_write(playing, view);
    copy_image(played, view, image, half ? length / 2 : length);
    if (!half)
        end_write(playing, view);
}

/* The caller frees; NULL with the reply given. */
static uint8_t *make_image(stage *playing, uint32_t tick)
{
    uint8_t *image = calloc(1, (size_t)playing->played->size(playing->state.version));
    if (!image) {
        reply_usage("there is no memory for an image");
        return NULL;
    }
    playing->state.tick = tick;
    playing->played->build(&playing->state, image);
    return image;
}

static stage *stage_find(const char *slot_name)
{
    for (size_t i = 0; i < STAGES; i++)
        if (stages[i].slot_name[0] && strcmp(stages[i].slot_name, slot_name) == 0 &&
            slot_find(slot_name))
            return &stages[i];
    reply_usage("nothing is played in the slot");
    return NULL;
}

/* One whose slot has been closed is free again. */
static stage *stage_claim(void)
{
    for (size_t i = 0; i < STAGES; i++)
        if (!stages[i].slot_name[0] || !slot_find(stages[i].slot_name))
            return &stages[i];
    reply_usage("too much is played");
    return NULL;
}

static bool has_version(const program *played, uint64_t version)
{
    for (size_t i = 0; i < PROGRAM_VERSIONS_MAX; i++)
        if (version && played->versions[i] == version)
            return true;
    return false;
}

static bool read_state(char **words, stage *ret_stage)
{
    uint64_t version;
    uint64_t length;
    const program *played = program_find(words[1]);
    if (!played || !parse_number(words[3], &version) || !has_version(played, version)) {
        reply_usage("there is no such program, or no such version of it");
        return false;
    }
    if (!parse_number(words[4], &length) || length > played->length_max) {
        reply_usage("the length is a number, and not more than the program has");
        return false;
    }
    *ret_stage = (stage){.played = played,
                         .state = {.version = (uint32_t)version, .length = (uint32_t)length},
                         .mutex = NO_HANDLE};
    snprintf(ret_stage->slot_name, sizeof ret_stage->slot_name, "%s", words[0]);
    return true;
}

void command_play(char **words)
{
    stage made;
    peer_object section;
    failure why;
    peer_slot *slot = slot_claim(words[0]);
    stage *free_stage = slot ? stage_claim() : NULL;
    if (!free_stage || !read_state(words, &made))
        return;
    if (!section_create(strcmp(words[2], "-") == 0 ? NULL : words[2],
                        made.played->size(made.state.version), &section, &why)) {
        reply_failure(&why);
        return;
    }
    if (made.played->mutex)
        mutex_open(made.played->mutex, &made.mutex);
    *free_stage = made;
    slot_fill(slot, words[0], &section);
}

static void write_once(char **words, bool half)
{
    uint64_t tick;
    stage *playing = stage_find(words[0]);
    if (!playing)
        return;
    if (!parse_number(words[1], &tick)) {
        reply_usage("the tick is not a number");
        return;
    }
    uint8_t *image = make_image(playing, (uint32_t)tick);
    if (!image)
        return;
    write_image(playing, slot_find(words[0])->object.base, image, half);
    free(image);
    printf("ok\n");
}

void command_tick(char **words)
{
    write_once(words, false);
}

void command_half(char **words)
{
    write_once(words, true);
}

void command_length(char **words)
{
    uint64_t length;
    stage *playing = stage_find(words[0]);
    if (!playing)
        return;
    if (!parse_number(words[1], &length) || length > playing->played->length_max) {
        reply_usage("the length is a number, and not more than the program has");
        return;
    }
    playing->state.length = (uint32_t)length;
    printf("ok\n");
}

/* Not a sleep, which would be longer by far. */
static void rest(uint64_t duration_us)
{
    const uint64_t until_us = clock_now_us() + duration_us;
    while (duration_us && clock_now_us() < until_us)
        ;
}

static void run_images(stage *playing, uint8_t *view, uint8_t *const *images, uint64_t count,
                       uint64_t rest_us)
{
    uint64_t writes = 0;
    while (writes % count || !input_waiting()) {
        write_image(playing, view, images[writes++ % count], false);
        rest(rest_us);
    }
    printf("ok writes=%" PRIu64 "\n", writes);
}

void command_run_program(char **words)
{
    uint64_t tick;
    uint64_t count;
    uint64_t rest_us;
    uint8_t *images[IMAGES_MAX] = {NULL};
    stage *playing = stage_find(words[0]);
    if (!playing)
        return;
    if (!parse_number(words[1], &tick) || !parse_number(words[2], &count) || count < 1 ||
        count > IMAGES_MAX || !parse_number(words[3], &rest_us)) {
        reply_usage("tick, count and rest are numbers, and the count is 1 to 64");
        return;
    }
    uint64_t made = 0;
    while (made < count && (images[made] = make_image(playing, (uint32_t)(tick + made))))
        made++;
    if (made == count)
        run_images(playing, slot_find(words[0])->object.base, images, count, rest_us);
    for (uint64_t i = 0; i < made; i++)
        free(images[i]);
}
