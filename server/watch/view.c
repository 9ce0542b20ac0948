#include "watch/view.h"

#include <stddef.h>

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
