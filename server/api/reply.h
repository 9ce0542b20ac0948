#ifndef SECTIOND_REPLY_H
#define SECTIOND_REPLY_H

#include <cjson/cJSON.h>
#include <section/error.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clear.h"
#include "encode/etag.h"

/**
 * @file
 * The answer of a handler. The transport adds the headers that all answers have (Cache-Control,
 * nosniff, …).
 */

enum {
    REPLY_HEADERS_MAX = 6,
    REPLY_HEADER_VALUE_BYTES = 128,
    REPLY_PIECE_BYTES =
        256 * 1024 /* that are buffered of a body whose reading may wait for a disk */
};

typedef struct reply_header {
    const char *name; /* a string constant */
    char value[REPLY_HEADER_VALUE_BYTES];
} reply_header;

/**
 * Gives bytes of a body that is made while it is sent: how many, at least one and at most
 * `length_bytes`; or -1, and the connection ends.
 */
typedef int64_t reply_reader(void *context, uint64_t position, void *ret_bytes,
                             size_t length_bytes);

/**
 * Gives bytes of a body whose end nobody knows: how many; 0: none yet, and the connection sleeps; -1:
 * it is over.
 */
typedef int64_t reply_source(void *context, void *ret_bytes, size_t capacity);

/** Which bytes of the call's first section an answer was made of, and what they were. */
typedef struct reply_origin {
    uint64_t offset_bytes;
    uint64_t length_bytes;
    char etag[ETAG_BYTES];   /* of the bytes themselves, or of the view's picture of them */
    struct watch_view *view; /* what compares them where they do not lie side by side; or NULL */
} reply_origin;

/** Room of an answer: see base/clear.h. */
typedef struct reply_room {
    reply_header headers[REPLY_HEADERS_MAX];
    char content_type[80];
} reply_room;

/** An answer. Zeroed but for its room, it is an empty one. */
typedef struct reply {
    unsigned http_status;
    const char *content_type; /* a string constant, or in the room; NULL: no body */
    unsigned header_count;
    char etag[ETAG_BYTES]; /* empty: none */
    /*
     * The body: `bytes`, or, where that is NULL, `read(context)` from `first_position` on, or
     * `source(context)`. `release(context)` is called exactly once, when it is sent or will not be.
     */
    const void *bytes;
    uint64_t length_bytes;
    reply_reader *read;
    reply_source *source;
    void (*release)(void *context);
    void *context;
    uint64_t first_position;
    uint64_t buffered_bytes;   /* of memory that it holds until it is sent */
    bool borrows;              /* memory of the call's sections, which stay until it is sent */
    bool waits_for_disk;       /* `read` may wait for a disk: it is called in the section's lane */
    bool accepts_ranges;       /* it is whole; parts of it may be what is sent */
    reply_origin made_of;      /* of a call that `is_watched` */
    const char *cache_control; /* a string constant; NULL: no-store */
    const char *security_policy; /* Content-Security-Policy, a string constant; NULL: no page */
    /* For the problem document of an upload that was written in part. */
    bool has_written;
    uint64_t written_bytes;
    const char *errors; /* for any: a JSON array, its member "errors"; NULL: none */
    reply_room room;
} reply;

ROOM_IS_LAST(reply);

/** Adds a header; the value is cut to what fits. */
void reply_add_header(reply *reply, const char *name, const char *value_format, ...)
#if defined(__GNUC__)
    __attribute__((format(gnu_printf, 3, 4)))
#endif
    ;

/** Answers with JSON; takes the document over, which may be NULL (memory ran out). */
section_status reply_json(reply *reply, unsigned http_status, cJSON *document,
                          section_error *ret_error);

/** Answers with a malloc'ed body, taken over. */
void reply_owned(reply *reply, unsigned http_status, const char *content_type, void *bytes,
                 size_t length_bytes);

/** Answers with a constant text. */
void reply_static(reply *reply, unsigned http_status, const char *content_type, const char *text);

/** Answers without a body. */
void reply_empty(reply *reply, unsigned http_status);

/** Answers with the problem document (RFC 9457) of an error; headers added before stay. */
void reply_problem(reply *reply, const section_error *error);

/** The problem document alone, for where it stands inside another one. */
cJSON *problem_json(const section_error *error);

/** Releases the body of a reply that is not sent. The reply has no body afterwards. */
void reply_discard(reply *reply);

/** Releases what the answer was made of, with the copy behind it: nobody waits for that to change. */
void reply_forget_origin(reply *reply);

/** Adds a whole number, exactly. */
void json_add_number(cJSON *object, const char *key, uint64_t number);

/** Adds a whole number, or null where it is not known. */
void json_add_number_or_null(cJSON *object, const char *key, bool known, uint64_t number);

/** Adds a text, or null. */
void json_add_text(cJSON *object, const char *key, const char *text);

/** Adds a handle, or an address, as a text in hexadecimal. */
void json_add_handle(cJSON *object, const char *key, uint64_t handle);

#endif
