#include "platform.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

const char platform_name[] = "linux";

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

/* A numeric address as the socket calls want it; 0 where it is none. */
static socklen_t parse_address(const char *text, uint16_t port,
                               struct sockaddr_storage *ret_address)
{
    struct sockaddr_in *v4 = (struct sockaddr_in *)ret_address;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)ret_address;
    memset(ret_address, 0, sizeof *ret_address);
    if (inet_pton(AF_INET, text, &v4->sin_addr) == 1) {
        v4->sin_family = AF_INET;
        v4->sin_port = htons(port);
        return sizeof *v4;
    }
    if (inet_pton(AF_INET6, text, &v6->sin6_addr) == 1) {
        v6->sin6_family = AF_INET6;
        v6->sin6_port = htons(port);
        return sizeof *v6;
    }
    return 0;
}

bool platform_is_address(const char *text)
{
    struct sockaddr_storage storage;
    return parse_address(text, 0, &storage) != 0;
}

bool platform_is_loopback(const char *address)
{
    struct sockaddr_storage storage;
    if (parse_address(address, 0, &storage) == 0) {
        return false;
    }
    if (storage.ss_family == AF_INET) {
        const struct sockaddr_in *v4 = (const struct sockaddr_in *)&storage;
        return ntohl(v4->sin_addr.s_addr) >> 24 == 127;
    }
    return IN6_IS_ADDR_LOOPBACK(&((const struct sockaddr_in6 *)&storage)->sin6_addr);
}

static uint16_t bound_port(int fd)
{
    struct sockaddr_storage storage;
    socklen_t length = sizeof storage;
    if (getsockname(fd, (struct sockaddr *)&storage, &length) != 0) {
        return 0;
    }
    /* Family, then port: the same in both structures. */
    return ntohs(((const struct sockaddr_in *)&storage)->sin_port);
}

section_status platform_listen(const char *address, uint16_t port, platform_socket *ret_socket,
                               uint16_t *ret_port, section_error *ret_error)
{
    struct sockaddr_storage storage;
    const int on = 1;
    const socklen_t length = parse_address(address, port, &storage);
    if (length == 0) {
        return section_fail(ret_error, SECTION_BAD_REQUEST, "%.60s is no numeric address", address);
    }
    int fd = socket(storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) {
        return section_fail_os(ret_error, "socket", SECTION_OS_ERRNO, (uint32_t)errno, "no socket");
    }
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    const char *call = "bind";
    if (bind(fd, (const struct sockaddr *)&storage, length) != 0 ||
        (call = "listen", listen(fd, SOMAXCONN) != 0)) {
        const uint32_t number = (uint32_t)errno;
        (void)close(fd);
        return section_fail_os(ret_error, call, SECTION_OS_ERRNO, number, "cannot listen there");
    }
    *ret_socket = fd;
    *ret_port = bound_port(fd);
    return SECTION_OK;
}

void platform_refuse_connections(platform_socket *socket)
{
    (void)shutdown((int)*socket, SHUT_RDWR);
}

void platform_close_socket(platform_socket socket)
{
    if (socket >= 0) {
        (void)close((int)socket);
    }
}

static sigset_t stop_signals(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    return set;
}

void platform_catch_stop(void)
{
    /* Blocked here, so in every thread that is started from here: sigwait alone takes them. */
    const sigset_t set = stop_signals();
    pthread_sigmask(SIG_BLOCK, &set, NULL);
}

const char *platform_wait_for_stop(void)
{
    const sigset_t set = stop_signals();
    int taken;
    while (sigwait(&set, &taken) != 0) {
    }
    return taken == SIGINT ? "SIGINT" : "SIGTERM";
}

section_status platform_start(int *argc, char ***argv, section_error *ret_error)
{
    (void)argc;
    (void)argv;
    (void)ret_error;
    const struct sigaction ignore = {.sa_handler = SIG_IGN};
    (void)sigaction(SIGPIPE, &ignore, NULL); /* a client that went away is an error of send */
    return SECTION_OK;
}
