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
 * Opens our own journal in the state folder, after clearing those of daemons that are dead.
 * @param ret_cleared how many names were taken away
 */
section_status journal_open(const char *state_directory, journal **ret_journal,
                            unsigned *ret_cleared, section_error *ret_error);

/** Notes that we made the name of this section. A failure is logged, the section works all the same. */
void journal_add(journal *journal, const section_info *info);

/** Notes that the name is gone again, or is no longer ours to take away. */
void journal_remove(journal *journal, const section_name *name);

/** Closes and removes our journal: our names are gone. NULL is fine. */
void journal_close(journal *journal);

#endif
