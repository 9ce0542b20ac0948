/* The commands that play a program's section. */
#ifndef PEER_PROGRAMS_PLAY_H
#define PEER_PROGRAMS_PLAY_H

/* SLOT PROGRAM NAME|- VERSION LENGTH: makes the section, which is zero until the first tick. */
void command_play(char **words);

/* SLOT TICK: writes that tick's values, whole. */
void command_tick(char **words);

/* SLOT TICK: begins to write and stays in the middle, until the next tick. */
void command_half(char **words);

/* SLOT LENGTH: of the array that changes, from the next tick on. */
void command_length(char **words);

/*
 * SLOT TICK COUNT REST-US: writes the values of COUNT ticks round and round, with a rest after each
 * write, until there is more input; then says how many writes there were.
 */
void command_run_program(char **words);

#endif
