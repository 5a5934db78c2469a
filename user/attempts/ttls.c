// SPDX-License-Identifier: GPL-2.0-only
#include "ttls.h"

#include "endpoint.h"

/* A host answers with one TTL, whatever the port. */
static unsigned int slot_of(const struct attempt *attempt)
{
	return endpoint_hash_address(&attempt->remote) % TTLS_KEPT;
}

void ttls_note(struct ttls *ttls, const struct attempt *attempt)
{
	unsigned int slot;

	if (!attempt->synack_ttl)
		return;
	slot = slot_of(attempt);
	ttls->kept[slot].peer = attempt->remote;
	ttls->kept[slot].netns = attempt->netns;
	ttls->kept[slot].ttl = attempt->synack_ttl;
}

uint8_t ttls_usual(const struct ttls *ttls, const struct attempt *attempt)
{
	unsigned int slot = slot_of(attempt);

	return ttls->kept[slot].netns == attempt->netns &&
	                       endpoint_same_address(&ttls->kept[slot].peer, &attempt->remote)
	               ? ttls->kept[slot].ttl
	               : 0;
}
