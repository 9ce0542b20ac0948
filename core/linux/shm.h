#ifndef SECTION_LINUX_SHM_H
#define SECTION_LINUX_SHM_H

#include <limits.h>

#include <section/name.h>
#include <sys/types.h>

#include "../os.h"

/** Where POSIX shm objects live: glibc and musl agree on it, and shm_overview(7) documents it. */
#define SHM_DIRECTORY "/dev/shm"

/** Room for the path of any checked name. */
#define SHM_PATH_BYTES (sizeof SHM_DIRECTORY + 1 + NAME_MAX)

void shm_path(const section_name *name, char ret_path[SHM_PATH_BYTES]);

/**
 * Identifies the object of `fd` by fstat, its file system and its link in /proc; `fd` may be
 * O_PATH. Data files count where they lie inside `file_folder`, which may be NULL.
 */
section_status shm_identify(int fd, const char *file_folder, os_section *object,
                            section_name *ret_name, section_error *ret_error);

/** The name in the link of an object on any /dev/shm, inside `link`; NULL: it is not on one. */
const char *shm_name_in_link(const char *link);

/** Whether what has this link lies on another /dev/shm: its device is mounted nowhere here. */
bool shm_is_elsewhere(dev_t device, const char *link);

/** Whether the kernel's link is one of memory without a file; of a memfd it may be of huge pages. */
bool shm_is_nameless(const char *link, section_backing *ret_backing);

/** The device of an object, for its identity; `is_segment`: of a System V segment. */
uint64_t shm_identity_device(dev_t device, bool is_segment);
bool shm_is_segment_device(uint64_t identity_device);

/** The device of memory that has no name: memfds, System V segments; 0 where that is not told. */
dev_t shm_memory_device(void);

/**
 * The name that a search shows for an object, inside `path`, which is cut for it: a memfd's own
 * name, or one on /dev/shm that leads there (`named`). NULL: none.
 */
const char *shm_shown_name(char *path, section_backing backing, bool named);

#endif
