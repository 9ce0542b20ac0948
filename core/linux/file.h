#ifndef SECTION_LINUX_FILE_H
#define SECTION_LINUX_FILE_H

#include "../os.h"

/** Makes or opens the file of `options`, confined to its folder, and sizes it. */
section_status file_create(const section_create_options *options, os_section *object,
                           section_error *ret_error);

/**
 * Whether an open descriptor is a data file inside `folder`: regular, one link, reached by a path
 * that does not leave the folder.
 */
bool file_is_inside(int fd, const char *folder, const char *path);

#endif
