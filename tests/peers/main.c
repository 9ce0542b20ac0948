/*
 * A native process for the tests to play with: it makes, opens and reads sections with the
 * platform's own calls. One command a line on stdin, one reply line each on stdout:
 *
 *     create a SHINE 4096        ->  ok handle=0x34 size=4096 created=1
 *     write-text a 0 some text   ->  ok
 *     open b NOSUCH              ->  error OpenFileMappingW 2 File not found.
 *
 * `a` and `b` are slots: any word, until `close`. `help` lists the commands. The program ends at
 * the end of its input or with `exit`, and then closes what it holds.
 */
#include "commands.h"
#include "slots.h"

#include <stdio.h>
#include <string.h>

/* Room for the hexadecimal form of 1 MiB and the words before it. */
static char line[(2u << 20) + 4096];

int main(void)
{
    platform_start();
    while (fgets(line, sizeof line, stdin)) {
        line[strcspn(line, "\r\n")] = '\0';
        bool more = command_run(line);
        fflush(stdout);
        if (!more)
            break;
    }
    slots_close_all();
    return 0;
}
