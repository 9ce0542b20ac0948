#ifndef SECTION_PROCESS_H
#define SECTION_PROCESS_H

#include <section/section.h>

/**
 * @file
 * Discovery: the processes of this machine, and the sections that one of them holds.
 *
 * Each result is passed to a callback and not kept, so a process with many handles costs one
 * buffer. Processes and handles may appear and vanish during a search; one that has vanished before
 * it is examined is left out.
 */

/** A process. */
typedef struct process_entry {
    uint32_t pid;
    uint32_t parent_pid; /**< 0: none; it may have ended, and its id be another's by now */
    const char *name;    /**< of its program, without the folder; UTF-8 */
} process_entry;

/** Is shown one process, valid during the call; false ends the list. */
typedef bool process_visitor(void *context, const process_entry *process);

/**
 * Lists the processes that we may know of.
 * @param visit called for each process, on the caller's thread; false ends the list.
 * @param context passed on to `visit`.
 * @return `SECTION_NO_MEMORY`, `SECTION_OS_ERROR`.
 * Threads: any.
 * Platforms: Linux cuts names at 15 bytes where the command line does not go on with them, and
 *     lists what the mount of /proc shows (hidepid).
 * Source: proc_pid_stat(5),
 *     https://learn.microsoft.com/en-us/windows/win32/api/tlhelp32/nf-tlhelp32-createtoolhelp32snapshot
 */
section_status process_list(process_visitor *visit, void *context, section_error *ret_error);

/** The rights of the holder through the handle or mapping: a set. */
enum { PROCESS_SECTION_READ = 1, PROCESS_SECTION_WRITE = 2, PROCESS_SECTION_QUERY = 4 };

enum { PROCESS_SECTION_ATTRIBUTES_MAX = 8 };

/** A section that a process holds. Pointers are borrowed for the call that shows it. */
typedef struct process_section {
    uint64_t index; /**< counts what this search showed, from 0 */
    bool has_handle;
    uint64_t handle;  /**< the process's, if `has_handle` */
    uint64_t address; /**< Linux, else: where it is mapped, its descriptor being closed */
    unsigned access;
    bool described; /**< false: it lets nobody ask; backing and size are unknown */
    section_backing backing;
    uint64_t size_bytes;
    bool size_exact;  /**< false: at least so much, as far as it is mapped */
    const char *name; /**< UTF-8; NULL: none */
    bool
        is_elsewhere; /**< Linux: it lies on another /dev/shm than ours, and the name is one there */
    bool has_scope;   /**< Windows: the name can be opened, in this scope */
    section_scope scope;
    const char *file; /**< path of a data file, as the OS spells it; NULL: none that is known */
    /** Words of the OS's: on Windows commit, reserve, file, image; on Linux a memfd's seals
     * (sealed_write …). Ended by NULL. */
    const char *attributes[PROCESS_SECTION_ATTRIBUTES_MAX + 1];
    int64_t handle_count; /**< of all processes, without ours of this search; -1: not told */
    uint64_t object[2];   /**< as `section_info` has it */
    const void *opened;   /**< for `process_section_is`, `process_section_find_traits` */
} process_section;

/** Is shown one section, valid during the call; false ends the search. */
typedef bool process_section_visitor(void *context, const process_section *found);

/** The scope of a search. */
typedef struct process_search {
    uint32_t pid;            /**< our own is allowed */
    const char *file_folder; /**< Linux: files inside it count as sections, too; NULL: none do */
    bool debug_privilege;    /**< Windows: as in `section_duplicate_options` */
} process_search;

/**
 * Searches a process's handles (and on Linux its mappings) for sections.
 * @param search the caller's; read during the call only.
 * @param visit called for each section, on the caller's thread; false ends the search.
 * @param context passed on to `visit`.
 * @param ret_unseen tells what could not be seen and why; its code is `SECTION_OK` where nothing
 *     was missed. One handle that cannot be looked at never ends the search.
 * @return `SECTION_NOT_FOUND` (no such process, or it has ended), `SECTION_ACCESS_DENIED` (nothing
 *     can be seen), `SECTION_NO_MEMORY`, `SECTION_OS_ERROR`.
 * Threads: any.
 * Platforms: on Windows only handles of the section type are duplicated (asking a pipe for its name
 *     may hang), in the order of the handles; images are shown and never mapped. On Linux sections
 *     are what `section_duplicate` takes, in the order of the descriptors; then objects that are
 *     mapped shared while no descriptor leads to them, once each. Descriptors are looked at through
 *     the links in /proc, which opens nothing; where that is denied and CAP_SYS_PTRACE is held,
 *     those of the right file systems are taken with pidfd_getfd.
 * Source: proc_pid_fd(5), proc_pid_map_files(5), pidfd_getfd(2); on Windows undocumented, in use
 *     since NT 4: NtQuerySystemInformation class 64, NtQueryInformationProcess class 51
 */
section_status process_sections(const process_search *search, process_section_visitor *visit,
                                void *context, section_error *ret_unseen, section_error *ret_error);

/**
 * Tells whether what a search shows is the object of a section that we hold.
 * @param found from inside the visitor's call.
 * @param ours stays open during the call.
 * Errors: none. Threads: any.
 * Platforms: Windows before version 10 cannot compare objects: there the names are compared, and an
 *     anonymous section is never recognised.
 */
bool process_section_is(const process_section *found, const section *ours);

/**
 * Finds the traits of the sections that are the found one's object.
 * @param found from inside the visitor's call.
 * @param ret_traits the caller's; set where the function returns true.
 * @return false where they are not known: it may be any section.
 * Errors: none. Threads: any.
 * Platforms: as `section_find_traits`; Windows does not know them where the handle does not grant
 *     SECTION_QUERY.
 */
bool process_section_find_traits(const process_section *found, section_traits *ret_traits);

/** A process that holds sections. Pointers are borrowed for the call that shows it. */
typedef struct process_sharer {
    const process_entry *process;
    uint64_t section_count; /**< as many as process_sections shows */
    const char *command;    /**< its command line, cut at 4 KiB; UTF-8; NULL: not told */
    const char *user;       /**< whose it is; UTF-8; NULL: not told */
} process_sharer;

/** Is shown one process, valid during the call; false ends the search. */
typedef bool process_sharer_visitor(void *context, const process_sharer *found);

/**
 * Searches all processes, our own too, for those that hold sections.
 * @param search where; its `pid` means nothing here.
 * @param ret_unseen as `process_sections` has it; it counts processes.
 * @return `SECTION_NO_MEMORY`, `SECTION_OS_ERROR`.
 * Threads: any; `visit` runs on the caller's.
 * Platforms: Windows counts in one list of all handles, which needs no right to a process; Linux looks
 *     at each process as `process_sections` does. The user is a name, or an id where it has none.
 */
section_status process_sharing(const process_search *search, process_sharer_visitor *visit,
                               void *context, section_error *ret_unseen, section_error *ret_error);

/** Is shown one handle or mapping and its process, valid during the call; false ends the search. */
typedef bool process_holder_visitor(void *context, const process_entry *process,
                                    const process_section *found);

/**
 * Searches all processes but our own for those that have the object of a section that we hold.
 * @param search where; its `pid` means nothing here.
 * @param visit is shown handle or address, access, and identity; size, backing and file stay unknown.
 * @param ret_unseen as `process_sections` has it; it counts processes.
 * @return `SECTION_NO_MEMORY`, `SECTION_OS_ERROR`.
 * Threads: any; `self` stays open during the call; `visit` runs on the caller's.
 * Platforms: Windows takes one list of all handles, duplicates those of sections, and compares objects;
 *     views whose handles are closed are not found. Linux compares device and inode of descriptors'
 *     links and of mappings, and opens none of them.
 */
section_status section_holders(const section *self, const process_search *search,
                               process_holder_visitor *visit, void *context,
                               section_error *ret_unseen, section_error *ret_error);

/**
 * The same for all sections that can have a name: on Windows `name` and `scope` tell which one it is,
 * on Linux `object` does.
 */
section_status namespace_holders(const process_search *search, process_holder_visitor *visit,
                                 void *context, section_error *ret_unseen,
                                 section_error *ret_error);

#endif
