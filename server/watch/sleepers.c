#include <assert.h>

#include "watch/private.h"

void suspension_begin(suspension *self)
{
    suspension_assume(self);
    self->who->suspend(self->who);
}

void suspension_assume(suspension *self)
{
    assert(!self->is_asleep);
    self->is_asleep = true;
}

void suspension_end(suspension *self, sleeper **woken)
{
    if (self->is_asleep) {
        self->is_asleep = false;
        self->who->next = *woken;
        *woken = self->who;
    }
}

void sleepers_wake(sleeper *woken)
{
    while (woken != NULL) {
        sleeper *next = woken->next; /* it may be gone as soon as it is resumed */
        woken->resume(woken);
        woken = next;
    }
}
