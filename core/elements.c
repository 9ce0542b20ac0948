#include <section/elements.h>

#include <stdatomic.h>
#include <string.h>

#include "held.h"

/* One load where it is aligned. memcpy may split a load in several. */
#define LOAD(type)                                                                                 \
    do {                                                                                           \
        const type element =                                                                       \
            atomic_load_explicit((const _Atomic type *)(const void *)from, memory_order_relaxed);  \
        memcpy(ret_bytes, &element, sizeof element);                                               \
    } while (0)

#define STORE(type)                                                                                \
    do {                                                                                           \
        type element;                                                                              \
        memcpy(&element, bytes, sizeof element);                                                   \
        atomic_store_explicit((_Atomic type *)(void *)to, element, memory_order_relaxed);          \
    } while (0)

static void load(const uint8_t *from, size_t element_bytes, uint8_t *ret_bytes)
{
    switch ((uintptr_t)from % element_bytes == 0 ? element_bytes : 0) {
    case 2:
        LOAD(uint16_t);
        break;
    case 4:
        LOAD(uint32_t);
        break;
    case 8:
        LOAD(uint64_t);
        break;
    default:
        memcpy(ret_bytes, from, element_bytes);
    }
}

static void store(uint8_t *to, size_t element_bytes, const uint8_t *bytes)
{
    switch ((uintptr_t)to % element_bytes == 0 ? element_bytes : 0) {
    case 2:
        STORE(uint16_t);
        break;
    case 4:
        STORE(uint32_t);
        break;
    case 8:
        STORE(uint64_t);
        break;
    default:
        memcpy(to, bytes, element_bytes);
    }
}

/* So many elements of a run have a page or more between them, at most. */
enum { SPARSE_ELEMENTS_MAX = SECTION_WHOLE_BYTES / 4096 + 1 };

/* Elements that are moved under one lock. */
typedef struct run {
    uint8_t *address; /* writing */
    size_t span_bytes;
    size_t element_bytes;
    uint64_t stride_bytes;
    size_t count;
    uint8_t *target;       /* reading */
    const uint8_t *source; /* writing */
    uint64_t *granted;     /* writing: what is left of the memory that all runs were granted */
    uint64_t
        taken[SPARSE_ELEMENTS_MAX]; /* memory, of each element; side by side, the first is of all */
} run;

/* Aligned words side by side. Comparisons read them most often, so they have the shortest loop. */
static void gather_words(const run *part, const uint8_t *bytes)
{
    const _Atomic uint64_t *from = (const _Atomic uint64_t *)(const void *)bytes;
    for (size_t i = 0; i < part->count; i++) {
        const uint64_t word = atomic_load_explicit(&from[i], memory_order_relaxed);
        memcpy(part->target + i * sizeof word, &word, sizeof word);
    }
}

/* A held_reader. */
static void gather(void *context, const uint8_t *bytes)
{
    const run *part = context;
    if (part->element_bytes == sizeof(uint64_t) && part->stride_bytes == sizeof(uint64_t) &&
        (uintptr_t)bytes % sizeof(uint64_t) == 0) {
        gather_words(part, bytes);
        return;
    }
    for (size_t i = 0; i < part->count; i++) {
        load(bytes + i * part->stride_bytes, part->element_bytes,
             part->target + i * part->element_bytes);
    }
}

/* An os_access. */
static void scatter(void *context)
{
    const run *part = context;
    for (size_t i = 0; i < part->count; i++) {
        store(part->address + i * part->stride_bytes, part->element_bytes,
              part->source + i * part->element_bytes);
    }
}

/* Pages between the elements get no memory, unless they are committed with them, as on Windows. */
static bool has_gaps(const section *self, const run *part)
{
    return !self->os.reserve && part->stride_bytes >= os_page_size();
}

/*
 * The pages that an element is the first to touch. The page in which it begins is also that of the
 * element before it, if that one ends there: each page is counted once.
 */
static uint64_t first_touched(const section *self, uint64_t offset_bytes, const run *part, size_t i)
{
    const uint64_t page = os_page_size();
    const uint64_t at = offset_bytes + i * part->stride_bytes;
    if (i == 0) {
        return at;
    }
    const uint64_t last = self->view_offset + at - part->stride_bytes + part->element_bytes - 1;
    const uint64_t next_page = last - last % page + page - self->view_offset;
    return at > next_page ? at : next_page;
}

static uint64_t end_of_element(uint64_t offset_bytes, const run *part, size_t i)
{
    return offset_bytes + i * part->stride_bytes + part->element_bytes;
}

/* What the first `count` elements have taken and got no memory for, page by page. */
static void uncommit_elements(const section *self, uint64_t offset_bytes, const run *part,
                              size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const uint64_t from = first_touched(self, offset_bytes, part, i);
        held_uncommit(self, from, end_of_element(offset_bytes, part, i) - from, part->taken[i]);
    }
}

static section_status commit_elements(const section *self, uint64_t offset_bytes, run *part,
                                      section_error *ret_error)
{
    for (size_t i = 0; i < part->count; i++) {
        const uint64_t from = first_touched(self, offset_bytes, part, i);
        part->taken[i] = 0;
        section_status status =
            held_commit(self, from, end_of_element(offset_bytes, part, i) - from, part->granted,
                        &part->taken[i], ret_error);
        if (status != SECTION_OK) {
            uncommit_elements(self, offset_bytes, part, i);
            return status;
        }
    }
    return SECTION_OK;
}

static section_status commit_run(const section *self, uint64_t offset_bytes, run *part,
                                 section_error *ret_error)
{
    part->taken[0] = 0;
    return has_gaps(self, part) ? commit_elements(self, offset_bytes, part, ret_error)
                                : held_commit(self, offset_bytes, part->span_bytes, part->granted,
                                              &part->taken[0], ret_error);
}

static void uncommit_run(const section *self, uint64_t offset_bytes, const run *part)
{
    if (has_gaps(self, part)) {
        uncommit_elements(self, offset_bytes, part, part->count);
    } else {
        held_uncommit(self, offset_bytes, part->span_bytes, part->taken[0]);
    }
}

/* Under the lock of the object. */
static section_status move_run(section *self, uint64_t offset_bytes, run *part,
                               section_error *ret_error)
{
    if (part->source == NULL) {
        return held_look(self, offset_bytes, part->span_bytes, gather, part, ret_error);
    }
    section_status status = section_check(self, offset_bytes, part->span_bytes, ret_error);
    if (status == SECTION_OK) {
        status = commit_run(self, offset_bytes, part, ret_error);
    }
    if (status != SECTION_OK) {
        return status;
    }
    part->address = self->view + offset_bytes;
    if (self->os.cannot_fault) {
        scatter(part);
        return SECTION_OK;
    }
    status = os_touch(&self->os, part->address, part->span_bytes, true, scatter, part, ret_error);
    if (status != SECTION_OK) {
        uncommit_run(self, offset_bytes, part);
    }
    return status;
}

/* From the first byte of the first element to the last of the last, if that is a number at all. */
static uint64_t span_of(size_t count, size_t element_bytes, uint64_t stride_bytes)
{
    if (count == 0) {
        return 0;
    }
    if (count - 1 > (UINT64_MAX - element_bytes) / stride_bytes) {
        return UINT64_MAX;
    }
    return (count - 1) * stride_bytes + element_bytes;
}

/* How many elements one run takes: their span has at most SECTION_WHOLE_BYTES. */
static size_t run_count(size_t rest, size_t element_bytes, uint64_t stride_bytes)
{
    const size_t most = (size_t)((SECTION_WHOLE_BYTES - element_bytes) / stride_bytes) + 1;
    return rest < most ? rest : most;
}

/* How many elements get memory together, with all pages between them. */
static size_t together(const section *self, const section_elements *elements, size_t rest)
{
    if (elements->stride_bytes < os_page_size()) {
        return rest;
    }
    return self->os.reserve ? run_count(rest, elements->element_bytes, elements->stride_bytes) : 1;
}

/* What all runs will ask for. */
static uint64_t missing_of_all(const section *self, const section_elements *elements)
{
    const run all = {.element_bytes = elements->element_bytes,
                     .stride_bytes = elements->stride_bytes};
    const uint64_t offset = elements->offset_bytes;
    uint64_t missing = 0;
    for (size_t i = 0; i < elements->count;) {
        const size_t next = i + together(self, elements, elements->count - i);
        const uint64_t from = first_touched(self, offset, &all, i);
        missing += section_missing_bytes(self, from, end_of_element(offset, &all, next - 1) - from);
        i = next;
    }
    return missing;
}

/*
 * All elements are checked first, so that a call which must fail moves none. One run asks for its own
 * memory.
 */
static section_status prepare(const section *self, const section_elements *elements, bool writes,
                              uint64_t *ret_granted_bytes, section_error *ret_error)
{
    const size_t size = elements->element_bytes;
    const uint64_t stride = elements->stride_bytes;
    const bool asks = writes && self->commit != NULL &&
                      run_count(elements->count, size, stride) < elements->count;
    section_status status = section_check(self, elements->offset_bytes,
                                          span_of(elements->count, size, stride), ret_error);
    return status == SECTION_OK ? held_grant(self, asks ? missing_of_all(self, elements) : 0,
                                             ret_granted_bytes, ret_error)
                                : status;
}

static section_status move_elements(section *self, const section_elements *elements,
                                    uint8_t *target, const uint8_t *source,
                                    section_error *ret_error)
{
    const size_t size = elements->element_bytes;
    const uint64_t stride = elements->stride_bytes;
    uint64_t granted = 0;
    section_status status = prepare(self, elements, source != NULL, &granted, ret_error);
    for (size_t done = 0; status == SECTION_OK && done < elements->count;) {
        const uint64_t offset = elements->offset_bytes + done * stride;
        run part = {.element_bytes = size,
                    .stride_bytes = stride,
                    .count = run_count(elements->count - done, size, stride),
                    .target = target != NULL ? target + done * size : NULL,
                    .source = source != NULL ? source + done * size : NULL,
                    .granted = &granted};
        part.span_bytes = (size_t)span_of(part.count, size, stride);
        lock_take(self->lock);
        status = move_run(self, offset, &part, ret_error);
        lock_give(self->lock);
        done += part.count;
    }
    held_give_back(self, granted);
    return status;
}

section_status section_read_elements(section *self, const section_elements *elements,
                                     void *ret_bytes, section_error *ret_error)
{
    return move_elements(self, elements, ret_bytes, NULL, ret_error);
}

section_status section_write_elements(section *self, const section_elements *elements,
                                      const void *bytes, section_error *ret_error)
{
    section_status status = held_check_writable(self, ret_error);
    return status == SECTION_OK ? move_elements(self, elements, NULL, bytes, ret_error) : status;
}
