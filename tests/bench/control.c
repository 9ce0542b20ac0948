/*
 * The control of the benchmark: the least that a server on libmicrohttpd can do for the requests
 * that are measured. GET answers 64 bytes, PUT reads its body and answers 204. The daemon is set
 * up like server/http/http.c sets up its own, so that what the two differ by is what sectiond adds.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    body_size_bytes = 64,
    connection_limit = 10000,
    connection_memory_bytes = 16 * 1024,
    idle_timeout_s = 120
};

static const char body[body_size_bytes + 1] =
    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

static enum MHD_Result answer(void *context, struct MHD_Connection *connection, const char *url,
                              const char *method, const char *version, const char *upload,
                              size_t *upload_size_bytes, void **request)
{
    static int seen;
    (void)context;
    (void)url;
    (void)version;
    (void)upload;

    /* A response queued at the first call would close the connection. */
    if (*request == NULL) {
        *request = &seen;
        return MHD_YES;
    }
    if (*upload_size_bytes > 0) {
        *upload_size_bytes = 0;
        return MHD_YES;
    }

    int is_put = strcmp(method, MHD_HTTP_METHOD_PUT) == 0;
    struct MHD_Response *response =
        is_put ? MHD_create_response_empty(MHD_RF_NONE)
               : MHD_create_response_from_buffer_static(body_size_bytes, body);
    enum MHD_Result result =
        MHD_queue_response(connection, is_put ? MHD_HTTP_NO_CONTENT : MHD_HTTP_OK, response);
    MHD_destroy_response(response);
    return result;
}

static struct MHD_Daemon *start(unsigned int thread_count)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);

    struct MHD_OptionItem pool[] = {
        {MHD_OPTION_THREAD_POOL_SIZE, (intptr_t)thread_count, NULL},
        {MHD_OPTION_END, 0, NULL},
    };
    /* libmicrohttpd warns of a pool of one. */
    if (thread_count == 1)
        pool[0].option = MHD_OPTION_END;

    return MHD_start_daemon(
        MHD_USE_AUTO_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG, 0, NULL, NULL,
        answer, NULL, MHD_OPTION_SOCK_ADDR, &address, MHD_OPTION_CLIENT_DISCIPLINE_LVL, 1,
        MHD_OPTION_CONNECTION_LIMIT, (unsigned int)connection_limit, MHD_OPTION_CONNECTION_TIMEOUT,
        (unsigned int)idle_timeout_s, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
        (size_t)connection_memory_bytes, MHD_OPTION_ARRAY, pool, MHD_OPTION_END);
}

int main(int argc, char **argv)
{
    long thread_count = argc == 2 ? strtol(argv[1], NULL, 10) : 0;
    if (thread_count < 1 || thread_count > 64) {
        fprintf(stderr, "usage: bench_control THREADS\n");
        return 2;
    }

    sigset_t stop;
    sigemptyset(&stop);
    sigaddset(&stop, SIGTERM);
    sigaddset(&stop, SIGINT);
    sigprocmask(SIG_BLOCK, &stop, NULL);

    struct MHD_Daemon *daemon = start((unsigned int)thread_count);
    if (daemon == NULL) {
        fprintf(stderr, "bench_control: cannot start: %s\n", strerror(errno));
        return 1;
    }
    printf("control ready http://127.0.0.1:%u\n",
           (unsigned int)MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_BIND_PORT)->port);
    fflush(stdout);

    int signal_number;
    sigwait(&stop, &signal_number);
    MHD_stop_daemon(daemon);
    return 0;
}
