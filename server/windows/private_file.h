#ifndef SECTIOND_WINDOWS_PRIVATE_FILE_H
#define SECTIOND_WINDOWS_PRIVATE_FILE_H

#include <windows.h>

#include <stdbool.h>

/** Whether an entry of an access list gives one of the rights to others than the user and the system. */
bool private_file_opens_to_others(const ACE_HEADER *entry, PSID user, ACCESS_MASK rights);

#endif
