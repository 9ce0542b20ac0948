#ifndef SECTION_LINUX_SEARCH_H
#define SECTION_LINUX_SEARCH_H

#include <limits.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "../os.h"
#include "../unseen.h"

typedef struct object_id {
    uint64_t device;
    uint64_t inode;
} object_id;

/** One search of a process, as its two parts share it. */
typedef struct search {
    const process_search *options;
    int pidfd;
    int process_fd;         /* /proc/PID: it stays this process's, whoever gets the id next */
    uint64_t ipc_namespace; /* of that process; 0: not asked for yet */
    process_section_visitor *visit;
    void *context;
    bool stopped; /* the visitor has seen enough */
    /* Where sections can be: learned from a memfd of our own, and from /dev/shm. */
    dev_t memfd_device;
    dev_t shm_device;
    char folder[PATH_MAX]; /* of data files, resolved; empty: none */
    unseen unseen;
    uint64_t seen_count; /* descriptors that told what they are */
    /* The objects shown so far, in order: what is mapped beside them is shown only once. */
    object_id *shown;
    size_t shown_count;
    size_t shown_capacity;
    /* For holders: objects are told by what the links to them say, and nothing is opened. */
    bool by_links;
    const object_id *wanted; /* NULL: all on /dev/shm */
} search;

/** Learns where sections can be; `options` is set. */
void search_prepare(search *self);

/** Whether `by_links` an object is one that is looked for. */
bool search_wants(const search *self, mode_t mode, object_id object);

/** The process's IPC namespace, which is asked for once; see ipc.h. */
uint64_t search_ipc_namespace(search *self);

/** Shows an object of which no more than the identity is known. */
section_status search_show_id(search *self, object_id object, process_section *found,
                              section_error *ret_error);

/** Whether an object may be a section, by what costs nothing. */
bool search_may_be_section(const search *self, mode_t mode, dev_t device);

/**
 * Identifies `fd` (O_PATH will do), and shows it if it is a section; `found` comes with what is
 * known of the way to it.
 */
section_status search_show_descriptor(search *self, int fd, process_section *found,
                                      section_error *ret_error);

/** Shows what is described in full. `object` tells its identity. */
section_status search_show(search *self, const os_section *object, process_section *found,
                           section_error *ret_error);

/** Whether an object was shown already. */
bool search_was_shown(const search *self, object_id object);

/** Notes what could not be seen; a handle that is gone is no loss. */
void search_note(search *self, const char *call, int number, const char *what);

/**
 * Ends the search of one process of many, which had this status. A process that is gone holds nothing;
 * one that may not be looked at is noted in `processes`.
 * @return `SECTION_NO_MEMORY`, or `SECTION_OK`: the walk goes on.
 */
section_status search_settle(const search *self, section_status status, const section_error *why,
                             unseen *processes, section_error *ret_error);

#endif
