#include "stop.h"

#include "base/platform.h"

/* Console control handlers get no context: what they set is global. */
static HANDLE stop_requests; /* a semaphore: each request counts */
static const char *volatile given_reason;

const char *stop_reason(DWORD control)
{
    static const char *const reasons[] = {
        [CTRL_C_EVENT] = "Ctrl-C",
        [CTRL_BREAK_EVENT] = "Ctrl-Break",
        [CTRL_CLOSE_EVENT] = "the console was closed",
        [CTRL_SHUTDOWN_EVENT] = "the system shuts down",
    };
    return control < sizeof reasons / sizeof reasons[0] ? reasons[control] : NULL;
}

bool stop_is_final(DWORD control)
{
    return control == CTRL_CLOSE_EVENT || control == CTRL_SHUTDOWN_EVENT;
}

static BOOL WINAPI on_control(DWORD control)
{
    const char *reason = stop_reason(control);
    if (reason == NULL) {
        return TRUE; /* else the default handler would end the process */
    }
    given_reason = reason;
    (void)ReleaseSemaphore(stop_requests, 1, NULL);
    if (stop_is_final(control)) {
        Sleep(INFINITE); /* main ends the process when everything is closed */
    }
    return TRUE;
}

void platform_catch_stop(void)
{
    stop_requests = CreateSemaphoreW(NULL, 0, 1000, NULL);
    /* A parent may have told us to ignore Ctrl-C (CREATE_NEW_PROCESS_GROUP does). */
    (void)SetConsoleCtrlHandler(NULL, FALSE);
    (void)SetConsoleCtrlHandler(on_control, TRUE);
}

const char *platform_wait_for_stop(int64_t timeout_ms)
{
    const DWORD most_ms = timeout_ms < 0 ? INFINITE : (DWORD)timeout_ms;
    if (WaitForSingleObject(stop_requests, most_ms) != WAIT_OBJECT_0) {
        return NULL;
    }
    return given_reason != NULL ? given_reason : "asked to";
}
