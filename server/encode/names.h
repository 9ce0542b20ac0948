#ifndef SECTIOND_NAMES_H
#define SECTIOND_NAMES_H

/**
 * @file
 * The names that answers have for constants of the library.
 */

/** By section_scope. */
extern const char *const section_json_scopes[];

/** By section_backing. */
extern const char *const section_json_backings[];

#endif
