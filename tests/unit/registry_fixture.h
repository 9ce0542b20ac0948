#ifndef TESTS_UNIT_REGISTRY_FIXTURE_H
#define TESTS_UNIT_REGISTRY_FIXTURE_H

#include <stdio.h>
#include <stdlib.h>

#include <section/section.h>

#include "registry/quota.h"
#include "registry/registry.h"

#include "unit.h"

/** What each test begins with. */
typedef struct fixture {
    journal *journal;
    registry *registry;
    unsigned names;
} fixture;

static inline int set_up(void **state)
{
    const registry_limits limits = {2000, UINT64_C(1) << 30, UINT64_C(1) << 30};
    fixture *self = calloc(1, sizeof *self);
    assert_non_null(self);
    assert_int_equal(journal_open(".", &self->journal, NULL), SECTION_OK);
    self->registry = registry_new(limits, self->journal, NULL);
    assert_non_null(self->registry);
    *state = self;
    return 0;
}

static inline int tear_down(void **state)
{
    fixture *self = *state;
    uint64_t sections;
    uint64_t bytes;
    registry_clear(self->registry);
    registry_usage(self->registry, &sections, &bytes);
    assert_int_equal(sections, 0);
    assert_int_equal(bytes, 0);
    assert_int_equal(registry_mapped_bytes(self->registry), 0);
    registry_free(self->registry);
    journal_close(self->journal);
    free(self);
    return 0;
}

/* A name that nobody else has. */
static inline section_name new_name(fixture *self)
{
    section_name name = {.scope = SECTION_SCOPE_LOCAL};
    section *own;
    section_info info;
    const section_create_options anonymous = {.size_bytes = 1};
    assert_int_equal(section_create(&anonymous, &own, NULL), SECTION_OK);
    assert_int_equal(section_describe(own, &info, NULL), SECTION_OK);
    (void)snprintf(name.text, sizeof name.text, "unit-registry-%lu-%u", (unsigned long)info.pid,
                   self->names++);
    section_close(own);
    return name;
}

static inline section *make(const section_name *name)
{
    const section_create_options options = {.name = name, .size_bytes = 4096};
    section *made;
    assert_int_equal(section_create(&options, &made, NULL), SECTION_OK);
    return made;
}

static inline section *open_name(const section_name *name)
{
    const section_open_options options = {.name = name};
    section *opened;
    return section_open(&options, &opened, NULL) == SECTION_OK ? opened : NULL;
}

static inline section_status try_add(fixture *self, section *section, entry **ret_added)
{
    reservation reserved;
    assert_non_null(section);
    assert_int_equal(registry_reserve(self->registry, 4096, &reserved, NULL), SECTION_OK);
    return registry_add(self->registry, reserved, true, section, "label", ret_added, NULL);
}

/* Held by the registry only. */
static inline entry *add(fixture *self, section *section)
{
    entry *added;
    assert_int_equal(try_add(self, section, &added), SECTION_OK);
    registry_unref(added);
    return added;
}

static inline bool holds(fixture *self, uint64_t id)
{
    entry *found = registry_find(self->registry, id);
    registry_unref(found);
    return found != NULL;
}

#define WITH_REGISTRY(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

#endif
