#include "roles.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "platform.h"

static void answer_lines(other_section *held)
{
    char line[80];
    while (fgets(line, sizeof line, stdin) != NULL) {
        char *rest = line + 4;
        if (strncmp(line, "peek", 4) == 0) {
            printf("%d\n", held->base[strtoul(rest, &rest, 0)]);
        } else if (strncmp(line, "poke", 4) == 0) {
            unsigned long offset = strtoul(rest, &rest, 0);
            held->base[offset] = (uint8_t)strtoul(rest, &rest, 0);
            puts("done");
        }
        (void)fflush(stdout);
    }
}

static void say_first_byte(bool got_it, const other_section *held)
{
    if (got_it) {
        printf("%d\n", held->base[0]);
    } else {
        puts("nothing");
    }
}

int play_role(int argc, char **argv)
{
    other_section held;
    if (strcmp(argv[0], "hold") == 0 && argc >= 2) {
        other_create(argc > 2 ? argv[2] : NULL, strtoul(argv[1], NULL, 0), &held);
        printf("0x%llx\n", (unsigned long long)held.handle);
        (void)fflush(stdout);
        answer_lines(&held);
        return 0;
    }
    if (strcmp(argv[0], "inherited") == 0 && argc >= 3) {
        say_first_byte(other_adopt(strtoull(argv[1], NULL, 0), strtoul(argv[2], NULL, 0), &held),
                       &held);
        return 0;
    }
    if (strcmp(argv[0], "take") == 0 && argc >= 4) {
        say_first_byte(other_take((uint32_t)strtoul(argv[1], NULL, 0), strtoull(argv[2], NULL, 0),
                                  strtoul(argv[3], NULL, 0), &held),
                       &held);
        return 0;
    }
    int code = platform_role(argc, argv);
    return code < 0 ? 2 : code;
}
