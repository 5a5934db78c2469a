/* SPDX-License-Identifier: GPL-2.0-only */
/* Which facts a record can hold, by tier and by what the running kernel has. */
#ifndef CONNWHY_LIVE_FACTS_H
#define CONNWHY_LIVE_FACTS_H

#include <stdbool.h>

enum fact {
	FACT_ALWAYS,
	FACT_RETURN,       /* what connect(2) returned */
	FACT_RETURN_OTHER, /* what another call returned: io_uring, Fast Open, 32-bit */
	FACT_EVERY_RETURN, /* and that none of them is missed under load */
	FACT_SYNC,         /* connect(2) that failed before any SYN */
	FACT_SYNC_OTHER,   /* the same by another call */
	FACT_BAD_ADDRESS,  /* connect(2) with an address that cannot be read */
	FACT_SYNC_PEER,    /* where such a call would have gone, if that is not what it asked for */
	FACT_ICMP4,        /* type, code and sender of an ICMP error */
	FACT_ICMP6,
	FACT_MTU,           /* that a router told of a smaller MTU */
	FACT_NEIGHBOUR,     /* that a neighbour did not answer */
	FACT_NEIGHBOUR_NAT, /* ... the same, of an address that NAT sent the SYN to */
	FACT_RST_SEGMENT,   /* sender and TTL of the reset */
	FACT_RST_IGNORED,   /* a reset that the socket did not accept */
	FACT_STALE,         /* an ACK that answered our SYN, and our reset to it */
	FACT_RETRY_FAILED,  /* a retry that this host could not send */
	FACT_DROP_IN,       /* a packet to us that this host dropped */
	FACT_DROP_IN_SYN,   /* the same of a SYN to this host: else its reset is like any other */
	FACT_DROP_OUT,      /* a packet of ours that this host dropped */
	FACT_DROP_REASON,   /* ... and the kernel's word for why */
	FACT_DROP_FUNCTION, /* ... and the function of the kernel that dropped it */
	FACT_NAT_LOOP,      /* that NAT sent a SYN back to this host, where nobody listens */
	FACT_NAT_RESET,     /* what NAT made of the peer that sent a reset */
	FACT_API,           /* by which call the attempt was made */
	FACT_LISTENER,      /* the accept queue of a listener on this host */
	FACT_MAX,
};

/* Fills the table from the kernel. Call once, before any fact is asked for. */
void facts_probe(void);

/* The tier that connwhy said it has: "fentry", "kprobe" or "tracepoint". False for another word. */
bool facts_set_tier(const char *tier);
const char *facts_tier(void);

bool facts_expected(enum fact fact);
const char *facts_name(enum fact fact);

#endif
