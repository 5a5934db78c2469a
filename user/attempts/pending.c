// SPDX-License-Identifier: GPL-2.0-only
#include "pending.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define STEPS_FIRST 4 /* room for those of most attempts */

void pending_begin(struct pending *p, const struct event_header *first, uint64_t number)
{
	*p = (struct pending){
	        .steps = p->steps,
	        .room = p->room,
	        .socket = first->socket,
	        .id = first->id,
	        .number = number,
	};
}

static bool make_room(struct pending *p)
{
	unsigned int room = p->room ? 2 * p->room : STEPS_FIRST;
	struct step *steps;

	if (p->n_steps < p->room)
		return true;
	if (p->n_steps == RECORD_STEPS_MAX)
		return false;
	if (room > RECORD_STEPS_MAX)
		room = RECORD_STEPS_MAX;
	steps = realloc(p->steps, room * sizeof(*steps));
	if (!steps)
		return false;
	p->steps = steps;
	p->room = room;
	return true;
}

#define LISTENERS_MAX 4

/* So many steps of a kind are told one by one; the last of them stands for those that follow. */
static const struct {
	enum tally tally;
	unsigned int limit; /* of what the kernel side does not send */
} crowds[STEP_MAX] = {
        [STEP_SYN_SENT] = {TALLY_MAX, 1},
        [STEP_SYN_RETRY] = {TALLY_RETRY, 0},
        [STEP_SYN_RETRY_FAILED] = {TALLY_RETRY_FAILED, 0},
        [STEP_RST_RECEIVED] = {TALLY_RESET, 0},
        [STEP_RST_IGNORED] = {TALLY_RST_IGNORED, 0},
        [STEP_RST_SENT] = {TALLY_RST_SENT, 0},
        [STEP_STALE_PEER_STATE] = {TALLY_RST_SENT, 0},
        [STEP_ICMP_RECEIVED] = {TALLY_ICMP, 0},
        [STEP_DROPPED] = {TALLY_DROP, 0},
        [STEP_INTERRUPTED] = {TALLY_INTERRUPTED, 0},
        [STEP_LISTENER_FULL] = {TALLY_MAX, LISTENERS_MAX},
};

static unsigned int limit_of(enum step_kind kind)
{
	return crowds[kind].limit ?: tally_limits[crowds[kind].tally];
}

/* @direction: of a drop, which is a kind of its own each way */
static struct step *last_of(const struct pending *p, enum step_kind kind, uint8_t direction,
                            unsigned int *n)
{
	struct step *last = NULL;

	*n = 0;
	for (unsigned int i = 0; i < p->n_steps; i++) {
		if (p->steps[i].kind != kind ||
		    (kind == STEP_DROPPED && p->steps[i].drop.direction != direction))
			continue;
		last = &p->steps[i];
		++*n;
	}
	return last;
}

static struct step *add_step_of(struct pending *p, enum step_kind kind, uint8_t direction,
                                uint64_t at_ns)
{
	unsigned int n;
	struct step *step = last_of(p, kind, direction, &n);

	if (step && n >= limit_of(kind)) {
		step->count++;
		p->incomplete = p->incomplete || !tally_is_plain(crowds[kind].tally);
		return NULL;
	}
	if (!make_room(p)) {
		p->incomplete = true;
		return NULL;
	}
	step = &p->steps[p->n_steps++];
	memset(step, 0, sizeof(*step));
	step->kind = kind;
	step->at_ns = at_ns > p->id ? at_ns - p->id : 0;
	step->count = 1;
	return step;
}

static struct step *add_step(struct pending *p, enum step_kind kind, uint64_t at_ns)
{
	return add_step_of(p, kind, DROP_OUT, at_ns);
}

static void feed_segment(struct pending *p, const struct segment *segment, enum step_kind kind,
                         uint64_t at_ns)
{
	struct step *step = add_step(p, kind, at_ns);

	if (step)
		step->segment = *segment;
}

static void feed_drop(struct pending *p, const struct step_drop *drop, uint64_t at_ns)
{
	struct step *step = add_step_of(p, STEP_DROPPED, drop->direction, at_ns);

	if (step)
		step->drop = *drop;
}

static void feed(struct pending *p, const struct step_event *e)
{
	uint64_t at_ns = e->header.at_ns;
	struct step *step;

	switch ((enum event_type)e->header.type) {
	case EVENT_RETRY:
		step = add_step(p, e->retry.error ? STEP_SYN_RETRY_FAILED : STEP_SYN_RETRY, at_ns);
		if (step)
			step->retry = e->retry;
		break;
	case EVENT_ICMP:
		step = add_step(p, STEP_ICMP_RECEIVED, at_ns);
		if (step)
			step->icmp = e->icmp;
		break;
	case EVENT_DROP: feed_drop(p, &e->drop, at_ns); break;
	case EVENT_RST_SENT:
		/* A bare ACK to a SYN: the peer still has an old connection (RFC 9293, 3.10.7.3).
		 */
		if (!(e->segment.flags & (TCP_FLAG_BYTE_SYN | TCP_FLAG_BYTE_RST)))
			feed_segment(p, &e->segment, STEP_STALE_PEER_STATE, at_ns);
		feed_segment(p, &e->segment, STEP_RST_SENT, at_ns);
		break;
	case EVENT_RST_IGNORED: feed_segment(p, &e->segment, STEP_RST_IGNORED, at_ns); break;
	case EVENT_RST_ESTABLISHED:
		p->has_reset = true;
		p->reset = e->reset;
		p->reset_ns = at_ns;
		add_step(p, STEP_RST_RECEIVED, at_ns);
		break;
	case EVENT_INTERRUPTED:
		step = add_step(p, STEP_INTERRUPTED, at_ns);
		if (step)
			step->interrupted = e->interrupted;
		break;
	case EVENT_ROUTE:
		p->has_route = true;
		p->route = e->route;
		break;
	case EVENT_LISTENER:
		p->has_listener = true;
		p->listener = e->listener;
		if (e->listener.queued > e->listener.limit) {
			step = add_step(p, STEP_LISTENER_FULL, at_ns);
			if (step)
				step->listener = e->listener;
		}
		break;
	case EVENT_PORTS:
		p->has_ports = true;
		p->ports = e->ports;
		break;
	case EVENT_SCHEDULE:
		p->schedule.known = true;
		p->schedule.syn_retries = e->schedule.syn_retries;
		p->schedule.syn_linear_timeouts = e->schedule.syn_linear_timeouts;
		p->schedule.rto_max_ms = e->schedule.rto_max_ms;
		break;
	case EVENT_KEPT:
		p->has_kept = true;
		p->kept = e->kept;
		break;
	case EVENT_PEER:
		p->has_peer = true;
		p->peer = e->peer;
		break;
	case EVENT_NEXT_HOP:
		p->has_next_hop = true;
		p->next_hop = e->next_hop;
		break;
	case EVENT_NO_LISTENER:
	case EVENT_NAT_RESET:
		p->no_listener |= e->header.type == EVENT_NO_LISTENER;
		p->translated = e->drop;
		break;
	case EVENT_TRANSLATION:
		p->asked_translation = true;
		p->translation = e->translation;
		break;
	case EVENT_LOST:
	case EVENT_SKIPPED:
	case EVENT_OMITTED:
	case EVENT_END:
	case EVENT_MAX: break;
	}
}

void pending_step(struct pending *p, const struct step_event *event)
{
	p->received += event->header.type < EVENT_ROUTE;
	feed(p, event);
}

void pending_drop(void *pending, const struct step_event *drop)
{
	feed(pending, drop);
}

/* What the kernel side only counted is told by the last step of its kind. */
static void add_tallies(struct pending *p)
{
	if (p->attempt.tallies[TALLY_NODE] > tally_limits[TALLY_NODE])
		p->incomplete = true;
	for (enum step_kind kind = 0; kind < STEP_MAX; kind++) {
		enum tally tally = crowds[kind].tally;
		struct step *last;
		uint16_t all;
		unsigned int n;

		if (tally == TALLY_MAX || kind == STEP_STALE_PEER_STATE)
			continue;
		all = p->attempt.tallies[tally];
		if (all <= tally_limits[tally])
			continue;
		last = last_of(p, kind, DROP_OUT, &n);
		if (last)
			last->count += all - tally_limits[tally];
		if (!last || !tally_is_plain(tally) || all == TALLY_FULL)
			p->incomplete = true;
	}
}

/* @netns: that of the socket */
static bool is_elsewhere(uint32_t netns, const struct step *drop)
{
	return netns && drop->drop.netns && drop->drop.netns != netns;
}

/* This host dropped the first SYN, before IP took it or right behind that. */
static bool is_syn_dropped(const struct pending *p)
{
	for (unsigned int i = 0; i < p->n_steps; i++) {
		const struct step *step = &p->steps[i];

		if (step->kind == STEP_DROPPED && step->drop.direction == DROP_OUT &&
		    step->drop.unsent && !is_elsewhere(p->attempt.netns, step))
			return true;
	}
	return false;
}

void pending_close(struct pending *p)
{
	const struct attempt *a = &p->attempt;

	if (a->steps)
		add_tallies(p);
	if (a->syn_ns >= a->header.id && !(a->flags & ATTEMPT_SYN_UNSENT) && !is_syn_dropped(p))
		add_step(p, STEP_SYN_SENT, a->syn_ns);
	if (!(a->flags & (ATTEMPT_RST_SEEN | ATTEMPT_RST_ACCEPTED)))
		return;
	feed_segment(p, &a->rst,
	             a->flags & ATTEMPT_RST_ACCEPTED ? STEP_RST_RECEIVED : STEP_RST_IGNORED,
	             a->rst.at_ns);
}

static bool comes_before(const struct step *a, const struct step *b)
{
	return a->at_ns != b->at_ns ? a->at_ns < b->at_ns : a->kind < b->kind;
}

/* They are few, and came nearly in order. */
static void sort_steps(struct step *steps, unsigned int n)
{
	for (unsigned int i = 1; i < n; i++) {
		const struct step step = steps[i];
		unsigned int at = i;

		for (; at && comes_before(&step, &steps[at - 1]); at--)
			steps[at] = steps[at - 1];
		if (at != i)
			steps[at] = step;
	}
}

/* Not where the begin, the end, or the return of connect(), was lost. */
static bool is_seen(const struct attempt *a)
{
	if (a->flags & (ATTEMPT_BEGIN_MISSED | ATTEMPT_END_MISSED))
		return false;
	switch ((enum ended_by)a->ended_by) {
	case ENDED_BY_NOTHING:
	case ENDED_BY_STATE:
	case ENDED_BY_RETURN: return true;
	case ENDED_BY_DESTROY:
	case ENDED_BY_REPLACED:
	case ENDED_BY_REAPER:
	case ENDED_BY_MAX: break;
	}
	return false;
}

/* The socket counted more than any hook told of; what was refused is there as a drop at least. */
static bool is_retry_unseen(const struct attempt *a)
{
	uint32_t refused = a->tallies[TALLY_RETRY_FAILED] > a->tallies[TALLY_DROP]
	                           ? a->tallies[TALLY_RETRY_FAILED]
	                           : a->tallies[TALLY_DROP];

	/* Before the tracer, or as an answer to the peer's own SYN: that is none of ours. */
	if (a->flags & (ATTEMPT_PREEXISTING | ATTEMPT_SIMULTANEOUS))
		return false;
	/* The data of Fast Open is counted there, too. */
	if (a->flags & ATTEMPT_PUT_OFF || a->api == API_FASTOPEN)
		return false;
	return a->retransmits > a->tallies[TALLY_RETRY] + refused;
}

static void mark_elsewhere(struct record *record)
{
	uint32_t netns = record->attempt.netns;

	for (unsigned int i = 0; i < record->n_steps; i++) {
		struct step *step = &record->steps[i];

		if (step->kind == STEP_DROPPED)
			step->elsewhere = is_elsewhere(netns, step);
	}
}

static bool is_translation(const struct translation *via)
{
	return via->peer.family || via->local.family;
}

/* What was asked, else what the packets showed that this host dropped. */
static void fill_translation(const struct pending *p, struct record *record)
{
	record->translation = p->translation;
	for (unsigned int i = 0; i < p->n_steps && !is_translation(&record->translation.via); i++)
		if (p->steps[i].kind == STEP_DROPPED && p->steps[i].drop.netns == p->attempt.netns)
			record->translation.via = p->steps[i].drop.via;
	if (p->translated.netns != p->attempt.netns)
		return;
	record->no_listener = p->no_listener;
	if (!is_translation(&record->translation.via))
		record->translation.via = p->translated.via;
}

void pending_fill(struct pending *p, struct record *record)
{
	memset(record, 0, offsetof(struct record, steps));
	record->attempt = p->attempt;
	record->number = p->number;
	record->n_steps = p->n_steps;
	if (p->n_steps)
		memcpy(record->steps, p->steps, p->n_steps * sizeof(*p->steps));
	sort_steps(record->steps, p->n_steps);
	record->complete = !p->incomplete && !is_retry_unseen(&p->attempt) &&
	                   p->received >= p->attempt.steps && is_seen(&p->attempt);
	record->has_reset = p->has_reset;
	record->reset = p->reset;
	record->reset_ns = p->reset_ns;
	record->has_route = p->has_route;
	record->route = p->route;
	record->has_listener = p->has_listener;
	record->listener = p->listener;
	record->has_ports = p->has_ports;
	record->ports = p->ports;
	record->schedule = p->schedule;
	fill_translation(p, record);
	mark_elsewhere(record);
}

void pending_free(struct pending *p)
{
	free(p->steps);
	free(p);
}
