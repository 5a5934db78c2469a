/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What user space asks the kernel on a rare path, in the socket's namespace. Answers come back as
 * events, so that they are kept with the others.
 */
#ifndef CONNWHY_ASK_H
#define CONNWHY_ASK_H

#include "record.h"

/* The route to the peer: what explains a synchronous failure. Returns 0 or -errno. */
int ask_route(const struct attempt *attempt, struct step_event *answer);

/* The accept queue of the listener that the SYN goes to. -ENOENT where none is on this host. */
int ask_listener(const struct attempt *attempt, struct step_event *answer);

/* The range of ephemeral ports, and how many sockets to that peer use one of it. */
int ask_ports(const struct attempt *attempt, struct step_event *answer);

/* The sysctls that say how long the kernel would go on. */
int ask_schedule(const struct attempt *attempt, struct step_event *answer);

#endif
