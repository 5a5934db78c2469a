// SPDX-License-Identifier: GPL-2.0-only
#include "tally.h"

#include "endpoint.h"
#include "facts.h"

/* What the evidence says beside who gave up. */
static enum cause why(const struct record *record)
{
	return record->has_why ? record->why_no_answer : record->cause;
}

/*
 * The peer, or the way to it, did not give what was asked of it. Not so where the call failed for
 * reasons of its own, or where this host ended the attempt before it could be called a failure.
 */
static bool is_failure(enum cause cause)
{
	switch (cause) {
	case CAUSE_ROUTE_PROHIBITED:
	case CAUSE_ROUTE_BLACKHOLE:
	case CAUSE_NO_ROUTE:
	case CAUSE_REJECTED_LOCALLY:
	case CAUSE_NEIGHBOUR_UNRESOLVED:
	case CAUSE_PROHIBITED_ICMP:
	case CAUSE_UNREACHABLE_ICMP:
	case CAUSE_REFUSED:
	case CAUSE_LISTENER_OVERFLOW:
	case CAUSE_DROPPED_LOCALLY_OUT:
	case CAUSE_DROPPED_LOCALLY_IN:
	case CAUSE_DROPPED_BY_NODE:
	case CAUSE_HELD_LOCALLY:
	case CAUSE_NO_REPLY:
	case CAUSE_SEND_TIMEOUT:
	case CAUSE_DEADLINE_OF_APP: return true;
	case CAUSE_ABORTED_BY_ADMIN:
	case CAUSE_DENIED_BY_POLICY:
	case CAUSE_NO_LOCAL_PORT:
	case CAUSE_NO_MEMORY:
	case CAUSE_INVALID_CALL:
	case CAUSE_KILLED:
	case CAUSE_PROCESS_EXITED:
	case CAUSE_SHUT_DOWN:
	case CAUSE_DISCONNECTED:
	case CAUSE_CLOSED_BY_APP:
	case CAUSE_RESET_AFTER_ESTABLISHED:
	case CAUSE_ESTABLISHED:
	case CAUSE_UNKNOWN:
	case CAUSE_MAX: break;
	}
	return false;
}

static const struct endpoint *sender(const struct step *step)
{
	switch (step->kind) {
	case STEP_ICMP_RECEIVED: return &step->icmp.from;
	case STEP_RST_RECEIVED:
	case STEP_RST_IGNORED:
	case STEP_RST_SENT:
	case STEP_STALE_PEER_STATE: return &step->segment.from;
	case STEP_SYN_SENT:
	case STEP_SYN_RETRY:
	case STEP_SYN_RETRY_FAILED:
	case STEP_DROPPED:
	case STEP_INTERRUPTED:
	case STEP_LISTENER_FULL:
	case STEP_MAX: break;
	}
	return NULL;
}

static void note(uint64_t *newest_ns, uint64_t at_ns)
{
	if (at_ns > *newest_ns)
		*newest_ns = at_ns;
}

/* Whether the RST has another TTL than this peer's SYN-ACKs: something in between can be its
 * sender. */
static bool is_doubtful(const struct record *record)
{
	uint8_t ttl = record->attempt.rst.ttl;

	return ttl && record->usual_ttl && ttl != record->usual_ttl;
}

/* The last time that the peer's own address sent something, in this attempt; 0 for never. */
static uint64_t answered_ns(const struct record *record, const struct evidence *e)
{
	const struct attempt *a = &record->attempt;
	uint64_t newest_ns = 0;

	/* Behind a NAT of this host, who sent it is not known. */
	if (why(record) == CAUSE_REJECTED_LOCALLY || facts_is_own(record, &a->remote) ||
	    is_doubtful(record) || record->translation.via.peer.family)
		return 0;
	for (unsigned int i = 0; i < record->n_steps; i++) {
		const struct endpoint *from = sender(&record->steps[i]);

		if (from && from->family && endpoint_same_address(from, &a->remote))
			note(&newest_ns, a->header.id + record->steps[i].at_ns);
	}
	if (e->in_drop && endpoint_same_address(&e->in_drop->drop.from, &a->remote))
		note(&newest_ns, a->header.id + e->in_drop->at_ns);
	/* The socket takes none but from its peer. */
	if (e->rst)
		note(&newest_ns, a->rst.at_ns ? a->rst.at_ns : a->final_ns);
	return newest_ns;
}

static void add_program(struct silence *silence, const char comm[COMM_SIZE])
{
	uint32_t hash = 2166136261u; /* FNV-1a */

	for (size_t i = 0; i < COMM_SIZE && comm[i]; i++)
		hash = (hash ^ (uint8_t)comm[i]) * 16777619u;
	for (uint32_t i = 0; i < silence->n_programs; i++)
		if (silence->programs[i] == hash)
			return;
	if (silence->n_programs < PEER_PROGRAMS_MAX)
		silence->programs[silence->n_programs++] = hash;
}

/* All that was sent is known to have left, and all that came back to have been seen. */
static bool is_silent(const struct record *record, const struct evidence *e)
{
	switch (why(record)) {
	case CAUSE_NEIGHBOUR_UNRESOLVED: return true;
	case CAUSE_NO_REPLY:
	case CAUSE_SEND_TIMEOUT:
	case CAUSE_DEADLINE_OF_APP:
	case CAUSE_PROHIBITED_ICMP:
	case CAUSE_UNREACHABLE_ICMP:
		return record->complete && e->syn_sent > 0 && !e->n_out_drops && !e->n_in_drops &&
		       !e->n_failed_retries && !e->full_listener;
	default: return false;
	}
}

static void add_silence(struct peer *peer, const struct record *record, const struct evidence *e)
{
	struct silence *silence = &peer->silence;

	if (!record->complete || peer->answered_ns || peer->alive.at_ns > silence->since_ns)
		*silence = (struct silence){0};
	if (peer->answered_ns || !is_silent(record, e))
		return;
	if (!silence->attempts) {
		silence->since_ns = record->attempt.header.id;
		note(&silence->since_ns, peer->alive.at_ns);
	}
	silence->attempts++;
	add_program(silence, record->attempt.comm);
}

void tally(struct record *record, const struct evidence *evidence)
{
	struct peer *peer = &record->peer;

	if (evidence->end.kind == ENDING_ESTABLISHED)
		return;
	peer->answered_ns = answered_ns(record, evidence);
	add_silence(peer, record, evidence);
	if (!is_failure(record->cause))
		return;
	if (!peer->failures) {
		peer->failing_since_ns = record->attempt.header.id;
		note(&peer->failing_since_ns, peer->last_success_ns);
	}
	peer->failures++;
}
