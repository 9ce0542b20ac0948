#ifndef SECTION_WINDOWS_FILE_H
#define SECTION_WINDOWS_FILE_H

#include "../os.h"
#include "ntdll.h"

/** An open data file, and what to do when the section cannot be made after all. */
typedef struct data_file {
    HANDLE handle;
    uint64_t size_bytes;
    bool is_new;      /* we made it: `file_abandon` takes it away again */
    bool is_extended; /* to be, or it has been: `file_abandon` gives it back its size */
    bool is_cut;      /* what it held is gone */
} data_file;

/**
 * Makes or opens the file of `options`, confined to its folder; judged on the opened handle. Its
 * bytes and its size stay what they are. Before one is made, `os_permit_change` is asked.
 */
section_status file_open(const section_create_options *options, data_file *ret_file,
                         section_error *ret_error);

/** Cuts the file, once it has taken the new size: if that is refused, nothing is lost. */
section_status file_truncate(data_file *file, uint64_t size_bytes, section_error *ret_error);

/** Closes the file. A new one is deleted, and one that was extended gets its size back. */
void file_abandon(data_file *file);

#endif
