#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/route.h"
#include "api/server.h"
#include "base/log.h"
#include "base/platform.h"
#include "base/secret.h"
#include "base/stop.h"
#include "gate/auth.h"
#include "gate/sender.h"
#include "http/http.h"
#include "layouts/store.h"
#include "start/listeners.h"
#include "start/url.h"

enum {
    EXIT_USAGE = 2,
    WORKER_THREADS = 4,
    LONG_WORKER_THREADS = 2,
    LANES_THREADS_MAX = 16,
    DESCRIPTORS_IN_RESERVE = 64,
    LOG_FLUSH_MS = 500
};

/** The paths of our files; made from the options, freed at the end. */
typedef struct paths {
    char *state_directory;
    char *token_file;
    char *header_file;
} paths;

static void free_paths(paths *paths)
{
    free(paths->state_directory);
    free(paths->token_file);
    free(paths->header_file);
}

static bool make_paths(const options *options, paths *paths)
{
    if (options->state_directory != NULL) {
        paths->state_directory = strdup(options->state_directory);
    } else {
        paths->state_directory = platform_state_directory();
    }
    if (paths->state_directory == NULL) {
        fprintf(stderr, "sectiond: the environment names no state folder (HOME, XDG_STATE_HOME); "
                        "give --state-dir, and --token-file for a token elsewhere\n");
        return false;
    }
    if (options->token_file != NULL) {
        const size_t length = strlen(options->token_file) + sizeof ".header";
        paths->token_file = strdup(options->token_file);
        paths->header_file = malloc(length);
        if (paths->header_file != NULL) {
            (void)snprintf(paths->header_file, length, "%s.header", options->token_file);
        }
    } else {
        paths->token_file = platform_join_path(paths->state_directory, "token");
        paths->header_file = platform_join_path(paths->state_directory, "header");
    }
    return paths->token_file != NULL && paths->header_file != NULL;
}

static int fail(const char *what, const section_error *error)
{
    fprintf(stderr, "sectiond: %s: %s\n", what, error->detail);
    return EXIT_FAILURE;
}

static void say_ready(const server *server, const listeners *listeners, const paths *paths)
{
    const char *unix_path = listeners->unix_path;
    /*
     * The log comes first, so that a program that waits for the ready line finds the messages of
     * the start in it.
     */
    log_write(LOG_INFO, "started: version %s, listening on %s%s%s%s%s", SECTIOND_VERSION,
              server->base, listeners->twin[0] != '\0' ? " and " : "", listeners->twin,
              unix_path != NULL ? " and " : "", unix_path != NULL ? unix_path : "");
    if (server->auth == NULL) {
        log_write(LOG_WARN, "--no-token: every program on this machine may read and write what "
                            "we hold");
    }
    log_flush(LOG_FLUSH_MS);
    printf("sectiond ready %s pid=%u token-file=%s\n", server->base,
           (unsigned)platform_process_id(), server->auth != NULL ? paths->token_file : "none");
    fflush(stdout);
}

static void wait_for_stop(server *server, const listeners *listeners, const paths *paths)
{
    say_ready(server, listeners, paths);
    const char *reason = stop_wait();
    log_write(LOG_INFO, "stopping: %s", reason);
    atomic_store(&server->stopping, true);
}

static void abandon_names(void *journal)
{
    journal_abandon(journal);
}

/* Serves until a request to stop. */
static int serve(server *server, const paths *paths)
{
    section_error error = {0};
    listeners listeners;
    http *http = NULL;
    if (listeners_open(server, &listeners, &error) != SECTION_OK) {
        fprintf(stderr, "sectiond: %s\n", error.detail);
        return EXIT_FAILURE;
    }
    stop_add_cleaner(listeners_clean, &listeners);
    section_status status =
        sender_list_hosts(server)
            ? http_start(server, listeners.sockets, listeners.count, &http, &error)
            : section_fail(&error, SECTION_NO_MEMORY, "too many hosts");
    if (status == SECTION_OK) {
        wait_for_stop(server, &listeners, paths);
    }
    stop_remove_cleaner(&listeners);
    listeners_unlink(&listeners);
    if (status != SECTION_OK) {
        return fail("cannot start", &error);
    }
    http_stop(http, (unsigned)server->options->grace_s * 1000);
    return EXIT_SUCCESS;
}

static void *sweep(void *registry)
{
    registry_sweep(registry);
    return NULL;
}

/*
 * Divides the descriptors. Each connection and each section takes one: half of them is for
 * sections, up to --max-sections, and a reserve is for files that are open for a short time.
 */
static void share_descriptors(server *server)
{
    const options *options = server->options;
    const uint64_t descriptors = platform_raise_descriptor_limit();
    const uint64_t usable = descriptors > 2 * DESCRIPTORS_IN_RESERVE
                                ? descriptors - DESCRIPTORS_IN_RESERVE
                                : DESCRIPTORS_IN_RESERVE;
    const uint64_t half = usable / 2;
    const uint64_t sections = options->max_sections < half ? options->max_sections : half;
    const uint64_t rest = usable - sections;
    const uint64_t connections = options->max_connections < rest ? options->max_connections : rest;
    const uint64_t most_sections = usable - connections;
    server->max_connections = (unsigned)connections;
    server->max_sections =
        options->max_sections < most_sections ? options->max_sections : most_sections;
}

static section_status make_instance(server *server, section_error *ret_error)
{
    return secret_make((SERVER_INSTANCE_BYTES - 1) / 2, server->instance, ret_error);
}

/* Makes what a server needs, serves, and takes it down in the opposite order. */
static int run(const options *options, const paths *paths, auth *auth)
{
    section_error error = {0};
    journal *journal = NULL;
    server server = {.options = options,
                     .auth = auth,
                     .routes = all_routes,
                     .unix_role = options->unix_role == 0 ? ROLE_WRITE : ROLE_ADMIN,
                     .budget = {.most = options->max_buffer_bytes},
                     .started_at_ms = platform_monotonic_ms(),
                     .refusal_lines = {.at_once = 50, .every_ms = 200}};
    if (make_instance(&server, &error) != SECTION_OK) {
        return fail("cannot start", &error);
    }
    share_descriptors(&server);
    const registry_limits limits = {server.max_sections, options->max_section_bytes,
                                    options->max_total_bytes};
    if (layout_store_open(paths->state_directory, &server.layouts, &error) != SECTION_OK) {
        return fail("cannot use the folder of layouts", &error);
    }
    if (journal_open(paths->state_directory, &journal, &error) != SECTION_OK) {
        layout_store_close(server.layouts);
        return fail("cannot open the journal", &error);
    }
    stop_add_cleaner(abandon_names, journal);
    int result = EXIT_FAILURE;
    pthread_t sweeper;
    server.lanes = lanes_start(LANES_THREADS_MAX);
    server.registry = registry_new(limits, journal, server.lanes);
    server.metrics = metrics_new(all_routes.count);
    server.sessions = sessions_new();
    server.workers = workers_start(WORKER_THREADS);
    server.long_workers = workers_start(LONG_WORKER_THREADS);
    server.timer = timer_start();
    if (server.registry != NULL && server.workers != NULL && server.lanes != NULL) {
        const watch_limits watched = {options->max_watchers, options->max_watched_bytes};
        server.watch = watch_hub_start(watched, server.registry, server.workers, server.lanes);
    }
    if (server.watch != NULL && server.metrics != NULL && server.sessions != NULL &&
        server.long_workers != NULL && server.timer != NULL &&
        pthread_create(&sweeper, NULL, sweep, server.registry) == 0) {
        result = serve(&server, paths);
        registry_stop_sweeping(server.registry);
        pthread_join(sweeper, NULL);
        watch_hub_free(server.watch); /* after everything that reports closed names to it */
        server.watch = NULL;
        registry_clear(server.registry);
    } else {
        fprintf(stderr, "sectiond: no memory or no threads to start with\n");
    }
    watch_hub_free(server.watch);
    timer_stop(server.timer); /* its jobs go to the pools */
    lanes_stop(server.lanes);
    workers_stop(server.long_workers); /* their jobs may still release objects of the others */
    workers_stop(server.workers);
    sender_free_hosts(&server);
    metrics_free(server.metrics);
    sessions_free(server.sessions);
    registry_free(server.registry);
    layout_store_close(server.layouts);
    stop_remove_cleaner(journal);
    journal_close(journal);
    stop_over();
    log_write(LOG_INFO, "stopped");
    return result;
}

static int prepare_and_run(const options *options)
{
    section_error error = {0};
    auth *auth = NULL;
    paths paths = {0};
    int result;
    if (!make_paths(options, &paths)) {
        result = EXIT_USAGE;
    } else if (options->url) {
        result = url_print(options, paths.token_file);
    } else {
        result = EXIT_FAILURE;
        if (options->files != NULL &&
            platform_check_directory(options->files, &error) != SECTION_OK) {
            (void)fail("--files", &error);
        } else if (options->web_directory != NULL &&
                   platform_check_directory(options->web_directory, &error) != SECTION_OK) {
            (void)fail("--web-dir", &error);
        } else if (platform_make_directory(paths.state_directory, &error) != SECTION_OK) {
            (void)fail("cannot make the state folder", &error);
        } else if (platform_check_private_directory(paths.state_directory, &error) != SECTION_OK) {
            (void)fail("cannot use the state folder", &error);
        } else if (!options->no_token &&
                   auth_open(paths.token_file, paths.header_file, &auth, &error) != SECTION_OK) {
            (void)fail("cannot use the token file", &error);
        } else {
            result = run(options, &paths, auth);
        }
    }
    auth_close(auth);
    free_paths(&paths);
    return result;
}

int main(int argc, char **argv)
{
    section_error error = {0};
    options options;
    if (platform_start(&argc, &argv, &error) != SECTION_OK) {
        return fail("cannot start", &error);
    }
    if (!options_parse(&options, argc, argv, stderr)) {
        return EXIT_USAGE;
    }
    if (options.help) {
        options_print_help(stdout);
        return EXIT_SUCCESS;
    }
    if (options.version) {
        printf("sectiond %s\n", SECTIOND_VERSION);
        return EXIT_SUCCESS;
    }
    log_setup(options.log_level, options.log_format);
    platform_catch_stop();
    log_start();
    if (!stop_start((unsigned)options.grace_s * 1000)) {
        fprintf(stderr, "sectiond: no memory or no threads to start with\n");
        return EXIT_FAILURE;
    }
    const int result = prepare_and_run(&options);
    log_end();
    return result;
}
