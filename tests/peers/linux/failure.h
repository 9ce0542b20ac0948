/* How the Linux files of the peer report what the OS refused. */
#ifndef PEER_LINUX_FAILURE_H
#define PEER_LINUX_FAILURE_H

#include "../peer.h"

/* Takes errno, so it is called before any clean-up. Always false. */
bool fail(failure *why, const char *call);

/* An object around a descriptor, nothing mapped yet. */
peer_object object_of(int descriptor);

#endif
