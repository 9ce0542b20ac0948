#include <pthread.h>
#include <section/naming.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"

#include "../registry_fixture.h"

/* Names that other programs take away and give to other objects: on Linux they are files. */

enum { PATH_BYTES = 128, SECOND_MS = 1000 };

static void path_of(const section_name *name, const char *ending, char ret_path[PATH_BYTES])
{
    assert_in_range(snprintf(ret_path, PATH_BYTES, "/dev/shm/%s%s", name->text, ending), 1,
                    PATH_BYTES - 1);
}

static void take_away(const section_name *name)
{
    char path[PATH_BYTES];
    path_of(name, "", path);
    assert_int_equal(unlink(path), 0);
}

static uint64_t id_of(fixture *self, const section_name *name)
{
    entry *found = registry_find_name(self->registry, name, false);
    const uint64_t id = found != NULL ? found->id : 0;
    registry_unref(found);
    return id;
}

static void test_a_name_means_the_object_that_has_it_now(void **state)
{
    fixture *self = *state;
    char path[PATH_BYTES];
    char aside[PATH_BYTES];
    const section_name name = new_name(self);
    path_of(&name, "", path);
    path_of(&name, "-aside", aside);
    const uint64_t old = add(self, make(&name))->id;
    const uint64_t old_again = add(self, open_name(&name))->id;
    assert_int_equal(id_of(self, &name), old_again);
    assert_int_equal(rename(path, aside), 0);
    assert_int_equal(id_of(self, &name), 0);
    const uint64_t new = add(self, make(&name))->id;
    assert_int_equal(id_of(self, &name), new);
    const uint64_t new_again = add(self, open_name(&name))->id;
    assert_int_equal(id_of(self, &name), new_again);
    assert_int_equal(rename(aside, path), 0); /* the old one is back */
    assert_int_equal(id_of(self, &name), old_again);
    entry *last = registry_find(self->registry, old_again);
    registry_remove(self->registry, last);
    registry_unref(last);
    assert_int_equal(id_of(self, &name), old);
}

static void test_a_name_that_leads_to_no_object_means_none(void **state)
{
    fixture *self = *state;
    char path[PATH_BYTES];
    const section_name name = new_name(self);
    path_of(&name, "", path);
    (void)add(self, make(&name));
    take_away(&name);
    assert_int_equal(symlink("/dev/null", path), 0);
    assert_int_equal(id_of(self, &name), 0);
    take_away(&name);
}

static void test_what_has_lost_its_name_gets_no_id(void **state)
{
    fixture *self = *state;
    entry *added = NULL;
    uint64_t sections;
    uint64_t bytes;
    const section_name name = new_name(self);
    section *first = make(&name);
    section *opened = open_name(&name);
    take_away(&name);
    assert_int_equal(try_add(self, opened, &added), SECTION_NOT_FOUND);
    assert_int_equal(try_add(self, first, &added), SECTION_NOT_FOUND);
    registry_usage(self->registry, &sections, &bytes);
    assert_int_equal(sections, 0);
    assert_int_equal(bytes, 0);
    assert_int_equal(registry_mapped_bytes(self->registry), 0);
}

static int64_t use_for_a_minute(fixture *self, int64_t now_ms, entry *one, entry *other)
{
    now_ms += 60 * SECOND_MS;
    atomic_store(&one->last_used_at_ms, now_ms - SECOND_MS);
    atomic_store(&other->last_used_at_ms, now_ms - SECOND_MS);
    registry_expire(self->registry, now_ms);
    return now_ms;
}

static void test_an_orphan_that_was_opened_in_passing_ends_though_it_is_used(void **state)
{
    fixture *self = *state;
    const section_name name = new_name(self);
    (void)add(self, make(&name));
    entry *passing = add(self, open_name(&name));
    entry *lasting = add(self, open_name(&name));
    const uint64_t ids[] = {passing->id, lasting->id};
    registry_set_passing(self->registry, passing, 60);
    registry_set_ttl(self->registry, lasting, 60);
    int64_t now_ms = atomic_load(&passing->last_used_at_ms);
    for (int minute = 0; minute < 3; minute++) { /* while it has its name, use keeps it */
        now_ms = use_for_a_minute(self, now_ms, passing, lasting);
        assert_true(holds(self, ids[0]));
    }
    take_away(&name);
    registry_ref(passing);
    now_ms = use_for_a_minute(self, now_ms, passing, lasting);
    assert_true(holds(self, ids[0])); /* somebody is at work with it */
    registry_unref(passing);
    (void)use_for_a_minute(self, now_ms, passing, lasting);
    assert_false(holds(self, ids[0]));
    assert_true(holds(self, ids[1])); /* whose time to live somebody has chosen */
}

/* ---- opening, while another thread makes the name and takes it away ---- */

typedef struct race {
    fixture *fixture;
    section_name name;
    atomic_bool is_over;
} race;

static void *make_and_close(void *context)
{
    race *race = context;
    while (!atomic_load(&race->is_over)) {
        entry *made = NULL;
        if (try_add(race->fixture, make(&race->name), &made) == SECTION_OK) {
            registry_remove(race->fixture->registry, made);
            registry_unref(made);
        }
    }
    return NULL;
}

static void test_the_end_of_another_id_takes_no_name_from_what_was_opened(void **state)
{
    enum { OPENED = 500 };
    pthread_t maker;
    race race = {.fixture = *state, .name = new_name(*state)};
    assert_int_equal(pthread_create(&maker, NULL, make_and_close, &race), 0);
    for (int opened = 0; opened < OPENED;) {
        entry *added = NULL;
        section *found = open_name(&race.name);
        if (found == NULL || try_add(race.fixture, found, &added) != SECTION_OK) {
            continue;
        }
        for (int looks = 0; looks < 20; looks++) {
            assert_true(section_name_leads_here(added->section));
            assert_int_equal(id_of(race.fixture, &race.name) != 0, 1);
        }
        registry_remove(race.fixture->registry, added);
        registry_unref(added);
        opened++;
    }
    atomic_store(&race.is_over, true);
    assert_int_equal(pthread_join(maker, NULL), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_REGISTRY(test_a_name_means_the_object_that_has_it_now),
        WITH_REGISTRY(test_a_name_that_leads_to_no_object_means_none),
        WITH_REGISTRY(test_what_has_lost_its_name_gets_no_id),
        WITH_REGISTRY(test_an_orphan_that_was_opened_in_passing_ends_though_it_is_used),
        WITH_REGISTRY(test_the_end_of_another_id_takes_no_name_from_what_was_opened),
    };
    log_setup(LOG_ERROR, LOG_TEXT);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
