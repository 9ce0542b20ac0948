#include "api/private.h"

/* The one budget for the bytes of bodies and answers (--max-buffer-bytes). */

/*
 * Bytes that each connection may use without the budget: room for a small body and a small answer.
 * So errors and metadata can be answered even when the budget is used up.
 */
enum { UNBUDGETED_BYTES = 4096 };

static bool is_admin(const run *self)
{
    return self->caller->role >= ROLE_ADMIN;
}

/* `bytes + length * factor`, or the most that there is. */
uint64_t run_add_bounded(uint64_t bytes, uint64_t length, unsigned factor)
{
    return factor > 0 && length > (UINT64_MAX - bytes) / factor ? UINT64_MAX
                                                                : bytes + length * factor;
}

uint64_t run_add_items(uint64_t bytes, uint64_t length, uint64_t item_bytes, unsigned per_item)
{
    return run_add_bounded(bytes, item_bytes > 1 ? length / item_bytes + 1 : length, per_item);
}

section_status run_reserve_for(run *self, uint64_t bytes, section_error *ret_error)
{
    if (bytes <= UNBUDGETED_BYTES - self->unbudgeted_bytes) {
        self->unbudgeted_bytes += (unsigned)bytes;
        return SECTION_OK;
    }
    if (!budget_take(&self->server->budget, is_admin(self), bytes)) {
        return section_fail(
            ret_error, SECTION_QUOTA,
            "%llu bytes are wanted for this; all bodies and answers together may take %llu "
            "(--max-buffer-bytes). Ask for less at once, or later",
            (unsigned long long)bytes, (unsigned long long)self->server->budget.most);
    }
    self->reserved_bytes += bytes;
    return SECTION_OK;
}

/* Before a body is read, or an answer made. */
section_status run_reserve(run *self, uint64_t bytes)
{
    return run_reserve_for(self, bytes, self->error);
}

void run_give_back(run *self)
{
    if (self->reserved_bytes > 0) {
        budget_give(&self->server->budget, self->reserved_bytes);
        self->reserved_bytes = 0;
    }
    self->unbudgeted_bytes = 0;
}

section_status run_reserve_answer(run *self)
{
    uint64_t bytes = run_add_bounded(self->plan.answer_bytes, run_tag_bytes(self), 1);
    for (unsigned i = 0; i < self->call.target_count; i++) {
        const uint64_t length = self->call.targets[i].length_bytes;
        if (length <= SECTION_WHOLE_BYTES || !self->plan.streams) {
            bytes = run_add_items(bytes, length, self->plan.item_bytes, self->plan.answer_per_item);
        } else if (self->plan.answer_per_item > 0 && run_waits_for_disk(self)) {
            bytes = run_add_bounded(bytes, REPLY_PIECE_BYTES, 1);
        }
    }
    return run_reserve(self, bytes);
}

/* An answer that is buffered until it is sent counts; a view or a stream does not. */
void run_settle(run *self)
{
    const reply *reply = self->reply;
    const uint64_t buffered = reply->buffered_bytes;
    if (self->reserved_bytes > buffered) {
        budget_give(&self->server->budget, self->reserved_bytes - buffered);
        self->reserved_bytes = buffered;
    }
}

section_status call_nap(call *call, unsigned milliseconds)
{
    call->nap_ms = milliseconds;
    return SECTION_TORN;
}

section_status call_reserve(call *call, uint64_t bytes, section_error *ret_error)
{
    return run_reserve_for((run *)(void *)call, bytes, ret_error);
}
