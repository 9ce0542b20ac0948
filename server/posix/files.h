#ifndef SECTIOND_POSIX_FILES_H
#define SECTIOND_POSIX_FILES_H

#include <section/error.h>

/** Fails unless nobody but the user can take files away from the folder of a path, or replace them. */
section_status files_check_private_folder(const char *path, section_error *ret_error);

#endif
