#include <winsock2.h>

#include <ws2tcpip.h>

#include <windows.h>

#include <fcntl.h>
#include <io.h>
#include <ntsecapi.h>
#include <shellapi.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/platform.h"
#include "wide_text.h"

const char platform_name[] = "windows";
/* Each is looked at whenever one has news. Under Wine a server with more than 2,300 falls over. */
const unsigned platform_connections_max = 1900;
const char platform_first_session[] =
    "  set S=http://127.0.0.1:7780\n"
    "  set H=@%LOCALAPPDATA%\\sectiond\\header\n"
    "  curl -H \"%H%\" -d \"{\\\"name\\\":\\\"SHINE\\\",\\\"size\\\":4096}\" ^\n"
    "       -H \"Content-Type: application/json\" %S%/v1/sections\n"
    "  curl -H \"%H%\" -X PUT --data-binary hello %S%/v1/sections/@SHINE/data\n"
    "  curl -H \"%H%\" \"%S%/v1/sections/@SHINE/data?length=5\"\n";

uint32_t platform_process_id(void)
{
    return GetCurrentProcessId();
}

unsigned platform_processor_count(void)
{
    SYSTEM_INFO info;
    GetSystemInfo(&info);
    return info.dwNumberOfProcessors;
}

uint64_t platform_memory_bytes(void)
{
    MEMORYSTATUSEX memory = {.dwLength = sizeof memory};
    return GlobalMemoryStatusEx(&memory) ? memory.ullTotalPhys : 1u << 30;
}

bool platform_is_elevated(void)
{
    HANDLE token;
    TOKEN_ELEVATION elevation = {0};
    DWORD length;
    if (!OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token)) {
        return false;
    }
    const BOOL told =
        GetTokenInformation(token, TokenElevation, &elevation, sizeof elevation, &length);
    CloseHandle(token);
    return told && elevation.TokenIsElevated != 0;
}

uint64_t platform_raise_descriptor_limit(void)
{
    return UINT64_MAX; /* no such limit here */
}

int64_t platform_wall_clock_ms(void)
{
    FILETIME now;
    ULARGE_INTEGER ticks; /* of 100 ns since 1601 */
    GetSystemTimeAsFileTime(&now);
    ticks.LowPart = now.dwLowDateTime;
    ticks.HighPart = now.dwHighDateTime;
    return (int64_t)(ticks.QuadPart / 10000) - INT64_C(11644473600000);
}

int64_t platform_monotonic_ms(void)
{
    return (int64_t)GetTickCount64();
}

void platform_sleep_ms(unsigned duration_ms)
{
    Sleep(duration_ms);
}

void platform_wipe(void *bytes, size_t length_bytes)
{
    SecureZeroMemory(bytes, length_bytes);
}

section_status platform_random(void *ret_bytes, size_t length_bytes, section_error *ret_error)
{
    if (!RtlGenRandom(ret_bytes, (ULONG)length_bytes)) {
        return section_fail_os(ret_error, "RtlGenRandom", SECTION_OS_WIN32, GetLastError(),
                               "there are no random numbers");
    }
    return SECTION_OK;
}

/* Console control handlers get no context: what they set is global. */
static HANDLE stop_requests; /* a semaphore: each request counts */
static const char *volatile stop_reason;

static BOOL WINAPI on_control(DWORD control)
{
    static const char *const reasons[] = {
        [CTRL_C_EVENT] = "Ctrl-C",
        [CTRL_BREAK_EVENT] = "Ctrl-Break",
        [CTRL_CLOSE_EVENT] = "the console was closed",
        [CTRL_LOGOFF_EVENT] = "the user logged off",
        [CTRL_SHUTDOWN_EVENT] = "the system shuts down",
    };
    stop_reason = control < sizeof reasons / sizeof reasons[0] ? reasons[control] : NULL;
    (void)ReleaseSemaphore(stop_requests, 1, NULL);
    if (control == CTRL_CLOSE_EVENT || control == CTRL_LOGOFF_EVENT ||
        control == CTRL_SHUTDOWN_EVENT) {
        Sleep(INFINITE); /* returning ends the process; main ends it when all is closed */
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
    return stop_reason != NULL ? stop_reason : "asked to";
}

void platform_end_process(int exit_code)
{
    (void)TerminateProcess(GetCurrentProcess(), (UINT)exit_code);
    ExitProcess((UINT)exit_code);
}

/* argv comes in the user's code page, where file names are lost: take it anew, as UTF-8. */
static section_status take_arguments(int *argc, char ***argv, section_error *ret_error)
{
    int count;
    wchar_t **wide = CommandLineToArgvW(GetCommandLineW(), &count);
    char **utf8 = wide != NULL ? calloc((size_t)count + 1, sizeof *utf8) : NULL;
    bool good = utf8 != NULL;
    for (int i = 0; good && i < count; i++) {
        utf8[i] = text_from_wide(wide[i]);
        good = utf8[i] != NULL;
    }
    LocalFree(wide);
    if (!good) {
        return section_fail(ret_error, SECTION_BAD_REQUEST, "the command line cannot be read");
    }
    *argc = count;
    *argv = utf8; /* for as long as the process lives */
    return SECTION_OK;
}

section_status platform_start(int *argc, char ***argv, section_error *ret_error)
{
    WSADATA data;
    const int number = WSAStartup(MAKEWORD(2, 2), &data);
    if (number != 0) {
        return section_fail_os(ret_error, "WSAStartup", SECTION_OS_WIN32, (uint32_t)number,
                               "no sockets");
    }
    /* Lines end as everywhere else, and UTF-8 shows as it is. */
    (void)_setmode(_fileno(stdout), _O_BINARY);
    (void)_setmode(_fileno(stderr), _O_BINARY);
    (void)SetConsoleOutputCP(CP_UTF8);
    return take_arguments(argc, argv, ret_error);
}
