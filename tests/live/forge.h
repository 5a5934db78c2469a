/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A forger on the client's link, where the router is: it sees each segment that the client sends,
 * and answers with packets that no router and no server would make.
 *
 * It is a process of its own, in the router's namespace, with a packet socket: what it sends passes
 * neither the router's rules nor its own TCP, and each field is what the test says. The router has
 * to keep the client's SYN from the server: .port = PORT_PER_VARIANT with FORGED_SILENCE.
 */
#ifndef CONNWHY_LIVE_FORGE_H
#define CONNWHY_LIVE_FORGE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "live.h"

#define FORGED_TTL 99
#define FORGED_SILENCE "forward tcp dport 2000-3999 drop"
#define FRAME_SIZE 512

enum { SEGMENT_FIN = 1, SEGMENT_SYN = 2, SEGMENT_RST = 4, SEGMENT_ACK = 16 };

/*
 * @frame, @size: the last segment of the client that was awaited, with its Ethernet header
 * @seq:          its sequence number
 */
struct forger {
	struct variant *v;
	int fd;
	uint8_t frame[FRAME_SIZE];
	size_t size;
	uint32_t seq;
};

/*
 * A segment from the peer. Numbers are as a peer would have them that has sent its SYN with
 * FORGED_SEQ; @ack_shift is added to the number that would acknowledge the client's SYN.
 *
 * @ttl:   0 is FORGED_TTL
 * @tsecr: the echo of a timestamp that the client never sent, 0 for no such option
 */
struct forged_segment {
	uint8_t flags, ttl;
	uint32_t ack_shift, tsecr;
};

/* Starts v->test->forge() beside the client, and returns once it sees what the client sends. */
pid_t forger_start(struct variant *v);
void forger_stop(struct variant *v, pid_t pid);

/* client_connect() with the forger beside it. */
void client_meets_forger(struct variant *v);

/* The next segment from the client to its peer that has all of these flags. */
void forger_await(struct forger *f, uint8_t flags);

/* An ICMP error about that segment, its inner sequence number shifted; from the router. */
void forger_icmp(struct forger *f, const struct forged_icmp *icmp);
void forger_segment(struct forger *f, const struct forged_segment *segment);

#endif
