/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The contract between the kernel side and user space.
 *
 * Everything here is a fact that the kernel showed; what it means is decided in
 * user space. Integers are in host byte order unless the name ends in _be, times
 * are nanoseconds of CLOCK_MONOTONIC, errors are negative errnos as the kernel
 * returns them, and addresses are in network byte order.
 *
 * An attempt is named by the pair (socket, id): `id` is the time at which the
 * attempt began, and one socket cannot begin two attempts in one nanosecond.
 */
#ifndef CONNWHY_EVENT_H
#define CONNWHY_EVENT_H

#include "attempt.h"

enum event_type {
	EVENT_END = 1,         /* struct attempt: the record that ends an attempt */
	EVENT_RETRY,           /* struct step_event, .retry */
	EVENT_ICMP,            /* struct step_event, .icmp */
	EVENT_DROP,            /* struct step_event, .drop; attempt may be unknown */
	EVENT_RST_SENT,        /* struct step_event, .segment: what made us send it */
	EVENT_RST_IGNORED,     /* struct step_event, .segment */
	EVENT_RST_ESTABLISHED, /* struct step_event, .reset: after the handshake */
	EVENT_INTERRUPTED,     /* struct step_event, .interrupted */
	EVENT_NO_LISTENER,     /* struct step_event, .drop: NAT sent a SYN back to this host */
	EVENT_NAT_RESET,       /* struct step_event, .drop: a reset that NAT lets through */
	/* Made by user space, which asked the kernel on a rare path. */
	EVENT_ROUTE,       /* struct step_event, .route */
	EVENT_LISTENER,    /* struct step_event, .listener */
	EVENT_PORTS,       /* struct step_event, .ports */
	EVENT_SCHEDULE,    /* struct step_event, .schedule */
	EVENT_KEPT,        /* struct step_event, .kept */
	EVENT_PEER,        /* struct step_event, .peer */
	EVENT_NEXT_HOP,    /* struct step_event, .next_hop */
	EVENT_TRANSLATION, /* struct step_event, .translation */
	EVENT_LOST,        /* struct step_event of no attempt: up to .at_ns, attempts were lost */
	EVENT_SKIPPED,     /* struct step_event of no attempt: up to .at_ns, hooks were skipped */
	EVENT_OMITTED,     /* struct step_event of no attempt: up to .at_ns, drops were not told */
	EVENT_MAX,
};

/* @error: what sending it gave: 0, a negative errno, or a positive NET_XMIT_* code */
struct step_retry {
	__s32 error;
	__u32 retransmits;
};

/*
 * @version: 4 or 6
 * @hard:    1 ended the attempt, 0 kept as the soft error
 * @error:   the errno that the kernel maps it to, positive
 * @from:    sender, family 0 where unknown
 */
struct step_icmp {
	__u8 version;
	__u8 type;
	__u8 code;
	__u8 hard;
	__u8 ttl;
	__u8 pad[3];
	__s32 error;
	struct endpoint from;
};

enum drop_direction { DROP_OUT, DROP_IN };

/*
 * What a NAT makes of the addresses that the socket has.
 *
 * @peer, @local: family 0 where it is the socket's own
 */
struct translation {
	struct endpoint peer;
	struct endpoint local;
};

/*
 * @location:  kernel address that freed the packet
 * @reason:    enum skb_drop_reason of this kernel, 0 where it has none
 * @direction: enum drop_direction
 * @flags:     TCP flags of the packet
 * @unsent:    the socket had no segment accepted by IP at that time
 * @isn:       sequence number of the SYN that this is or answers, 0 where it tells none
 * @from, @to: as in the packet, but before any translation that its connection tracking knows
 * @netns:     namespace of the packet's device, 0 unknown
 * @via:       the translation that the connection tracking of that namespace makes
 */
struct step_drop {
	__u64 location;
	__u32 reason;
	__u32 netns;
	__u8 direction;
	__u8 flags;
	__u8 unsent;
	__u8 pad;
	__u32 isn;
	struct endpoint from;
	struct endpoint to;
	struct translation via;
};

/*
 * @received: bytes that the connection had received; @attempt follows as its own END
 * @closed:   the peer had closed its side
 */
struct step_reset {
	__u64 received;
	__u64 established_ns;
	__u64 closed;
};

struct step_interrupted {
	__s32 ret;
	__u32 pad;
};

enum link_flags {
	LINK_KNOWN = 1 << 0,     /* the others say something */
	LINK_UP = 1 << 1,        /* set up by the administrator */
	LINK_RUNNING = 1 << 2,   /* with carrier, and what is below it works */
	LINK_TENTATIVE = 1 << 3, /* an address of it is being tested for duplicates: not yet used */
	LINK_DUPLICATE = 1 << 4, /* another host has an address of it */
};

enum ipsec {
	IPSEC_NONE,    /* no policy, or one that lets it pass as it is */
	IPSEC_BLOCK,   /* it must not leave */
	IPSEC_PROTECT, /* it leaves by a state (SA) alone */
};

/*
 * The route to the peer as RTM_GETROUTE gave it in the socket's namespace.
 *
 * @error:     0, or why it could not be told (positive errno)
 * @type:      RTN_*; 0 where there is none
 * @by_source: it is no usable one, but there is one for packets from another source address
 * @neighbour: NUD_* of the next hop, 0 where it was not told
 * @next_hop:  the gateway, or the peer itself
 * @ifindex:   the device of the route, 0 unknown
 * @link:      enum link_flags of that device
 * @ipsec:     enum ipsec: the IPsec policy that covers such packets
 */
struct step_route {
	__s32 error;
	__u32 type;
	__u32 by_source;
	__u32 neighbour;
	struct endpoint next_hop;
	__u32 ifindex;
	__u32 link;
	__u32 ipsec;
};

/* The listener on this host: its accept queue and the limit of it. */
struct step_listener {
	__u32 queued;
	__u32 limit;
};

/* Ephemeral ports: the range, and how many of it were in use to that peer. */
struct step_ports {
	__u32 low;
	__u32 high;
	__u32 used;
};

/*
 * How the kernel goes on trying in that network namespace: net.ipv4 sysctls.
 *
 * @syn_retries:         tcp_syn_retries
 * @syn_linear_timeouts: tcp_syn_linear_timeouts, -1 where the kernel has none (before 6.5)
 * @rto_max_ms:          TCP_RTO_MAX_MS of the socket, 0 where the kernel has none (before 6.15)
 */
struct step_schedule {
	__s32 syn_retries;
	__s32 syn_linear_timeouts;
	__u32 rto_max_ms;
};

/*
 * Successes to the peer of an attempt that a filter kept in the kernel.
 *
 * @last_ns, @successes: of its address and port, since the tracer began; 0 none
 * @other_ns, @other_port: the last of that address and another port
 * @forgotten_ns: what is older may be forgotten
 */
struct step_kept {
	__u64 last_ns;
	__u64 other_ns;
	__u64 forgotten_ns;
	__u32 successes;
	__u16 other_port;
	__u16 pad;
};

/*
 * What the kernel of that namespace knows of the peer's address.
 *
 * @socket_ns, @socket_port: when a segment from it last came to another socket, and the port that
 *                           it came from; 0 none
 * @metrics_ns, @rtt_us:     when a connection with it last ended that had had answers, and its
 *                           round trip; 0 none
 * @sockets_known:           its sockets were all looked at
 */
struct step_peer {
	__u64 socket_ns;
	__u64 metrics_ns;
	__u32 rtt_us;
	__u16 socket_port;
	__u8 sockets_known;
	__u8 pad;
};

enum translated_by { TRANSLATED_BY_CONNTRACK, TRANSLATED_BY_IPVS, TRANSLATED_BY_MAX };

/*
 * What this host's NAT makes of an attempt's addresses, asked in the socket's namespace.
 *
 * @by:       enum translated_by
 * @serverless: IPVS has the peer's address as a virtual service, and no server for it
 */
struct step_translation {
	struct translation via;
	__u32 by;
	__u32 serverless;
};

/*
 * The gateway to the peer, and whether other peers behind it answer now.
 *
 * @answering: how many of those that were looked at were heard in the last minute
 */
struct step_next_hop {
	struct endpoint gateway;
	__u32 ifindex;
	__u32 answering;
};

struct step_event {
	struct event_header header;
	union {
		struct step_retry retry;
		struct step_icmp icmp;
		struct step_drop drop;
		struct segment segment;
		struct step_reset reset;
		struct step_interrupted interrupted;
		struct step_route route;
		struct step_listener listener;
		struct step_ports ports;
		struct step_schedule schedule;
		struct step_kept kept;
		struct step_peer peer;
		struct step_next_hop next_hop;
		struct step_translation translation;
		__u64 space[13];
	};
};

static_assert(sizeof(struct step_drop) == 104, "step_drop");
static_assert(sizeof(struct step_event) == 136, "step_event");

#endif
