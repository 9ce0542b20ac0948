#ifndef SECTIOND_JSON_H
#define SECTIOND_JSON_H

#include <cjson/cJSON.h>
#include <section/error.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * @file
 * JSON bodies: strict RFC 8259 first, then cJSON, then typed members of which none is unknown.
 */

/** Each value costs its tree about 80 bytes, however few it takes to write: so they are counted. */
enum { JSON_DEPTH_MAX = 16, JSON_VALUES_MAX = 100000 };

/**
 * Checks that a text is one JSON document as RFC 8259 has it: grammar, UTF-8, paired surrogates,
 * no deeper than JSON_DEPTH_MAX. Refused, too, is what we could not tell from something else:
 * `\u0000`, at which our strings end, and the integer 2^53+1, which a double rounds to 2^53.
 * @return SECTION_BAD_JSON with the byte offset of what is wrong.
 */
section_status json_check(const char *text, size_t text_bytes, section_error *ret_error);

/** The same for bodies with values: a string may be `\u0000` alone, and reads as the empty one. */
section_status json_check_values(const char *text, size_t text_bytes, section_error *ret_error);

/** Checks and parses; free with cJSON_Delete. The document must be an object. */
section_status json_parse_object(const char *text, size_t text_bytes, cJSON **ret_object,
                                 section_error *ret_error);

/** The same with `json_check_values`. */
section_status json_parse_values(const char *text, size_t text_bytes, cJSON **ret_object,
                                 section_error *ret_error);

typedef enum json_kind {
    JSON_TEXT,   /* const char *, borrowed from the document; null is as if it were not there */
    JSON_NUMBER, /* uint64_t, a whole number from 0 to 2^53-1 */
    JSON_FLAG,   /* bool */
    JSON_HANDLE, /* int64_t, a whole number or a text with a decimal or 0x… */
    JSON_CHOICE, /* int, the index in `choices` */
    JSON_OBJECT, /* const cJSON *, to be read with json_read itself */
    JSON_ARRAY,  /* const cJSON * */
    JSON_ANY     /* const cJSON *, of a type that the reader looks at */
} json_kind;

/** One member that a body may have; the target keeps its value where the member is not there. */
typedef struct json_member {
    const char *key;
    json_kind kind;
    void *target;
    section_status code;        /* of a wrong value of the right type; 0: SECTION_BAD_JSON */
    const char *const *choices; /* NULL-terminated */
    bool *present;              /* nullable: set where the member is there and not null */
} json_member;

/**
 * Reads the members of an object.
 * @return SECTION_BAD_JSON naming an unknown or repeated key or a wrong type; the member's own code
 *     for a value of the right type that it cannot have.
 */
section_status json_read(const cJSON *object, const json_member *members, size_t member_count,
                         section_error *ret_error);

/** A text as a JSON string, NULs included; malloc'ed, NULL where memory runs out. It must be UTF-8. */
char *json_quote(const char *text, size_t text_bytes);

#endif
