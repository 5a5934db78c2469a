/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What ended attempts told of their peers: a memory of bounded size and age. Pure: no clock, no
 * kernel; what is told of an attempt depends on the order of those before it alone.
 */
#ifndef CONNWHY_PEERS_H
#define CONNWHY_PEERS_H

#include <stddef.h>

#include "record.h"
#include "units.h"

#define PEERS_AGE_NS (3600 * NS_PER_S) /* without an attempt for so long, one is forgotten */
#define PEERS_HOSTS 4096
#define PEERS_PORTS 8 /* of one address; another takes the place of the one longest unused */

struct peers;

struct peers *peers_new(void);

/* Takes in an attempt that was established. */
void peers_success(struct peers *peers, const struct attempt *attempt);

/* Up to then, successes may have been that are not known of. */
void peers_lost(struct peers *peers, uint64_t at_ns);

/* What the attempts before this one told of its peer. */
void peers_view(struct peers *peers, const struct attempt *attempt, struct peer *peer);

/* Adds those that were kept in the kernel. */
void peer_add_kept(struct peer *peer, const struct attempt *attempt, const struct step_kept *kept);

/* Adds what the kernel knows by other sockets. */
void peer_add_told(struct peer *peer, const struct attempt *attempt, const struct step_peer *told);

/* Adds the gateway, and what other hosts behind it told. */
void peers_view_hop(struct peers *peers, const struct attempt *attempt,
                    const struct step_next_hop *next_hop, struct peer *peer);

/* Hosts of a network namespace that were heard since then, `size` at most. Returns how many. */
size_t peers_answering(const struct peers *peers, uint32_t netns, uint64_t since_ns,
                       struct endpoint *hosts, size_t size);

/* Takes in an attempt without success: what peers_view() gave, with what that attempt added. */
void peers_learn(struct peers *peers, const struct attempt *attempt, const struct peer *peer);

void peers_free(struct peers *peers);

#endif
