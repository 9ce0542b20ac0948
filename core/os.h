#ifndef SECTION_OS_H
#define SECTION_OS_H

#include <stdatomic.h>

#include <section/namespace.h>
#include <section/process.h>
#include <section/section.h>
#include <section/text.h>

/**
 * @file
 * The interface of a platform. Everything below is implemented once in core/windows, and once in
 * core/linux with core/posix, which holds what Linux shares with other systems of its kind. Nothing
 * else of core knows which of the two it runs on.
 *
 * Rules for all of them: names and sizes arrive checked; a failing call leaves nothing behind and
 * fills the error through `section_fail_os`, with the number taken before any clean-up; every
 * function may be called from any thread, but never twice at once on one `os_section` unless it
 * takes it as const, or sets a flag.
 */

/** The OS's handle: a HANDLE, or a file descriptor. */
typedef intptr_t os_handle;
#define OS_NO_HANDLE ((os_handle) - 1)

/** One open section object and, after `os_map`, the mapping of a part of it. */
typedef struct os_section {
    os_handle handle;
    section_access access; /* what the handle grants; os_map may lower READWRITE to READ for MOST */
    section_backing backing;
    bool created;   /* the object is new, not found in existence */
    bool owns_name; /* os_close takes the name away */
    bool
        cannot_fault; /* each page has memory, and keeps it while we hold it: plain copies are safe */
    bool reserve;     /* pages may be uncommitted: touching them faults, kernel calls fail */
    os_handle file;   /* Windows: of the file that we opened, for flushing; 0: none */
    bool shares_position; /* Linux: other processes use the position of the descriptor */
    uint64_t limit_bytes; /* Linux: the section ends here though the file goes on; 0: no limit */
    atomic_bool protect;  /* Linux: what Windows keeps in the handle */
    bool is_elsewhere;    /* Linux: on another /dev/shm */
    uint64_t opened_size_bytes; /* Windows: for handles that do not grant asking for it again */
    uint64_t identity[2]; /* identity where the platform tells (device and inode), else zeros */
    uint8_t *base;        /* start of the mapping, NULL before os_map */
    uint64_t mapped_offset;
    size_t mapped_bytes;
} os_section;

/** Sizes and flags, as the OS gives them now. */
typedef struct os_facts {
    uint64_t size_bytes;
    bool size_exact;
    bool protect;
    bool inherit;
    int64_t handle_count; /* -1: unknown */
} os_facts;

/** Smallest step of a mapping's offset; a power of two. */
uint64_t os_granularity(void);
uint64_t os_page_size(void);

/** The platform's own rules for a name, beyond those of section_name_parse; may edit the text. */
section_status os_check_name(section_name *name, const char *prefix, section_error *ret_error);

/**
 * An existing name is opened with the access that is asked for; what is new gets `os_new_access`.
 * Where it fails, no file was made, extended or cut; before one is, `os_permit_change` is asked.
 */
section_status os_create(const section_create_options *options, os_section *ret_section,
                         section_error *ret_error);

/** The access to what is new. */
static inline section_access os_new_access(const section_create_options *options)
{
    return options->access == SECTION_ACCESS_MOST ? SECTION_ACCESS_READWRITE : options->access;
}

/**
 * The access to an object that exists already. If the section must be new, any access will do,
 * because the call fails.
 */
static inline section_access os_existing_access(const section_create_options *options)
{
    return options->must_be_new ? SECTION_ACCESS_MOST : options->access;
}

/** Whether a file may be made, extended or cut. */
static inline section_status os_permit_change(const section_create_options *options,
                                              section_error *ret_error)
{
    return options->permit_change == NULL
               ? SECTION_OK
               : options->permit_change(options->permit_context, ret_error);
}

section_status os_open(const section_open_options *options, os_section *ret_section,
                       section_error *ret_error);

/** Includes the check that what came is a section; any other object is closed again. */
section_status os_duplicate(const section_duplicate_options *options, os_section *ret_section,
                            section_name *ret_name, section_error *ret_error);

/** Whether two open sections are one object; false also where the platform cannot tell. */
bool os_is_same_object(const os_section *a, const os_section *b);

/** As section_find_named, and what follows it in naming.h. */
section_status os_find_named(const section_name *name, section_traits *ret_traits,
                             section_error *ret_error);

/** Whether a name leads to the object now. */
bool os_name_leads_to(const section_name *name, const os_section *object);

/** Takes the name away if we own it, and it leads to the object. */
void os_release_name(os_section *object, const section_name *name);

/** As section_can_be_orphaned; `name` is NULL for an anonymous section. */
bool os_can_be_orphaned(const os_section *object, const section_name *name);

/**
 * As section_is_orphaned, of one that can be. `held` is how many sections of the object we hold, and
 * `is_made_here` whether one of them made it.
 */
bool os_is_orphaned(const os_section *object, const section_name *name, unsigned held,
                    bool is_made_here);

/** As section_own_name. */
bool os_own_name(const os_section *object, char ret_text[SECTION_OWN_NAME_BYTES]);

/** As section_find_traits; `name` is the section's, NULL where it is anonymous. */
section_traits os_traits(const os_section *object, const section_name *name);

/** A handle as the OS counts it: on Windows the low two bits are no part of it. */
uint64_t os_canonical_handle(uint64_t handle);

/**
 * Asks for sizes and flags; takes no lock, and needs none.
 * @param may_wait false: what serves a file is not asked, whose size is the one that the system knows.
 */
section_status os_query(const os_section *object, bool may_wait, os_facts *ret_facts,
                        section_error *ret_error);

/**
 * Maps `length_bytes` at `offset_bytes`, a multiple of the granularity, inside the object's size.
 * `wanted` MOST falls back to READ where writing is not granted; `object->access` says what it is.
 */
section_status os_map(os_section *object, section_access wanted, uint64_t offset_bytes,
                      size_t length_bytes, section_error *ret_error);

/** SECTION_NO_MEMORY unless a view of that length could be mapped; maps nothing. */
section_status os_check_address_space(size_t length_bytes, section_error *ret_error);

/** SECTION_GONE unless the object still reaches to `end_bytes`; a store past it would be lost. */
extern const bool os_present_waits_for_disk; /* of a file: it asks what serves the file */
section_status os_check_present(const os_section *object, uint64_t end_bytes,
                                section_error *ret_error);

/** The state of the pages that a read of the mapping begins with. */
typedef struct os_stretch {
    size_t length_bytes; /* in the same state: at least 1, at most the length that was asked for */
    bool has_memory; /* false: a touch might give memory to pages that have none, which are zeros */
    bool is_hole;    /* it is known that they have none */
} os_stretch;

/** Looks at pages without touching them. SECTION_GONE unless the object reaches to their end. */
section_status os_look(os_section *object, const uint8_t *address, size_t length_bytes,
                       os_stretch *ret_stretch, section_error *ret_error);

/**
 * Copies out of the mapping. Pages that have no memory are zeros, and get none. SECTION_GONE where the
 * object no longer reaches; never faults.
 */
section_status os_copy_out(os_section *object, void *ret_bytes, const uint8_t *address,
                           size_t length_bytes, section_error *ret_error);

/** Copies into the mapping; fails with SECTION_GONE where memory is missing, never faults. */
section_status os_copy_in(const os_section *object, uint8_t *address, const void *bytes,
                          size_t length_bytes, section_error *ret_error);

/** As section_missing_bytes, of a part of the mapping, which is shared and may be written. */
uint64_t os_missing_bytes(const os_section *object, const uint8_t *address, size_t length_bytes);

/** Loads or stores of ours by pointer; calls nothing and holds nothing: it may be left in the middle. */
typedef void os_access(void *context);

/**
 * Runs an access to `length_bytes` of the mapping at `address`, and to no other part of it. Where
 * memory is missing the access ends there, what it did before stays done, and the status is
 * SECTION_GONE or SECTION_NO_MEMORY. Windows: reserved pages are committed if `writes`. What reads asks
 * os_look first.
 */
section_status os_touch(const os_section *object, uint8_t *address, size_t length_bytes,
                        bool writes, os_access *access, void *context, section_error *ret_error);

/** Stores to disk what was written to a part of the mapping; `address` is anywhere in it. */
section_status os_flush(const os_section *object, uint8_t *address, size_t length_bytes,
                        section_flushed *ret_flushed, section_error *ret_error);

section_status os_set_protect(os_section *object, bool protect, section_error *ret_error);
section_status os_set_inherit(os_section *object, bool inherit, section_error *ret_error);

/**
 * Takes the name away if we own it, unmaps, closes (a protected handle too), clears the structure.
 * `name` is NULL for an anonymous section.
 */
void os_close(os_section *object, const section_name *name);

/** Whether text can be converted from and to a code page here. */
bool os_code_page_exists(unsigned code_page);

/**
 * Converts between a code page and UTF-8. The result has room for four bytes a byte, and 16.
 * @param ret_taken_bytes how far it came; less than all: what stands there has no counterpart, or is
 *     not well-formed. Not an error by itself. With `replaces` it is always all.
 * @return SECTION_BAD_ENCODING where there is no such code page.
 */
section_status os_code_page_decode(const section_text_bytes *from, size_t *ret_taken_bytes,
                                   char *ret_text, size_t *ret_text_bytes,
                                   section_error *ret_error);
section_status os_code_page_encode(unsigned code_page, const char *text, size_t length_bytes,
                                   size_t *ret_taken_bytes, uint8_t *ret_bytes,
                                   size_t *ret_length_bytes, section_error *ret_error);

/** The code page of texts that do not say which one they have. */
unsigned os_ansi_code_page(void);

/** A mutex of other processes that this thread holds. */
typedef struct os_mutex {
    os_handle handle;
} os_mutex;

/**
 * Opens a mutex by its name, with its scope, and waits for it.
 * @param wait_ms at most so long.
 * @param ret_abandoned whoever held it has died; it is ours all the same.
 * @return SECTION_TORN (it was not free in time), SECTION_NOT_FOUND, SECTION_ACCESS_DENIED,
 *     SECTION_BAD_NAME, SECTION_UNSUPPORTED. Only after SECTION_OK it is to be given back, by this thread.
 */
section_status os_mutex_take(const char *name, unsigned wait_ms, os_mutex *ret_mutex,
                             bool *ret_abandoned, section_error *ret_error);
void os_mutex_give(os_mutex *mutex);

/** As process_list, process_sections (whose indexes are given by the caller) and namespace_list. */
section_status os_process_list(process_visitor *visit, void *context, section_error *ret_error);
section_status os_process_sections(const process_search *search, process_section_visitor *visit,
                                   void *context, section_error *ret_unseen,
                                   section_error *ret_error);
/** As process_sharing. */
section_status os_sharing(const process_search *search, process_sharer_visitor *visit,
                          void *context, section_error *ret_unseen, section_error *ret_error);

/** As section_holders; may show others, too. `wanted` NULL: as namespace_holders. */
section_status os_holders(const process_search *search, const os_section *wanted,
                          process_holder_visitor *visit, void *context, section_error *ret_unseen,
                          section_error *ret_error);
section_status os_namespace_list(section_scope scope, namespace_visitor *visit, void *context,
                                 section_error *ret_error);

/** Our own process id, as other processes see it. */
uint32_t os_process_id(void);

/** Maps (call, number) to a status, by the platform's table with a default for each number. */
section_status os_status(const char *call, section_os_domain domain, uint32_t number);

/** The OS's own name of a number in static storage; NULL where none is known, or the domain is another's. */
const char *os_error_name(section_os_domain domain, uint32_t number);

/**
 * The OS's words for a number, in UTF-8 without a final line break.
 * @param ret_text holds an empty text, and room for `capacity` bytes, at least one; what does not fit
 *     is cut. Left empty where the OS has no words.
 */
void os_error_text(section_os_domain domain, uint32_t number, char *ret_text, uint32_t capacity);

#endif
