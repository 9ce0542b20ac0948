#ifndef SECTION_TEXT_H
#define SECTION_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <section/error.h>

/**
 * @file
 * Text inside sections: between UTF-8 and the encodings that native programs use.
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
 * "gbk", or "cp" and a code page's number. Whether the platform has the code page is not asked yet.
 * @return `SECTION_BAD_ENCODING`.
 * Threads: any.
 * Platforms: same.
 */
section_status section_encoding_parse(const char *name, section_encoding *ret_encoding,
                                      section_error *ret_error);

/**
 * Asks the platform, where that is needed, whether it can convert the encoding; may load files.
 * @return `SECTION_BAD_ENCODING`.
 * Threads: any.
 * Platforms: Linux has the code pages that iconv has; Windows those that are installed, but for
 *     stateful ones and those that cannot tell what is invalid.
 */
section_status section_encoding_check(section_encoding encoding, section_error *ret_error);

/** Bytes of one code unit: 1, 2 or 4. */
size_t section_encoding_unit(section_encoding encoding);

/**
 * Finds the first NUL unit at a multiple of the unit size.
 * @return offset of the NUL in bytes, or `length_bytes` rounded down to whole units where there
 *     is none.
 */
size_t section_text_find_end(section_encoding encoding, const void *bytes, size_t length_bytes);

/**
 * Decodes bytes to UTF-8, NULs included.
 * @param first_offset where the first byte stands for the caller: errors count from there.
 * @param ret_text receives a malloc'ed buffer with a NUL after it that is not counted; the
 *     caller frees it.
 * @return `SECTION_BAD_TEXT` with the offset of the torn or undecodable unit,
 *     `SECTION_BAD_ENCODING`, `SECTION_NO_MEMORY`.
 * Threads: any.
 * Platforms: of a code page, what the platform says the bytes mean.
 * Source: RFC 3629, RFC 2781, Unicode 15 section 3.9 (well-formed code unit sequences), iconv(3),
 *     https://learn.microsoft.com/en-us/windows/win32/api/stringapiset/nf-stringapiset-multibytetowidechar
 */
section_status section_text_decode(section_encoding encoding, const void *bytes,
                                   size_t length_bytes, uint64_t first_offset, char **ret_text,
                                   size_t *ret_text_bytes, section_error *ret_error);

/**
 * Encodes UTF-8.
 * @param text UTF-8 of `text_bytes` bytes, NULs allowed.
 * @param terminate append one NUL unit.
 * @param ret_bytes receives a malloc'ed buffer; the caller frees it.
 * @return `SECTION_BAD_TEXT` with the offset of what is not UTF-8 or not in the encoding,
 *     `SECTION_BAD_ENCODING`, `SECTION_NO_MEMORY`.
 * Threads: any.
 * Platforms: as `section_text_decode`; never a substitute for what the encoding lacks.
 */
section_status section_text_encode(section_encoding encoding, const char *text, size_t text_bytes,
                                   bool terminate, void **ret_bytes, size_t *ret_length_bytes,
                                   section_error *ret_error);

#endif
