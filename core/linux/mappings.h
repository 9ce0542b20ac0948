#ifndef SECTION_LINUX_MAPPINGS_H
#define SECTION_LINUX_MAPPINGS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include "search.h"

/** A line of /proc/PID/maps, as proc_pid_maps(5) has it. */
typedef struct mapping {
    uint64_t start;
    uint64_t end;
    uint64_t offset_bytes;
    dev_t device;
    uint64_t inode;
    bool readable;
    bool writable;
    bool shared;
    bool is_segment; /* System V: its inode is its id */
    char *path;      /* inside the line */
} mapping;

/** Reads the next line of `maps` that is a mapping of a file; `line` and its size are getline's. */
bool mapping_next(FILE *maps, char **line, size_t *line_bytes, mapping *ret_mapping);

enum { MAPPING_LINK_BYTES = 48 };

/**
 * Finds the mapping that begins at an address; `ret_line` receives the text that its path is inside of,
 * which the caller frees.
 * @param pid 0: our own.
 */
section_status mapping_find(uint32_t pid, uint64_t address, mapping *ret_mapping, char **ret_line,
                            section_error *ret_error);

/** Tells the path of a mapping of our own. */
bool mapping_own_path(uint64_t address, char *ret_path, size_t capacity);

/** The link to what is mapped, relative to /proc/PID. */
void mapping_link(const mapping *line, char ret_link[MAPPING_LINK_BYTES]);

/** Shows the sections that the process has mapped shared and that no descriptor leads to. */
section_status mappings_search(search *self, section_error *ret_error);

#endif
