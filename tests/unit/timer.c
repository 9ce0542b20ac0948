#include "unit.h"

#include <pthread.h>
#include <stdbool.h>

#include "base/timer.h"
#include "base/waker.h"

/* Jobs run at their moments, in their order, and none is lost at the end. */

enum { COUNT = 5, FAR_US = 1000000000 };

typedef struct log {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    unsigned order[COUNT], count;
} log;

typedef struct task {
    job job;
    log *log;
    unsigned number;
    int64_t ran_at_us;
} task;

static void run(job *job)
{
    task *self = (task *)((char *)job - offsetof(task, job));
    log *log = self->log;
    pthread_mutex_lock(&log->lock);
    self->ran_at_us = waker_now_us();
    log->order[log->count++] = self->number;
    pthread_cond_broadcast(&log->changed);
    pthread_mutex_unlock(&log->lock);
}

static void log_init(log *log)
{
    *log = (struct log){0};
    pthread_mutex_init(&log->lock, NULL);
    pthread_cond_init(&log->changed, NULL);
}

static void wait_for(log *log, unsigned count)
{
    pthread_mutex_lock(&log->lock);
    while (log->count < count) {
        pthread_cond_wait(&log->changed, &log->lock);
    }
    pthread_mutex_unlock(&log->lock);
}

static void submit(timer *timer, log *log, task *tasks, const int64_t dues_us[COUNT])
{
    for (unsigned i = 0; i < COUNT; i++) {
        tasks[i] = (task){.job = {.run = run}, .log = log, .number = i};
        timer_submit(timer, &tasks[i].job, dues_us[i]);
    }
}

static void test_jobs_run_not_before_their_moment(void **state)
{
    (void)state;
    log log;
    task tasks[COUNT];
    timer *timer = timer_start();
    const int64_t now_us = waker_now_us();
    const int64_t dues_us[COUNT] = {now_us + 30000, now_us + 10000, now_us, now_us + 20000, 0};
    assert_non_null(timer);
    log_init(&log);
    submit(timer, &log, tasks, dues_us);
    wait_for(&log, COUNT);
    for (unsigned i = 0; i < COUNT; i++) {
        assert_true(tasks[i].ran_at_us >= dues_us[i]);
    }
    assert_int_equal(log.order[COUNT - 1], 0);
    timer_stop(timer);
}

static void test_one_that_is_due_earlier_is_not_held_up_by_one_that_came_before(void **state)
{
    (void)state;
    log log;
    task tasks[COUNT];
    timer *timer = timer_start();
    const int64_t now_us = waker_now_us();
    const int64_t dues_us[COUNT] = {now_us + FAR_US, now_us + FAR_US, now_us + 1000,
                                    now_us + FAR_US, now_us};
    log_init(&log);
    submit(timer, &log, tasks, dues_us);
    wait_for(&log, 2);
    assert_int_equal(log.count, 2);
    timer_stop(timer);
    /* Those of one moment in the order in which they came. */
    assert_int_equal(log.count, COUNT);
    assert_int_equal(log.order[2], 0);
    assert_int_equal(log.order[3], 1);
    assert_int_equal(log.order[4], 3);
}

static void test_one_without_jobs_ends(void **state)
{
    (void)state;
    timer_stop(timer_start());
    timer_stop(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_jobs_run_not_before_their_moment),
        cmocka_unit_test(test_one_that_is_due_earlier_is_not_held_up_by_one_that_came_before),
        cmocka_unit_test(test_one_without_jobs_ends),
    };
    return cmocka_run_group_tests_name("timer", tests, NULL, NULL);
}
