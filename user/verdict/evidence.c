/* SPDX-License-Identifier: GPL-2.0-only */
#include <errno.h>
#include <string.h>

#include "drop_kind.h"
#include "endpoint.h"
#include "evidence.h"
#include "facts.h"
#include "units.h"
#include "words.h"

/* A reject and the drop of the rejected packet happen in one go; the rest is for a busy host. */
#define SAME_MOMENT_NS (10 * NS_PER_MS)
#define HABIT 2 /* others at the same age; one more can be chance */
#define SYN_SENT_MAX 65535
#define HURRIED_NS (500 * NS_PER_MS) /* the first time-out is a second */

/* Over loopback our own SYN can be dropped on its way in. */
static bool is_our_packet(const struct step *step)
{
	const uint8_t syn_ack = TCP_FLAG_BYTE_SYN | TCP_FLAG_BYTE_ACK;

	return step->drop.direction != DROP_IN || (step->drop.flags & syn_ack) == TCP_FLAG_BYTE_SYN;
}

static bool is_segment(const struct step *step, const char *name)
{
	const char *segment = words_segment(step->drop.flags);

	return segment && !strcmp(segment, name);
}

static void read_step(struct evidence *evidence, const struct step *step)
{
	const unsigned int n = step->count ?: 1;

	switch (step->kind) {
	case STEP_SYN_RETRY:
		evidence->n_retries += n;
		evidence->retry = step;
		break;
	case STEP_SYN_RETRY_FAILED:
		evidence->n_failed_retries += n;
		evidence->failed_retry = step;
		break;
	case STEP_DROPPED:
		if (drop_is_of_bystander(step)) {
			evidence->passed_over |=
			        step->drop_reason && !strcmp(step->drop_reason, "OTHERHOST");
			break;
		}
		if (step->elsewhere) {
			if (!drop_is_certain(step))
				break;
			evidence->n_node_drops++;
			evidence->node_drop = step;
			break;
		}
		if (!is_our_packet(step)) {
			evidence->n_in_drops += n;
			evidence->n_in_resets += is_segment(step, "RST") ? n : 0;
			evidence->n_in_syn_acks += is_segment(step, "SYN-ACK") ? n : 0;
			evidence->in_drop = step;
			break;
		}
		evidence->n_out_drops += n;
		evidence->out_drop = step;
		if (drop_is_of_neighbour(step))
			evidence->neighbour_drop = step;
		break;
	case STEP_STALE_PEER_STATE:
		evidence->stale_peer_state = true;
		evidence->back = step;
		break;
	case STEP_RST_IGNORED:
	case STEP_RST_SENT: evidence->back = step; break;
	case STEP_LISTENER_FULL:
		if (step->listener.queued > step->listener.limit)
			evidence->full_listener = &step->listener;
		break;
	case STEP_SYN_SENT:
	case STEP_RST_RECEIVED:
	case STEP_ICMP_RECEIVED:
	case STEP_INTERRUPTED:
	case STEP_MAX: break;
	}
}

static void read_steps(struct evidence *evidence)
{
	const struct record *record = evidence->record;

	for (unsigned int i = 0; i < record->n_steps; i++)
		read_step(evidence, &record->steps[i]);
	/* sk_acceptq_is_full(): a queue as long as its limit still takes one */
	if (record->has_listener && record->listener.queued > record->listener.limit)
		evidence->full_listener = &record->listener;
}

/*
 * Behind the first segment that acknowledges what was never sent, the kernel sends the SYN again
 * at once. Where that segment was not seen, the time tells: much sooner than the first time-out,
 * and none soon behind it, as they would be where a BPF program has shortened the time-outs.
 */
static void read_hurry(struct evidence *evidence)
{
	const struct record *record = evidence->record;
	const struct step *first = NULL, *second = NULL;

	for (unsigned int i = 0; i < record->n_steps && !second; i++) {
		if (record->steps[i].kind != STEP_SYN_RETRY)
			continue;
		if (first)
			second = &record->steps[i];
		else
			first = &record->steps[i];
	}
	if (!first ||
	    first->at_ns >=
	            facts_since(record->attempt.header.id, record->attempt.syn_ns) + HURRIED_NS)
		return;
	if (!second || second->at_ns - first->at_ns >= HURRIED_NS)
		evidence->n_hurried = 1;
}

/* It was waiting for an answer when it ended. */
static bool is_open_end(const struct evidence *evidence)
{
	return evidence->end.kind != ENDING_CALL && evidence->end.kind != ENDING_ESTABLISHED;
}

static void read_icmp(struct evidence *evidence)
{
	const struct record *record = evidence->record;

	if (!is_open_end(evidence))
		return;
	if (evidence->end.kind != ENDING_ERROR) {
		evidence->icmp = facts_icmp(record, 0, false) ?: facts_icmp(record, 0, true);
		return;
	}
	evidence->icmp = facts_icmp(record, evidence->end.error, !evidence->end.soft);
	if (!evidence->icmp)
		evidence->icmp = facts_icmp(record, evidence->end.error, evidence->end.soft);
	/* SO_ERROR takes the soft error away, and the time-out is a plain one then. */
	if (!evidence->icmp && evidence->end.error == ETIMEDOUT)
		evidence->icmp = facts_icmp(record, 0, false) ?: facts_icmp(record, 0, true);
}

static bool is_same_moment(uint64_t one_ns, uint64_t other_ns)
{
	return facts_since(one_ns, other_ns) + facts_since(other_ns, one_ns) <= SAME_MOMENT_NS;
}

static void read_filter_drop(struct evidence *evidence)
{
	const struct record *record = evidence->record;
	const struct attempt *attempt = &record->attempt;
	uint64_t at_ns = evidence->end.duration_ns;
	bool by_error = evidence->end.kind == ENDING_ERROR && !evidence->end.closed;

	if (!is_open_end(evidence))
		return;
	if (evidence->icmp)
		at_ns = evidence->icmp->at_ns;
	else if (evidence->rst && attempt->rst.at_ns)
		at_ns = facts_since(attempt->header.id, attempt->rst.at_ns);

	for (unsigned int i = 0; i < record->n_steps; i++) {
		const struct step *step = &record->steps[i];
		bool anywhere = !by_error && !evidence->icmp;

		if (step->kind != STEP_DROPPED || !is_our_packet(step) ||
		    !(drop_is_of_filter(step) || (evidence->rst && drop_is_untold(step))) ||
		    step->elsewhere)
			continue;
		if (anywhere || is_same_moment(step->at_ns, at_ns))
			evidence->filter_drop = step;
	}
}

static void read_route(struct evidence *evidence)
{
	const struct step_route *route = &evidence->record->route;

	if (!evidence->record->has_route)
		return;
	evidence->by_source = route->by_source;
	if (route->type) {
		evidence->route = route->type <= ROUTE_THROW ? route->type : ROUTE_UNKNOWN;
		return;
	}
	/* RTM_GETROUTE answers with the errno of such a route instead of the route. */
	switch (facts_positive(route->error)) {
	case 0:
	case ENETUNREACH: evidence->route = ROUTE_NONE; break;
	case EHOSTUNREACH: evidence->route = ROUTE_UNREACHABLE; break;
	case EACCES: evidence->route = ROUTE_PROHIBIT; break;
	case EINVAL: evidence->route = ROUTE_BLACKHOLE; break;
	default: break;
	}
}

/* TCP refuses these with ENETUNREACH, whatever the route. */
static bool is_to_many(const struct endpoint *remote)
{
	const uint8_t *address = remote->address;

	if (remote->family == FAMILY_IPV4)
		return (address[0] & 0xf0) == 0xe0 ||
		       (address[0] & address[1] & address[2] & address[3]) == 0xff;
	return remote->family == FAMILY_IPV6 && address[0] == 0xff;
}

static enum misfit read_misfit(const struct evidence *evidence)
{
	const struct attempt *attempt = &evidence->record->attempt;
	const struct endpoint *remote = &attempt->remote;

	if (evidence->end.kind != ENDING_CALL)
		return MISFIT_NONE;
	if (evidence->end.error == ENETUNREACH && is_to_many(remote))
		return MISFIT_MULTICAST;
	if (evidence->end.error == ENETUNREACH && evidence->route == ROUTE_BROADCAST)
		return MISFIT_BROADCAST;
	if (evidence->end.error == ENETUNREACH && attempt->flags & ATTEMPT_V6ONLY &&
	    remote->family == FAMILY_IPV4)
		return MISFIT_V6ONLY;
	/* A blackhole route gives the same, but not by the source address. */
	if (evidence->end.error == EINVAL && endpoint_is_loopback(&attempt->local) &&
	    remote->family && !endpoint_is_loopback(remote) &&
	    (evidence->route != ROUTE_BLACKHOLE || evidence->by_source))
		return MISFIT_LOOPBACK_SOURCE;
	return MISFIT_NONE;
}

static bool first_syn_was_sent(const struct evidence *evidence)
{
	const struct record *record = evidence->record;
	const struct attempt *attempt = &record->attempt;

	if (attempt->flags & ATTEMPT_SYN_UNSENT)
		return false;
	for (unsigned int i = 0; i < record->n_steps; i++) {
		const struct step *step = &record->steps[i];

		if (step->kind == STEP_DROPPED && step->drop.direction != DROP_IN &&
		    step->drop.unsent && !step->elsewhere && !drop_is_of_neighbour(step))
			return false;
	}
	if (attempt->syn_ns)
		return true;
	if (!(attempt->flags & ATTEMPT_SYN_SENT))
		return false;
	if (evidence->n_retries || evidence->end.kind == ENDING_ESTABLISHED)
		return true;
	/* Fast Open puts the SYN off to the first write: connect() returned 0 without any. */
	return evidence->end.kind != ENDING_CALL && !ending_unseen_call(attempt) &&
	       !((attempt->flags & ATTEMPT_RETURNED) && attempt->ret == 0);
}

/* IP took it, and this host dropped it behind that, as a VRF device does. */
static bool is_dropped_retry(const struct record *record, const struct step *retry)
{
	for (unsigned int i = 0; i < record->n_steps; i++) {
		const struct step *step = &record->steps[i];

		if (step->kind == STEP_DROPPED && step->drop.direction == DROP_OUT &&
		    is_same_moment(step->at_ns, retry->at_ns) && !drop_is_of_neighbour(step) &&
		    !drop_is_of_bystander(step) && !step->elsewhere)
			return true;
	}
	return false;
}

/* Of the retries, those that did not leave. */
static unsigned int count_dropped_retries(const struct record *record)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < record->n_steps; i++)
		n += record->steps[i].kind == STEP_SYN_RETRY &&
		     is_dropped_retry(record, &record->steps[i]);
	return n;
}

static int count_syns(const struct evidence *evidence)
{
	const struct record *record = evidence->record;
	uint64_t retries = evidence->n_retries - count_dropped_retries(record);
	uint64_t counted = facts_since(evidence->n_failed_retries, record->attempt.retransmits);

	if (record->attempt.flags & ATTEMPT_PREEXISTING)
		return -1;
	if (!record->complete && counted > retries)
		retries = counted;
	retries += first_syn_was_sent(evidence);
	return retries < SYN_SENT_MAX ? retries : SYN_SENT_MAX;
}

/* Nothing else lets a connect() succeed whose socket is left before it is connected. */
static bool is_put_off(const struct evidence *evidence)
{
	const struct attempt *attempt = &evidence->record->attempt;

	return evidence->end.kind == ENDING_LEFT && evidence->syn_sent == 0 &&
	       !evidence->n_out_drops && !evidence->n_failed_retries &&
	       (attempt->flags & (ATTEMPT_RETURNED | ATTEMPT_SYN_UNSENT)) == ATTEMPT_RETURNED &&
	       attempt->ret == 0;
}

bool evidence_is_habit(const struct evidence *evidence)
{
	return evidence->record->same_age >= HABIT;
}

bool evidence_is_time_out(const struct evidence *evidence)
{
	/* That program left the socket to nobody, whatever its age. */
	if (evidence->record->attempt.closer.execing)
		return false;
	return evidence->n_retries > evidence->n_hurried || evidence->n_failed_retries ||
	       facts_waited(evidence->record, evidence->end.duration_ns) >= NS_PER_S ||
	       evidence_is_habit(evidence);
}

void evidence_read(struct evidence *evidence, const struct record *record)
{
	*evidence = (struct evidence){
	        .record = record,
	        .rst = record->attempt.flags & ATTEMPT_RST_ACCEPTED,
	};
	read_steps(evidence);
	read_hurry(evidence);
	ending_read(&evidence->end, record);
	read_icmp(evidence);
	read_filter_drop(evidence);
	read_route(evidence);
	evidence->misfit = read_misfit(evidence);
	evidence->syn_sent = count_syns(evidence);
	evidence->put_off = is_put_off(evidence);
	evidence_read_local(evidence);
}
