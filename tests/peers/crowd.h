/* Many objects at once, without a slot each. */
#ifndef PEER_CROWD_H
#define PEER_CROWD_H

#include "peer.h"

/*
 * Adds so many objects of a kind: section (anonymous, of 4096 bytes), event, pipe, blocked-pipe (a
 * thread of ours waits for what never comes), or file, which opens `path` again and again. False where the OS refuses, with those made
 * so far still there.
 */
bool crowd_add(const char *kind, uint64_t count, const char *path, failure *why);

/* Closes all of them. */
void crowd_disperse(void);

#endif
