#ifndef SECTIOND_HANDLERS_H
#define SECTIOND_HANDLERS_H

#include "api/route.h"
#include "registry/registry.h"

/**
 * @file
 * The handlers, one file a resource, and the little that they share.
 */

/* sections_create.c, sections_duplicate.c */
handler sections_create, sections_open, sections_duplicate;

/* discover.c */
handler discover_processes, discover_sections, discover_names;

/* sections_list.c */
handler sections_list;

/* sections.c */
handler sections_get, sections_patch, sections_delete;

/* data_get.c, data_put.c */
handler data_get, data_prepare_put, data_put;
body_sink data_take;

/* move.c */
handler move_fill, move_copy, move_flush;

/* events.c */
handler events_get, events_get_many;

/* text.c */
handler text_get, text_put;

/* values.c */
handler values_get, values_put;

/* atomics.c */
handler atomic_post;

/* batch.c */
handler batch_post;

/* daemon.c */
handler daemon_health, daemon_info, daemon_errors;

/* dashboard.c */
handler dashboard_root, dashboard_asset_get;

/* metrics.c */
handler metrics_get;

/* openapi.c */
handler openapi_get;

/**
 * Finds the section that /v1/sections/{id} names: an id, or `@NAME`.
 * @param ret_entry receives a reference: `handlers_release` it.
 */
section_status handlers_find(const request *request, entry **ret_entry, section_error *ret_error);

/** The same for an id or `@NAME` that stands elsewhere. */
section_status handlers_find_id(const request *request, const char *text, entry **ret_entry,
                                section_error *ret_error);

/** Whether finding the section may mean opening it (`?open=1`), which may block. */
bool handlers_may_open(const request *request);

/** Gives a section back, on whatever thread the request runs. NULL is fine. */
void handlers_release(const request *request, entry *entry);

/** Fails with 416 and the header that names the size. */
section_status handlers_bad_range(reply *reply, uint64_t size_bytes, section_error *ret_error,
                                  uint64_t offset_bytes, uint64_t length_bytes);

/** Adds the header that names the size, where `status` is SECTION_BAD_RANGE. Returns `status`. */
section_status handlers_name_size(section_status status, reply *reply, const entry *entry);

/** What a tag is of, so that no two representations of one range share theirs. */
enum { TAG_OF_TEXT = 3, TAG_OF_VALUES = 4 }; /* after those of formats.h */

/**
 * The conditions of RFC 9110 section 13.2.2 on the reply's tag; `*ret_done`: there is nothing to
 * send, and the reply is 304.
 * @return SECTION_PRECONDITION.
 */
section_status handlers_check_conditions(const request *request, reply *reply, bool *ret_done,
                                         section_error *ret_error);

/** A range of the view, as `offset` and `length` of the query say; the default is all of it. */
typedef struct byte_range {
    uint64_t offset_bytes;
    uint64_t length_bytes;
    bool length_given;
} byte_range;

/** Reads `offset` and `length`, before the section is looked for. */
section_status handlers_parse_range(const request *request, byte_range *ret_range,
                                    section_error *ret_error);

/** Checks a range against the view, and makes it reach to the end where no length was given. */
section_status handlers_fit_range(byte_range *range, reply *reply, uint64_t view_bytes,
                                  section_error *ret_error);

/**
 * Checks that the sender may write, for what is one of several things that a route does.
 * @param what the thing, as the problem is to name it
 */
section_status handlers_may_write(const request *request, const char *what,
                                  section_error *ret_error);

/** Limits of what users may write on a section. */
section_status handlers_check_label(const char *label, section_error *ret_error);
section_status handlers_check_ttl(uint64_t ttl_s, section_error *ret_error);

/** Answers with the section object; 201 with its Location. */
section_status reply_section(reply *reply, const entry *entry, unsigned http_status,
                             section_error *ret_error);

/** How answers spell section_scope and section_backing. */
extern const char *const section_json_scopes[];
extern const char *const section_json_backings[];

/** The section object of the contract. */
section_status section_to_json(const entry *entry, cJSON **ret_object, section_error *ret_error);

#endif
