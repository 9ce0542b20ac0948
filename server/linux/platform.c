#include "base/platform.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

const char platform_name[] = "linux";
const unsigned platform_connections_max = 10000;
const char platform_first_session[] =
    "  S=http://127.0.0.1:7780\n"
    "  H=@\"${XDG_STATE_HOME:-$HOME/.local/state}/sectiond/header\"   # the token, for curl\n"
    "  curl -H \"$H\" -d '{\"name\":\"SHINE\",\"size\":4096}' \\\n"
    "       -H 'Content-Type: application/json' $S/v1/sections\n"
    "  curl -H \"$H\" -X PUT --data-binary 'hello' $S/v1/sections/@SHINE/data\n"
    "  curl -H \"$H\" \"$S/v1/sections/@SHINE/data?length=5\"\n";

uint32_t platform_process_id(void)
{
    return (uint32_t)getpid();
}

unsigned platform_processor_count(void)
{
    const long count = sysconf(_SC_NPROCESSORS_ONLN);
    return count < 1 ? 1 : (unsigned)count;
}

uint64_t platform_memory_bytes(void)
{
    return (uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE);
}

bool platform_is_elevated(void)
{
    return geteuid() == 0;
}

uint64_t platform_raise_descriptor_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) {
        return 1024; /* POSIX's least that systems have */
    }
    limit.rlim_cur = limit.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &limit);
    (void)getrlimit(RLIMIT_NOFILE, &limit);
    return (uint64_t)limit.rlim_cur;
}

static int64_t clock_ms(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t platform_wall_clock_ms(void)
{
    return clock_ms(CLOCK_REALTIME);
}

int64_t platform_monotonic_ms(void)
{
    return clock_ms(CLOCK_MONOTONIC_COARSE); /* a few ms coarse, and almost free */
}

void platform_sleep_ms(unsigned duration_ms)
{
    const struct timespec duration = {duration_ms / 1000, (long)(duration_ms % 1000) * 1000000};
    (void)nanosleep(&duration, NULL);
}

void platform_wipe(void *bytes, size_t length_bytes)
{
    explicit_bzero(bytes, length_bytes);
}

section_status platform_random(void *ret_bytes, size_t length_bytes, section_error *ret_error)
{
    if (getrandom(ret_bytes, length_bytes, 0) != (ssize_t)length_bytes) {
        return section_fail_os(ret_error, "getrandom", SECTION_OS_ERRNO, (uint32_t)errno,
                               "there are no random numbers");
    }
    return SECTION_OK;
}

static bool is_ignored(int number)
{
    struct sigaction action;
    return sigaction(number, NULL, &action) == 0 && action.sa_handler == SIG_IGN;
}

static sigset_t stop_signals(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    if (!is_ignored(SIGHUP)) { /* as nohup has it */
        sigaddset(&set, SIGHUP);
    }
    return set;
}

void platform_catch_stop(void)
{
    /* Blocked here, so in every thread that is started from here: sigtimedwait alone takes them. */
    const sigset_t set = stop_signals();
    pthread_sigmask(SIG_BLOCK, &set, NULL);
}

static const char *signal_name(int number)
{
    return number == SIGINT ? "SIGINT" : number == SIGHUP ? "SIGHUP" : "SIGTERM";
}

const char *platform_wait_for_stop(int64_t timeout_ms)
{
    const sigset_t set = stop_signals();
    const int64_t until_ms = platform_monotonic_ms() + timeout_ms;
    for (;;) {
        const int64_t left_ms = timeout_ms < 0 ? 1000 * 3600 : until_ms - platform_monotonic_ms();
        if (left_ms < 0) {
            return NULL;
        }
        const struct timespec left = {left_ms / 1000, (long)(left_ms % 1000) * 1000000};
        const int taken = sigtimedwait(&set, NULL, &left);
        if (taken > 0) {
            return signal_name(taken);
        }
    }
}

void platform_end_process(int exit_code)
{
    _exit(exit_code);
}

section_status platform_start(int *argc, char ***argv, section_error *ret_error)
{
    (void)argc;
    (void)argv;
    (void)ret_error;
    const struct sigaction ignore = {.sa_handler = SIG_IGN};
    (void)sigaction(SIGPIPE, &ignore, NULL); /* a client that went away is an error of send */
    (void)sigaction(SIGXFSZ, &ignore, NULL); /* and a file over the limit one of write */
    return SECTION_OK;
}
