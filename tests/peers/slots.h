/* The places that commands put objects in, and the replies that commands share. */
#ifndef PEER_SLOTS_H
#define PEER_SLOTS_H

#include "peer.h"

enum { SLOT_NAME_BYTES = 32 };

typedef struct peer_slot {
    char name[SLOT_NAME_BYTES]; /* empty: free */
    peer_object object;
} peer_slot;

void reply_failure(const failure *why);
void reply_usage(const char *text);

/* Decimal, 0x hexadecimal or 0 octal, and nothing after it. */
bool parse_number(const char *text, uint64_t *ret_number);

/* NULL where no slot has that name. */
peer_slot *slot_find(const char *name);

/* A free slot for a new object; NULL, with the reply given, where there is none to have. */
peer_slot *slot_claim(const char *name);

/* Fills a claimed slot and says what is in it. */
void slot_fill(peer_slot *slot, const char *name, const peer_object *made);

void slot_close(peer_slot *slot);
void slots_close_all(void);

/* The bytes of a section from an offset on, after checking that `length` of them lie in the view;
 * NULL with the reply given. `ret_rest`, where not NULL, is how many there are in all. */
uint8_t *slot_bytes(const char *slot_name, const char *offset_text, uint64_t length,
                    uint64_t *ret_rest);

#endif
