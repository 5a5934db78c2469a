// SPDX-License-Identifier: GPL-2.0-only
#include "attempts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "endpoint.h"
#include "series.h"

#define BUCKETS 8192
#define DROPS_KEPT 1024
#define TTLS_KEPT 256
/* An answer to a SYN may be dropped a little before this host's clock says that the SYN left. */
#define DROP_SLACK_NS 1000000ULL

/* The steps and, at last, the end of one attempt. */
struct pending {
	struct pending *next_in_bucket;
	struct pending *next_in_queue;
	uint64_t socket, id;
	uint64_t number;
	uint64_t drain; /* of its end */
	uint64_t last_ns;
	struct attempt attempt;
	bool ended, incomplete;
	bool has_reset, has_route, has_listener, has_ports;
	struct step_reset reset;
	uint64_t reset_ns;
	struct step_route route;
	struct step_listener listener;
	struct step_ports ports;
	struct schedule schedule;
	struct step *steps;
	unsigned int n_steps, retries;
	unsigned int received; /* steps from the kernel */
};

struct queue {
	struct pending *first, **last;
	size_t length;
};

struct attempts {
	struct series *series;
	struct pending *buckets[BUCKETS];
	struct queue soon, graced; /* ended; each in the order of their ends */
	struct step_event drops[DROPS_KEPT];
	uint64_t n_drops, newest_drop_ns;
	struct {
		struct endpoint peer;
		uint32_t netns;
		uint8_t ttl;
	} ttls[TTLS_KEPT];
	uint64_t grace_ns, numbers, drains, late;
	uint64_t skipped_ns; /* up to then the kernel skipped hooks, now and then */
};

struct attempts *attempts_new(uint64_t grace_ns)
{
	struct attempts *attempts = calloc(1, sizeof(*attempts));

	if (!attempts)
		return NULL;
	attempts->series = series_new();
	if (!attempts->series) {
		free(attempts);
		return NULL;
	}
	attempts->grace_ns = grace_ns;
	attempts->soon.last = &attempts->soon.first;
	attempts->graced.last = &attempts->graced.first;
	return attempts;
}

static struct pending **find(const struct attempts *attempts, uint64_t socket, uint64_t id)
{
	uint64_t hash = (socket ^ id) * 0x9E3779B97F4A7C15ULL;
	struct pending **at = (struct pending **)&attempts->buckets[hash >> 51];

	static_assert(BUCKETS == 1 << 13, "the shift");
	while (*at && ((*at)->socket != socket || (*at)->id != id))
		at = &(*at)->next_in_bucket;
	return at;
}

static struct pending *find_or_add(struct attempts *attempts, const struct event_header *event)
{
	struct pending **at = find(attempts, event->socket, event->id);

	if (!*at) {
		*at = calloc(1, sizeof(**at));
		if (!*at)
			return NULL;
		(*at)->socket = event->socket;
		(*at)->id = event->id;
		(*at)->number = ++attempts->numbers;
	}
	(*at)->last_ns = event->at_ns;
	return *at;
}

static void push(struct queue *queue, struct pending *p)
{
	p->next_in_queue = NULL;
	*queue->last = p;
	queue->last = &p->next_in_queue;
	queue->length++;
}

static struct pending *pop(struct queue *queue)
{
	struct pending *p = queue->first;

	queue->first = p->next_in_queue;
	if (!queue->first)
		queue->last = &queue->first;
	queue->length--;
	return p;
}

static struct step *add_step(struct pending *p, enum step_kind kind, uint64_t at_ns)
{
	struct step *step;

	if (p->n_steps == RECORD_STEPS_MAX) {
		p->incomplete = true;
		return NULL;
	}
	if (!p->steps) {
		p->steps = calloc(RECORD_STEPS_MAX, sizeof(*p->steps));
		if (!p->steps) {
			p->incomplete = true;
			return NULL;
		}
	}
	step = &p->steps[p->n_steps++];
	step->kind = kind;
	step->at_ns = at_ns > p->id ? at_ns - p->id : 0;
	return step;
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
	struct step *step = add_step(p, STEP_DROPPED, at_ns);

	if (step)
		step->drop = *drop;
}

static void feed_step(struct pending *p, const struct step_event *e)
{
	uint64_t at_ns = e->header.at_ns;
	struct step *step;

	p->received += e->header.type < EVENT_ROUTE;
	switch ((enum event_type)e->header.type) {
	case EVENT_RETRY:
		p->retries++;
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
		break;
	case EVENT_SKIPPED:
	case EVENT_END:
	case EVENT_MAX: break;
	}
}

static unsigned int ttl_slot(const struct endpoint *peer)
{
	unsigned int hash = 0;

	for (size_t i = 0; i < sizeof(peer->address); i++)
		hash = hash * 31 + peer->address[i];
	return hash % TTLS_KEPT;
}

/* The TTL that a peer's SYN-ACKs had, and with it whether a reset can be the peer's own. */
static void note_ttl(struct attempts *attempts, const struct attempt *a)
{
	unsigned int slot = ttl_slot(&a->remote);

	if (!a->synack_ttl)
		return;
	attempts->ttls[slot].peer = a->remote;
	attempts->ttls[slot].netns = a->netns;
	attempts->ttls[slot].ttl = a->synack_ttl;
}

/* In another namespace the same address can be another host. */
static uint8_t usual_ttl(const struct attempts *attempts, const struct attempt *a)
{
	unsigned int slot = ttl_slot(&a->remote);

	return attempts->ttls[slot].netns == a->netns &&
	                       endpoint_same_address(&attempts->ttls[slot].peer, &a->remote)
	               ? attempts->ttls[slot].ttl
	               : 0;
}

static void feed_end(struct attempts *attempts, struct pending *p, const struct attempt *a)
{
	if (p->ended)
		return;
	p->attempt = *a;
	p->ended = true;
	p->drain = attempts->drains;
	note_ttl(attempts, a);
	series_add(attempts->series, a, p->number);
	push(a->final_state == TCP_STATE_ESTABLISHED ? &attempts->graced : &attempts->soon, p);
}

static void keep_drop(struct attempts *attempts, const struct step_event *e)
{
	attempts->drops[attempts->n_drops++ % DROPS_KEPT] = *e;
	if (e->header.at_ns > attempts->newest_drop_ns)
		attempts->newest_drop_ns = e->header.at_ns;
}

int attempts_feed(struct attempts *attempts, const struct event_header *event)
{
	struct pending *p;

	if (event->type == EVENT_DROP && !event->socket) {
		keep_drop(attempts, (const struct step_event *)event);
		return 0;
	}
	if (event->type == EVENT_SKIPPED) {
		attempts->skipped_ns = event->at_ns;
		return 0;
	}
	p = find_or_add(attempts, event);
	if (!p)
		return -ENOMEM;
	if (event->type == EVENT_END)
		feed_end(attempts, p, (const struct attempt *)event);
	else
		feed_step(p, (const struct step_event *)event);
	return 0;
}

void attempts_drained(struct attempts *attempts)
{
	attempts->drains++;
}

static bool is_between(const struct step_drop *drop, const struct endpoint *from,
                       const struct endpoint *to)
{
	return endpoint_same(&drop->from, from) && endpoint_same(&drop->to, to);
}

/* What this host dropped on the way in, matched by its header: answers, and SYNs to itself. */
static void join_drops(const struct attempts *attempts, struct pending *p)
{
	const struct attempt *a = &p->attempt;
	uint64_t end = a->final_ns ? a->final_ns : a->header.at_ns;
	uint64_t n = attempts->n_drops < DROPS_KEPT ? attempts->n_drops : DROPS_KEPT;

	if (!n || attempts->newest_drop_ns + DROP_SLACK_NS < p->id)
		return;
	for (uint64_t i = 0; i < n; i++) {
		const struct step_event *e =
		        &attempts->drops[(attempts->n_drops - n + i) % DROPS_KEPT];

		if (e->header.at_ns + DROP_SLACK_NS < p->id ||
		    e->header.at_ns > end + DROP_SLACK_NS || e->drop.netns != a->netns)
			continue;
		if (is_between(&e->drop, &a->remote, &a->local) ||
		    is_between(&e->drop, &a->local, &a->remote))
			feed_drop(p, &e->drop, e->header.at_ns);
	}
}

static void own_steps(struct pending *p)
{
	const struct attempt *a = &p->attempt;
	bool unsent = a->flags & ATTEMPT_SYN_UNSENT;

	/* The tracepoint tier knows of a first SYN that was not sent by its drop. */
	for (unsigned int i = 0; i < p->n_steps; i++)
		if (p->steps[i].kind == STEP_DROPPED && p->steps[i].drop.direction == DROP_OUT &&
		    p->steps[i].drop.unsent && !a->syn_ns)
			unsent = true;
	if (a->syn_ns >= a->header.id && !unsent)
		add_step(p, STEP_SYN_SENT, a->syn_ns);
	if (!(a->flags & (ATTEMPT_RST_SEEN | ATTEMPT_RST_ACCEPTED)))
		return;
	feed_segment(p, &a->rst,
	             a->flags & ATTEMPT_RST_ACCEPTED ? STEP_RST_RECEIVED : STEP_RST_IGNORED,
	             a->rst.at_ns);
}

static int by_time(const void *left, const void *right)
{
	const struct step *a = left, *b = right;

	if (a->at_ns != b->at_ns)
		return a->at_ns < b->at_ns ? -1 : 1;
	return (int)a->kind - (int)b->kind;
}

/* Not where the end, or the return of connect(), was lost. */
static bool is_end_seen(const struct attempt *a)
{
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

static void fill(struct attempts *attempts, struct pending *p, struct record *record)
{
	own_steps(p);
	join_drops(attempts, p);
	memset(record, 0, sizeof(*record));
	record->attempt = p->attempt;
	record->number = p->number;
	record->n_steps = p->n_steps;
	if (p->steps) {
		qsort(p->steps, p->n_steps, sizeof(*p->steps), by_time);
		memcpy(record->steps, p->steps, p->n_steps * sizeof(*p->steps));
	}
	if (p->attempt.steps > STEPS_MAX)
		record->steps_omitted = p->attempt.steps - STEPS_MAX;
	record->complete = !record->steps_omitted && !p->incomplete &&
	                   p->received >= p->attempt.steps && is_end_seen(&p->attempt);
	/* An established connection is no less established for what was not seen of it. */
	record->hooks_skipped =
	        p->id <= attempts->skipped_ns && p->attempt.final_state != TCP_STATE_ESTABLISHED;
	record->complete = record->complete && !record->hooks_skipped;
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
	series_place(attempts->series, &record->attempt, p->number, &record->series_id,
	             &record->series_index);
	record->usual_ttl = usual_ttl(attempts, &record->attempt);
}

static void forget(struct pending **at)
{
	struct pending *p = *at;

	*at = p->next_in_bucket;
	free(p->steps);
	free(p);
}

int attempts_take(struct attempts *attempts, uint64_t now_ns, bool all, struct record *record)
{
	struct pending *p = NULL;

	if (attempts->soon.first && (all || attempts->soon.first->drain < attempts->drains))
		p = pop(&attempts->soon);
	else if (attempts->graced.first &&
	         (all || attempts->graced.first->attempt.final_ns + attempts->grace_ns < now_ns))
		p = pop(&attempts->graced);
	if (!p)
		return 0;
	fill(attempts, p, record);
	forget(find(attempts, p->socket, p->id));
	return 1;
}

size_t attempts_queued(const struct attempts *attempts)
{
	return attempts->soon.length + attempts->graced.length;
}

uint64_t attempts_late(const struct attempts *attempts)
{
	return attempts->late;
}

unsigned int attempts_retries(const struct attempts *attempts, uint64_t socket, uint64_t id)
{
	const struct pending *p = *find(attempts, socket, id);

	return p ? p->retries : 0;
}

size_t attempts_expire(struct attempts *attempts, uint64_t before_ns)
{
	size_t expired = 0;

	for (size_t i = 0; i < BUCKETS; i++) {
		struct pending **at = &attempts->buckets[i];

		while (*at) {
			if (!(*at)->ended && (*at)->last_ns < before_ns) {
				forget(at);
				attempts->late++;
				expired++;
			} else {
				at = &(*at)->next_in_bucket;
			}
		}
	}
	return expired;
}

void attempts_free(struct attempts *attempts)
{
	if (!attempts)
		return;
	for (size_t i = 0; i < BUCKETS; i++)
		while (attempts->buckets[i])
			forget(&attempts->buckets[i]);
	series_free(attempts->series);
	free(attempts);
}
