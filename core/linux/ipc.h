#ifndef SECTION_LINUX_IPC_H
#define SECTION_LINUX_IPC_H

#include <stdbool.h>
#include <stdint.h>

#include "../os.h"

/**
 * @file
 * IPC namespaces. The id of a System V segment is that of one segment in each of them, and nothing that
 * the kernel shows of a mapping tells of which: it is that of the process, as it is now.
 */

/** The number of a process's IPC namespace, by the process's folder in /proc; 0: it is not told. */
uint64_t ipc_namespace(int process_fd);

/** The same by the process's id; 0: our own. */
uint64_t ipc_namespace_of(uint32_t pid);

/** Whether that is our own, so that ids mean the same to the process and to us. */
bool ipc_is_ours(uint64_t namespace_number);

/** The second word of a segment's identity. */
uint64_t ipc_identity(uint64_t segment_id, uint64_t namespace_number);

/** Completes the identity of what a process holds, where it is a segment. */
void ipc_identify(os_section *object, uint64_t namespace_number);

#endif
