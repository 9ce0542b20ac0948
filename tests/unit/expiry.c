#include "base/log.h"
#include "base/platform.h"

#include "registry_fixture.h"

enum { HOURS_MS = 3600 * 1000 };

static void test_what_is_not_due_stays_and_its_time_is_told(void **state)
{
    fixture *self = *state;
    entry *one = add(self, make(NULL));
    const uint64_t id = one->id;
    assert_true(registry_expire(self->registry, INT64_MAX / 2) == INT64_MAX);
    registry_set_ttl(self->registry, one, 10);
    const int64_t used_ms = atomic_load(&one->last_used_at_ms);
    assert_int_equal(registry_expire(self->registry, used_ms + 9999), used_ms + 10000);
    assert_true(holds(self, id));
    assert_true(registry_expire(self->registry, used_ms + 10000) == INT64_MAX);
    assert_false(holds(self, id));
}

static void test_use_moves_the_end_of_a_time_to_live(void **state)
{
    fixture *self = *state;
    entry *one = add(self, make(NULL));
    const uint64_t id = one->id;
    registry_set_ttl(self->registry, one, 10);
    const int64_t used_ms = atomic_load(&one->last_used_at_ms) + 5000;
    atomic_store(&one->last_used_at_ms, used_ms);
    assert_int_equal(registry_expire(self->registry, used_ms + 5000), used_ms + 10000);
    assert_true(holds(self, id));
    registry_expire(self->registry, used_ms + 10000);
    assert_false(holds(self, id));
}

static void test_what_is_in_use_is_looked_at_again_a_second_later(void **state)
{
    fixture *self = *state;
    entry *one = add(self, make(NULL));
    const uint64_t id = one->id;
    registry_set_ttl(self->registry, one, 10);
    const int64_t due_ms = atomic_load(&one->last_used_at_ms) + 10000;
    registry_ref(one);
    assert_int_equal(registry_expire(self->registry, due_ms), due_ms + 1000);
    registry_unref(one);
    assert_true(holds(self, id));
    registry_expire(self->registry, due_ms + 1000);
    assert_false(holds(self, id));
}

static void test_what_is_protected_stays(void **state)
{
    fixture *self = *state;
    entry *one = add(self, make(NULL));
    const uint64_t id = one->id;
    registry_set_ttl(self->registry, one, 1);
    const int64_t due_ms = atomic_load(&one->last_used_at_ms) + 1000;
    assert_int_equal(section_set_protect(one->section, true, NULL), SECTION_OK);
    registry_expire(self->registry, due_ms);
    assert_true(holds(self, id));
    assert_int_equal(section_set_protect(one->section, false, NULL), SECTION_OK);
    registry_expire(self->registry, due_ms + HOURS_MS);
    assert_false(holds(self, id));
}

static void test_a_time_to_live_is_shortened_lengthened_and_taken_back(void **state)
{
    fixture *self = *state;
    entry *one = add(self, make(NULL));
    const uint64_t id = one->id;
    registry_set_ttl(self->registry, one, 3600);
    registry_set_ttl(self->registry, one, 1);
    int64_t used_ms = atomic_load(&one->last_used_at_ms);
    assert_int_equal(registry_expire(self->registry, used_ms), used_ms + 1000);
    registry_set_ttl(self->registry, one, 3600);
    used_ms = atomic_load(&one->last_used_at_ms);
    assert_int_equal(registry_expire(self->registry, used_ms + 1000), used_ms + HOURS_MS);
    registry_set_ttl(self->registry, one, 0);
    assert_true(registry_expire(self->registry, used_ms + 2 * HOURS_MS) == INT64_MAX);
    assert_true(holds(self, id));
}

static void test_a_time_to_live_of_what_is_gone_is_nothing(void **state)
{
    fixture *self = *state;
    entry *one = add(self, make(NULL));
    registry_ref(one);
    registry_set_ttl(self->registry, one, 1);
    registry_remove(self->registry, one);
    registry_set_ttl(self->registry, one, 1);
    registry_unref(one);
    assert_true(registry_expire(self->registry, INT64_MAX / 2) == INT64_MAX);
}

static void test_many_times_to_live_end_in_their_order(void **state)
{
    enum { COUNT = 150 };
    fixture *self = *state;
    entry *all[COUNT];
    uint64_t ids[COUNT];
    uint64_t ttls[COUNT];
    const int64_t start_ms = platform_monotonic_ms();
    for (uint64_t i = 0; i < COUNT; i++) {
        ttls[i] = (i * 67 % COUNT + 1) * 3600;
        all[i] = add(self, make(NULL));
        ids[i] = all[i]->id;
        registry_set_ttl(self->registry, all[i], ttls[i]);
        atomic_store(&all[i]->last_used_at_ms, start_ms);
    }
    for (int i = 0; i < COUNT; i += 3) {
        registry_remove(self->registry, all[i]);
    }
    for (int64_t hour = 1; hour <= COUNT; hour++) {
        registry_expire(self->registry, platform_monotonic_ms() + hour * HOURS_MS);
        for (int i = 0; i < COUNT; i++) {
            assert_int_equal(holds(self, ids[i]), i % 3 != 0 && ttls[i] > (uint64_t)hour * 3600);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_REGISTRY(test_what_is_not_due_stays_and_its_time_is_told),
        WITH_REGISTRY(test_use_moves_the_end_of_a_time_to_live),
        WITH_REGISTRY(test_what_is_in_use_is_looked_at_again_a_second_later),
        WITH_REGISTRY(test_what_is_protected_stays),
        WITH_REGISTRY(test_a_time_to_live_is_shortened_lengthened_and_taken_back),
        WITH_REGISTRY(test_a_time_to_live_of_what_is_gone_is_nothing),
        WITH_REGISTRY(test_many_times_to_live_end_in_their_order),
    };
    log_setup(LOG_ERROR, LOG_TEXT);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
