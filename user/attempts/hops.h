/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which hosts behind a gateway gave no answer, one after another: where all are silent, it is not
 * the one host. A memory of bounded size and age. Pure.
 */
#ifndef CONNWHY_HOPS_H
#define CONNWHY_HOPS_H

#include "event.h"
#include "peer.h"
#include "units.h"

#define HOPS 32
#define HOP_HOSTS 64                /* more than so many are not counted */
#define HOP_AGE_NS (600 * NS_PER_S) /* a host that was not tried for so long is forgotten */

/* @hosts: that were silent since the gateway was last heard to lead somewhere; @key: 0 for none */
struct hop {
	struct endpoint gateway;
	uint32_t netns, ifindex;
	uint64_t touched_ns;
	struct {
		uint64_t key, since_ns, last_ns;
	} hosts[HOP_HOSTS];
};

struct hops {
	struct hop hops[HOPS];
};

/* What is known of the gateway in peer->hop, beside that host. @key: of the host, not 0 */
void hops_view(const struct hops *hops, uint32_t netns, uint64_t key, uint64_t now_ns,
               struct peer_hop *hop);

/*
 * An attempt to that host found nothing (`silence`), or that the gateway leads to somebody who
 * answers (NULL). Returns the number of the gateway, from 1, for hops_answered().
 */
unsigned int hops_learn(struct hops *hops, uint32_t netns, uint64_t key, uint64_t now_ns,
                        const struct peer_hop *hop, const struct silence *silence);

/* A host behind it answered. */
void hops_answered(struct hops *hops, unsigned int number);

#endif
