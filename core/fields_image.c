#include "image.h"

#include <stdlib.h>
#include <string.h>

#include "grow.h"
#include "held.h"
#include "program.h"
#include "words.h"

section_image *section_image_new(void)
{
    return calloc(1, sizeof(section_image));
}

void section_image_free(section_image *self)
{
    if (self != NULL) {
        free(self->pages);
        free(self->bytes);
        free(self->numbers);
        free(self->pins);
        free(self->newest);
        free(self->rows);
        free(self->row_text);
        free(self->memo);
        free(self->text);
        free(self->gathered);
        free(self);
    }
}

size_t section_image_room_bytes(const section_image *self)
{
    return sizeof *self + self->slot_capacity * IMAGE_PAGE_BYTES +
           self->page_capacity * sizeof *self->pages +
           self->number_capacity * sizeof *self->numbers + self->pin_capacity * sizeof *self->pins +
           self->newest_capacity * sizeof *self->newest + self->row_capacity * sizeof *self->rows +
           self->row_text_capacity + self->memo_capacity * sizeof *self->memo +
           self->text_capacity + self->gathered_capacity;
}

uint64_t section_image_bytes(const section_image *self)
{
    return self->copied_bytes;
}

section_status image_begin(section_image *self, section *from, const section_layout *layout,
                           const section_selection *selection, section_error *ret_error)
{
    if (self->page_count > 0) {
        memset(self->pages, 0, self->page_capacity * sizeof *self->pages);
    }
    self->layout = layout;
    self->selection = selection;
    self->view_bytes = section_length(from);
    self->page_count = self->piece_count = self->pin_count = self->table_count = 0;
    self->newest_count = self->row_count = self->row_text_bytes = 0;
    self->copied_bytes = self->since_pause_bytes = self->since_turn_steps = 0;
    self->is_held_too_long = self->is_being_written = self->is_room_full = false;
    self->last = NULL;
    self->from = from;
    const size_t known = self->memo_capacity;
    walk_memo *memo = image_grow(self, self->memo, &self->memo_capacity,
                                 (size_t)layout->memo_count + 1, sizeof *memo);
    if (memo == NULL) {
        return image_no_room(self, ret_error);
    }
    memset(memo + known, 0, (self->memo_capacity - known) * sizeof *memo);
    self->memo = memo;
    return SECTION_OK;
}

void image_end(section_image *self)
{
    self->from = NULL;
    self->piece_count = 0;
    self->hold_until_ns = 0;
}

static size_t hash_page(const section_image *self, uint64_t number)
{
    return (size_t)(number * UINT64_C(0x9E3779B97F4A7C15) >> 32) & (self->page_capacity - 1);
}

static image_page *probe(const section_image *self, uint64_t number)
{
    size_t at = hash_page(self, number);
    while (self->pages[at].number != 0 && self->pages[at].number != number + 1) {
        at = (at + 1) & (self->page_capacity - 1);
    }
    return &self->pages[at];
}

/* NULL: it is not there. */
static image_page *find_page(section_image *self, uint64_t number)
{
    if (self->last != NULL && self->last->number == number + 1) {
        return self->last;
    }
    image_page *page = self->page_count > 0 ? probe(self, number) : NULL;
    if (page == NULL || page->number == 0) {
        return NULL;
    }
    self->last = page;
    return page;
}

/* The table of pages is at most half full. */
static section_status grow_table(section_image *self, section_error *ret_error)
{
    enum { LEAST = 64 };
    if (self->page_capacity > self->page_count * 2) {
        return SECTION_OK;
    }
    const size_t old_capacity = self->page_capacity;
    image_page *old = self->pages;
    const size_t capacity = old_capacity > 0 ? old_capacity * 2 : LEAST;
    image_page *pages = image_may_take(self, (capacity - old_capacity) * sizeof *pages)
                            ? calloc(capacity, sizeof *pages)
                            : NULL;
    if (pages == NULL) {
        return image_no_room(self, ret_error);
    }
    self->pages = pages;
    self->page_capacity = capacity;
    self->last = NULL;
    for (size_t i = 0; i < old_capacity; i++) {
        if (old[i].number != 0) {
            *probe(self, old[i].number - 1) = old[i];
        }
    }
    free(old);
    return SECTION_OK;
}

static section_status add_page(section_image *self, uint64_t number, image_page **ret_page,
                               section_error *ret_error)
{
    *ret_page = find_page(self, number);
    if (*ret_page != NULL) {
        return SECTION_OK;
    }
    if (self->page_count == IMAGE_PAGES_MAX) {
        return section_fail(ret_error, SECTION_LAYOUT_MISMATCH,
                            "the fields lie in more than %d MiB of memory",
                            SECTION_LAYOUT_READ_BYTES_MAX >> 20);
    }
    uint8_t *bytes =
        image_grow(self, self->bytes, &self->slot_capacity, self->page_count + 1, IMAGE_PAGE_BYTES);
    uint64_t *numbers = image_grow(self, self->numbers, &self->number_capacity,
                                   self->page_count + 1, sizeof *numbers);
    self->bytes = bytes != NULL ? bytes : self->bytes;
    self->numbers = numbers != NULL ? numbers : self->numbers;
    if (bytes == NULL || numbers == NULL) {
        return image_no_room(self, ret_error);
    }
    section_status status = grow_table(self, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    image_page *page = probe(self, number);
    self->numbers[self->page_count] = number;
    *page = (image_page){.number = number + 1, .slot = (uint32_t)self->page_count++};
    self->last = *ret_page = page;
    return SECTION_OK;
}

/* Pieces that one look at the memory takes. */
typedef struct batch {
    section_image *image;
    size_t first, count;
    uint64_t start;
    bool is_same;
} batch;

/* Both are held_readers. */
static void copy_batch(void *context, const uint8_t *bytes)
{
    const batch *here = context;
    for (size_t i = here->first; i < here->first + here->count; i++) {
        const image_piece *piece = &here->image->pieces[i];
        words_copy(here->image->bytes + piece->target, bytes + (piece->offset_bytes - here->start),
                   piece->length_bytes);
    }
}

static void compare_batch(void *context, const uint8_t *bytes)
{
    batch *here = context;
    here->is_same = true;
    for (size_t i = here->first; i < here->first + here->count; i++) {
        const image_piece *piece = &here->image->pieces[i];
        here->is_same = here->is_same && words_equal(here->image->bytes + piece->target,
                                                     bytes + (piece->offset_bytes - here->start),
                                                     piece->length_bytes);
    }
}

/* How many pieces, in ascending order, lie within SECTION_WHOLE_BYTES from the first on. */
static size_t batch_count(const section_image *self, size_t first)
{
    const uint64_t start = self->pieces[first].offset_bytes;
    size_t count = 1;
    while (first + count < self->piece_count) {
        const image_piece *next = &self->pieces[first + count];
        if (next->offset_bytes < next[-1].offset_bytes + next[-1].length_bytes ||
            next->offset_bytes + next->length_bytes - start > SECTION_WHOLE_BYTES) {
            break;
        }
        count++;
    }
    return count;
}

/* Others get their turn after as many bytes as a read holds the lock for. */
static section_status pause_after(section_image *self, uint64_t length_bytes,
                                  section_error *ret_error)
{
    self->since_pause_bytes += length_bytes;
    section_status status = image_check_mutex(self, ret_error);
    if (status != SECTION_OK || self->since_pause_bytes < SECTION_WHOLE_BYTES) {
        return status;
    }
    self->since_pause_bytes = 0;
    if (self->pause != NULL && !self->pause->may_go_on(self->pause->context)) {
        return section_fail(ret_error, SECTION_STOPPING, "the read was stopped");
    }
    return image_give_turn(self, ret_error);
}

/* Looks at all pieces, batch by batch. */
static section_status look(section_image *self, held_reader *reader, bool *ret_same,
                           section_error *ret_error)
{
    for (size_t first = 0; first < self->piece_count;) {
        batch here = {self, first, batch_count(self, first), self->pieces[first].offset_bytes,
                      true};
        const image_piece *last = &self->pieces[first + here.count - 1];
        const size_t span = (size_t)(last->offset_bytes + last->length_bytes - here.start);
        section_status status = held_look(self->from, here.start, span, reader, &here, ret_error);
        if (status == SECTION_OK) {
            status = pause_after(self, span, ret_error);
        }
        if (status != SECTION_OK) {
            return status;
        }
        *ret_same = *ret_same && here.is_same;
        first += here.count;
    }
    self->piece_count = 0;
    return SECTION_OK;
}

section_status image_flush(section_image *self, section_error *ret_error)
{
    bool is_same = true;
    return self->piece_count > 0 ? look(self, copy_batch, &is_same, ret_error) : SECTION_OK;
}

/* One run of lines of a page; it is joined with the piece before it where both lie side by side. */
static section_status add_piece(section_image *self, const image_page *page, unsigned line,
                                unsigned count, held_reader *reader, bool *ret_same,
                                section_error *ret_error)
{
    image_piece piece = {(page->number - 1) * IMAGE_PAGE_BYTES + line * IMAGE_LINE_BYTES,
                         (size_t)page->slot * IMAGE_PAGE_BYTES + line * IMAGE_LINE_BYTES,
                         (size_t)count * IMAGE_LINE_BYTES};
    if (piece.length_bytes > self->view_bytes - piece.offset_bytes) {
        piece.length_bytes = (size_t)(self->view_bytes - piece.offset_bytes);
    }
    image_piece *last = self->piece_count > 0 ? &self->pieces[self->piece_count - 1] : NULL;
    if (last != NULL && last->offset_bytes + last->length_bytes == piece.offset_bytes &&
        last->target + last->length_bytes == piece.target &&
        last->length_bytes + piece.length_bytes <= SECTION_WHOLE_BYTES) {
        last->length_bytes += piece.length_bytes;
        return SECTION_OK;
    }
    if (self->piece_count == IMAGE_PIECES_MAX) {
        section_status status = look(self, reader, ret_same, ret_error);
        if (status != SECTION_OK) {
            return status;
        }
    }
    self->pieces[self->piece_count++] = piece;
    return SECTION_OK;
}

static section_status add_lines(section_image *self, const image_page *page, uint64_t lines,
                                held_reader *reader, bool *ret_same, section_error *ret_error)
{
    while (lines != 0) {
        const unsigned first = (unsigned)__builtin_ctzll(lines);
        const uint64_t rest = ~(lines >> first);
        const unsigned count = rest == 0 ? 64 : (unsigned)__builtin_ctzll(rest);
        section_status status = add_piece(self, page, first, count, reader, ret_same, ret_error);
        if (status != SECTION_OK) {
            return status;
        }
        lines &= count == 64 ? 0 : ~(((UINT64_C(1) << count) - 1) << first);
    }
    return SECTION_OK;
}

/* The lines of a page that a range touches, which is not empty. */
static uint64_t lines_of(uint64_t page, uint64_t first, uint64_t last)
{
    enum { LINES = IMAGE_PAGE_BYTES / IMAGE_LINE_BYTES };
    const uint64_t start = page * IMAGE_PAGE_BYTES;
    const unsigned from = first > start ? (unsigned)((first - start) / IMAGE_LINE_BYTES) : 0;
    const unsigned to = last - start >= IMAGE_PAGE_BYTES
                            ? LINES - 1
                            : (unsigned)((last - start) / IMAGE_LINE_BYTES);
    return (UINT64_MAX << from) & (UINT64_MAX >> (LINES - 1 - to));
}

section_status image_want(section_image *self, uint64_t offset_bytes, uint64_t length_bytes,
                          section_error *ret_error)
{
    bool is_same = true;
    if (length_bytes == 0) {
        return SECTION_OK;
    }
    const uint64_t last = offset_bytes + length_bytes - 1;
    for (uint64_t number = offset_bytes / IMAGE_PAGE_BYTES; number <= last / IMAGE_PAGE_BYTES;
         number++) {
        image_page *page;
        section_status status = add_page(self, number, &page, ret_error);
        if (status != SECTION_OK) {
            return status;
        }
        const uint64_t lines = lines_of(number, offset_bytes, last) & ~page->lines;
        page->lines |= lines;
        self->copied_bytes += (uint64_t)__builtin_popcountll(lines) * IMAGE_LINE_BYTES;
        status = add_lines(self, page, lines, copy_batch, &is_same, ret_error);
        if (status != SECTION_OK) {
            return status;
        }
    }
    return SECTION_OK;
}

section_status image_compare(section_image *self, section *with, bool *ret_same,
                             section_error *ret_error)
{
    *ret_same = true;
    self->from = with;
    for (size_t slot = 0; slot < self->page_count && *ret_same; slot++) {
        const image_page *page = find_page(self, self->numbers[slot]);
        section_status status =
            add_lines(self, page, page->lines, compare_batch, ret_same, ret_error);
        if (status != SECTION_OK) {
            return status;
        }
    }
    return look(self, compare_batch, ret_same, ret_error);
}

/* Of the lines of a range, which is not empty, those that were copied: page by page of whichever are fewer. */
static section_status compare_range(section_image *self, const image_range *range, bool *ret_same,
                                    section_error *ret_error)
{
    const uint64_t last = range->offset_bytes + range->length_bytes - 1;
    const uint64_t first_page = range->offset_bytes / IMAGE_PAGE_BYTES;
    const uint64_t page_span = last / IMAGE_PAGE_BYTES - first_page + 1;
    const bool is_short = page_span <= self->page_count;
    const uint64_t looks = is_short ? page_span : self->page_count;
    section_status status = SECTION_OK;
    for (uint64_t i = 0; status == SECTION_OK && i < looks && *ret_same; i++) {
        const image_page *page = find_page(self, is_short ? first_page + i : self->numbers[i]);
        if (page != NULL && page->number - 1 - first_page < page_span) {
            const uint64_t lines =
                page->lines & lines_of(page->number - 1, range->offset_bytes, last);
            status = add_lines(self, page, lines, compare_batch, ret_same, ret_error);
        }
    }
    return status == SECTION_OK ? image_charge(self, looks, ret_error) : status;
}

section_status image_compare_newest(section_image *self, section *with, bool *ret_same,
                                    section_error *ret_error)
{
    section_status status = SECTION_OK;
    *ret_same = true;
    self->from = with;
    for (size_t i = 0; status == SECTION_OK && i < self->newest_count && *ret_same; i++) {
        status = compare_range(self, &self->newest[i], ret_same, ret_error);
    }
    return status == SECTION_OK ? look(self, compare_batch, ret_same, ret_error) : status;
}

/* Page by page. */
static section_status gather(section_image *self, uint64_t offset_bytes, size_t length_bytes,
                             const uint8_t **ret_bytes, section_error *ret_error)
{
    uint8_t *gathered = image_grow(self, self->gathered, &self->gathered_capacity, length_bytes, 1);
    if (gathered == NULL) {
        return image_no_room(self, ret_error);
    }
    self->gathered = gathered;
    for (size_t done = 0; done < length_bytes;) {
        const uint64_t at = offset_bytes + done;
        const size_t in_page = (size_t)(at % IMAGE_PAGE_BYTES);
        const size_t rest = IMAGE_PAGE_BYTES - in_page;
        const size_t part = length_bytes - done < rest ? length_bytes - done : rest;
        const image_page *page = find_page(self, at / IMAGE_PAGE_BYTES);
        memcpy(gathered + done, self->bytes + (size_t)page->slot * IMAGE_PAGE_BYTES + in_page,
               part);
        done += part;
    }
    *ret_bytes = gathered;
    return SECTION_OK;
}

/* Whether all lines are there, and all pages side by side. */
static bool is_complete(section_image *self, uint64_t offset_bytes, size_t length_bytes,
                        bool *ret_side_by_side)
{
    const uint64_t first = offset_bytes / IMAGE_PAGE_BYTES;
    const uint64_t last = (offset_bytes + length_bytes - 1) / IMAGE_PAGE_BYTES;
    uint32_t slot = 0;
    *ret_side_by_side = true;
    for (uint64_t number = first; number <= last; number++) {
        const image_page *page = find_page(self, number);
        if (page == NULL ||
            (lines_of(number, offset_bytes, offset_bytes + length_bytes - 1) & ~page->lines) != 0) {
            return false;
        }
        *ret_side_by_side = *ret_side_by_side && (number == first || page->slot == slot + 1);
        slot = page->slot;
    }
    return true;
}

section_status image_get(section_image *self, uint64_t offset_bytes, size_t length_bytes,
                         const uint8_t **ret_bytes, section_error *ret_error)
{
    bool is_side_by_side;
    if (self->from != NULL) {
        section_status status = image_want(self, offset_bytes, length_bytes, ret_error);
        if (status == SECTION_OK) {
            status = image_flush(self, ret_error);
        }
        if (status != SECTION_OK) {
            return status;
        }
    }
    if (!is_complete(self, offset_bytes, length_bytes, &is_side_by_side)) {
        return section_fail(ret_error, SECTION_LAYOUT_MISMATCH, "offset %llu was not copied",
                            (unsigned long long)offset_bytes);
    }
    if (!is_side_by_side) {
        return gather(self, offset_bytes, length_bytes, ret_bytes, ret_error);
    }
    const image_page *page = find_page(self, offset_bytes / IMAGE_PAGE_BYTES);
    *ret_bytes =
        self->bytes + (size_t)page->slot * IMAGE_PAGE_BYTES + offset_bytes % IMAGE_PAGE_BYTES;
    return SECTION_OK;
}
