#ifndef SECTIOND_DASHBOARD_H
#define SECTIOND_DASHBOARD_H

#include <stddef.h>

/**
 * @file
 * The dashboard's files as the program carries them: a table that web/build.mjs makes, or the empty
 * one of dashboard_none.c where the build leaves the dashboard out.
 */

typedef struct dashboard_asset {
    const char *path; /* "/" for the page */
    const char *content_type;
    const char *etag; /* of the bytes, quoted */
    const unsigned char *bytes;
    size_t length_bytes;
    const unsigned char *gzipped;
    size_t gzipped_bytes;
} dashboard_asset;

extern const dashboard_asset dashboard_assets[];
extern const size_t dashboard_asset_count;

#endif
