#include "base/platform.h"

#include <pthread.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

uint32_t platform_process_id(void)
{
    return (uint32_t)getpid();
}

unsigned platform_processor_count(void)
{
    const long count = sysconf(_SC_NPROCESSORS_ONLN);
    return count < 1 ? 1 : (unsigned)count;
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

int64_t platform_wall_clock_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
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

/*
 * glibc gives each thread a heap of its own, and learns from the first large body to keep as much in it
 * for ever. Here large blocks go back to the system when they are freed, and few heaps serve all.
 */
static void bound_heaps(void)
{
#ifdef __GLIBC__
    enum { HEAPS = 4, LARGE_BYTES = 128 * 1024 };
    (void)mallopt(M_ARENA_MAX, HEAPS);
    (void)mallopt(M_MMAP_THRESHOLD, LARGE_BYTES);
#endif
}

section_status platform_start(int *argc, char ***argv, section_error *ret_error)
{
    (void)argc;
    (void)argv;
    (void)ret_error;
    bound_heaps();
    const struct sigaction ignore = {.sa_handler = SIG_IGN};
    (void)sigaction(SIGPIPE, &ignore, NULL); /* a client that went away is an error of send */
    (void)sigaction(SIGXFSZ, &ignore, NULL); /* and a file over the limit one of write */
    return SECTION_OK;
}
