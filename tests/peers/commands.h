/* The peer's command language: a table of commands, one line each. */
#ifndef PEER_COMMANDS_H
#define PEER_COMMANDS_H

#include <stdbool.h>

/* Runs one line, cutting it into words in place, and prints the reply line. False after `exit`. */
bool command_run(char *line);

#endif
