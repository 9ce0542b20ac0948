#ifndef SECTIOND_JOURNAL_H
#define SECTIOND_JOURNAL_H

#include <section/section.h>

/**
 * @file
 * The names that we made, written down so that the next start can take away those of a daemon that
 * was killed. On Windows names die with their last handle, and there is nothing to write.
 */

typedef struct journal journal;

/**
 * Opens our own journal in the state folder, after clearing those of daemons that are dead; each
 * name that was taken away is logged.
 */
section_status journal_open(const char *state_directory, journal **ret_journal,
                            section_error *ret_error);

/** Notes that we made the name of this section. A failure is logged, the section works all the same. */
void journal_add(journal *self, const section_info *info);

/** Notes that the name is gone again. `info` is what `journal_add` was given. */
void journal_remove(journal *self, const section_info *info);

/** Takes the names in our journal away, and it: the process ends at once. Waits for no lock. */
void journal_abandon(journal *self);

/** Closes and removes our journal: our names are gone. NULL is fine. */
void journal_close(journal *self);

#endif
