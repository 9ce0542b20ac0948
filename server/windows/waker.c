#include "base/waker.h"

#include <windows.h>

#include <stdbool.h>
#include <stdlib.h>

#ifndef CREATE_WAITABLE_TIMER_HIGH_RESOLUTION
#define CREATE_WAITABLE_TIMER_HIGH_RESOLUTION 0x00000002
#endif

struct waker {
    HANDLE rung;  /* an event that resets itself */
    HANDLE timer; /* of high resolution; NULL before Windows 10 1803 */
    bool raised;  /* without such a timer: the system's tick is at 1 ms for us */
};

int64_t waker_now_us(void)
{
    LARGE_INTEGER frequency;
    LARGE_INTEGER now;
    QueryPerformanceFrequency(&frequency);
    QueryPerformanceCounter(&now);
    /* In two steps: ticks times a million would overflow after some weeks. */
    const int64_t seconds = now.QuadPart / frequency.QuadPart;
    const int64_t rest = now.QuadPart % frequency.QuadPart;
    return seconds * 1000000 + rest * 1000000 / frequency.QuadPart;
}

waker *waker_new(void)
{
    waker *self = calloc(1, sizeof *self);
    if (self == NULL) {
        return NULL;
    }
    self->rung = CreateEventW(NULL, FALSE, FALSE, NULL);
    self->timer =
        CreateWaitableTimerExW(NULL, NULL, CREATE_WAITABLE_TIMER_HIGH_RESOLUTION, TIMER_ALL_ACCESS);
    if (self->rung == NULL) {
        waker_free(self);
        return NULL;
    }
    return self;
}

/* Below this the ordinary tick of 15.6 ms would be felt. */
enum { FINE_WAIT_US = 100000 };

/*
 * Calls timeBeginPeriod or timeEndPeriod. winmm loads user32, and a program that has loaded user32 is
 * not told of the system's shutdown: so it comes only where there is no timer of high resolution.
 */
static bool change_tick(const char *function)
{
    typedef UINT(WINAPI * tick_function)(UINT period_ms);
    const HMODULE winmm = LoadLibraryExW(L"winmm.dll", NULL, LOAD_LIBRARY_SEARCH_SYSTEM32);
    union {
        FARPROC address;
        tick_function call;
    } found = {winmm != NULL ? GetProcAddress(winmm, function) : NULL};
    return found.address != NULL && found.call(1) == 0;
}

/* The finer tick costs the whole machine power: only while somebody needs it. */
static void raise_tick(waker *self, bool raise)
{
    if (raise && !self->raised) {
        self->raised = change_tick("timeBeginPeriod");
    } else if (!raise && self->raised) {
        (void)change_tick("timeEndPeriod");
        self->raised = false;
    }
}

void waker_free(waker *self)
{
    if (self == NULL) {
        return;
    }
    raise_tick(self, false);
    if (self->timer != NULL) {
        CloseHandle(self->timer);
    }
    if (self->rung != NULL) {
        CloseHandle(self->rung);
    }
    free(self);
}

void waker_wait(waker *self, int64_t until_us)
{
    if (until_us == WAKER_NEVER) {
        raise_tick(self, false);
        (void)WaitForSingleObject(self->rung, INFINITE);
        return;
    }
    const int64_t left_us = until_us - waker_now_us();
    if (left_us <= 0) {
        (void)WaitForSingleObject(self->rung, 0);
        return;
    }
    /* Relative, in steps of 100 ns. */
    const LARGE_INTEGER due = {.QuadPart = -left_us * 10};
    if (self->timer != NULL && SetWaitableTimer(self->timer, &due, 0, NULL, NULL, FALSE)) {
        const HANDLE both[] = {self->rung, self->timer};
        (void)WaitForMultipleObjects(2, both, FALSE, INFINITE);
        return;
    }
    raise_tick(self, left_us < FINE_WAIT_US);
    const int64_t left_ms = (left_us + 999) / 1000;
    (void)WaitForSingleObject(self->rung, left_ms < 60000 ? (DWORD)left_ms : 60000);
}

void waker_ring(waker *self)
{
    (void)SetEvent(self->rung);
}
