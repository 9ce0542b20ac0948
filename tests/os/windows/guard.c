#include "harness.h"

#include <pthread.h>
#include <windows.h>

#include "os.h"

/* Accesses by pointer to memory that is not there. */

enum { PAGE = 4096 };

typedef struct target {
    volatile uint64_t *cell;
    uint64_t loaded;
} target;

static void store_seven(void *context)
{
    target *target = context;
    *target->cell = 7;
}

static void load_cell(void *context)
{
    target *target = context;
    target->loaded = *target->cell;
}

/* Two pages, of which the second may not be touched: a fault as a page that has gone away gives. */
static uint8_t *half_gone(void)
{
    DWORD before;
    uint8_t *base = VirtualAlloc(NULL, 2 * PAGE, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    assert_non_null(base);
    assert_true(VirtualProtect(base + PAGE, PAGE, PAGE_NOACCESS, &before));
    return base;
}

/* Works on memory that is there and on memory that is not; the number of calls that were right. */
static void *touch_both(void *context)
{
    static const int rounds = 1000;
    uint8_t *base = half_gone();
    const os_section object = {.base = base, .mapped_bytes = 2 * PAGE};
    target good = {.cell = (volatile uint64_t *)(void *)base};
    target gone = {.cell = (volatile uint64_t *)(void *)(base + PAGE)};
    unsigned *right = context;
    for (int i = 0; i < rounds; i++) {
        section_error error = {0};
        *right +=
            os_touch(&object, base + PAGE, 8, true, store_seven, &gone, &error) == SECTION_GONE &&
            error.code == SECTION_GONE;
        *right += os_touch(&object, base + PAGE, 8, false, load_cell, &gone, NULL) == SECTION_GONE;
        *right += os_touch(&object, base, 8, true, store_seven, &good, NULL) == SECTION_OK;
        *right += os_touch(&object, base, 8, false, load_cell, &good, NULL) == SECTION_OK &&
                  good.loaded == 7;
        *good.cell = 0;
    }
    (void)VirtualFree(base, 0, MEM_RELEASE);
    return NULL;
}

static void test_a_touch_of_what_is_gone_ends_there_on_every_thread(void **state)
{
    (void)state;
    enum { THREADS = 4 };
    pthread_t threads[THREADS];
    unsigned right[THREADS] = {0};
    for (size_t i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, touch_both, &right[i]), 0);
    }
    for (size_t i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_int_equal(right[i], 4000);
    }
}

static volatile LONG seen;
static uint8_t *made_accessible;

/* Somebody else's handler: mends the page and lets the access go on. */
static LONG CALLBACK mend(EXCEPTION_POINTERS *exception)
{
    DWORD before;
    if (exception->ExceptionRecord->ExceptionCode != (DWORD)EXCEPTION_ACCESS_VIOLATION) {
        return EXCEPTION_CONTINUE_SEARCH;
    }
    InterlockedIncrement(&seen);
    (void)VirtualProtect(made_accessible, PAGE, PAGE_READWRITE, &before);
    return EXCEPTION_CONTINUE_EXECUTION;
}

static void test_faults_of_others_go_where_they_went_before(void **state)
{
    (void)state;
    uint8_t *base = half_gone();
    const os_section object = {.base = base, .mapped_bytes = 2 * PAGE};
    target gone = {.cell = (volatile uint64_t *)(void *)(base + PAGE)};
    made_accessible = base + PAGE;
    fails(SECTION_GONE, os_touch(&object, base + PAGE, 8, true, store_seven, &gone, &why));
    void *handler = AddVectoredExceptionHandler(0, mend); /* behind ours */
    assert_non_null(handler);
    fails(SECTION_GONE, os_touch(&object, base + PAGE, 8, true, store_seven, &gone, &why));
    assert_int_equal(seen, 0);
    store_seven(&gone); /* without a guard */
    assert_int_equal(seen, 1);
    assert_int_equal(*gone.cell, 7);
    (void)RemoveVectoredExceptionHandler(handler);
    (void)VirtualFree(base, 0, MEM_RELEASE);
}

static int tests(void)
{
    const struct CMUnitTest list[] = {
        cmocka_unit_test(test_a_touch_of_what_is_gone_ends_there_on_every_thread),
        cmocka_unit_test(test_faults_of_others_go_where_they_went_before),
    };
    return cmocka_run_group_tests_name("guard", list, NULL, NULL);
}

int main(int argc, char **argv)
{
    return run_program(argc, argv, tests);
}
