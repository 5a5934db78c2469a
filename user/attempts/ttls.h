/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The TTL (hop limit) that a peer's SYN-ACKs had when they arrived: a reset with another one may
 * have been made by something between. Pure.
 */
#ifndef CONNWHY_TTLS_H
#define CONNWHY_TTLS_H

#include <stdint.h>

#include "event.h"

#define TTLS_KEPT 256 /* a peer takes the place of another whose address has the same hash */

/* In another namespace the same address can be another host. */
struct ttls {
	struct {
		struct endpoint peer;
		uint32_t netns;
		uint8_t ttl;
	} kept[TTLS_KEPT];
};

void ttls_note(struct ttls *ttls, const struct attempt *attempt);

/* Returns 0 where no SYN-ACK of the attempt's peer was seen. */
uint8_t ttls_usual(const struct ttls *ttls, const struct attempt *attempt);

#endif
