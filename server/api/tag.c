#include "api/private.h"

/*
 * What the tag of an unsafe method costs. It is made as the answer of the read with the same parameters is,
 * so it is taken from the budget, and placed, as that is.
 */

bool run_is_guarded(const run *self)
{
    return self->request->route->conditions == CONDITIONS_ON_STATE &&
           self->request->headers[HEADER_IF_MATCH] != NULL;
}

/* Of what it is made; a span that does not fit makes none. */
static uint64_t tagged_bytes(const run *self)
{
    uint64_t bytes = 0;
    const plan_tag *tag = &self->plan.tag;
    const call *call = &self->call;
    if (tag->has_span && call->target_count > 0) {
        return plan_fit(&tag->span, call->targets[0].entry->section, &bytes, NULL) == SECTION_OK
                   ? bytes
                   : 0;
    }
    for (unsigned i = 0; i < call->target_count; i++) { /* and what is staged beside it */
        const uint64_t length = call->targets[i].length_bytes;
        bytes += length < SECTION_WHOLE_BYTES ? length : SECTION_WHOLE_BYTES;
    }
    return bytes;
}

uint64_t run_tag_bytes(const run *self)
{
    const plan_tag *tag = &self->plan.tag;
    return run_is_guarded(self) ? run_add_items(tag->bytes, tagged_bytes(self), tag->item_bytes,
                                                tag->per_item > 0 ? tag->per_item : 1)
                                : 0;
}

uint64_t run_tag_cost(const run *self)
{
    const unsigned factor = self->plan.tag.cost_per_byte;
    return run_is_guarded(self) ? run_add_bounded(0, tagged_bytes(self), factor > 0 ? factor : 1)
                                : 0;
}
