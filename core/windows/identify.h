#ifndef SECTION_WINDOWS_IDENTIFY_H
#define SECTION_WINDOWS_IDENTIFY_H

#include "../os.h"
#include "ntdll.h"

HANDLE handle_of(const os_section *object);

/** The sets of rights to ask for, best first, ended by 0; go on to the next when denied. */
const DWORD *rights_to_try(section_access access);

/** SECTION_NOT_A_SECTION, naming the type, unless the handle is a section's. */
section_status check_type(HANDLE handle, section_error *ret_error);

/**
 * Fills in what the object is and what the handle grants: access, backing, reserve, cannot_fault,
 * opened_size_bytes. An image is SECTION_NOT_A_SECTION.
 */
section_status identify(os_section *object, section_error *ret_error);

/** The name under which we can open the object ourselves; empty where there is none. */
void find_name(HANDLE handle, section_name *ret_name);

/** Room for an object's full name in UTF-8. */
enum { OBJECT_PATH_BYTES = sizeof(object_text) * 3 / 2 };

/** The full name of a section in the object directories; empty where there is none. */
void find_path(HANDLE handle, char ret_path[OBJECT_PATH_BYTES]);

#endif
