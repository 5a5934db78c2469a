/* SPDX-License-Identifier: GPL-2.0-only */
/* What this host knows of the peer of one attempt, without having sent anything for it. */
#ifndef CONNWHY_PEER_H
#define CONNWHY_PEER_H

#include <stdbool.h>
#include <stdint.h>

#include "config.h"
#include "event.h"

#define PEER_PROGRAMS_MAX 16

enum answer_how { ANSWER_NONE, ANSWER_ATTEMPT, ANSWER_SOCKET, ANSWER_METRICS, ANSWER_MAX };

/*
 * A sign of life.
 *
 * @at_ns: when it came
 * @how:   in another attempt, on another socket, or in what the kernel keeps of ended connections
 * @port:  the peer's, 0 unknown
 */
struct answer {
	uint64_t at_ns;
	enum answer_how how;
	uint16_t port;
};

/*
 * Attempts to one address that nothing answered, whatever the port.
 *
 * @since_ns: the first of them began, or the last sign of life before it
 * @programs: hashes of the names of those that made them
 */
struct silence {
	uint64_t since_ns;
	uint32_t attempts, n_programs;
	uint32_t programs[PEER_PROGRAMS_MAX];
};

/*
 * The gateway on the way to the peer; gateway.family 0 where there is none or it is not known.
 *
 * @answering: other peers behind it that were heard in the last minute
 * @silent, @since_ns: hosts behind it, beside this peer, that gave no answer since then
 */
struct peer_hop {
	struct endpoint gateway;
	uint32_t ifindex, answering, silent;
	uint64_t since_ns;
};

/*
 * @failing_since_ns: when the first of the failures began, 0 for none
 * @last_success_ns:  0 for none
 * @failures:  attempts to the address and port that failed since its last success
 * @successes: before that, one after another
 * @alive:     the newest sign of life of the address
 * @other:     the newest one that came from another port
 * @kept_seen: of the successes that a filter kept in the kernel, those that are known of
 * @sockets_known: the other sockets to the address were looked at
 * @answered_ns: this attempt's own sign of life, 0 for none
 */
struct peer {
	uint64_t failing_since_ns, last_success_ns, answered_ns;
	uint32_t failures, successes, kept_seen;
	struct answer alive, other;
	struct silence silence;
	struct peer_hop hop;
	bool sockets_known;
};

#endif
