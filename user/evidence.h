/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The facts of one record, read once, in the terms that the rules of diagnose.c ask for.
 *
 * Four places can hold the errno of an attempt: the return of the call that fails at once, sk_err
 * at CLOSE, sk_err_soft (read by SO_ERROR while still trying, and taken by the time-out), and what
 * user code did to the socket. evidence_read() tells which one it was.
 */
#ifndef CONNWHY_EVIDENCE_H
#define CONNWHY_EVIDENCE_H

#include <stdbool.h>
#include <stdint.h>

#include "record.h"

enum ending {
	ENDING_UNKNOWN,     /* lost, or the tracer stopped first */
	ENDING_ESTABLISHED, /* the handshake was completed */
	ENDING_CALL,        /* the call itself failed at once */
	ENDING_ERROR,       /* an error ended it while it waited for an answer */
	ENDING_ABORTED,     /* SOCK_DESTROY */
	ENDING_LEFT,        /* closed, shut down or disconnected by this host, with no error */
};

/* linux/rtnetlink.h, which would bring a struct of its own for many a name */
enum route_type {
	ROUTE_UNKNOWN,
	ROUTE_UNICAST = 1,
	ROUTE_BLACKHOLE = 6,
	ROUTE_UNREACHABLE = 7,
	ROUTE_PROHIBIT = 8,
	ROUTE_THROW = 9,
	ROUTE_NONE = 256,
};

/*
 * @error:       positive errno, 0 for none
 * @duration_ns: from the start to what ended it
 * @syn_sent:    SYNs handed to IP, -1 where unknown
 * @soft:        the errno is the soft error of the socket, not a hard one
 * @closed:      the application closed the socket when it could read that errno
 * @put_off:     connect() returned 0 and sent nothing: Fast Open waits for the first write
 * @rst:         a reset was accepted
 * @icmp:        the ICMP error that gave the errno, or was seen before a time-out; NULL for none
 * @neighbour_drop: ARP or neighbour discovery failed for a packet of this attempt
 * @filter_drop: the drop by a firewall that comes with the RST, the ICMP error or the soft error
 * @out_drop, @in_drop: the last packet that this host dropped, each way
 * @failed_retry: the last retry that the output path refused
 * @back:        the last segment that came back without being an answer
 */
struct evidence {
	const struct record *record;
	enum ending ending;
	enum route_type route;
	int error;
	uint64_t duration_ns;
	int syn_sent;
	bool soft, closed, put_off, rst;
	const struct step *icmp;
	const struct step *neighbour_drop, *filter_drop, *out_drop, *in_drop;
	const struct step *failed_retry, *back;
	unsigned int n_retries, n_failed_retries, n_out_drops, n_in_drops;
	bool stale_peer_state;
	const struct step_listener *full_listener;
};

void evidence_read(struct evidence *evidence, const struct record *record);

/* An address of this host, as far as the attempt shows: loopback, or the one it used. */
bool evidence_is_own(const struct record *record, const struct endpoint *endpoint);
bool evidence_is_loopback(const struct endpoint *endpoint);

/* The kernel makes such an errno out of an ICMP error (icmp_err_convert[], icmpv6_err_convert()).
 */
bool evidence_is_icmp_errno(int error);

/* Since the handshake; false where no reset came within the grace, or only behind data. */
bool evidence_early_reset(const struct record *record, uint64_t *after_ns);

#endif
