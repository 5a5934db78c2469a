/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What user space asks the kernel on a rare path, in the socket's namespace. Answers come back as
 * events, so that they are kept with the others.
 */
#ifndef CONNWHY_ASK_H
#define CONNWHY_ASK_H

#include "record.h"

/* An empty answer of that type about an attempt. */
void ask_start(struct step_event *answer, const struct attempt *attempt, uint32_t type);

/* The route to the peer: what explains a synchronous failure. Returns 0 or -errno. */
int ask_route(const struct attempt *attempt, struct step_event *answer);

/* The accept queue of the listener that the SYN goes to. -ENOENT where none is on this host. */
int ask_listener(const struct attempt *attempt, struct step_event *answer);

/* The range of ephemeral ports, and how many sockets to that peer use one of it. */
int ask_ports(const struct attempt *attempt, struct step_event *answer);

/*
 * What this host's NAT makes of the attempt's addresses; an answer also where that is nothing.
 * Returns 0, or -errno where nobody could be asked.
 */
int ask_translation(const struct attempt *attempt, struct step_event *answer);

/* The sysctls that say how long the kernel would go on. */
int ask_schedule(const struct attempt *attempt, struct step_event *answer);

/*
 * What other sockets of the namespace, and those that were, tell of the peer's address. Costs as
 * much as a walk through all TCP sockets of the host: some milliseconds.
 */
int ask_peer(const struct attempt *attempt, struct step_event *answer);

/* What a bucket of the kernel side says of the peer. -ENOENT where that is nothing. */
int ask_kept(const struct kept_bucket *bucket, const struct attempt *attempt,
             struct step_event *answer);

#endif
