#ifndef SECTION_ERROR_H
#define SECTION_ERROR_H

#include <stdint.h>

/**
 * @file
 * The one error type of the library and of the daemon on top of it.
 *
 * A fallible function returns a `section_status` and takes a nullable `section_error *`, which it
 * fills only when it fails. The OS's number is captured before any clean-up call can replace it.
 */

/**
 * Every error: constant, slug (the `code` of a problem document), HTTP status (plain data:
 * nothing below the server interprets it), title.
 */
#define SECTION_ERRORS(X)                                                                          \
    X(SECTION_BAD_REQUEST, "bad_request", 400, "The request is malformed")                         \
    X(SECTION_BAD_JSON, "bad_json", 400, "The body is not the JSON that this operation takes")     \
    X(SECTION_BAD_QUERY, "bad_query", 400, "A query parameter is unknown, repeated or malformed")  \
    X(SECTION_BAD_NAME, "bad_name", 400, "No section can have this name")                          \
    X(SECTION_BAD_SIZE, "bad_size", 400, "The size makes no sense")                                \
    X(SECTION_BAD_OFFSET, "bad_offset", 400, "The offset makes no sense")                          \
    X(SECTION_BAD_HANDLE, "bad_handle", 400, "No section can have this handle")                    \
    X(SECTION_BAD_ENCODING, "bad_encoding", 400, "The encoding is unknown here")                   \
    X(SECTION_BAD_TEXT, "bad_text", 400, "The text cannot be decoded or encoded")                  \
    X(SECTION_BAD_TYPE, "bad_type", 400, "The type of the values is unknown")                      \
    X(SECTION_BAD_VALUE, "bad_value", 400, "The type cannot hold the value")                       \
    X(SECTION_BAD_LAYOUT, "bad_layout", 400, "The layout is not well-formed")                      \
    X(SECTION_NO_LAYOUT, "no_layout", 400, "No layout is named, and the section has none")         \
    X(SECTION_BAD_PATH, "bad_path", 400, "The layout has no such field")                           \
    X(SECTION_UNAUTHORIZED, "unauthorized", 401, "A valid token is needed")                        \
    X(SECTION_FORBIDDEN_ORIGIN, "forbidden_origin", 403, "Requests from there are not answered")   \
    X(SECTION_FORBIDDEN_ROLE, "forbidden_role", 403, "The token's role does not allow this")       \
    X(SECTION_ACCESS_DENIED, "access_denied", 403, "The operating system denies access")           \
    X(SECTION_DISABLED, "disabled", 403, "This is switched off here")                              \
    X(SECTION_READ_ONLY, "read_only", 403, "The section was opened read-only")                     \
    X(SECTION_BUILT_IN, "built_in", 403, "Built-in layouts cannot be changed")                     \
    X(SECTION_NOT_FOUND, "not_found", 404, "There is no such thing")                               \
    X(SECTION_BAD_METHOD, "method_not_allowed", 405, "This resource does not have this method")    \
    X(SECTION_TIMEOUT, "timeout", 408, "The request did not arrive in time")                       \
    X(SECTION_ALREADY_EXISTS, "already_exists", 409, "It exists already")                          \
    X(SECTION_PROTECTED, "protected", 409, "The handle is protected from close")                   \
    X(SECTION_NOT_A_SECTION, "not_a_section", 409, "That is not a section")                        \
    X(SECTION_EMPTY, "empty_section", 409, "The section has no bytes yet")                         \
    X(SECTION_CHANGED, "changed", 409, "It is not what it was when it was listed")                 \
    X(SECTION_IN_USE, "in_use", 409, "It is in use")                                               \
    X(SECTION_LAYOUT_MISMATCH, "layout_mismatch", 409, "The bytes are not those of the layout")    \
    X(SECTION_FIELD_ABSENT, "field_absent", 409, "The section has no such field now")              \
    X(SECTION_FIELD_READ_BY_LAYOUT, "field_read_by_layout", 409,                                   \
      "The layout itself goes by this field")                                                      \
    X(SECTION_GONE, "section_gone", 410, "The memory went away under the view")                    \
    X(SECTION_PRECONDITION, "precondition_failed", 412,                                            \
      "The bytes are not those that the condition names")                                          \
    X(SECTION_TOO_LARGE, "too_large", 413, "The body is larger than this operation takes")         \
    X(SECTION_BAD_MEDIA_TYPE, "unsupported_media_type", 415,                                       \
      "The body's media type is not taken here")                                                   \
    X(SECTION_BAD_RANGE, "range_not_satisfiable", 416, "The range lies outside the view")          \
    X(SECTION_TOO_MANY_FAILURES, "too_many_failed_tokens", 429, "Too many tokens were wrong")      \
    X(SECTION_OS_ERROR, "os_error", 500, "The operating system failed")                            \
    X(SECTION_UNSUPPORTED, "unsupported_here", 501, "This platform has no such thing")             \
    X(SECTION_TORN, "torn", 503, "No consistent copy could be made in time")                       \
    X(SECTION_TOO_MANY_CONNECTIONS, "too_many_connections", 503, "There are too many connections") \
    X(SECTION_STOPPING, "stopping", 503, "The daemon is stopping")                                 \
    X(SECTION_QUOTA, "quota_exceeded", 507, "A limit of the daemon is reached")                    \
    X(SECTION_NO_MEMORY, "no_memory", 507,                                                         \
      "Memory, commit charge, disk space or descriptors ran out")

/** Outcome of a fallible call: `SECTION_OK`, or one of `SECTION_ERRORS`. */
typedef enum section_status {
    SECTION_OK = 0,
#define SECTION_ERROR_CONSTANT(constant, slug, http_status, title) constant,
    SECTION_ERRORS(SECTION_ERROR_CONSTANT)
#undef SECTION_ERROR_CONSTANT
        SECTION_STATUS_COUNT
} section_status;

/** The number space that an OS number belongs to. */
typedef enum section_os_domain {
    SECTION_OS_NONE = 0, /**< our own decision: no OS call refused */
    SECTION_OS_ERRNO,
    SECTION_OS_WIN32,
    SECTION_OS_NTSTATUS
} section_os_domain;

/** An error. Holds no resource, so it can be copied and dropped. */
typedef struct section_error {
    section_status code;
    section_os_domain os_domain;
    uint32_t os_number;
    const char
        *call; /**< name of the OS call that refused, a string constant; NULL where none did */
    char detail[320]; /**< UTF-8: the cause and what to do about it */
} section_error;

/** Static facts of one status. */
typedef struct section_status_facts {
    const char *slug;
    const char *title;
    unsigned http_status;
} section_status_facts;

/**
 * Looks up slug, title and HTTP status of a status.
 * @param status any value of the enumeration but `SECTION_OK`; anything else is answered as
 *     `SECTION_OS_ERROR`.
 * @return static storage.
 * Errors: none. Threads: any. Platforms: same.
 */
const section_status_facts *section_status_lookup(section_status status);

/**
 * Fills an error that is our own decision and returns its code, so that a check is one line.
 * @param ret_error the caller's; may be NULL.
 * @param code what to fill in and to return.
 * @param detail_format printf format of the detail, in UTF-8; what does not fit is cut.
 * @return `code`.
 * Threads: any. Platforms: same.
 */
section_status section_fail(section_error *ret_error, section_status code,
                            const char *detail_format, ...)
#if defined(__GNUC__)
    __attribute__((format(gnu_printf, 3, 4)))
#endif
    ;

/**
 * Fills an error that an OS call gave, and returns what its number means for that call.
 * @param ret_error the caller's; may be NULL.
 * @param call the function's name, a string constant.
 * @param domain, number the OS's number, taken by the caller at once, before any clean-up call.
 * @param what the detail begins with this text and ends with the OS's words.
 * @return what the platform's table says of (call, number), or else of the number.
 * Threads: any.
 * Platforms: each has its own table.
 */
section_status section_fail_os(section_error *ret_error, const char *call, section_os_domain domain,
                               uint32_t number, const char *what);

/**
 * Returns the OS's own name of a number, as its documentation spells it ("ENOENT",
 * "ERROR_FILE_NOT_FOUND").
 * @param domain, number as in `section_error`.
 * @return static storage, or NULL where no name is known.
 * Errors: none. Threads: any.
 * Platforms: knows the numbers of the platform that it was built for; another domain gives NULL.
 * Source: errno(3), https://learn.microsoft.com/en-us/windows/win32/debug/system-error-codes
 */
const char *section_os_error_name(section_os_domain domain, uint32_t number);

/**
 * Writes the OS's own words for a number, in UTF-8 without a final line break.
 * @param domain, number as in `section_error`.
 * @param ret_text the caller's; receives at most `capacity` bytes with the terminator, and is empty
 *     where the OS has no words.
 * @param capacity bytes, at least 1; what does not fit is cut.
 * Errors: none. Threads: any.
 * Platforms: Linux uses strerror_r, Windows FormatMessageW in US English, else in the user's
 *     language.
 * Source: strerror(3),
 *     https://learn.microsoft.com/en-us/windows/win32/api/winbase/nf-winbase-formatmessagew
 */
void section_os_error_text(section_os_domain domain, uint32_t number, char *ret_text,
                           uint32_t capacity);

#endif
