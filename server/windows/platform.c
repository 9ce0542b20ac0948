#include <winsock2.h>

#include <ws2tcpip.h>

#include <windows.h>

#include <fcntl.h>
#include <io.h>
#include <ntsecapi.h>
#include <stdio.h>
#include <stdlib.h>

#include <section_windows/cleanup.h>
#include <section_windows/wide.h>

#include "base/platform.h"

const char platform_name[] = "windows";
const char *const platform_abi = sizeof(void *) == 8 ? "win64" : "win32";
const char platform_separators[] = "\\/";
/* Every poll examines all connections. Under Wine a server fails with more than 2,300. */
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
    _cleanup_handle_ HANDLE token = NULL;
    TOKEN_ELEVATION elevation = {0};
    DWORD length;
    return OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token) &&
           GetTokenInformation(token, TokenElevation, &elevation, sizeof elevation, &length) &&
           elevation.TokenIsElevated != 0;
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

/*
 * What mingw's own start of wmain calls. CommandLineToArgvW would do, but lies in shell32, which loads
 * user32, and a program that has loaded user32 is not told of the system's shutdown.
 */
_CRTIMP int __cdecl __wgetmainargs(int *ret_count, wchar_t ***ret_arguments,
                                   wchar_t ***ret_environment, int expand_wildcards, int *new_mode);

void platform_end_process(int exit_code)
{
    (void)TerminateProcess(GetCurrentProcess(), (UINT)exit_code);
    ExitProcess((UINT)exit_code);
}

/* argv comes in the user's code page, where file names are lost: take it anew, as UTF-8. */
static section_status take_arguments(int *argc, char ***argv, section_error *ret_error)
{
    int count = 0;
    wchar_t **wide = NULL;
    wchar_t **environment;
    int new_mode = 0;
    (void)__wgetmainargs(&count, &wide, &environment, 0, &new_mode);
    char **utf8 = wide != NULL ? calloc((size_t)count + 1, sizeof *utf8) : NULL;
    bool good = utf8 != NULL;
    for (int i = 0; good && i < count; i++) {
        utf8[i] = utf8_copy(wide[i]);
        good = utf8[i] != NULL;
    }
    if (!good) {
        return section_fail(ret_error, SECTION_BAD_REQUEST, "the command line cannot be read");
    }
    *argc = count;
    *argv = utf8; /* for as long as the process lives */
    return SECTION_OK;
}

static UINT former_code_page;

/* The console is the user's, and stays when we end. */
static void restore_code_page(void)
{
    (void)SetConsoleOutputCP(former_code_page);
}

static void show_utf8(void)
{
    former_code_page = GetConsoleOutputCP();
    if (former_code_page != 0 && former_code_page != CP_UTF8 && SetConsoleOutputCP(CP_UTF8)) {
        (void)atexit(restore_code_page);
    }
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
    show_utf8();
    return take_arguments(argc, argv, ret_error);
}
