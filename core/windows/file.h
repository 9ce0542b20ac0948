#ifndef SECTION_WINDOWS_FILE_H
#define SECTION_WINDOWS_FILE_H

#include "../os.h"
#include "ntdll.h"

/** An open data file, and what to do when the section cannot be made after all. */
typedef struct data_file {
    HANDLE handle;
    uint64_t size_bytes;
    bool is_new; /* we made it: `file_abandon` takes it away again */
} data_file;

/** Makes or opens the file of `options`, confined to its folder; judged on the opened handle. */
section_status file_open(const section_create_options *options, data_file *ret_file,
                         section_error *ret_error);

/** Closes the file, and deletes it if it is new. */
void file_abandon(data_file *file);

#endif
