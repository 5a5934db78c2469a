/* SPDX-License-Identifier: GPL-2.0-only */
/* The facts of one record, read once, in the terms that the rules of rules.c ask for. */
#ifndef CONNWHY_EVIDENCE_H
#define CONNWHY_EVIDENCE_H

#include <stdbool.h>
#include <stdint.h>

#include "ending.h"

/* linux/rtnetlink.h, which would bring a struct of its own for many a name */
enum route_type {
	ROUTE_UNKNOWN,
	ROUTE_UNICAST = 1,
	ROUTE_BROADCAST = 3,
	ROUTE_BLACKHOLE = 6,
	ROUTE_UNREACHABLE = 7,
	ROUTE_PROHIBIT = 8,
	ROUTE_THROW = 9,
	ROUTE_NONE = 256,
};

/* Why the addresses of the call cannot work, whatever the route. */
enum misfit {
	MISFIT_NONE,
	MISFIT_MULTICAST,       /* or the broadcast address of every network */
	MISFIT_BROADCAST,       /* that of a network of this host */
	MISFIT_V6ONLY,          /* IPv4-mapped, on a socket that has IPV6_V6ONLY */
	MISFIT_LOOPBACK_SOURCE, /* bound to loopback, and the peer is elsewhere */
};

/*
 * @end:         how it ended, and with which errno
 * @syn_sent:    SYNs handed to IP, -1 where unknown
 * @put_off:     connect() returned 0 and sent nothing: Fast Open waits for the first write
 * @silent:      somebody on this host, or the end of the tracer, ended it before an answer
 * @held:        the SYN still waits on this host: in a queue, or for its next hop
 * @silent_next_hop: it does not answer ARP or neighbour discovery
 * @waits_for_next_hop: that alone keeps the SYN
 * @fixed_next_hop: its link address was set by hand
 * @passed_over: a stack that received the SYN found it addressed to the link address of another
 * @link_assumed: bound to a device that has no route to the peer, which is asked for there itself
 * @loopback_source: from where no other host can answer, and the peer is another one
 * @rst:         a reset was accepted
 * @icmp:        the ICMP error that gave the errno, or was seen before somebody gave up; NULL for
 *               none
 * @route:       the kind of route that the kernel tells of
 * @by_source:   there is none of use, but one for packets from another source address
 * @neighbour_drop: ARP or neighbour discovery failed for a packet of this attempt
 * @filter_drop: the drop by a firewall that comes with the RST, the ICMP error or the soft error
 * @out_drop, @in_drop: the last packet that this host dropped, each way
 * @n_in_resets, @n_in_syn_acks: of the replies that it dropped
 * @n_hurried:   of the retries, those that no time-out made
 * @node_drop:   the last packet that another network namespace of this kernel dropped
 * @failed_retry, @retry: the last retry that the output path refused, and took
 * @back:        the last segment that came back without being an answer
 */
struct evidence {
	const struct record *record;
	struct ending end;
	enum route_type route;
	enum misfit misfit;
	bool by_source;
	int syn_sent;
	bool put_off, silent, rst;
	bool held, silent_next_hop, waits_for_next_hop, loopback_source;
	bool fixed_next_hop, passed_over, link_assumed;
	const struct step *icmp;
	const struct step *neighbour_drop, *filter_drop, *out_drop, *in_drop, *node_drop;
	const struct step *failed_retry, *retry, *back;
	unsigned int n_retries, n_hurried, n_failed_retries, n_out_drops, n_in_drops, n_node_drops;
	unsigned int n_in_resets, n_in_syn_acks;
	bool stale_peer_state;
	const struct step_listener *full_listener;
};

/* The program has closed others at this age: a time-out, however short. */
bool evidence_is_habit(const struct evidence *evidence);

/* Who closes as late as that has waited for an answer for as long as it wanted to. */
bool evidence_is_time_out(const struct evidence *evidence);

/* The part of it that the answers of the kernel behind a silent end tell: for evidence_read(). */
void evidence_read_local(struct evidence *evidence);

void evidence_read(struct evidence *evidence, const struct record *record);

#endif
