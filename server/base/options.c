#include "base/options.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/address.h"
#include "base/capability.h"
#include "base/origin.h"
#include "base/platform.h"

typedef enum option_kind {
    KIND_HEADING, /* of the group below, for --help */
    KIND_FLAG,
    KIND_TEXT,
    KIND_LIST,
    KIND_COUNT,
    KIND_BYTES,
    KIND_CHOICE,
    KIND_CAPABILITIES
} option_kind;

typedef struct option {
    const char *name;
    const char *argument; /* as --help shows it; for KIND_CHOICE the choices, separated by | */
    option_kind kind;
    size_t offset; /* of the member in `options` */
    uint64_t smallest;
    uint64_t largest;
    const char *help;
} option;

#define MEMBER(member) offsetof(options, member)
#define HEADING(text)  {NULL, NULL, KIND_HEADING, 0, 0, 0, text}
#define BYTES_MAX      ((UINT64_C(1) << 53) - 1)

static const option table[] = {
    HEADING("Where we listen"),
    {"--listen", "ADDRESS:PORT", KIND_TEXT, MEMBER(listen), 0, 0,
     "a numeric address; port 0 picks a free one, which the ready line\n"
     "names. localhost means 127.0.0.1 and [::1]; with one of them the\n"
     "other is held, so that localhost leads to nobody else (default\n"
     "localhost:7780)"},
    {"--unix", "PATH|none", KIND_TEXT, MEMBER(unix_path), 0, 0,
     "Linux: also listen on this socket; the user, and root, need no\n"
     "token there, and others cannot connect (default: where there is\n"
     "$XDG_RUNTIME_DIR, sectiond/socket in it)"},
    {"--unix-role", "write|admin", KIND_CHOICE, MEMBER(unix_role), 0, 0,
     "what the user may do over that socket without a token (default\n"
     "admin)"},
    {"--allow-remote", NULL, KIND_FLAG, MEMBER(allow_remote), 0, 0,
     "let --listen take an address that other machines reach; it needs\n"
     "--token-file, and nothing is encrypted: put a TLS proxy in front"},

    HEADING("Who may ask"),
    {"--token-file", "FILE", KIND_TEXT, MEMBER(token_file), 0, 0,
     "tokens, one a line: TOKEN or ROLE TOKEN (read, write, admin);\n"
     "made with a fresh one when missing (default: token in the state\n"
     "folder)"},
    {"--no-token", NULL, KIND_FLAG, MEMBER(no_token), 0, 0,
     "let every program on this machine in; loopback addresses only"},
    {"--allow-host", "NAME[:PORT]", KIND_LIST, MEMBER(allowed_hosts), 0, 0,
     "also answer requests whose Host header is this, as behind a\n"
     "proxy; repeatable"},
    {"--allow-origin", "ORIGIN", KIND_LIST, MEMBER(allowed_origins), 0, 0,
     "let web pages of this origin ask, such as https://app.example;\n"
     "they need a token all the same; repeatable"},

    HEADING("What they may do"),
    {"--files", "FOLDER", KIND_TEXT, MEMBER(files), 0, 0,
     "allow sections of the files in this folder, and in no other\n"
     "(default: of no file)"},
    {"--deny", "CAPABILITY[,...]", KIND_CAPABILITIES, MEMBER(denied), 0, 0,
     "switch off, for every role: duplicate, discover, files, write,\n"
     "create; repeatable"},
    {"--debug-privilege", NULL, KIND_FLAG, MEMBER(debug_privilege), 0, 0,
     "Windows: use SeDebugPrivilege where opening a process is denied"},

    HEADING("How much there may be"),
    {"--max-sections", "N", KIND_COUNT, MEMBER(max_sections), 1, 1000000,
     "sections held at once (default 1024)"},
    {"--max-section-bytes", "BYTES", KIND_BYTES, MEMBER(max_section_bytes), 1, BYTES_MAX,
     "memory of one section that we create (default: half of the\n"
     "machine's)"},
    {"--max-total-bytes", "BYTES", KIND_BYTES, MEMBER(max_total_bytes), 1, BYTES_MAX,
     "memory of all sections that we create (default: half of the\n"
     "machine's)"},
    {"--max-body-bytes", "BYTES", KIND_BYTES, MEMBER(max_body_bytes), 1, BYTES_MAX,
     "longest request body (default: as long as the section)"},
    {"--max-buffer-bytes", "BYTES", KIND_BYTES, MEMBER(max_buffer_bytes), 0, BYTES_MAX,
     "bodies and answers in flight, all together; the last quarter is\n"
     "for the role admin (default 256M)"},
    {"--max-watchers", "N", KIND_COUNT, MEMBER(max_watchers), 1, 1000000,
     "ranges of event streams, and waiting reads, at once; the last\n"
     "quarter is for the role admin (default 4096)"},
    {"--max-watched-bytes", "BYTES", KIND_BYTES, MEMBER(max_watched_bytes), 1, BYTES_MAX,
     "bytes of all ranges that are watched (default 256M)"},
    {"--max-connections", "N", KIND_COUNT, MEMBER(max_connections), 1, 100000,
     "connections at once; beyond them idle and slow ones are closed,\n"
     "or new ones answered 503 (default: 10000 on Linux, 1900 on\n"
     "Windows, or fewer where descriptors allow no more)"},
    {"--threads", "N", KIND_COUNT, MEMBER(threads), 1, 64,
     "threads that serve connections (default: half of the processors,\n"
     "1 to 4)"},

    HEADING("How long it may take"),
    {"--header-timeout", "SECONDS", KIND_COUNT, MEMBER(header_timeout_s), 1, 3600,
     "the head of a request (default 5)"},
    {"--body-timeout", "SECONDS", KIND_COUNT, MEMBER(body_timeout_s), 1, 3600,
     "the body of a request, or the taking of an answer, and one\n"
     "second more for each --min-rate bytes of it, up to three times\n"
     "as long ahead (default 30)"},
    {"--min-rate", "BYTES", KIND_BYTES, MEMBER(min_rate), 1, BYTES_MAX,
     "bytes a second that keep a body or an answer going (default 1K)"},
    {"--grace", "SECONDS", KIND_COUNT, MEMBER(grace_s), 0, 3600,
     "requests in flight when we stop (default 5)"},

    HEADING("What is kept and written"),
    {"--state-dir", "FOLDER", KIND_TEXT, MEMBER(state_directory), 0, 0,
     "folder of the token and of the journal of names\n"
     "(default: $STATE_DIRECTORY, else as in the first session above)"},
    {"--log-level", "error|warn|info|debug", KIND_CHOICE, MEMBER(log_level), 0, 0,
     "what goes to standard error; debug has every request (default\n"
     "info)"},
    {"--log-format", "text|json", KIND_CHOICE, MEMBER(log_format), 0, 0,
     "one line an event (default text)"},
    {"--web-dir", "FOLDER", KIND_TEXT, MEMBER(web_directory), 0, 0,
     "serve the dashboard from this folder, anew at each request: for\n"
     "those who change it"},

    HEADING("Instead of serving"),
    {"--url", NULL, KIND_FLAG, MEMBER(url), 0, 0,
     "ask the running daemon for an address that opens the dashboard\n"
     "once, within a minute; print it, and exit"},
    {"--version", NULL, KIND_FLAG, MEMBER(version), 0, 0, "print the version, and exit"},
    {"--help", NULL, KIND_FLAG, MEMBER(help), 0, 0, "print this, and exit"},
};

static const size_t table_count = sizeof table / sizeof table[0];

/* A plain number, for KIND_BYTES with an optional K, M, G or T (of 1024). */
static bool parse_number(const option *option, const char *text, uint64_t *ret_number)
{
    static const char suffixes[] = "KMGT";
    char *end;
    if (text[0] < '0' || text[0] > '9') {
        return false;
    }
    errno = 0;
    unsigned long long number = strtoull(text, &end, 10);
    if (errno != 0) {
        return false;
    }
    if (option->kind == KIND_BYTES && *end != '\0') {
        const char *suffix = strchr(suffixes, *end);
        if (suffix == NULL) {
            return false;
        }
        const unsigned shift = 10 * (unsigned)(suffix - suffixes + 1);
        if (number > UINT64_MAX >> shift) {
            return false;
        }
        number <<= shift;
        end++;
    }
    *ret_number = number;
    return *end == '\0' && number >= option->smallest && number <= option->largest;
}

/* Which of "a|b|c" the text is, or -1. */
static int parse_choice(const char *choices, const char *text)
{
    const size_t length = strlen(text);
    for (int i = 0; length > 0; i++) {
        const char *end = strchr(choices, '|');
        const size_t choice_length = end != NULL ? (size_t)(end - choices) : strlen(choices);
        if (choice_length == length && strncmp(choices, text, length) == 0) {
            return i;
        }
        if (end == NULL) {
            break;
        }
        choices = end + 1;
    }
    return -1;
}

/* Finds the capability that `--deny` calls this; CAPABILITY_NONE: there is none. */
static capability find_capability(const char *name, size_t length)
{
    for (int i = CAPABILITY_NONE + 1; i < CAPABILITY_COUNT; i++) {
        const char *known = capability_name((capability)i);
        if (strlen(known) == length && strncmp(known, name, length) == 0) {
            return (capability)i;
        }
    }
    return CAPABILITY_NONE;
}

static bool deny(unsigned *denied, const char *names, FILE *errors)
{
    for (;;) {
        const size_t length = strcspn(names, ",");
        const capability found = find_capability(names, length);
        if (found == CAPABILITY_NONE) {
            fprintf(errors,
                    "sectiond: --deny takes duplicate, discover, files, write, create, separated "
                    "by commas, not '%.*s'\n",
                    (int)length, names);
            return false;
        }
        *denied |= 1u << found;
        if (names[length] == '\0') {
            return true;
        }
        names += length + 1;
    }
}

static bool append(option_list *list, const option *option, const char *value, FILE *errors)
{
    if (list->count == OPTIONS_LIST_MAX) {
        fprintf(errors, "sectiond: %s can be given %d times at most\n", option->name,
                OPTIONS_LIST_MAX);
        return false;
    }
    list->values[list->count++] = value;
    return true;
}

static bool store(options *options, const option *option, const char *value, FILE *errors)
{
    char *member = (char *)options + option->offset;
    int choice;
    switch (option->kind) {
    case KIND_HEADING:
        break; /* has no name to be found by */
    case KIND_FLAG:
        *(bool *)member = true;
        return true;
    case KIND_TEXT:
        *(const char **)member = value;
        return true;
    case KIND_LIST:
        return append((option_list *)member, option, value, errors);
    case KIND_CAPABILITIES:
        return deny((unsigned *)member, value, errors);
    case KIND_COUNT:
    case KIND_BYTES:
        if (parse_number(option, value, (uint64_t *)member)) {
            return true;
        }
        fprintf(errors, "sectiond: %s takes %llu to %llu%s, not '%s'\n", option->name,
                (unsigned long long)option->smallest, (unsigned long long)option->largest,
                option->kind == KIND_BYTES ? ", or a number with K, M, G or T" : "", value);
        return false;
    case KIND_CHOICE:
        choice = parse_choice(option->argument, value);
        if (choice >= 0) {
            *(int *)member = choice;
            return true;
        }
        fprintf(errors, "sectiond: %s takes %s, not '%s'\n", option->name, option->argument, value);
        return false;
    }
    return false;
}

/* Finds the option of an argument `--name` or `--name=value`. */
static const option *find_option(const char *argument, const char **ret_value)
{
    const char *equals = strchr(argument, '=');
    const size_t length = equals != NULL ? (size_t)(equals - argument) : strlen(argument);
    *ret_value = equals != NULL ? equals + 1 : NULL;
    for (size_t i = 0; i < table_count; i++) {
        if (table[i].name != NULL && strlen(table[i].name) == length &&
            strncmp(table[i].name, argument, length) == 0) {
            return &table[i];
        }
    }
    return NULL;
}

static bool parse_arguments(options *options, int argc, char **argv, FILE *errors)
{
    for (int i = 1; i < argc; i++) {
        const char *value;
        const option *option = find_option(argv[i], &value);
        if (option == NULL) {
            fprintf(errors, "sectiond: there is no option '%s'; --help lists them\n", argv[i]);
            return false;
        }
        if (option->kind == KIND_FLAG && value != NULL) {
            fprintf(errors, "sectiond: %s takes no value\n", option->name);
            return false;
        }
        if (option->kind != KIND_FLAG && value == NULL) {
            if (i + 1 >= argc) {
                fprintf(errors, "sectiond: %s needs %s after it\n", option->name, option->argument);
                return false;
            }
            value = argv[++i];
        }
        if (value != NULL && value[0] == '\0') {
            fprintf(errors, "sectiond: %s needs %s, not nothing\n", option->name, option->argument);
            return false;
        }
        if (!store(options, option, value, errors)) {
            return false;
        }
    }
    return true;
}

/* Takes `127.0.0.1:7780`, `localhost:0` or `[::1]:7780` apart. */
static bool parse_listen(options *options, FILE *errors)
{
    const char *text = options->listen;
    const char *colon = strrchr(text, ':');
    size_t length = colon != NULL ? (size_t)(colon - text) : 0;
    const option port_range = {.kind = KIND_COUNT, .largest = 65535};
    uint64_t port = 0;
    if (length >= 2 && text[0] == '[' && text[length - 1] == ']') {
        text++;
        length -= 2;
    }
    if (length == 0 || length >= sizeof options->listen_address ||
        !parse_number(&port_range, colon + 1, &port)) {
        fprintf(errors, "sectiond: --listen takes ADDRESS:PORT, such as 127.0.0.1:7780, not '%s'\n",
                options->listen);
        return false;
    }
    memcpy(options->listen_address, text, length);
    options->listen_address[length] = '\0';
    const bool is_localhost = strcmp(options->listen_address, "localhost") == 0;
    options->means_localhost = is_localhost || !options->is_listen_given;
    if (is_localhost) {
        memcpy(options->listen_address, "127.0.0.1", sizeof "127.0.0.1");
    }
    if (!address_is_numeric(options->listen_address)) {
        fprintf(errors,
                "sectiond: --listen takes a numeric address, such as 127.0.0.1 or [::1], "
                "not '%s'\n",
                options->listen_address);
        return false;
    }
    options->listen_port = (uint16_t)port;
    return true;
}

/* An address that other machines can reach needs its option, and a token. */
static bool check_exposure(const options *options, FILE *errors)
{
    if (address_is_loopback(options->listen_address)) {
        return true;
    }
    if (options->no_token) {
        fprintf(errors, "sectiond: --no-token is for loopback addresses only\n");
        return false;
    }
    if (!options->allow_remote || options->token_file == NULL) {
        fprintf(errors,
                "sectiond: other machines would reach %s; to have that, give --allow-remote and "
                "--token-file\n",
                options->listen_address);
        return false;
    }
    return true;
}

static bool check_origins(const options *options, FILE *errors)
{
    for (unsigned i = 0; i < options->allowed_origins.count; i++) {
        if (!origin_is_valid(options->allowed_origins.values[i])) {
            fprintf(errors,
                    "sectiond: --allow-origin takes SCHEME://HOST[:PORT], as browsers send it, "
                    "not '%s'\n",
                    options->allowed_origins.values[i]);
            return false;
        }
    }
    return true;
}

bool options_parse(options *options, int argc, char **argv, FILE *errors)
{
    const uint64_t half = platform_memory_bytes() / 2;
    const unsigned processors = platform_processor_count();
    memset(options, 0, sizeof *options);
    options->unix_role = 1;
    options->max_sections = 1024;
    options->max_connections = platform_connections_max;
    options->header_timeout_s = 5;
    options->body_timeout_s = 30;
    options->min_rate = 1024;
    options->max_section_bytes = half;
    options->max_total_bytes = half;
    options->max_body_bytes = BYTES_MAX;
    options->max_watchers = 4096;
    options->max_watched_bytes = 256 << 20;
    options->max_buffer_bytes = 256 << 20;
    /* More loops than that cost more in wake-ups than they serve: see tests/bench. */
    options->threads = processors < 4 ? 1 : processors < 8 ? processors / 2 : 4;
    options->grace_s = 5;
    options->log_level = LOG_INFO;
    options->log_format = LOG_TEXT;
    if (!parse_arguments(options, argc, argv, errors)) {
        return false;
    }
    options->is_listen_given = options->listen != NULL;
    if (!options->is_listen_given) {
        options->listen = "127.0.0.1:7780";
    }
    if ((options->denied & 1u << CAPABILITY_FILES) != 0) {
        options->files = NULL;
    }
    return options->help || options->version ||
           (parse_listen(options, errors) && check_exposure(options, errors) &&
            check_origins(options, errors));
}

/* One option, its help beside it; further lines of the help are indented below. */
static void print_option(FILE *out, const option *option)
{
    if (option->kind == KIND_HEADING) {
        fprintf(out, "\n%s:\n", option->help);
        return;
    }
    char left[64];
    (void)snprintf(left, sizeof left, "%s%s%s", option->name, option->argument != NULL ? " " : "",
                   option->argument != NULL ? option->argument : "");
    const char *line = option->help;
    while (line != NULL) {
        const char *end = strchr(line, '\n');
        const int length = end != NULL ? (int)(end - line) : (int)strlen(line);
        fprintf(out, "  %-33s %.*s\n", left, length, line);
        left[0] = '\0';
        line = end != NULL ? end + 1 : NULL;
    }
}

void options_print_help(FILE *out)
{
    fputs("sectiond offers shared-memory sections over HTTP.\n"
          "\n"
          "Usage: sectiond [OPTION]...\n"
          "\n"
          "It prints a line when it is ready and serves until Ctrl-C. All options have defaults.\n"
          "A first session, in another shell:\n"
          "\n",
          out);
    fputs(platform_first_session, out);
    fputs("\n"
          "Examples:\n"
          "  sectiond --url                    an address of the dashboard, for a browser\n"
          "  sectiond --listen 127.0.0.1:0     on a free port, which the ready line names\n"
          "  sectiond --files data             also sections of the files in the folder data\n"
          "  sectiond --deny create,write      to look, and to change nothing\n"
          "  sectiond --log-level debug        with a line for each request\n",
          out);
    for (size_t i = 0; i < table_count; i++) {
        print_option(out, &table[i]);
    }
    fputs("\nBYTES may end in K, M, G or T. --NAME VALUE and --NAME=VALUE mean the same.\n", out);
}
