#include "watch/private.h"

/* Heartbeats are all of one interval, so the queue is in the order in which they are due. */

void hub_add_heartbeat(watch_hub *self, heartbeat *beat)
{
    beat->at_us = self->now_us() + HEARTBEAT_US;
    beat->previous = self->last_beat;
    beat->next = NULL;
    if (self->last_beat != NULL) {
        self->last_beat->next = beat;
    } else {
        self->first_beat = beat;
    }
    self->last_beat = beat;
    hub_disturb(self, beat->at_us);
}

void hub_remove_heartbeat(watch_hub *self, heartbeat *beat)
{
    if (beat->previous != NULL) {
        beat->previous->next = beat->next;
    } else {
        self->first_beat = beat->next;
    }
    if (beat->next != NULL) {
        beat->next->previous = beat->previous;
    } else {
        self->last_beat = beat->previous;
    }
}

void hub_beat(watch_hub *self, sleeper **woken)
{
    const int64_t now_us = self->now_us();
    while (self->first_beat != NULL && self->first_beat->at_us <= now_us) {
        heartbeat *due = self->first_beat;
        hub_remove_heartbeat(self, due);
        hub_add_heartbeat(self, due);
        due->on_beat(due, woken);
    }
}
