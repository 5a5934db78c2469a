/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What user space asks the kernel on a rare path, in the socket's namespace. Answers come back as
 * events, so that they are kept with the others.
 */
#ifndef CONNWHY_ASK_H
#define CONNWHY_ASK_H

#include <stdbool.h>
#include <stddef.h>

#include "record.h"
#include "units.h"

#define NEXT_HOP_RECENT_NS (60 * NS_PER_S) /* who was heard since then answers now */
#define NEXT_HOP_HOSTS 64                  /* other peers that are looked at */

/* States in which the peer has answered: all but CLOSE, SYN_SENT, SYN_RECV and LISTEN. */
#define ASK_ANSWERED_STATES (1u << 1 | 1u << 4 | 1u << 5 | 1u << 6 | 1u << 8 | 1u << 9 | 1u << 11)

struct inet_diag_msg;

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

/*
 * The gateway to the peer, and whether others behind it answer: those whose sockets heard something
 * lately, and @hosts, of whom that is known. -ENOENT where the peer is on this link; another error
 * where it could not be told.
 */
int ask_next_hop(const struct attempt *attempt, const struct endpoint *hosts, size_t n,
                 struct step_event *answer);

/* How long ago a segment of its peer last came to a socket of diag_each_of_peer(), if known. */
bool ask_heard_ms(const struct inet_diag_msg *socket, uint32_t *ms);

/* What a bucket of the kernel side says of the peer. -ENOENT where that is nothing. */
int ask_kept(const struct kept_bucket *bucket, const struct attempt *attempt,
             struct step_event *answer);

#endif
