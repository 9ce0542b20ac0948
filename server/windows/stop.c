#include "stop.h"

#include "base/platform.h"

/* Console control handlers get no context: what they set is global. */
static HANDLE stop_event;
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
    SetEvent(stop_event);
    if (stop_is_final(control)) {
        Sleep(INFINITE); /* main ends the process when all is closed */
    }
    return TRUE;
}

void platform_catch_stop(void)
{
    stop_event = CreateEventW(NULL, TRUE, FALSE, NULL);
    /* A parent may have told us to ignore Ctrl-C (CREATE_NEW_PROCESS_GROUP does). */
    (void)SetConsoleCtrlHandler(NULL, FALSE);
    (void)SetConsoleCtrlHandler(on_control, TRUE);
}

const char *platform_wait_for_stop(void)
{
    (void)WaitForSingleObject(stop_event, INFINITE);
    return given_reason != NULL ? given_reason : "asked to";
}
