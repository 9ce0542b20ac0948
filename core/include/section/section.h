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
 * because a Windows name dies with the last handle and not with the last view. Whoever holds the
 * pointer closes it, once.
 */

/** A section that we hold: opaque. */
typedef struct section section;

/** What may be done with the bytes of a section. */
typedef enum section_access {
    SECTION_ACCESS_MOST = 0, /**< asking only: readwrite where it is granted, else read */
    SECTION_ACCESS_READ,
    SECTION_ACCESS_READWRITE,
    SECTION_ACCESS_WRITECOPY
} section_access;

/** How we came to a section. */
typedef enum section_origin { SECTION_CREATED, SECTION_OPENED, SECTION_DUPLICATED } section_origin;

/** What the bytes of a section are kept in. */
typedef enum section_backing {
    SECTION_BACKING_PAGEFILE, /**< Windows: no file but the page file */
    SECTION_BACKING_SHM,      /**< Linux: an object on /dev/shm */
    SECTION_BACKING_MEMFD,    /**< Linux: memfd_create */
    SECTION_BACKING_FILE,     /**< a data file */
    SECTION_BACKING_IMAGE     /**< Windows: SEC_IMAGE, which is never opened here */
} section_backing;

/** The part of a section that we map. */
typedef struct section_view {
    uint64_t offset_bytes; /**< any offset: we align down and add the difference */
    uint64_t length_bytes; /**< 0: to the section's end */
} section_view;

/** How the file of a section is opened. */
typedef enum section_file_open {
    SECTION_FILE_OPEN_OR_CREATE = 0,
    SECTION_FILE_CREATE_NEW,
    SECTION_FILE_OPEN_EXISTING,
    SECTION_FILE_TRUNCATE /**< an existing one, cut to nothing first */
} section_file_open;

/** What to create. Zero-initialise it, then set what is wanted: the zero values are the defaults.
 */
typedef struct section_create_options {
    const section_name *name; /**< NULL: anonymous */
    uint64_t size_bytes;      /**< 1 .. 2^53-1; with a file also 0: as long as the file is */
    section_view view;
    const char *file;        /**< NULL: memory; else a path, relative to `file_folder` */
    const char *file_folder; /**< the folder that the path never leaves, whatever it contains */
    section_file_open file_open;
    /** READWRITE (MOST is the same). With a file also READ, which nobody can map writable, and
     * WRITECOPY, where our writes stay ours. */
    section_access access;
    const char *sddl; /**< security descriptor of a new section, NULL: the default one; Linux:
                         unsupported */
    bool must_be_new; /**< an existing name is an error instead of being opened */
    bool reserve;     /**< commit pages on first use (SEC_RESERVE); Linux: do not preallocate */
    bool inherit;     /**< child processes inherit the handle */
    bool protect;     /**< protected from close until told otherwise */
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

/** Where a duplicated section came from. */
typedef struct section_source {
    uint32_t pid;
    uint64_t handle;
    uint64_t address; /**< not 0: it was mapped there, and no handle told */
} section_source;

/** What is known of a section. Pointers are borrowed from the section and live as long as it does.
 */
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
    section_source source; /**< pid 0: not duplicated */
    bool protect;
    bool inherit;
    int64_t handle_count; /**< -1: this platform does not tell */
    uint64_t object[2];   /**< Linux: device and inode of the object; Windows: zeros */
} section_info;

/**
 * Creates a section, or opens the one that has the name already (as CreateFileMapping does), and
 * maps the view.
 * @param options caller's; read during the call only.
 * @param ret_section receives ownership: `section_close`.
 * @return `SECTION_BAD_SIZE`, `SECTION_BAD_OFFSET` (size or view), `SECTION_ALREADY_EXISTS`
 *     (`must_be_new`, `SECTION_FILE_CREATE_NEW`), `SECTION_NOT_FOUND` and `SECTION_IN_USE` (file),
 *     `SECTION_NOT_A_SECTION` (the name is another kind of object's),
 *     `SECTION_ACCESS_DENIED`, `SECTION_NO_MEMORY`, `SECTION_UNSUPPORTED`, `SECTION_OS_ERROR`.
 * Threads: any.
 * Platforms: Linux names are objects on /dev/shm, made whole before the name appears; anonymous
 *     ones are memfds sealed against shrinking and growing. Linux memory is preallocated (unless
 *     `reserve`), so that a full tmpfs fails here. A file with a name is `SECTION_UNSUPPORTED` on
 *     Linux. Files are regular ones with one link, judged on the opened handle; on Windows no
 *     folder on the way may be a reparse point.
 * Source:
 *     https://learn.microsoft.com/en-us/windows/win32/api/memoryapi/nf-memoryapi-createfilemappingw,
 *     shm_open(3), memfd_create(2), fcntl(2) F_ADD_SEALS, open(2) O_TMPFILE
 */
section_status section_create(const section_create_options *options, section **ret_section,
                              section_error *ret_error);

/**
 * Opens a section by name and maps the view.
 * @param options caller's; read during the call only.
 * @param ret_section receives ownership: `section_close`.
 * @return `SECTION_NOT_FOUND`, `SECTION_NOT_A_SECTION`, `SECTION_ACCESS_DENIED`,
 *     `SECTION_EMPTY`, `SECTION_BAD_OFFSET`, `SECTION_BAD_SIZE`, `SECTION_NO_MEMORY`,
 *     `SECTION_OS_ERROR`.
 * Threads: any.
 * Platforms: same.
 * Source:
 *     https://learn.microsoft.com/en-us/windows/win32/api/memoryapi/nf-memoryapi-openfilemappingw,
 *     shm_open(3)
 */
section_status section_open(const section_open_options *options, section **ret_section,
                            section_error *ret_error);

/**
 * Duplicates another process's handle into ours, checks that it is a section, and maps the view.
 * @param options caller's; read during the call only.
 * @param ret_section receives ownership: `section_close`.
 * @return `SECTION_BAD_HANDLE` (pseudo-handles, numbers that no handle can have),
 *     `SECTION_NOT_FOUND` (process, handle), `SECTION_NOT_A_SECTION`,
 *     `SECTION_ACCESS_DENIED`, and those of `section_open`.
 * Threads: any; SeDebugPrivilege is taken on a thread token and given back before return.
 * Platforms: Linux takes memfds and objects on /dev/shm; where pidfd_getfd is denied it reopens
 *     them through /proc/PID/fd, with no more access than the descriptor has. Windows takes every
 *     section but images (SEC_IMAGE), ignores the low two bits of the handle, and takes what the
 *     section's own security grants, which may be more than the handle does.
 * Source:
 *     https://learn.microsoft.com/en-us/windows/win32/api/handleapi/nf-handleapi-duplicatehandle,
 *     pidfd_getfd(2)
 */
section_status section_duplicate(const section_duplicate_options *options, section **ret_section,
                                 section_error *ret_error);

/**
 * Unmaps the view and closes the handle, protected or not; NULL is fine.
 * Threads: nobody else may use the section any more.
 * Platforms: Linux unlinks a name that this section owns (see `section_owns_name`) while it
 *     still leads to our object.
 */
void section_close(section *self);

/**
 * Makes two sections of one object exclude each other, so that reads and writes of up to
 * `SECTION_WHOLE_BYTES` through either are whole with respect to those through the other.
 * @return false, and nothing changes, unless they are known to be one object.
 * Threads: nobody else may use `self` yet; `other` stays open during the call.
 * Platforms: Windows before version 10 does not tell.
 */
bool section_share_lock(section *self, const section *other);

enum { SECTION_TRAIT_WORDS = 2 };

/** What tells most objects apart without a call of the OS; see `section_find_traits`. */
typedef struct section_traits {
    uint64_t words[SECTION_TRAIT_WORDS]; /**< the same for all sections of one object */
    bool is_only; /**< of all sections with this mark, no two are one object */
} section_traits;

/**
 * What sections of one object have in common, so that they can be looked up.
 * Threads: any.
 * Platforms: Linux has device and inode, which tell for good, and no section with the mark. Windows
 *     goes by the name and, for memory, by its size, and marks those whose object we made.
 */
section_traits section_find_traits(const section *self);

/**
 * What is the same for two sections that are known to be one object, and different for any others.
 * @return an address to compare, never to follow; valid while one of them is open.
 * Threads: any, once `section_share_lock` is done with.
 * Platforms: those of `section_share_lock`.
 */
const void *section_object_key(const section *self);

/**
 * Asks the OS about the section.
 * @param ret_info caller's storage; its pointers are borrowed.
 * @return `SECTION_GONE`, `SECTION_OS_ERROR`.
 * Threads: any.
 * Platforms: `size_bytes` of page-file sections is page-rounded on Windows, and `size_exact` is
 *     false where the section does not let us ask (no SECTION_QUERY); `handle_count` is -1
 *     on Linux.
 */
section_status section_describe(const section *self, section_info *ret_info,
                                section_error *ret_error);

/** Size of a page of memory here, in bytes. Threads: any. */
uint64_t section_page_size(void);

/** Step in which the OS lets views begin (64 KiB on Windows); we align for the caller. */
uint64_t section_granularity(void);

/** The view's length in bytes: all offsets below count from the view's start. Threads: any. */
uint64_t section_length(const section *self);

/** The access that was granted. Threads: any. */
section_access section_granted_access(const section *self);

/**
 * Copies bytes out of the view.
 * @param ret_bytes caller's, `length_bytes` long; undefined on failure.
 * @return `SECTION_BAD_RANGE` outside the view; `SECTION_GONE` inside it where the object no
 *     longer reaches.
 * Threads: any. One call is whole with respect to other calls of up to `SECTION_WHOLE_BYTES` on
 *     the same section.
 */
section_status section_read(section *self, uint64_t offset_bytes, void *ret_bytes,
                            size_t length_bytes, section_error *ret_error);

/**
 * Copies bytes into the view.
 * @param bytes caller's, `length_bytes` long.
 * @return `SECTION_READ_ONLY`, and those of `section_read`; `SECTION_NO_MEMORY` where a page
 *     could not be provided.
 * Threads: any. Whole as `section_read` is.
 */
section_status section_write(section *self, uint64_t offset_bytes, const void *bytes,
                             size_t length_bytes, section_error *ret_error);

/**
 * Whether a range could be read now: `SECTION_BAD_RANGE` outside the view, `SECTION_GONE` where the
 * object no longer reaches. Threads: any. Platforms: same.
 */
section_status section_check(const section *self, uint64_t offset_bytes, uint64_t length_bytes,
                             section_error *ret_error);

/** Where an offset of the view lies in the object. Threads: any. */
uint64_t section_object_offset(const section *self, uint64_t offset_bytes);

/** Up to this many bytes a read or a write is one copy under the section's lock. */
#define SECTION_WHOLE_BYTES 65536u

/**
 * Decides under the section's lock, on the bytes as they are, whether a write may happen.
 * @param context the caller's.
 * @param current the guarded bytes, valid during the call.
 */
typedef bool section_write_condition(void *context, const void *current, size_t length_bytes);

/**
 * Writes if a condition holds on the bytes there; both happen under one lock.
 * @param bytes caller's, `length_bytes` long.
 * @param guarded_bytes how many bytes from the offset on the condition sees: at least
 *     `length_bytes`, at most `SECTION_WHOLE_BYTES`, else `SECTION_BAD_SIZE`.
 * @param condition not NULL.
 * @return `SECTION_PRECONDITION` when the condition said no, and those of `section_write`.
 * Threads: any. Not atomic against other processes.
 * Platforms: same.
 */
section_status section_write_if(section *self, uint64_t offset_bytes, const void *bytes,
                                size_t length_bytes, size_t guarded_bytes,
                                section_write_condition *condition, void *context,
                                section_error *ret_error);

/**
 * Lends the bytes themselves, for a kernel call that may fail on them but cannot crash (send).
 * @return the address of `offset_bytes`; never touch it from user code, the object may shrink at
 *     any moment. NULL with `SECTION_BAD_RANGE`, `SECTION_GONE`, or `SECTION_UNSUPPORTED` (copy
 *     with `section_read` instead) in `ret_error`.
 * Threads: any, while the section is open.
 * Platforms: `SECTION_UNSUPPORTED` for reserved sections on Windows: the kernel cannot read
 *     pages that are not committed.
 */
const void *section_borrow(const section *self, uint64_t offset_bytes, uint64_t length_bytes,
                           section_error *ret_error);

/** How far `section_flush` came. */
typedef enum section_flushed {
    SECTION_FLUSHED_TO_DISK, /**< or there is no disk behind it */
    SECTION_FLUSHED_VIEW     /**< handed to the system's cache: we hold no handle of the file */
} section_flushed;

/**
 * Writes what was stored in a part of the view to its file; at once done where there is none.
 * @return `SECTION_BAD_RANGE`, `SECTION_GONE`, `SECTION_NO_MEMORY` (disk full), `SECTION_OS_ERROR`.
 * Threads: any; it may take as long as the disk does.
 * Platforms: Windows needs the file's handle for the disk part, which an opened or duplicated
 *     section does not bring.
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
 * @param pause NULL: to the end.
 * @return those of `section_write`; `SECTION_STOPPING` where `pause` said no, after a part.
 * Threads: any; up to `SECTION_WHOLE_BYTES` are whole as `section_write` is.
 * Platforms: same.
 */
section_status section_fill(section *self, uint64_t offset_bytes, uint64_t length_bytes,
                            uint8_t value, const section_pause *pause, section_error *ret_error);

/**
 * Copies between two views, which may be views of one object and overlap, as memmove does.
 * @param pause NULL: to the end.
 * @return those of `section_read` and `section_write`; `SECTION_STOPPING` as `section_fill`.
 * Threads: any; up to `SECTION_WHOLE_BYTES` are read whole and written whole.
 * Platforms: same.
 */
section_status section_copy(section *from, uint64_t from_offset_bytes, section *to,
                            uint64_t to_offset_bytes, uint64_t length_bytes,
                            const section_pause *pause, section_error *ret_error);

/**
 * Changes whether the handle is protected from close (`section_close` closes it all the same).
 * @return `SECTION_OS_ERROR`.
 * Threads: any.
 * Platforms: HANDLE_FLAG_PROTECT_FROM_CLOSE on Windows; on Linux a mark of ours.
 */
section_status section_set_protect(section *self, bool protect, section_error *ret_error);

/**
 * Changes whether child processes inherit the handle.
 * @return `SECTION_OS_ERROR`.
 * Threads: any.
 * Platforms: HANDLE_FLAG_INHERIT; on Linux FD_CLOEXEC is its opposite.
 */
section_status section_set_inherit(section *self, bool inherit, section_error *ret_error);

/** Whether closing this section will unlink its name (Linux, created by us, not `keep_name`).
 * Threads: see below. */
bool section_owns_name(const section *self);

/**
 * Hands the duty of unlinking the name from one section to another of the same object.
 * @return false, and nothing changes, unless `from` owns the name and `to` is the same object
 *     under the same name.
 * Threads: the caller sees to it that neither is closed meanwhile, and that calls do not
 *     overlap.
 */
bool section_pass_name(section *from, section *to);

/**
 * Takes the object's lock for a sequence of calls: nobody else who goes through this library reads,
 * writes or changes the object between them.
 * @param self any section; its calls on this thread until `section_release_lock` do not wait for it.
 * Errors: none. Threads: the one that holds it releases it; it holds one at a time.
 * Platforms: same. Other processes are not kept out.
 */
void section_hold_lock(section *self);
void section_release_lock(section *self);

/**
 * Tells whether touching the memory may wait for a disk, or for whatever serves the file.
 * @param self any section.
 * Errors: none. Threads: any. Platforms: same; memory that was swapped out is not thought of.
 */
bool section_may_wait_for_disk(const section *self);

#endif
