#include "base/waker.h"
#include "http/private.h"

/* Requests whose connection is suspended: what works on a pool, in a lane, or later, and what sleeps. */

static void suspend(sleeper *sleeper)
{
    const exchange *exchange =
        (struct exchange *)((char *)sleeper - offsetof(struct exchange, sleeper));
    MHD_suspend_connection(exchange->connection);
}

void http_resume(http *http, struct MHD_Connection *connection)
{
    pthread_mutex_lock(&http->resuming);
    MHD_resume_connection(connection);
    pthread_mutex_unlock(&http->resuming);
}

static void resume(sleeper *sleeper)
{
    const exchange *exchange =
        (struct exchange *)((char *)sleeper - offsetof(struct exchange, sleeper));
    http_resume(exchange->transport, exchange->connection);
}

const sleeper work_sleeper = {.suspend = suspend, .resume = resume};

void work_sleep(exchange *exchange)
{
    exchange->state = STATE_ASLEEP;
    deadlines_set_wait(exchange->transport, exchange->connection_state, exchange->run.wait);
    watch_wait_begin(exchange->run.wait);
}

/* Queues it where its place is. */
static void submit(exchange *exchange)
{
    server *server = exchange->server;
    if (exchange->place == PLACE_DISK) {
        lanes_submit(server->lanes, &exchange->job, run_lane(&exchange->run));
    } else {
        workers_submit(exchange->place == PLACE_LONG ? server->long_workers : server->workers,
                       &exchange->job);
    }
}

static exchange *exchange_of(job *job)
{
    return (exchange *)((char *)job - offsetof(exchange, job));
}

static void run_on_worker(job *job);

static void submit_again(job *job)
{
    job->run = run_on_worker;
    submit(exchange_of(job));
}

static void submit_later(exchange *exchange)
{
    const int64_t nap_us = (int64_t)exchange->run.call.nap_ms * 1000;
    exchange->job.run = submit_again;
    timer_submit(exchange->server->timer, &exchange->job, waker_now_us() + nap_us);
}

static void run_on_worker(job *job)
{
    exchange *exchange = exchange_of(job);
    http *http = exchange->transport;
    switch (exchange_go_on(exchange, exchange->place)) {
    case EXCHANGE_SLEEP:
        work_sleep(exchange);
        break;
    case EXCHANGE_WORK: /* of a slower pool */
        submit(exchange);
        return;
    case EXCHANGE_LATER:
        submit_later(exchange);
        return;
    case EXCHANGE_RECEIVE:
        exchange->state = exchange->is_taken ? STATE_TAKEN : STATE_RESUMED;
        resume(&exchange->sleeper);
        break;
    case EXCHANGE_ANSWER:
    case EXCHANGE_END: /* is for who receives only */
        exchange->state = STATE_READY;
        resume(&exchange->sleeper);
        break;
    }
    atomic_fetch_sub(&http->working, 1);
}

void work_begin(exchange *exchange)
{
    exchange->state = STATE_QUEUED;
    exchange->job.run = run_on_worker;
    MHD_suspend_connection(exchange->connection);
    submit(exchange);
}
