#include "slots.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SLOT_COUNT = 256 };

void reply_failure(const failure *why)
{
    printf("error %s %lu %s\n", why->call, why->number, why->text);
}

void reply_usage(const char *text)
{
    printf("error usage 0 %s\n", text);
}

bool parse_number(const char *text, uint64_t *ret_number)
{
    char *end;
    if (text[0] < '0' || text[0] > '9')
        return false;
    *ret_number = strtoull(text, &end, 0);
    return *end == '\0';
}

static peer_slot slots[SLOT_COUNT];

peer_slot *slot_find(const char *name)
{
    for (size_t i = 0; i < SLOT_COUNT; i++)
        if (slots[i].name[0] && strcmp(slots[i].name, name) == 0)
            return &slots[i];
    return NULL;
}

void slot_close(peer_slot *slot)
{
    object_close(&slot->object);
    slot->name[0] = '\0';
}

void slots_close_all(void)
{
    for (size_t i = 0; i < SLOT_COUNT; i++)
        if (slots[i].name[0])
            slot_close(&slots[i]);
}

peer_slot *slot_claim(const char *name)
{
    if (!name[0] || strlen(name) >= SLOT_NAME_BYTES) {
        reply_usage("a slot is a word of 1 to 31 characters");
        return NULL;
    }
    if (slot_find(name)) {
        reply_usage("the slot is taken");
        return NULL;
    }
    for (size_t i = 0; i < SLOT_COUNT; i++)
        if (!slots[i].name[0])
            return &slots[i];
    reply_usage("all slots are taken");
    return NULL;
}

void slot_fill(peer_slot *slot, const char *name, const peer_object *made)
{
    snprintf(slot->name, sizeof slot->name, "%s", name);
    slot->object = *made;
    printf("ok handle=0x%" PRIx64, made->handle);
    if (made->base)
        printf(" size=%" PRIu64 " created=%d", made->size_bytes, made->created);
    printf("\n");
}

uint8_t *slot_bytes(const char *slot_name, const char *offset_text, uint64_t length,
                    uint64_t *ret_rest)
{
    peer_slot *slot = slot_find(slot_name);
    uint64_t offset;
    if (!slot || !slot->object.base) {
        reply_usage("the slot holds no section");
        return NULL;
    }
    if (!parse_number(offset_text, &offset)) {
        reply_usage("the offset is not a number");
        return NULL;
    }
    if (offset > slot->object.size_bytes || length > slot->object.size_bytes - offset) {
        reply_usage("the range is outside the view");
        return NULL;
    }
    if (ret_rest)
        *ret_rest = slot->object.size_bytes - offset;
    return slot->object.base + offset;
}
