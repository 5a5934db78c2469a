/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The data model of user space: one ended attempt with its steps and its verdict.
 *
 * attempts/ fills the facts, verdict/ the verdict, output/ only reads.
 */
#ifndef CONNWHY_RECORD_H
#define CONNWHY_RECORD_H

#include <stdbool.h>
#include <stdint.h>

#include "event.h"
#include "peer.h"

enum step_kind {
	STEP_SYN_SENT,
	STEP_SYN_RETRY,
	STEP_SYN_RETRY_FAILED,
	STEP_RST_RECEIVED,
	STEP_RST_IGNORED,
	STEP_RST_SENT,
	STEP_STALE_PEER_STATE, /* a bare ACK answered our SYN: the peer still knew an old connection
	                        */
	STEP_ICMP_RECEIVED,
	STEP_DROPPED,
	STEP_INTERRUPTED,
	STEP_LISTENER_FULL, /* the listener on this host had a full accept queue */
	STEP_MAX,
};

/*
 * @at_ns: since the start of the attempt
 * @count: how many of its kind it stands for, from then on; 0 and 1 are the same
 * @drop_reason: name of drop.reason on the traced kernel, NULL where unknown
 * @elsewhere: dropped in another network namespace than the socket's
 * @drop_function: kernel function that freed the packet, NULL where unknown
 */
struct step {
	uint64_t at_ns;
	enum step_kind kind;
	uint32_t count;
	union {
		struct step_icmp icmp;
		struct segment segment;
		struct step_retry retry;
		struct step_interrupted interrupted;
		struct step_listener listener;
		struct {
			struct step_drop drop;
			const char *drop_reason;
			const char *drop_function;
			bool elsewhere;
		};
	};
};

enum outcome { OUTCOME_SUCCESS, OUTCOME_FAILURE, OUTCOME_ABANDONED, OUTCOME_UNKNOWN, OUTCOME_MAX };

/* In the order of precedence: the first whose evidence is there wins. */
enum cause {
	CAUSE_ABORTED_BY_ADMIN,
	CAUSE_DENIED_BY_POLICY,
	CAUSE_NO_LOCAL_PORT,
	CAUSE_NO_MEMORY,
	CAUSE_ROUTE_PROHIBITED,
	CAUSE_ROUTE_BLACKHOLE,
	CAUSE_NO_ROUTE,
	CAUSE_INVALID_CALL,
	CAUSE_REJECTED_LOCALLY,
	CAUSE_NEIGHBOUR_UNRESOLVED,
	CAUSE_PROHIBITED_ICMP,
	CAUSE_UNREACHABLE_ICMP,
	CAUSE_REFUSED,
	CAUSE_LISTENER_OVERFLOW,
	CAUSE_DROPPED_LOCALLY_OUT,
	CAUSE_DROPPED_LOCALLY_IN,
	CAUSE_DROPPED_BY_NODE,
	CAUSE_HELD_LOCALLY,
	CAUSE_NO_REPLY,
	CAUSE_KILLED,
	CAUSE_PROCESS_EXITED,
	CAUSE_SEND_TIMEOUT,
	CAUSE_SHUT_DOWN,
	CAUSE_DISCONNECTED,
	CAUSE_DEADLINE_OF_APP,
	CAUSE_CLOSED_BY_APP,
	CAUSE_RESET_AFTER_ESTABLISHED,
	CAUSE_ESTABLISHED,
	CAUSE_UNKNOWN,
	CAUSE_MAX,
};

/* Beside those of the kernel side: the SYN, its RST, incoming drops, full listeners, old peers. */
#define RECORD_STEPS_MAX (STEPS_MAX + 2 + 12 + 4 + 4)

/*
 * What the host could tell about the place of an attempt, looked up in user space.
 * Strings are owned by the cache that filled them and outlive the record; NULL where unknown.
 */
struct place {
	const char *cgroup_path;
	const char *container_id;
	const char *container_runtime;
	const char *pod_uid; /* Kubernetes */
	const char *unit;    /* systemd */
	const char *netns_name;
	const char *executable_path;
	const char *command;         /* the first word of its command line */
	const char *bound_interface; /* SO_BINDTODEVICE */
	const char *route_interface; /* device of the route that was used */
	bool process_runs;           /* the process was still there when the record was made */
};

/*
 * How the kernel of that namespace would go on trying: net.ipv4 sysctls.
 *
 * @syn_retries:         tcp_syn_retries
 * @syn_linear_timeouts: tcp_syn_linear_timeouts, -1 where the kernel has none (before 6.5)
 * @rto_max_ms:          of the socket, 0 where the kernel has no TCP_RTO_MAX_MS (before 6.15)
 */
struct schedule {
	bool known;
	int syn_retries;
	int syn_linear_timeouts;
	uint32_t rto_max_ms;
};

/*
 * @attempt:     the kernel's facts; attempt.header.id is its start, CLOCK_MONOTONIC
 * @number:      1, 2, 3, … in the order of their first event: `connect.attempt`
 * @steps:       sorted by at_ns
 * @complete:    nothing of this attempt was lost or omitted
 * @hooks_skipped: the kernel skipped hooks while it was in flight: what was not seen can have been
 * @reset:       valid where has_reset: the reset behind the handshake
 * @route, @listener, @ports: valid where has_…: answers of the kernel, asked on a rare path
 * @peer:        what this host knows of the peer; diagnose() adds what this attempt tells
 * @same_age:    attempts that this program had closed at the age of this one, without an answer
 * @realtime_offset_ns: CLOCK_REALTIME minus CLOCK_MONOTONIC, for times of day in words
 * @drops_omitted: so many packets were dropped that some of this attempt may not have been told
 * @translation: what this host's NAT makes of the addresses, as far as known
 * @no_listener: a SYN that this host redirects to itself found no listener there
 * @series_id, @series_index: 0 where the attempt is in no series
 *
 * The verdict, filled by diagnose():
 * @error:       positive errno of the attempt, 0 where it ended with none
 * @duration_ns: to ESTABLISHED, to CLOSE or to the synchronous return
 * @syn_sent:    SYNs handed to IP, -1 where unknown
 * @why_no_answer: valid where has_why: the cause that the evidence gives for the silence in which
 *               somebody on this host ended the attempt
 */
struct record {
	struct attempt attempt;
	uint64_t number;
	unsigned int n_steps;
	bool complete, hooks_skipped, drops_omitted, no_listener;
	struct step_translation translation;
	bool has_reset, has_route, has_listener, has_ports;
	struct step_reset reset;
	uint64_t reset_ns;
	struct step_route route;
	struct step_listener listener;
	struct step_ports ports;
	struct place place;
	struct schedule schedule;
	struct peer peer;
	int64_t realtime_offset_ns;
	uint64_t series_id;
	unsigned int series_index, same_age;
	uint8_t usual_ttl; /* TTL of this peer's SYN-ACKs in this run, 0 unknown */

	enum outcome outcome;
	enum cause cause, why_no_answer;
	bool has_why;
	int error;
	uint64_t duration_ns;
	int syn_sent;

	struct step steps[RECORD_STEPS_MAX]; /* the last member: most of it is never touched */
};

#endif
