#include "base/budget.h"

#include "base/share.h"

bool budget_take(budget *self, bool is_admin, uint64_t bytes)
{
    const uint64_t most = share_most(self->most, is_admin);
    uint64_t used = atomic_load_explicit(&self->used, memory_order_relaxed);
    do {
        if (used > most || bytes > most - used) {
            return false;
        }
    } while (!atomic_compare_exchange_weak_explicit(&self->used, &used, used + bytes,
                                                    memory_order_relaxed, memory_order_relaxed));
    return true;
}

void budget_give(budget *self, uint64_t bytes)
{
    if (bytes > 0) {
        atomic_fetch_sub_explicit(&self->used, bytes, memory_order_relaxed);
    }
}
