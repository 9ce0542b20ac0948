#ifndef SECTION_LINUX_ATTACH_H
#define SECTION_LINUX_ATTACH_H

#include "mappings.h"

/**
 * Takes the System V segment that another process has attached, by the segment's id: where the link to
 * its mapping may not be followed. No more access is taken than the process has.
 * @param line the mapping, shared, with `is_segment`; its path is not used.
 * @param object is filled, and holds nothing before.
 */
section_status attach_segment(const section_duplicate_options *options, const mapping *line,
                              os_section *object, section_error *ret_error);

#endif
