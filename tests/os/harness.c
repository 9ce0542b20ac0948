#include "harness.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "platform.h"
#include "roles.h"

section_error why;

int run_program(int argc, char **argv, int (*tests)(void))
{
    if (argc > 1) {
        return play_role(argc - 1, argv + 1);
    }
    return tests();
}

void check_status(section_status got, section_status wanted, const char *call, const char *file,
                  int line)
{
    if (got != wanted) {
        print_error("%s\n  gave %s (%s), not %s\n", call,
                    got == SECTION_OK ? "ok" : section_status_lookup(got)->slug,
                    got == SECTION_OK ? "" : why.detail,
                    wanted == SECTION_OK ? "ok" : section_status_lookup(wanted)->slug);
        _fail(file, line);
    }
    if (got != SECTION_OK && (why.code != got || why.detail[0] == '\0')) {
        print_error("%s\n  failed without filling its error\n", call);
        _fail(file, line);
    }
    memset(&why, 0, sizeof why);
}

const char *fresh_name(void)
{
    static unsigned count;
    static uint64_t mark;
    static char names[4][64];
    char *name = names[count % 4];
    mark = mark != 0 ? mark : present_mark();
    (void)snprintf(name, sizeof names[0], "section-test-%lu-%llx-%u",
                   (unsigned long)own_process_id(), (unsigned long long)mark, count++);
    return name;
}

section_name parsed(const char *name)
{
    section_name parsed_name;
    works(section_name_parse(name, &parsed_name, &why));
    return parsed_name;
}

section *create_section(const char *name_or_null, uint64_t size_bytes)
{
    section *self = NULL;
    section_name name;
    section_create_options options = {.size_bytes = size_bytes};
    if (name_or_null != NULL) {
        name = parsed(name_or_null);
        options.name = &name;
    }
    works(section_create(&options, &self, &why));
    assert_non_null(self);
    return self;
}

section *open_section(const char *name)
{
    section *self = NULL;
    const section_name checked = parsed(name);
    const section_open_options options = {.name = &checked};
    works(section_open(&options, &self, &why));
    assert_non_null(self);
    return self;
}

section *duplicate_section(uint32_t pid, uint64_t handle)
{
    section *self = NULL;
    const section_duplicate_options options = {.pid = pid, .handle = handle};
    works(section_duplicate(&options, &self, &why));
    assert_non_null(self);
    return self;
}

section_info describe(const section *self)
{
    section_info info;
    works(section_describe(self, &info, &why));
    return info;
}

uint8_t byte_at(section *self, uint64_t offset_bytes)
{
    uint8_t byte = 0;
    works(section_read(self, offset_bytes, &byte, 1, &why));
    return byte;
}

void set_byte(section *self, uint64_t offset_bytes, uint8_t byte)
{
    works(section_write(self, offset_bytes, &byte, 1, &why));
}

void wait_a_moment(unsigned *looks)
{
    const struct timespec moment = {.tv_nsec = 5 * 1000 * 1000};
    assert_true((*looks)++ < 4000);
    (void)nanosleep(&moment, NULL);
}
