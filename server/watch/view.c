#include "watch/view.h"

#include <stdlib.h>
#include <string.h>

view_text *view_text_new(const char *kind, const char *bytes, size_t length_bytes)
{
    view_text *self = malloc(sizeof *self + length_bytes);
    if (self != NULL) {
        atomic_init(&self->references, 1);
        self->kind = kind;
        self->length_bytes = length_bytes;
        memcpy(self->bytes, bytes, length_bytes);
    }
    return self;
}

view_text *view_text_ref(view_text *self)
{
    atomic_fetch_add_explicit(&self->references, 1, memory_order_relaxed);
    return self;
}

void view_text_unref(view_text *self)
{
    if (self != NULL &&
        atomic_fetch_sub_explicit(&self->references, 1, memory_order_acq_rel) == 1) {
        free(self);
    }
}

watch_view *watch_view_ref(watch_view *self)
{
    if (self != NULL) {
        atomic_fetch_add(&self->references, 1);
    }
    return self;
}

void watch_view_unref(watch_view *self)
{
    if (self != NULL && atomic_fetch_sub(&self->references, 1) == 1) {
        self->release(self);
    }
}
