#ifndef SECTIOND_OPTIONS_H
#define SECTIOND_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/log.h"

enum { OPTIONS_LIST_MAX = 16 };

/** The values of an option that may stand several times. */
typedef struct option_list {
    const char *values[OPTIONS_LIST_MAX];
    unsigned count;
} option_list;

/** The values of the command line. Strings point into argv, or are constants. */
typedef struct options {
    const char *listen;
    bool is_listen_given;
    bool means_localhost;    /* both loopback addresses: nothing was given, or localhost */
    char listen_address[64]; /* from `listen` */
    uint16_t listen_port;
    bool allow_remote;
    const char *unix_path;  /* a socket to listen on, too; NULL: the default one; "none": none */
    int unix_role;          /* what its user may there: index of "write|admin" */
    const char *token_file; /* NULL: `token` in the state folder */
    const char *state_directory;
    bool no_token;
    option_list allowed_hosts;
    option_list allowed_origins;
    unsigned denied;           /* capabilities: a bit `1u << capability` for each */
    const char *web_directory; /* folder of the dashboard's files; NULL: the built-in ones */
    const char *files;         /* folder of backing files; NULL: none are allowed */
    uint64_t max_sections;
    uint64_t max_section_bytes;
    uint64_t max_total_bytes;
    uint64_t max_body_bytes;
    uint64_t max_buffer_bytes; /* of all bodies and answers in flight */
    uint64_t max_watchers;
    uint64_t max_watched_bytes;
    uint64_t max_connections;
    uint64_t header_timeout_s;
    uint64_t body_timeout_s;
    uint64_t min_rate; /* bytes a second */
    uint64_t threads;
    uint64_t grace_s;
    bool debug_privilege;
    log_level log_level;
    log_format log_format;
    bool url;
    bool help;
    bool version;
} options;

/**
 * Reads the command line.
 * On failure prints one line to `errors` that names the option and what it takes, and returns false.
 */
bool options_parse(options *options, int argc, char **argv, FILE *errors);

/** Prints the help text. */
void options_print_help(FILE *out);

#endif
