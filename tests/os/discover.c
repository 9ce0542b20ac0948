#include "harness.h"

#include <section/namespace.h>
#include <section/process.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "platform.h"

enum { FOUND_MAX = 64 };

/** What a search showed, as far as it is kept; strings by copy. */
typedef struct findings {
    size_t count;
    process_section sections[FOUND_MAX];
    char names[FOUND_MAX][256];
    size_t stop_after; /* 0: never */
    const section *ours;
    uint64_t our_index; /* UINT64_MAX: not among them */
    section_error unseen;
} findings;

static bool keep(void *context, const process_section *found)
{
    findings *findings = context;
    assert_in_range(findings->count, 0, FOUND_MAX - 1);
    assert_int_equal(found->index, findings->count);
    if (findings->ours != NULL && process_section_is(found, findings->ours)) {
        findings->our_index = found->index;
    }
    if (found->name != NULL) {
        (void)snprintf(findings->names[findings->count], 256, "%s", found->name);
    }
    findings->sections[findings->count++] = *found;
    return findings->count != findings->stop_after;
}

static section_status search(uint32_t pid, findings *findings)
{
    const process_search where = {.pid = pid};
    findings->count = 0;
    findings->our_index = UINT64_MAX;
    memset(findings->names, 0, sizeof findings->names);
    return process_sections(&where, keep, findings, &findings->unseen, &why);
}

/* Searches and expects to have seen everything. */
static void search_all(uint32_t pid, findings *findings)
{
    works(search(pid, findings));
    assert_int_equal(findings->unseen.code, SECTION_OK);
}

static const process_section *with_handle(const findings *findings, uint64_t handle)
{
    for (size_t i = 0; i < findings->count; i++) {
        if (findings->sections[i].has_handle && findings->sections[i].handle == handle) {
            return &findings->sections[i];
        }
    }
    return NULL;
}

static uint64_t start_holder(const char *size, const char *name_or_null, child *ret_holder)
{
    char line[40];
    child_start("hold", size, name_or_null, NULL, ret_holder);
    child_hear(ret_holder, line, sizeof line);
    return strtoull(line, NULL, 0);
}

static void test_a_search_finds_the_anonymous_section_of_another_process(void **state)
{
    (void)state;
    child holder;
    findings findings = {0};
    const uint64_t handle = start_holder("10000", NULL, &holder);
    search_all(holder.pid, &findings);
    const process_section *found = with_handle(&findings, handle);
    assert_non_null(found);
    assert_true(found->described);
    assert_int_equal(found->size_bytes, rounded_size(10000));
    assert_true(found->size_exact);
    assert_false(found->has_scope);
    assert_int_equal(found->access,
                     PROCESS_SECTION_READ | PROCESS_SECTION_WRITE | PROCESS_SECTION_QUERY);
    assert_int_equal(found->handle_count, told_handle_count(1));
    assert_int_equal(child_end(&holder), 0);
}

static void test_a_search_tells_the_name(void **state)
{
    (void)state;
    child holder;
    findings findings = {0};
    const char *name = fresh_name();
    const uint64_t handle = start_holder("4096", name, &holder);
    search_all(holder.pid, &findings);
    const process_section *found = with_handle(&findings, handle);
    assert_non_null(found);
    assert_string_equal(findings.names[found->index], name);
    assert_int_equal(child_end(&holder), 0);
    other_drop_name(name);
}

static void test_what_is_found_can_be_duplicated(void **state)
{
    (void)state;
    char line[40];
    child holder;
    findings findings = {0};
    (void)start_holder("4096", NULL, &holder);
    child_tell(&holder, "poke 7 77");
    child_hear(&holder, line, sizeof line);
    search_all(holder.pid, &findings);
    assert_in_range(findings.count, 1, FOUND_MAX);
    const process_section *last = &findings.sections[findings.count - 1];
    section *self = duplicate_section(holder.pid, last->handle);
    assert_int_equal(byte_at(self, 7), 77);
    section_close(self);
    assert_int_equal(child_end(&holder), 0);
}

static void test_other_kinds_of_handles_are_not_shown(void **state)
{
    (void)state;
    findings findings = {0};
    uint64_t handles[KIND_COUNT];
    for (int kind = 0; kind < KIND_COUNT; kind++) {
        handles[kind] = kind_open((other_kind)kind);
    }
    section *made = create_section(NULL, 4096);
    search_all(own_process_id(), &findings);
    assert_non_null(with_handle(&findings, describe(made).handle));
    for (int kind = 0; kind < KIND_COUNT; kind++) {
        assert_null(with_handle(&findings, handles[kind]));
        kind_close(handles[kind]);
    }
    section_close(made);
}

static void test_our_own_sections_are_recognised(void **state)
{
    (void)state;
    findings findings = {0};
    section *made = create_section(NULL, 4096);
    section *twin = create_section(NULL, 4096);
    section *again = duplicate_section(own_process_id(), describe(made).handle);
    findings.ours = again;
    search_all(own_process_id(), &findings);
    const process_section *one = with_handle(&findings, describe(made).handle);
    const process_section *two = with_handle(&findings, describe(again).handle);
    assert_non_null(one);
    assert_non_null(two);
    assert_true(findings.our_index == one->index || findings.our_index == two->index);
    findings.ours = twin;
    search_all(own_process_id(), &findings);
    assert_int_equal(findings.our_index, with_handle(&findings, describe(twin).handle)->index);
    section_close(again);
    section_close(twin);
    section_close(made);
    search_all(own_process_id(), &findings);
    assert_int_equal(findings.count, 0); /* nor is anything of the search itself */
}

static void test_a_visitor_may_end_the_search(void **state)
{
    (void)state;
    findings findings = {.stop_after = 2};
    section *made[4];
    for (size_t i = 0; i < 4; i++) {
        made[i] = create_section(NULL, 4096);
    }
    works(search(own_process_id(), &findings));
    assert_int_equal(findings.count, 2);
    for (size_t i = 0; i < 4; i++) {
        section_close(made[i]);
    }
}

static void test_a_process_that_is_not_there_is_not_found(void **state)
{
    (void)state;
    static const uint32_t pids[] = {0, 0x7FFFFFF0, UINT32_MAX};
    findings findings = {0};
    child holder;
    for (size_t i = 0; i < sizeof pids / sizeof pids[0]; i++) {
        fails(SECTION_NOT_FOUND, search(pids[i], &findings));
    }
    (void)start_holder("4096", NULL, &holder);
    assert_int_equal(child_end(&holder), 0);
    fails(SECTION_NOT_FOUND, search(holder.pid, &findings));
    assert_int_equal(findings.count, 0);
}

static void test_a_search_leaves_nothing_behind(void **state)
{
    (void)state;
    child holder;
    findings findings = {0};
    (void)start_holder("4096", NULL, &holder);
    search_all(holder.pid, &findings);
    const resources before = count_resources();
    for (int i = 0; i < 20; i++) {
        search_all(holder.pid, &findings);
        fails(SECTION_NOT_FOUND, search(0x7FFFFFF0, &findings));
    }
    const resources after = count_resources();
    assert_int_equal(after.handle_count, before.handle_count);
    assert_int_equal(after.view_count, before.view_count);
    assert_int_equal(child_end(&holder), 0);
}

/** Whether a process is in a list, and how many are. */
typedef struct census {
    uint32_t pid;
    size_t matches;
    size_t count;
    bool stop;
} census;

static bool count_process(void *context, const process_entry *process)
{
    census *census = context;
    assert_int_not_equal(process->pid, 0);
    assert_non_null(process->name);
    census->count++;
    if (process->pid == census->pid) {
        assert_int_not_equal(process->name[0], '\0');
        census->matches++;
    }
    return !census->stop;
}

static void test_processes_are_listed_once_while_they_live(void **state)
{
    (void)state;
    child holder;
    (void)start_holder("4096", NULL, &holder);
    census others = {.pid = holder.pid};
    census own = {.pid = own_process_id()};
    works(process_list(count_process, &others, &why));
    assert_int_equal(others.matches, 1);
    works(process_list(count_process, &own, &why));
    assert_int_equal(own.matches, 1);
    assert_int_equal(child_end(&holder), 0);
    unsigned looks = 0;
    do { /* Wine hears of an end a moment later */
        wait_a_moment(&looks);
        others = (census){.pid = holder.pid};
        works(process_list(count_process, &others, &why));
    } while (others.matches > 0);
    census first = {.stop = true};
    works(process_list(count_process, &first, &why));
    assert_int_equal(first.count, 1);
}

/** Whether a name is in the namespace, and whose it is. */
typedef struct sighting {
    const char *name;
    const section_info *ours;
    size_t matches;
    uint64_t size_bytes;
    bool is_ours;
} sighting;

static bool look_for_name(void *context, const namespace_entry *entry)
{
    sighting *sighting = context;
    if (strcmp(entry->name->text, sighting->name) == 0) {
        sighting->matches++;
        sighting->size_bytes = entry->size_known ? entry->size_bytes : 0;
        sighting->is_ours = sighting->ours != NULL &&
                            namespace_entry_is(entry, sighting->ours->name, sighting->ours->object);
    }
    return true;
}

static sighting look(const char *name, const section_info *ours)
{
    sighting sighting = {.name = name, .ours = ours};
    works(namespace_list(SECTION_SCOPE_LOCAL, look_for_name, &sighting, &why));
    return sighting;
}

static void test_a_name_is_listed_while_somebody_has_it(void **state)
{
    (void)state;
    const char *name = fresh_name();
    other_section other;
    assert_int_equal(look(name, NULL).matches, 0);
    other_create(name, 8192, &other);
    const sighting seen = look(name, NULL);
    assert_int_equal(seen.matches, 1);
    assert_int_equal(seen.size_bytes, 8192);
    other_close(&other);
    other_drop_name(name);
    assert_int_equal(look(name, NULL).matches, 0);
}

static void test_a_name_of_ours_is_recognised(void **state)
{
    (void)state;
    const char *name = fresh_name();
    const char *other_name = fresh_name();
    section *self = create_section(name, 4096);
    section *other = create_section(other_name, 4096);
    const section_info info = describe(self);
    assert_true(look(name, &info).is_ours);
    assert_false(look(other_name, &info).is_ours);
    section_close(other);
    section_close(self);
    assert_int_equal(look(name, NULL).matches, 0);
}

static void test_names_of_other_objects_are_not_listed(void **state)
{
    (void)state;
    const char *name = fresh_name();
    const uint64_t occupant = occupy_name(name);
    assert_int_equal(look(name, NULL).matches, 0);
    vacate_name(name, occupant);
}

static int tests(void)
{
    const struct CMUnitTest list[] = {
        cmocka_unit_test(test_a_search_finds_the_anonymous_section_of_another_process),
        cmocka_unit_test(test_a_search_tells_the_name),
        cmocka_unit_test(test_what_is_found_can_be_duplicated),
        cmocka_unit_test(test_other_kinds_of_handles_are_not_shown),
        cmocka_unit_test(test_our_own_sections_are_recognised),
        cmocka_unit_test(test_a_visitor_may_end_the_search),
        cmocka_unit_test(test_a_process_that_is_not_there_is_not_found),
        cmocka_unit_test(test_a_search_leaves_nothing_behind),
        cmocka_unit_test(test_processes_are_listed_once_while_they_live),
        cmocka_unit_test(test_a_name_is_listed_while_somebody_has_it),
        cmocka_unit_test(test_a_name_of_ours_is_recognised),
        cmocka_unit_test(test_names_of_other_objects_are_not_listed),
    };
    return cmocka_run_group_tests_name("discover", list, NULL, NULL);
}

int main(int argc, char **argv)
{
    return run_program(argc, argv, tests);
}
