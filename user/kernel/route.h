/* SPDX-License-Identifier: GPL-2.0-only */
/* Asks the kernel for the route to a peer as it chose it for the socket: rtnetlink(7). */
#ifndef CONNWHY_ROUTE_H
#define CONNWHY_ROUTE_H

#include <stdbool.h>
#include <stdint.h>

#include "event.h"

/*
 * The route of the attempt's packets and the state of its next hop, in the namespace of the calling
 * thread. What could not be told is 0 in the answer.
 */
void route_ask(const struct attempt *attempt, struct step_route *answer);

/*
 * The gateway on the way to the peer. 0, -ENOENT where there is none between, or -errno where there
 * is no way.
 */
int route_gateway(const struct attempt *attempt, struct endpoint *gateway, uint32_t *ifindex);

/* The peer is this host. */
bool route_is_local(const struct attempt *attempt);

#endif
