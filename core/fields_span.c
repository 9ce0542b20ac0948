#include "image.h"

/* Which part of the view an image was made of. */

static uint64_t first_bit(uint64_t bits)
{
    uint64_t at = 0;
    while ((bits >> at & 1) == 0) {
        at++;
    }
    return at;
}

static uint64_t end_of_bits(uint64_t bits)
{
    uint64_t at = 64;
    while ((bits >> (at - 1) & 1) == 0) {
        at--;
    }
    return at;
}

void section_image_span(const section_image *self, uint64_t *ret_offset_bytes,
                        uint64_t *ret_length_bytes)
{
    uint64_t first = UINT64_MAX;
    uint64_t end = 0;
    for (size_t i = 0; i < self->page_capacity; i++) {
        const image_page *page = &self->pages[i];
        if (page->number == 0 || page->lines == 0) {
            continue;
        }
        const uint64_t start = (page->number - 1) * IMAGE_PAGE_BYTES;
        const uint64_t line = start + first_bit(page->lines) * IMAGE_LINE_BYTES;
        const uint64_t last = start + end_of_bits(page->lines) * IMAGE_LINE_BYTES;
        first = line < first ? line : first;
        end = last > end ? last : end;
    }
    end = end < self->view_bytes ? end : self->view_bytes;
    *ret_offset_bytes = first < end ? first : 0;
    *ret_length_bytes = first < end ? end - first : 0;
}
