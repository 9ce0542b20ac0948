#ifndef TESTS_UNIT_WATCH_HUB_FIXTURE_H
#define TESTS_UNIT_WATCH_HUB_FIXTURE_H

#include <section/section.h>

#include "base/workers.h"
#include "registry/quota.h"
#include "watch/private.h"

#include "unit.h"

/* The hub by itself: the test is its clock and its thread. */
enum { MS = 1000, SIZE = 65536, TEXT_BYTES = 4 * SIZE };

#define RANGE(source, offset, length)                                                              \
    ((watch_target){.entry = (source), .offset_bytes = (offset), .length_bytes = (length)})

static _Atomic int64_t now_us; /* lanes look at it, too */
static int64_t told_time(void)
{
    return now_us;
}

/* What all tests begin with: a hub that nobody watches with, and a section. */
typedef struct fixture {
    workers *workers;
    registry *registry;
    watch_hub *hub;
    entry *source;
} fixture;

static entry *add_section(registry *registry, const section_create_options *options)
{
    section *made = NULL;
    entry *added = NULL;
    reservation place = {0};
    assert_int_equal(section_create(options, &made, NULL), SECTION_OK);
    assert_int_equal(registry_reserve(registry, SIZE, &place, NULL), SECTION_OK);
    assert_int_equal(registry_add(registry, place, true, made, NULL, &added, NULL), SECTION_OK);
    return added;
}

static int set_up(void **state)
{
    static fixture all;
    const section_create_options options = {.size_bytes = SIZE};
    const watch_limits limits = {.watchers = 1000, .bytes = 1 << 20};
    now_us = 0;
    all.workers = workers_start(1);
    all.registry = registry_new((registry_limits){10, SIZE, 10 * SIZE}, NULL, NULL);
    all.hub = hub_new(limits, all.registry, all.workers, told_time);
    all.source = add_section(all.registry, &options);
    *state = &all;
    return 0;
}

static int tear_down(void **state)
{
    fixture *all = *state;
    watch_hub_free(all->hub);
    registry_unref(all->source);
    registry_clear(all->registry);
    workers_stop(all->workers);
    registry_free(all->registry);
    return 0;
}

static void step_at(const fixture *all, int64_t at_us)
{
    assert_true(at_us >= now_us);
    now_us = at_us;
    assert_true(hub_step(all->hub) > at_us);
}

/* How many comparisons a step makes. */
static uint64_t compared_at(const fixture *all, int64_t at_us)
{
    const uint64_t before = watch_hub_count(all->hub).comparisons;
    step_at(all, at_us);
    return watch_hub_count(all->hub).comparisons - before;
}

/* A store of another program; the hub is not told. */
static void store(const entry *source, uint64_t offset, uint8_t byte)
{
    assert_int_equal(section_write(source->section, offset, &byte, 1, NULL), SECTION_OK);
}

#endif
