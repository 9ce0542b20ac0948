#ifndef SECTION_TEXT_H
#define SECTION_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <section/error.h>

/**
 * @file
 * Text inside sections: conversion between UTF-8 and the encodings that native programs use.
 */

/** One of those below, or the number of a code page, as Windows numbers them. */
typedef uint32_t section_encoding;

/** The encodings that we convert ourselves. */
enum {
    SECTION_UTF8,
    SECTION_UTF16LE, /**< Windows TCHAR and wchar_t */
    SECTION_UTF16BE,
    SECTION_UTF32LE, /**< Linux wchar_t */
    SECTION_LATIN1,
    SECTION_CODE_PAGE_LEAST = 37 /**< from here on it is a code page, which the platform converts */
};

/** Most bytes that are searched for a terminator. */
#define SECTION_TEXT_SCAN_BYTES (1024u * 1024u)

/**
 * Finds an encoding by its name, in any case: "utf-8", "utf-16le", "utf-16be", "utf-32le", "latin1",
 * a label of WHATWG's (those of ISO 8859-1 mean ISO 8859-1, not windows-1252), or "cp" and a code
 * page's number. Whether the platform has the code page is not asked yet.
 * @param name terminated.
 * @param ret_encoding the caller's; set on success.
 * @return `SECTION_BAD_ENCODING`.
 * Threads: any. Platforms: same.
 * Source: https://encoding.spec.whatwg.org/#names-and-labels,
 *     https://learn.microsoft.com/en-us/windows/win32/intl/code-page-identifiers
 */
section_status section_encoding_parse(const char *name, section_encoding *ret_encoding,
                                      section_error *ret_error);

/**
 * Asks the platform whether it can convert an encoding; this may load files.
 * @param encoding from `section_encoding_parse`.
 * @return `SECTION_BAD_ENCODING`.
 * Threads: any.
 * Platforms: Linux has the code pages that iconv has; Windows has those that are installed, except
 *     for stateful ones and those that cannot tell what is invalid.
 * Source: iconv_open(3),
 *     https://learn.microsoft.com/en-us/windows/win32/api/winnls/nf-winnls-getcpinfo
 */
section_status section_encoding_check(section_encoding encoding, section_error *ret_error);

/**
 * Returns the size of a code unit.
 * @param encoding from `section_encoding_parse`.
 * @return bytes: 1, 2 or 4; 1 for code pages.
 * Errors: none. Threads: any. Platforms: same.
 */
size_t section_encoding_unit(section_encoding encoding);

/**
 * Finds the first NUL unit at a multiple of the unit size.
 * @param bytes the caller's, `length_bytes` long, of any alignment.
 * @return offset of the NUL in bytes, or `length_bytes` rounded down to whole units where there
 *     is none.
 * Errors: none. Threads: any. Platforms: same.
 */
size_t section_text_find_end(section_encoding encoding, const void *bytes, size_t length_bytes);

/** Bytes that are text. */
typedef struct section_text_bytes {
    section_encoding encoding;
    const void *bytes; /**< the caller's */
    size_t length_bytes;
    uint64_t first_offset; /**< of the first byte, for the caller: errors count from there */
    bool replaces;         /**< what does not decode becomes U+FFFD instead of an error */
} section_text_bytes;

/**
 * Decodes bytes to UTF-8, NULs included.
 * @param from the caller's; read during the call only.
 * @param ret_text receives a malloc'ed buffer with a NUL after it that is not counted; the
 *     caller frees it.
 * @param ret_text_bytes receives its length in bytes.
 * @return `SECTION_BAD_TEXT` with the offset of the torn or undecodable unit, unless `replaces`;
 *     `SECTION_BAD_ENCODING`, `SECTION_NO_MEMORY`, `SECTION_OS_ERROR`.
 * Threads: any.
 * Platforms: of a code page, what the platform says the bytes mean. One U+FFFD stands for a code unit;
 *     of UTF-8 for the longest part that could have begun a character; of a code page for one byte;
 *     and for a character that is cut at the end.
 * Source: RFC 3629, RFC 2781, Unicode 15 section 3.9 (well-formed code unit sequences; U+FFFD
 *     substitution of maximal subparts), iconv(3),
 *     https://learn.microsoft.com/en-us/windows/win32/api/stringapiset/nf-stringapiset-multibytetowidechar
 */
section_status section_text_decode(const section_text_bytes *from, char **ret_text,
                                   size_t *ret_text_bytes, section_error *ret_error);

/**
 * Encodes UTF-8.
 * @param text the caller's, UTF-8 of `text_bytes` bytes; NULs are allowed.
 * @param terminate append one NUL unit.
 * @param ret_bytes receives a malloc'ed buffer; the caller frees it.
 * @param ret_length_bytes receives its length in bytes, with the NUL unit where there is one.
 * @return `SECTION_BAD_TEXT` with the offset of what is not UTF-8 or not in the encoding,
 *     `SECTION_BAD_ENCODING`, `SECTION_NO_MEMORY`, `SECTION_OS_ERROR`.
 * Threads: any.
 * Platforms: as `section_text_decode`; never a substitute for what the encoding lacks.
 * Source: RFC 3629, RFC 2781, iconv(3),
 *     https://learn.microsoft.com/en-us/windows/win32/api/stringapiset/nf-stringapiset-widechartomultibyte
 */
section_status section_text_encode(section_encoding encoding, const char *text, size_t text_bytes,
                                   bool terminate, void **ret_bytes, size_t *ret_length_bytes,
                                   section_error *ret_error);

#endif
