#include <section/naming.h>
#include <stdlib.h>

#include "base/platform.h"
#include "watch/private.h"

/*
 * The OS does not notify when a name is removed or given to another object, so names are polled.
 * Each poll checks a limited number of them, so the cost does not grow with the number of watched
 * sections; each is checked less often instead.
 */
enum { LOOK_US = 250000, LOOKS_MOST = 64 };

/** The result of checking one of them. */
typedef struct look {
    watched_name *name;
    bool for_newcomers;
    bool is_orphaned;
    bool is_lost;
} look;

static watched_name *find(const watch_hub *hub, const entry *source)
{
    watched_name *found;
    HASH_FIND(hh, hub->names, &source, sizeof source, found);
    return found;
}

bool names_join(watch_hub *hub, watch_range *range, watched_object *object)
{
    if (!section_can_be_orphaned(range->source->section)) {
        return true;
    }
    watched_name *name = find(hub, range->source);
    if (name == NULL) {
        name = calloc(1, sizeof *name);
        if (name == NULL) {
            return false;
        }
        name->source = range->source;
        name->object = object;
        HASH_ADD(hh, hub->names, source, sizeof name->source, name);
        if (name->hh.tbl == NULL) {
            free(name);
            return false;
        }
        if (HASH_COUNT(hub->names) <= LOOKS_MOST) {
            hub->look_at_us = INT64_MIN; /* the next look is at all of them */
        }
    }
    name->range_count++;
    range->name = name;
    return true;
}

void names_add_watcher(watch_hub *hub, watcher *newcomer)
{
    newcomer->first_look = hub->looks + 1;
    if (newcomer->range->name != NULL) {
        newcomer->range->name->has_newcomers = true;
    }
}

const watched_name *names_looked_at(const watcher *self)
{
    const watched_name *name = self->range != NULL ? self->range->name : NULL;
    return name != NULL && name->looked >= self->first_look ? name : NULL;
}

void names_leave(watch_hub *hub, watch_range *range)
{
    watched_name *name = range->name;
    range->name = NULL;
    if (name == NULL || --name->range_count > 0) {
        return;
    }
    if (hub->next_name == name) {
        hub->next_name = name->hh.next;
    }
    HASH_DEL(hub->names, name);
    free(name);
}

/* Selects the next names to check: each once, in the order in which they came. */
static unsigned take_turns(watch_hub *hub, look ret_looks[LOOKS_MOST])
{
    const unsigned names = HASH_COUNT(hub->names);
    const unsigned count = names < LOOKS_MOST ? names : LOOKS_MOST;
    for (unsigned i = 0; i < count; i++) {
        watched_name *name = hub->next_name != NULL ? hub->next_name : hub->names;
        ret_looks[i] = (look){.name = name, .for_newcomers = name->has_newcomers};
        name->has_newcomers = false;
        hub->next_name = name->hh.next;
    }
    return count;
}

static void tell(const watched_name *name, int64_t now_us, sleeper **woken)
{
    for (watch_range *each = name->object->ranges; each != NULL; each = each->next_of_object) {
        for (watcher *one = each->watchers, *next; one != NULL && each->name == name; one = next) {
            next = one->next; /* it may leave */
            one->on_news(one, now_us, woken);
        }
    }
}

static void publish(const look *found, uint64_t number, int64_t now_us, sleeper **woken)
{
    watched_name *name = found->name;
    const bool is_news = found->is_orphaned && !name->is_orphaned;
    const bool is_lost_now = found->is_lost && !name->is_lost;
    name->looked = number;
    name->is_orphaned = found->is_orphaned;
    name->is_lost = found->is_lost;
    if (is_news) {
        name->losses++;
        name->at_ms = platform_wall_clock_ms();
    }
    if (is_news || is_lost_now || (found->for_newcomers && found->is_orphaned)) {
        tell(name, now_us, woken);
    }
}

int64_t names_look_at_us(const watch_hub *hub)
{
    return hub->names != NULL ? hub->look_at_us : WAKER_NEVER;
}

void names_look(watch_hub *hub, sleeper **woken)
{
    look looks[LOOKS_MOST];
    if (hub->now_us() < names_look_at_us(hub)) {
        return;
    }
    const unsigned count = take_turns(hub, looks);
    const uint64_t number = ++hub->looks;
    hub->look_at_us = INT64_MAX; /* whoever comes meanwhile brings it forward */
    pthread_mutex_unlock(&hub->lock);
    for (unsigned i = 0; i < count; i++) {
        const section *section = looks[i].name->source->section;
        looks[i].is_orphaned = section_is_orphaned(section);
        looks[i].is_lost = looks[i].is_orphaned && !section_name_leads_here(section);
    }
    pthread_mutex_lock(&hub->lock);
    const int64_t now_us = hub->now_us();
    for (unsigned i = 0; i < count; i++) {
        publish(&looks[i], number, now_us, woken);
    }
    if (hub->look_at_us > now_us + LOOK_US) {
        hub->look_at_us = now_us + LOOK_US;
    }
}
