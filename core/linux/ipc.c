#include "ipc.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include "shm.h"

static uint64_t number_of(int folder_fd, const char *path)
{
    struct stat facts;
    return fstatat(folder_fd, path, &facts, 0) == 0 ? (uint64_t)facts.st_ino : 0;
}

uint64_t ipc_namespace(int process_fd)
{
    return number_of(process_fd, "ns/ipc");
}

uint64_t ipc_namespace_of(uint32_t pid)
{
    char path[48];
    (void)snprintf(path, sizeof path, "/proc/%u/ns/ipc", pid == 0 ? os_process_id() : pid);
    return number_of(AT_FDCWD, path);
}

bool ipc_is_ours(uint64_t namespace_number)
{
    return namespace_number != 0 && namespace_number == ipc_namespace_of(0);
}

/* Ids have 31 bits, and the kernel's numbers of namespaces 32. */
uint64_t ipc_identity(uint64_t segment_id, uint64_t namespace_number)
{
    return segment_id | namespace_number << 32;
}

void ipc_identify(os_section *object, uint64_t namespace_number)
{
    if (shm_is_segment_device(object->identity[0])) {
        object->identity[1] = ipc_identity(object->identity[1], namespace_number);
    }
}
