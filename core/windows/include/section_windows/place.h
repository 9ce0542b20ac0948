#ifndef SECTION_WINDOWS_PLACE_H
#define SECTION_WINDOWS_PLACE_H

#include <wchar.h>
#include <windows.h>

/**
 * @file
 * Where an open file or folder really is. For core and for the daemon, on Windows only.
 */

/**
 * Opens a folder so that others may do with it what they want.
 * @param rights those that the caller needs; FILE_READ_ATTRIBUTES and SYNCHRONIZE come by themselves,
 *     as CreateFileW adds them.
 * @return INVALID_HANDLE_VALUE with the last error set; else the caller closes it.
 */
HANDLE place_open_folder(const wchar_t *path, DWORD rights);

/**
 * Finds the steps that lead from an open folder to an open file or folder, with all links resolved.
 * @return the steps, with backslashes between them, empty for the folder itself; the caller frees
 *     them. NULL where the object does not lie below the folder, where the system does not tell, or
 *     where memory runs out.
 */
wchar_t *place_below(HANDLE folder, HANDLE object);

#endif
