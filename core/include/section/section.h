#ifndef SECTION_SECTION_H
#define SECTION_SECTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <section/error.h>
#include <section/name.h>

/**
 * @file
 * Sections: shared-memory mapping objects (Win32 sections; on Linux POSIX shm objects and memfds)
 * with one view of ours.
 *
 * A `section` owns one OS handle and one mapped view. It keeps the handle while the view lives,
 * because a Windows name goes away with the last handle and not with the last view. The owner of the
 * pointer closes it, once.
 *
 * For all functions: `self` is an open section, which the caller keeps open during the call. Offsets
 * and lengths are in bytes, and offsets count from the view's start. A `ret_` parameter is the
 * caller's storage and set on success only, unless the function says otherwise. `ret_error` may be
 * NULL and is filled on failure only.
 */

/** A section that we hold: opaque. */
typedef struct section section;

/** The access to the bytes of a section. */
typedef enum section_access {
    SECTION_ACCESS_MOST = 0, /**< asking only: readwrite where it is granted, else read */
    SECTION_ACCESS_READ,
    SECTION_ACCESS_READWRITE,
    SECTION_ACCESS_WRITECOPY
} section_access;

/** The way in which we got a section. */
typedef enum section_origin { SECTION_CREATED, SECTION_OPENED, SECTION_DUPLICATED } section_origin;

/** The kind of object that keeps the bytes of a section. */
typedef enum section_backing {
    SECTION_BACKING_PAGEFILE,  /**< Windows: no file but the page file */
    SECTION_BACKING_SHM,       /**< Linux: an object on /dev/shm */
    SECTION_BACKING_MEMFD,     /**< Linux: memfd_create */
    SECTION_BACKING_FILE,      /**< a data file */
    SECTION_BACKING_IMAGE,     /**< Windows: SEC_IMAGE, which is never opened here */
    SECTION_BACKING_SYSV,      /**< Linux: a System V segment, of shmget */
    SECTION_BACKING_ANONYMOUS, /**< Linux: shared memory that has no name, of mmap */
    SECTION_BACKING_HUGETLB    /**< Linux: huge pages, of memfd_create or mmap */
} section_backing;

/** The part of a section that we map. */
typedef struct section_view {
    uint64_t offset_bytes; /**< any offset: we align down and add the difference */
    uint64_t length_bytes; /**< 0: to the section's end */
} section_view;

/** The mode in which the file of a section is opened. */
typedef enum section_file_open {
    SECTION_FILE_OPEN_OR_CREATE = 0,
    SECTION_FILE_CREATE_NEW,
    SECTION_FILE_OPEN_EXISTING,
    SECTION_FILE_TRUNCATE /**< an existing one, cut to nothing first */
} section_file_open;

/** Asked before a file is made, extended or cut. */
typedef section_status section_permit(void *context, section_error *ret_error);

/** What to create. Zero-initialise it, then set what is wanted: the zero values are the defaults.
 */
typedef struct section_create_options {
    const section_name *name; /**< NULL: anonymous */
    uint64_t size_bytes;      /**< 1 .. 2^53-1; with a file also 0: as long as the file is */
    section_view view;
    const char *file;        /**< NULL: memory; else a path, relative to `file_folder` */
    const char *file_folder; /**< the folder that the path never leaves, whatever it contains */
    section_file_open file_open;
    section_permit *permit_change; /**< NULL: files may be changed */
    void *permit_context;          /**< the caller's, for `permit_change` */
    /** Of what is new READWRITE (MOST too); with a file also READ, which nobody can map writable,
     * and WRITECOPY, where our writes stay ours. An existing name is opened with it. */
    section_access access;
    const char *sddl; /**< security descriptor of a new section, NULL: the default one; Linux:
                         unsupported */
    bool must_be_new; /**< an existing name is an error instead of being opened */
    bool reserve;     /**< commit pages on first use (SEC_RESERVE); Linux: do not preallocate */
    bool inherit;     /**< child processes inherit the handle */
    bool protect;     /**< protected from close until told otherwise */
    unsigned mode;    /**< Linux: permission bits of a new name, if `has_mode`; else 0600 */
    bool has_mode;
    const char *group; /**< Linux: of a new name; NULL: our own */
    bool keep_name; /**< Linux: leave the name behind on close; Windows: unsupported, names die with
                       the last handle */
} section_create_options;

/** What to open by name. */
typedef struct section_open_options {
    const section_name *name;
    section_access access; /**< `SECTION_ACCESS_MOST`, `_READ`, `_READWRITE` or `_WRITECOPY` */
    section_view view;
} section_open_options;

/** What to take from another process. */
typedef struct section_duplicate_options {
    uint32_t pid;     /**< the process that holds the handle; our own is allowed */
    uint64_t handle;  /**< its HANDLE, or its file descriptor */
    uint64_t address; /**< Linux: not 0: instead of a handle, what it has mapped there */
    section_access access;
    section_view view;
    const char *file_folder; /**< Linux: files inside it count as sections, too; NULL: none do */
    bool debug_privilege;    /**< Windows: when OpenProcess is denied, try once more with
                             SeDebugPrivilege on this thread */
} section_duplicate_options;

/** The origin of a duplicated section. */
typedef struct section_source {
    uint32_t pid;
    uint64_t handle;
    uint64_t address; /**< not 0: it was mapped there, and no handle told */
} section_source;

/** The facts of a section. Pointers are borrowed from the section and live as long as it does. */
typedef struct section_info {
    const section_name *name; /**< NULL: none that we know */
    section_origin origin;
    bool created;                  /**< false: `section_create` found the name in existence */
    uint64_t size_bytes;           /**< what the OS says now */
    bool size_exact;               /**< false: known to page granularity only */
    uint64_t requested_size_bytes; /**< 0: not created by us */
    section_access access;         /**< what was granted, never `SECTION_ACCESS_MOST` */
    section_backing backing;
    const char *file;  /**< path of the file as it was given; NULL: none that we know */
    section_view view; /**< resolved: the length is never 0 */
    uint32_t pid;      /**< ours, with `handle`: a native process may duplicate it */
    uint64_t handle;
    bool has_handle;       /**< false: Linux, a System V segment that was attached by its id */
    section_source source; /**< pid 0: not duplicated */
    bool protect;
    bool inherit;
    int64_t handle_count; /**< -1: this platform does not tell */
    uint64_t object[2];   /**< Linux: of device and inode; Windows: zeros */
    bool is_elsewhere;    /**< Linux: it lies on another /dev/shm than ours */
} section_info;

enum { SECTION_OWN_NAME_BYTES = 768 };

/**
 * Tells the name that an object has though nobody can open it by that: a memfd's, or one on another
 * /dev/shm.
 * @param ret_text UTF-8, terminated; set where the function returns true.
 * @return false where there is none.
 * Errors: none. Threads: any. Platforms: Linux; elsewhere there is none.
 * Source: memfd_create(2)
 */
bool section_own_name(const section *self, char ret_text[SECTION_OWN_NAME_BYTES]);

/**
 * Creates a section and maps a view of it; a name that is in use already is opened instead, as
 * CreateFileMapping does.
 * @param options the caller's; read during the call only. `size_bytes` is 1 to 2^53-1, with a file
 *     also 0.
 * @param ret_section receives the section; the caller owns it and closes it with `section_close`.
 * @return `SECTION_BAD_SIZE` and `SECTION_BAD_OFFSET` (size or view), `SECTION_BAD_REQUEST` (access
 *     without a file, security descriptor), `SECTION_ALREADY_EXISTS` (`must_be_new`,
 *     `SECTION_FILE_CREATE_NEW`), `SECTION_NOT_FOUND` and `SECTION_IN_USE` (file),
 *     `SECTION_NOT_A_SECTION` (the name is that of another kind of object), `SECTION_BAD_NAME` (path
 *     of the file), `SECTION_EMPTY`, `SECTION_ACCESS_DENIED`, `SECTION_NO_MEMORY`,
 *     `SECTION_UNSUPPORTED`, `SECTION_OS_ERROR`.
 * Threads: any.
 * Platforms: on Linux a named section is an object on /dev/shm, which gets its name when it is
 *     complete; an anonymous one is a memfd, sealed against shrinking and growing. Linux allocates
 *     the memory here (unless `reserve`), so that a full tmpfs fails here. On Linux a file together
 *     with a name is `SECTION_UNSUPPORTED`. An existing name leaves the file as it is, unless another
 *     process takes the name while the file is cut. Files are regular ones with one link, checked
 *     on the opened handle; on Windows no folder on the way may be a reparse point.
 * Source:
 *     https://learn.microsoft.com/en-us/windows/win32/api/memoryapi/nf-memoryapi-createfilemappingw,
 *     shm_open(3), memfd_create(2), fcntl(2) F_ADD_SEALS, open(2) O_TMPFILE, openat2(2)
 */
section_status section_create(const section_create_options *options, section **ret_section,
                              section_error *ret_error);

/**
 * Opens a section by its name and maps a view of it.
 * @param options the caller's; read during the call only. The name is a checked one.
 * @param ret_section receives the section; the caller owns it and closes it with `section_close`.
 * @return `SECTION_NOT_FOUND`, `SECTION_NOT_A_SECTION`, `SECTION_ACCESS_DENIED`, `SECTION_EMPTY`,
 *     `SECTION_BAD_OFFSET`, `SECTION_BAD_SIZE`, `SECTION_NO_MEMORY`, `SECTION_OS_ERROR`.
 * Threads: any. Platforms: same.
 * Source:
 *     https://learn.microsoft.com/en-us/windows/win32/api/memoryapi/nf-memoryapi-openfilemappingw,
 *     shm_open(3)
 */
section_status section_open(const section_open_options *options, section **ret_section,
                            section_error *ret_error);

/**
 * Duplicates the handle of another process, checks that it is a section's, and maps a view of it.
 * @param options the caller's; read during the call only.
 * @param ret_section receives the section; the caller owns it and closes it with `section_close`.
 * @return `SECTION_BAD_HANDLE` (pseudo-handles, numbers that no handle can have),
 *     `SECTION_NOT_FOUND` (process, handle, mapping), `SECTION_NOT_A_SECTION`,
 *     `SECTION_ACCESS_DENIED`, `SECTION_UNSUPPORTED` (an address on Windows), and those of
 *     `section_open`.
 * Threads: any; SeDebugPrivilege is enabled in a token of this thread and reverted before return.
 * Platforms: Linux takes memfds, objects on /dev/shm, files of `file_folder`, and mapped System V
 *     segments; those that it attaches by their id have no handle, and cannot be WRITECOPY. It opens
 *     the object anew through /proc/PID/fd, with no more access than the descriptor has, so that locks
 *     (flock) end with the process that took them; where that is denied, it shares the process's open
 *     file (pidfd_getfd). Windows takes every section but images (SEC_IMAGE), ignores the low two bits
 *     of the handle, and gets what the section's own security grants, which may be more than it does.
 * Source:
 *     https://learn.microsoft.com/en-us/windows/win32/api/handleapi/nf-handleapi-duplicatehandle,
 *     pidfd_getfd(2), proc_pid_fd(5), proc_pid_map_files(5), shmat(2)
 */
section_status section_duplicate(const section_duplicate_options *options, section **ret_section,
                                 section_error *ret_error);

/**
 * Unmaps the view, closes the handle, protected or not, and frees the section.
 * @param self the caller's section, invalid afterwards; NULL is ignored.
 * Errors: none. Threads: any; no other thread may use the section any more.
 * Platforms: Linux unlinks a name that this section owns (see `section_owns_name`) while the name
 *     still leads to our object; on Windows a name goes away with the last handle.
 * Source: shm_overview(7),
 *     https://learn.microsoft.com/en-us/windows/win32/api/handleapi/nf-handleapi-closehandle
 */
void section_close(section *self);

/**
 * Gives two sections of one object the same lock, so that reads and writes of up to
 * `SECTION_WHOLE_BYTES` through either are whole with respect to those through the other.
 * @param self takes the lock of `other` and drops its own.
 * @param other stays open during the call.
 * @return false, and nothing changes, unless the two are known to be one object.
 * Errors: none. Threads: any; no other thread may use `self` yet.
 * Platforms: Linux compares device and inode; Windows before version 10 cannot compare objects.
 * Source: stat(2),
 *     https://learn.microsoft.com/en-us/windows/win32/api/handleapi/nf-handleapi-compareobjecthandles
 */
bool section_share_lock(section *self, const section *other);

enum { SECTION_TRAIT_WORDS = 2 };

/** Traits that distinguish most objects without a call of the OS; see `section_find_traits`. */
typedef struct section_traits {
    uint64_t words[SECTION_TRAIT_WORDS]; /**< the same for all sections of one object */
    bool is_only; /**< of all sections with this mark, no two are one object */
} section_traits;

/**
 * Tells what all sections of one object have in common, so that they can be looked up in a table.
 * @return the traits, by value. Sections with different words are different objects.
 * Errors: none. Threads: any.
 * Platforms: Linux uses device and inode, which identify the object, and marks no section. Windows
 *     uses the name and, for memory, the size, and marks the sections whose object we created.
 */
section_traits section_find_traits(const section *self);

/**
 * Returns an address that is the same for two sections which share a lock, and differs for others.
 * @return an address to compare, never to follow; valid while one of these sections is open.
 * Errors: none. Threads: any, after `section_share_lock` has been called.
 * Platforms: as `section_share_lock`.
 */
const void *section_object_key(const section *self);

/**
 * Asks the OS for the present state of a section.
 * @param ret_info the caller's storage; its pointers belong to the section and live as long.
 * @return `SECTION_GONE`, `SECTION_OS_ERROR`.
 * Threads: any.
 * Platforms: on Windows `size_bytes` of page-file sections is rounded up to pages, and `size_exact`
 *     is false where the section does not grant SECTION_QUERY; on Linux `handle_count` is -1.
 * Source: fstat(2), fcntl(2) F_GETFD,
 *     https://learn.microsoft.com/en-us/windows/win32/api/handleapi/nf-handleapi-gethandleinformation
 */
section_status section_describe(const section *self, section_info *ret_info,
                                section_error *ret_error);

/**
 * Returns the size of a page of memory.
 * @return bytes, a power of two.
 * Errors: none. Threads: any.
 * Platforms: 4096 on x86-64.
 * Source: sysconf(3) _SC_PAGESIZE,
 *     https://learn.microsoft.com/en-us/windows/win32/api/sysinfoapi/ns-sysinfoapi-system_info
 */
uint64_t section_page_size(void);

/**
 * Returns the step of the offsets at which the OS maps views; this library aligns for the caller.
 * @return bytes, a power of two.
 * Errors: none. Threads: any.
 * Platforms: a page on Linux; 64 KiB on Windows.
 * Source: mmap(2),
 *     https://learn.microsoft.com/en-us/windows/win32/api/sysinfoapi/ns-sysinfoapi-system_info
 */
uint64_t section_granularity(void);

/**
 * Returns the length of the view.
 * @return bytes, at least 1; valid offsets are below it.
 * Errors: none. Threads: any. Platforms: same.
 */
uint64_t section_length(const section *self);

/**
 * Returns the access that was granted.
 * @return never `SECTION_ACCESS_MOST`.
 * Errors: none. Threads: any. Platforms: same.
 */
section_access section_granted_access(const section *self);

/**
 * Copies bytes out of the view.
 * @param offset_bytes, length_bytes a range inside the view; a length of 0 is allowed.
 * @param ret_bytes the caller's, `length_bytes` long; undefined on failure.
 * @return `SECTION_BAD_RANGE` outside the view; `SECTION_GONE` inside it where the object no
 *     longer reaches; `SECTION_NO_MEMORY`; `SECTION_OS_ERROR`.
 * Threads: any. One call of up to `SECTION_WHOLE_BYTES` is whole with respect to other such calls
 *     on the same section; a longer one is whole in pieces of that size.
 * Platforms: same; where a page may be missing, the kernel copies, and no signal or exception is
 *     raised.
 * Source: process_vm_readv(2),
 *     https://learn.microsoft.com/en-us/windows/win32/api/memoryapi/nf-memoryapi-readprocessmemory
 */
section_status section_read(section *self, uint64_t offset_bytes, void *ret_bytes,
                            size_t length_bytes, section_error *ret_error);

/**
 * Copies bytes into the view.
 * @param offset_bytes, length_bytes a range inside the view; a length of 0 is allowed.
 * @param bytes the caller's, `length_bytes` long.
 * @return `SECTION_READ_ONLY`, and those of `section_read`; `SECTION_NO_MEMORY` where no page
 *     could be provided. After a failure a part may have been written.
 * Threads: any. Whole as `section_read` is.
 * Platforms: same.
 * Source: process_vm_writev(2),
 *     https://learn.microsoft.com/en-us/windows/win32/api/memoryapi/nf-memoryapi-writeprocessmemory
 */
section_status section_write(section *self, uint64_t offset_bytes, const void *bytes,
                             size_t length_bytes, section_error *ret_error);

/**
 * Checks whether a range could be read now.
 * @param offset_bytes, length_bytes any numbers; a length of 0 at the view's end is inside.
 * @return `SECTION_BAD_RANGE` outside the view; `SECTION_GONE` where the object no longer reaches;
 *     `SECTION_OS_ERROR`.
 * Threads: any; another process may change the answer at any moment.
 * Platforms: same.
 */
section_status section_check(const section *self, uint64_t offset_bytes, uint64_t length_bytes,
                             section_error *ret_error);

/**
 * Converts an offset in the view to an offset in the object.
 * @param offset_bytes an offset inside the view; it is not checked.
 * @return bytes from the object's start.
 * Errors: none. Threads: any. Platforms: same.
 */
uint64_t section_object_offset(const section *self, uint64_t offset_bytes);

/** Up to this many bytes a read or a write is one copy under the section's lock. */
#define SECTION_WHOLE_BYTES 65536u

/**
 * Lends the bytes themselves to a kernel call that fails on missing pages and does not crash (send).
 * @param offset_bytes, length_bytes a range inside the view.
 * @return the address of `offset_bytes`; user code must not touch it, because the object may shrink
 *     at any moment. NULL on failure, with `SECTION_BAD_RANGE`, `SECTION_GONE`, `SECTION_OS_ERROR`
 *     or `SECTION_UNSUPPORTED` (copy with `section_read` instead) in `ret_error`.
 * Threads: any, while the section is open.
 * Platforms: `SECTION_UNSUPPORTED` for reserved sections on Windows, because the kernel cannot read
 *     pages that are not committed; on Linux where a page has no memory, which such a call would give it.
 */
const void *section_borrow(section *self, uint64_t offset_bytes, uint64_t length_bytes,
                           section_error *ret_error);

/** The result of `section_flush`. */
typedef enum section_flushed {
    SECTION_FLUSHED_TO_DISK, /**< or there is no disk behind it */
    SECTION_FLUSHED_VIEW     /**< handed to the system's cache: we hold no handle of the file */
} section_flushed;

/**
 * Writes what was stored in a part of the view to its file.
 * @param offset_bytes, length_bytes a range inside the view; a length of 0 writes nothing.
 * @param ret_flushed how far the bytes came; also set on failure. Without a file, or without
 *     readwrite access, there is nothing to write: `SECTION_FLUSHED_TO_DISK`.
 * @return `SECTION_BAD_RANGE`, `SECTION_GONE`, `SECTION_NO_MEMORY` (disk full), `SECTION_OS_ERROR`.
 * Threads: any; it may take as long as the disk does.
 * Platforms: Windows needs the file's handle for the disk part, and a section that was opened or
 *     duplicated has none.
 * Source: msync(2), fdatasync(2),
 *     https://learn.microsoft.com/en-us/windows/win32/api/memoryapi/nf-memoryapi-flushviewoffile
 */
section_status section_flush(section *self, uint64_t offset_bytes, uint64_t length_bytes,
                             section_flushed *ret_flushed, section_error *ret_error);

/** Asks, between the pieces of a long move, whether it shall go on. */
typedef struct section_pause {
    bool (*may_go_on)(void *context);
    void *context;
} section_pause;

/**
 * Stores one byte value in a part of the view.
 * @param offset_bytes, length_bytes a range inside the view; it is checked before the first store.
 * @param pause the caller's, asked between pieces of `SECTION_WHOLE_BYTES`; NULL: never stop.
 * @return those of `section_write`; `SECTION_STOPPING` where `pause` said no, after a part.
 * Threads: any; each piece is whole as `section_write` is, and the lock is free between pieces.
 * Platforms: same.
 */
section_status section_fill(section *self, uint64_t offset_bytes, uint64_t length_bytes,
                            uint8_t value, const section_pause *pause, section_error *ret_error);

/**
 * Copies between two views, as memmove does: they may be views of one object and overlap.
 * @param from, from_offset_bytes where to read.
 * @param to, to_offset_bytes where to write.
 * @param length_bytes both ranges are checked before the first store.
 * @param pause the caller's, asked between pieces of `SECTION_WHOLE_BYTES`; NULL: never stop.
 * @return those of `section_read` and `section_write`; `SECTION_STOPPING` as `section_fill`.
 * Threads: any; each piece is read whole and then written whole.
 * Platforms: same.
 */
section_status section_copy(section *from, uint64_t from_offset_bytes, section *to,
                            uint64_t to_offset_bytes, uint64_t length_bytes,
                            const section_pause *pause, section_error *ret_error);

/**
 * Changes whether the handle is protected from close; `section_close` closes it all the same.
 * @param protect the new state.
 * @return `SECTION_OS_ERROR`.
 * Threads: any.
 * Platforms: HANDLE_FLAG_PROTECT_FROM_CLOSE on Windows; on Linux only this library knows the mark.
 * Source:
 *     https://learn.microsoft.com/en-us/windows/win32/api/handleapi/nf-handleapi-sethandleinformation
 */
section_status section_set_protect(section *self, bool protect, section_error *ret_error);

/**
 * Changes whether child processes inherit the handle.
 * @param inherit the new state.
 * @return `SECTION_OS_ERROR`.
 * Threads: any.
 * Platforms: HANDLE_FLAG_INHERIT on Windows; on Linux FD_CLOEXEC is its opposite.
 * Source: fcntl(2) F_SETFD,
 *     https://learn.microsoft.com/en-us/windows/win32/api/handleapi/nf-handleapi-sethandleinformation
 */
section_status section_set_inherit(section *self, bool inherit, section_error *ret_error);

/**
 * Tells whether closing this section unlinks its name.
 * @return true for a named section that we created without `keep_name`, until `section_pass_name`.
 * Errors: none. Threads: any, but not during `section_pass_name` of this section.
 * Platforms: always false on Windows, where the OS takes names away, and for files.
 */
bool section_owns_name(const section *self);

/**
 * Moves the ownership of the name (who unlinks it) from one section to another of the same object.
 * @param from, to open sections.
 * @return false, and nothing changes, unless `from` owns the name and `to` is the same object
 *     under the same name.
 * Errors: none. Threads: any; the caller sees to it that neither is closed meanwhile, and
 *     that calls do not overlap.
 * Platforms: always false on Windows.
 */
bool section_pass_name(section *from, section *to);

/**
 * Takes the lock of an object for a sequence of calls: no other thread reads, writes or changes it
 * through this library between those calls. Calls of this thread on the object do not wait until
 * `section_release_lock`; calls on another object must not be made meanwhile, for two threads could
 * wait for each other.
 * Errors: none. Threads: a thread holds one such lock at a time, and releases it itself.
 * Platforms: same; other processes are not excluded.
 */
void section_hold_lock(section *self);

/** Releases what `section_hold_lock` took. Errors: none. Threads: the one that called it. */
void section_release_lock(void);

/**
 * Tells whether touching the memory may wait for a disk, or for what serves the file.
 * @return true where a file is behind it; memory that was swapped out is not considered.
 * Errors: none. Threads: any. Platforms: same.
 */
bool section_may_wait_for_disk(const section *self);

/**
 * Tells the same of `section_check`, which touches no memory but may ask how long the file is.
 * @return true where that may wait.
 * Errors: none. Threads: any. Platforms: Linux knows the length; Windows asks what serves the file.
 */
bool section_check_may_wait_for_disk(const section *self);

#endif
