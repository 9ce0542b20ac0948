#include "commands.h"
#include "crowd.h"
#include "programs/play.h"
#include "slots.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ARGUMENTS_MAX = 5 };

static const char *name_or_null(const char *name)
{
    return strcmp(name, "-") == 0 ? NULL : name;
}

/* The four commands that make a section from a name or path and a size. */
typedef bool section_maker(const char *name, uint64_t size_bytes, peer_object *ret_object,
                           failure *why);

static void make_section(char **words, section_maker *maker)
{
    uint64_t size_bytes;
    peer_object made;
    failure why;
    peer_slot *slot = slot_claim(words[0]);
    if (!slot)
        return;
    if (!parse_number(words[2], &size_bytes)) {
        reply_usage("the size is not a number");
        return;
    }
    if (maker(name_or_null(words[1]), size_bytes, &made, &why))
        slot_fill(slot, words[0], &made);
    else
        reply_failure(&why);
}

static void command_create(char **words)
{
    make_section(words, section_create);
}

static void command_create_readonly(char **words)
{
    make_section(words, section_create_readonly);
}

static void command_map_file(char **words)
{
    make_section(words, section_of_file);
}

/* The commands that make an object from a name alone, or from nothing. */
typedef bool object_maker(const char *name, peer_object *ret_object, failure *why);

static void make_object(const char *slot_name, const char *name, object_maker *maker)
{
    peer_object made;
    failure why;
    peer_slot *slot = slot_claim(slot_name);
    if (!slot)
        return;
    if (maker(name, &made, &why))
        slot_fill(slot, slot_name, &made);
    else
        reply_failure(&why);
}

static void command_open(char **words)
{
    make_object(words[0], words[1], section_open);
}

static void command_event(char **words)
{
    make_object(words[0], name_or_null(words[1]), event_create);
}

static void command_file(char **words)
{
    make_object(words[0], words[1], file_open);
}

static void command_file_exclusive(char **words)
{
    make_object(words[0], words[1], file_open_exclusive);
}

static bool make_pipe(const char *name, peer_object *ret_object, failure *why)
{
    (void)name;
    return pipe_create(ret_object, why);
}

static void command_pipe(char **words)
{
    make_object(words[0], NULL, make_pipe);
}

static bool make_process(const char *name, peer_object *ret_object, failure *why)
{
    (void)name;
    return process_open_self(ret_object, why);
}

static void command_image(char **words)
{
    make_object(words[0], words[1], section_of_image);
}

static void command_crowd(char **words)
{
    uint64_t count;
    failure why;
    if (!parse_number(words[1], &count))
        reply_usage("the count is not a number");
    else if (crowd_add(words[0], count, name_or_null(words[2]), &why))
        printf("ok\n");
    else
        reply_failure(&why);
}

static void command_disperse(char **words)
{
    (void)words;
    crowd_disperse();
    printf("ok\n");
}

static void command_forget(char **words)
{
    (void)words;
    slots_close_all();
    crowd_disperse();
    printf("ok\n");
}

static void command_drop_handle(char **words)
{
    peer_slot *slot = slot_find(words[0]);
    if (!slot || !slot->object.base) {
        reply_usage("the slot holds no section");
        return;
    }
    object_drop_handle(&slot->object);
    printf("ok address=0x%" PRIxPTR "\n", (uintptr_t)slot->object.base);
}

static void command_process(char **words)
{
    make_object(words[0], NULL, make_process);
}

static void command_duplicate(char **words)
{
    uint64_t pid;
    uint64_t handle;
    peer_object made;
    failure why;
    peer_slot *slot = slot_claim(words[0]);
    if (!slot)
        return;
    if (!parse_number(words[1], &pid) || !parse_number(words[2], &handle)) {
        reply_usage("pid and handle are numbers");
        return;
    }
    if (section_duplicate(pid, handle, &made, &why))
        slot_fill(slot, words[0], &made);
    else
        reply_failure(&why);
}

static void command_pid(char **words)
{
    (void)words;
    printf("ok pid=%" PRIu64 "\n", process_own_id());
}

static void command_pseudo(char **words)
{
    (void)words;
    printf("ok handle=0x%" PRIx64 "\n", pseudo_handle());
}

typedef bool handle_counter(uint64_t pid, uint64_t *ret_count, failure *why);

static void count_handles(char **words, handle_counter *counter)
{
    uint64_t pid;
    uint64_t count;
    failure why;
    if (!parse_number(words[0], &pid))
        reply_usage("the pid is not a number");
    else if (counter(pid, &count, &why))
        printf("ok count=%" PRIu64 "\n", count);
    else
        reply_failure(&why);
}

static void command_handles(char **words)
{
    count_handles(words, process_handle_count);
}

static void command_walk(char **words)
{
    count_handles(words, process_walk_handles);
}

static void command_harden(char **words)
{
    failure why;
    (void)words;
    if (process_harden(&why))
        printf("ok\n");
    else
        reply_failure(&why);
}

static void command_write_text(char **words)
{
    wchar_t *wide = wide_from_utf8(words[2]);
    if (!wide) {
        reply_usage("the text is not UTF-8");
        return;
    }
    size_t length = (wcslen(wide) + 1) * sizeof(wchar_t);
    uint8_t *bytes = slot_bytes(words[0], words[1], length, NULL);
    if (bytes) {
        memcpy(bytes, wide, length);
        printf("ok\n");
    }
    free(wide);
}

static void command_read_text(char **words)
{
    uint64_t rest;
    uint8_t *bytes = slot_bytes(words[0], words[1], 0, &rest);
    if (!bytes)
        return;
    char *text =
        utf8_from_wide((const wchar_t *)(const void *)bytes, (size_t)(rest / sizeof(wchar_t)));
    if (text)
        printf("ok text=%s\n", text);
    else
        reply_usage("the bytes are no wide string");
    free(text);
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return -1;
}

static void command_write_hex(char **words)
{
    const char *hex = words[2];
    size_t length = strlen(hex) / 2;
    uint8_t *bytes = slot_bytes(words[0], words[1], length, NULL);
    if (!bytes)
        return;
    if (strspn(hex, "0123456789abcdef") != 2 * length) {
        reply_usage("the bytes are pairs of lower-case hexadecimal digits");
        return;
    }
    for (size_t i = 0; i < length; i++)
        bytes[i] = (uint8_t)(hex_digit(hex[2 * i]) << 4 | hex_digit(hex[2 * i + 1]));
    printf("ok\n");
}

static void command_read_hex(char **words)
{
    uint64_t length;
    if (!parse_number(words[2], &length)) {
        reply_usage("the length is not a number");
        return;
    }
    const uint8_t *bytes = slot_bytes(words[0], words[1], length, NULL);
    if (!bytes)
        return;
    printf("ok hex=");
    for (uint64_t i = 0; i < length; i++)
        printf("%02x", bytes[i]);
    printf("\n");
}

static void command_fill(char **words)
{
    uint64_t length;
    uint64_t byte;
    if (!parse_number(words[2], &length) || !parse_number(words[3], &byte) || byte > 255) {
        reply_usage("length and byte are numbers");
        return;
    }
    uint8_t *bytes = slot_bytes(words[0], words[1], length, NULL);
    if (!bytes)
        return;
    memset(bytes, (int)byte, (size_t)length);
    printf("ok\n");
}

static void command_add(char **words)
{
    uint64_t count;
    uint8_t *bytes = slot_bytes(words[0], words[1], sizeof(uint64_t), NULL);
    if (!bytes)
        return;
    if ((uintptr_t)bytes % sizeof(uint64_t) || !parse_number(words[2], &count)) {
        reply_usage("the offset is a multiple of 8 and the count a number");
        return;
    }
    uint64_t *counter = (uint64_t *)(void *)bytes;
    for (uint64_t i = 0; i < count; i++)
        __atomic_fetch_add(counter, 1, __ATOMIC_SEQ_CST);
    printf("ok value=%" PRIu64 "\n", __atomic_load_n(counter, __ATOMIC_SEQ_CST));
}

/*
 * What a spin lock is for: a plain number, read and written while the lock is held. The lock is a
 * 32-bit word, 0 when free.
 */
static void command_lock_add(char **words)
{
    uint64_t count;
    uint8_t *lock = slot_bytes(words[0], words[1], sizeof(uint32_t), NULL);
    uint8_t *number = lock ? slot_bytes(words[0], words[2], sizeof(uint32_t), NULL) : NULL;
    if (!number)
        return;
    if ((uintptr_t)lock % sizeof(uint32_t) || !parse_number(words[3], &count)) {
        reply_usage("the lock's offset is a multiple of 4 and the count a number");
        return;
    }
    for (uint64_t i = 0; i < count; i++) {
        uint32_t value;
        lock_acquire((uint32_t *)(void *)lock);
        memcpy(&value, number, sizeof value);
        value++;
        memcpy(number, &value, sizeof value);
        lock_release((uint32_t *)(void *)lock);
    }
    printf("ok\n");
}

/* Counts up in the section, a store at a time, as a native publisher does. */
static void command_count(char **words)
{
    uint64_t count;
    uint64_t interval_us;
    uint8_t *bytes = slot_bytes(words[0], words[1], sizeof(uint64_t), NULL);
    if (!bytes)
        return;
    if ((uintptr_t)bytes % sizeof(uint64_t) || !parse_number(words[2], &count) ||
        !parse_number(words[3], &interval_us)) {
        reply_usage("the offset is a multiple of 8, count and interval are numbers");
        return;
    }
    const uint64_t begin_us = clock_now_us();
    for (uint64_t i = 1; i <= count; i++) {
        __atomic_store_n((uint64_t *)(void *)bytes, i, __ATOMIC_SEQ_CST);
        clock_sleep_until_us(begin_us + i * interval_us);
    }
    printf("ok\n");
}

static void command_resize(char **words)
{
    uint64_t size_bytes;
    failure why;
    peer_slot *slot = slot_find(words[0]);
    if (!slot || !slot->object.base)
        reply_usage("the slot holds no section");
    else if (!parse_number(words[1], &size_bytes))
        reply_usage("the size is not a number");
    else if (section_resize(&slot->object, size_bytes, &why))
        printf("ok\n");
    else
        reply_failure(&why);
}

static void command_close(char **words)
{
    peer_slot *slot = slot_find(words[0]);
    if (!slot) {
        reply_usage("there is no such slot");
        return;
    }
    slot_close(slot);
    printf("ok\n");
}

static void command_help(char **words);

typedef struct peer_command {
    const char *name;
    size_t argument_count; /* the last one takes the rest of the line, spaces included */
    const char *arguments;
    void (*run)(char **words);
} peer_command;

static const peer_command commands[] = {
    {"add", 3, "SLOT OFFSET COUNT", command_add},
    {"close", 1, "SLOT", command_close},
    {"count", 4, "SLOT OFFSET COUNT INTERVAL-US", command_count},
    {"create", 3, "SLOT NAME|- SIZE", command_create},
    {"create-readonly", 3, "SLOT NAME|- SIZE", command_create_readonly},
    {"crowd", 3, "KIND COUNT PATH|-", command_crowd},
    {"disperse", 0, "", command_disperse},
    {"drop-handle", 1, "SLOT", command_drop_handle},
    {"duplicate", 3, "SLOT PID HANDLE", command_duplicate},
    {"event", 2, "SLOT NAME|-", command_event},
    {"exit", 0, "", NULL},
    {"file", 2, "SLOT PATH", command_file},
    {"file-exclusive", 2, "SLOT PATH", command_file_exclusive},
    {"fill", 4, "SLOT OFFSET LENGTH BYTE", command_fill},
    {"forget", 0, "", command_forget},
    {"half", 2, "SLOT TICK", command_half},
    {"handles", 1, "PID", command_handles},
    {"harden", 0, "", command_harden},
    {"help", 0, "", command_help},
    {"image", 2, "SLOT PATH", command_image},
    {"length", 2, "SLOT LENGTH", command_length},
    {"lock-add", 4, "SLOT LOCK-OFFSET OFFSET COUNT", command_lock_add},
    {"map-file", 3, "SLOT PATH SIZE", command_map_file},
    {"open", 2, "SLOT NAME", command_open},
    {"pid", 0, "", command_pid},
    {"pipe", 1, "SLOT", command_pipe},
    {"play", 5, "SLOT PROGRAM NAME|- VERSION LENGTH", command_play},
    {"process", 1, "SLOT", command_process},
    {"pseudo", 0, "", command_pseudo},
    {"read-hex", 3, "SLOT OFFSET LENGTH", command_read_hex},
    {"read-text", 2, "SLOT OFFSET", command_read_text},
    {"resize", 2, "SLOT SIZE", command_resize},
    {"run", 4, "SLOT TICK COUNT REST-US", command_run_program},
    {"tick", 2, "SLOT TICK", command_tick},
    {"walk", 1, "PID", command_walk},
    {"write-hex", 3, "SLOT OFFSET HEX", command_write_hex},
    {"write-text", 3, "SLOT OFFSET TEXT", command_write_text},
};

enum { COMMAND_COUNT = sizeof commands / sizeof commands[0] };

static void command_help(char **words)
{
    (void)words;
    printf("ok");
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        printf("%s %s%s%s", i ? "," : "", commands[i].name, commands[i].arguments[0] ? " " : "",
               commands[i].arguments);
    printf("\n");
}

/* Cuts off the first word in place and returns what follows it, NULL where nothing does. */
static char *cut_word(char *text)
{
    char *space = strchr(text, ' ');
    if (!space)
        return NULL;
    *space = '\0';
    return space + 1;
}

bool command_run(char *line)
{
    char *words[ARGUMENTS_MAX] = {NULL};
    char *rest = cut_word(line);
    const peer_command *command = commands;
    while (command < commands + COMMAND_COUNT && strcmp(command->name, line) != 0)
        command++;
    if (command == commands + COMMAND_COUNT) {
        reply_usage("there is no such command; try help");
        return true;
    }
    size_t count = 0;
    while (rest && count < command->argument_count) {
        words[count++] = rest;
        rest = count < command->argument_count ? cut_word(rest) : NULL;
    }
    if (count < command->argument_count || rest) {
        printf("error usage 0 %s %s\n", command->name, command->arguments);
        return true;
    }
    if (!command->run) {
        printf("ok\n");
        return false;
    }
    command->run(words);
    return true;
}
