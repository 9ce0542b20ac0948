#include "unit.h"

#include <pthread.h>
#include <stdbool.h>

#include "base/lanes.h"

/* Jobs that hang take the threads of their own lane, and no others. */

enum { THREADS = 6, MANY = 40 };

typedef struct gate {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool is_open;
    unsigned waiting; /* jobs that hang */
    unsigned passed;
} gate;

typedef struct task {
    job job;
    gate *gate;
    bool hangs;
    unsigned number; /* in which it ran */
} task;

static void run(job *job)
{
    task *self = (task *)((char *)job - offsetof(task, job));
    gate *gate = self->gate;
    pthread_mutex_lock(&gate->lock);
    gate->waiting += self->hangs ? 1 : 0;
    pthread_cond_broadcast(&gate->changed);
    while (self->hangs && !gate->is_open) {
        pthread_cond_wait(&gate->changed, &gate->lock);
    }
    gate->waiting -= self->hangs ? 1 : 0;
    self->number = ++gate->passed;
    pthread_cond_broadcast(&gate->changed);
    pthread_mutex_unlock(&gate->lock);
}

static void submit(lanes *lanes, gate *gate, task *tasks, unsigned count, bool hangs, uint64_t lane)
{
    for (unsigned i = 0; i < count; i++) {
        tasks[i] = (task){.job = {.run = run}, .gate = gate, .hangs = hangs};
        lanes_submit(lanes, &tasks[i].job, lane);
    }
}

static void wait_for(gate *gate, const unsigned *counter, unsigned wanted)
{
    pthread_mutex_lock(&gate->lock);
    while (*counter < wanted) {
        pthread_cond_wait(&gate->changed, &gate->lock);
    }
    pthread_mutex_unlock(&gate->lock);
}

static void open_gate(gate *gate)
{
    pthread_mutex_lock(&gate->lock);
    gate->is_open = true;
    pthread_cond_broadcast(&gate->changed);
    pthread_mutex_unlock(&gate->lock);
}

static void gate_init(gate *gate)
{
    *gate = (struct gate){0};
    pthread_mutex_init(&gate->lock, NULL);
    pthread_cond_init(&gate->changed, NULL);
}

static void test_jobs_of_other_lanes_pass_those_that_hang(void **state)
{
    (void)state;
    gate gate;
    task hanging[2][MANY];
    task others[MANY];
    gate_init(&gate);
    lanes *lanes = lanes_start(THREADS);
    assert_non_null(lanes);
    submit(lanes, &gate, hanging[0], MANY, true, 1);
    submit(lanes, &gate, hanging[1], MANY, true, 2);
    submit(lanes, &gate, others, MANY, false, 3);
    wait_for(&gate, &gate.passed, MANY);
    wait_for(&gate, &gate.waiting, 2 * LANE_THREADS);
    assert_int_equal(gate.waiting, 2 * LANE_THREADS); /* the rest of them waits for its turn */
    open_gate(&gate);
    wait_for(&gate, &gate.passed, 3 * MANY);
    lanes_stop(lanes);
}

static void test_what_is_queued_is_run_before_the_end(void **state)
{
    (void)state;
    gate gate;
    task tasks[MANY];
    gate_init(&gate);
    lanes *lanes = lanes_start(2);
    submit(lanes, &gate, tasks, MANY / 2, false, 1);
    submit(lanes, &gate, tasks + MANY / 2, MANY / 2, false, 2);
    lanes_stop(lanes);
    assert_int_equal(gate.passed, MANY);
}

static void test_with_one_thread_jobs_run_in_their_order(void **state)
{
    (void)state;
    gate gate;
    task tasks[MANY];
    gate_init(&gate);
    lanes *lanes = lanes_start(1);
    for (unsigned i = 0; i < MANY; i++) {
        submit(lanes, &gate, &tasks[i], 1, false, i % 3);
    }
    lanes_stop(lanes);
    for (unsigned i = 0; i < MANY; i++) {
        assert_int_equal(tasks[i].number, i + 1);
    }
    lanes_stop(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_jobs_of_other_lanes_pass_those_that_hang),
        cmocka_unit_test(test_what_is_queued_is_run_before_the_end),
        cmocka_unit_test(test_with_one_thread_jobs_run_in_their_order),
    };
    return cmocka_run_group_tests_name("lanes", tests, NULL, NULL);
}
