// SPDX-License-Identifier: GPL-2.0-only
#include "attempts.h"

#include <errno.h>
#include <stdlib.h>

#include "drops.h"
#include "habits.h"
#include "peers.h"
#include "pending.h"
#include "series.h"
#include "ttls.h"

#define BUCKETS 8192
#define SPARE_MAX 1024

struct queue {
	struct pending *first, **last;
	size_t length;
};

struct attempts {
	struct series *series;
	struct pending *buckets[BUCKETS];
	struct queue soon, graced; /* ended; each in the order of their ends */
	struct queue spare;        /* their memory is used again */
	struct drops *drops;
	struct habits *habits;
	struct ttls ttls;
	struct peers *peers;
	struct pending *unlearnt; /* the first of `graced` that `peers` does not know of */
	uint64_t grace_ns, numbers, ends, drains, late;
	uint64_t skipped_ns; /* up to then the kernel skipped hooks, now and then */
	uint64_t omitted_ns; /* up to then it left out drops that no attempt was known for */
};

struct attempts *attempts_new(uint64_t grace_ns)
{
	struct attempts *attempts = calloc(1, sizeof(*attempts));

	if (!attempts)
		return NULL;
	attempts->series = series_new();
	attempts->drops = drops_new();
	attempts->peers = peers_new();
	attempts->habits = habits_new();
	if (!attempts->series || !attempts->drops || !attempts->peers || !attempts->habits) {
		attempts_free(attempts);
		return NULL;
	}
	attempts->grace_ns = grace_ns;
	attempts->soon.last = &attempts->soon.first;
	attempts->graced.last = &attempts->graced.first;
	attempts->spare.last = &attempts->spare.first;
	return attempts;
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
		*at = attempts->spare.first ? pop(&attempts->spare) : calloc(1, sizeof(**at));
		if (!*at)
			return NULL;
		pending_begin(*at, event, ++attempts->numbers);
	}
	(*at)->last_ns = event->at_ns;
	return *at;
}

static void feed_end(struct attempts *attempts, struct pending *p, const struct attempt *a)
{
	if (p->ended)
		return;
	p->attempt = *a;
	p->ended = true;
	p->drain = attempts->drains;
	p->end_number = ++attempts->ends;
	ttls_note(&attempts->ttls, a);
	series_add(attempts->series, a, p->number);
	if (a->final_state != TCP_STATE_ESTABLISHED) {
		push(&attempts->soon, p);
		return;
	}
	push(&attempts->graced, p);
	if (!attempts->unlearnt)
		attempts->unlearnt = p;
}

int attempts_feed(struct attempts *attempts, const struct event_header *event)
{
	struct pending *p;

	if (!event->socket && drops_takes(event)) {
		drops_keep(attempts->drops, (const struct step_event *)event);
		return 0;
	}
	if (event->type == EVENT_LOST) {
		peers_lost(attempts->peers, event->at_ns);
		return 0;
	}
	if (event->type == EVENT_SKIPPED) {
		attempts->skipped_ns = event->at_ns;
		return 0;
	}
	if (event->type == EVENT_OMITTED) {
		attempts->omitted_ns = event->at_ns;
		return 0;
	}
	p = find_or_add(attempts, event);
	if (!p)
		return -ENOMEM;
	if (event->type == EVENT_END)
		feed_end(attempts, p, (const struct attempt *)event);
	else
		pending_step(p, (const struct step_event *)event);
	return 0;
}

void attempts_drained(struct attempts *attempts)
{
	attempts->drains++;
}

/*
 * Peers are learnt of in the order of the ends, whatever is held back: so that reading a file tells
 * the same of them as tracing did.
 */
static void learn_successes(struct attempts *attempts, uint64_t up_to)
{
	while (attempts->unlearnt && attempts->unlearnt->end_number <= up_to) {
		peers_success(attempts->peers, &attempts->unlearnt->attempt);
		attempts->unlearnt = attempts->unlearnt->next_in_queue;
	}
}

void attempts_learn(struct attempts *attempts, const struct record *record)
{
	if (record->attempt.final_state != TCP_STATE_ESTABLISHED)
		peers_learn(attempts->peers, &record->attempt, &record->peer);
}

static void view_peer(struct peers *peers, const struct pending *p, struct record *record)
{
	struct peer *peer = &record->peer;

	peers_view(peers, &p->attempt, peer);
	if (p->has_kept)
		peer_add_kept(peer, &p->attempt, &p->kept);
	if (p->has_peer)
		peer_add_told(peer, &p->attempt, &p->peer);
	/* Where NAT sends it elsewhere, the route to the address says nothing. */
	if (p->has_next_hop && !record->translation.via.peer.family)
		peers_view_hop(peers, &p->attempt, &p->next_hop, peer);
}

size_t attempts_answering(const struct attempts *attempts, uint32_t netns, uint64_t since_ns,
                          struct endpoint *hosts, size_t size)
{
	return peers_answering(attempts->peers, netns, since_ns, hosts, size);
}

static void fill(struct attempts *attempts, struct pending *p, struct record *record)
{
	bool all, established = p->attempt.final_state == TCP_STATE_ESTABLISHED;

	pending_close(p);
	all = drops_of(attempts->drops, &p->attempt, pending_drop, p);
	pending_fill(p, record);
	/* An established connection is no less established for what was not seen of it. */
	record->hooks_skipped = !established && (p->id <= attempts->skipped_ns ||
	                                         p->attempt.flags & ATTEMPT_BEGIN_MISSED);
	record->drops_omitted = !established && (!all || p->id <= attempts->omitted_ns);
	record->complete = record->complete && !record->hooks_skipped && !record->drops_omitted;
	series_place(attempts->series, &record->attempt, p->number, &record->series_id,
	             &record->series_index);
	record->usual_ttl = ttls_usual(&attempts->ttls, &record->attempt);
	record->same_age = habits_note(attempts->habits, &record->attempt);
	learn_successes(attempts, p->end_number);
	if (p->attempt.final_state != TCP_STATE_ESTABLISHED)
		view_peer(attempts->peers, p, record);
}

static void forget(struct attempts *attempts, struct pending **at)
{
	struct pending *p = *at;

	*at = p->next_in_bucket;
	if (attempts->spare.length < SPARE_MAX)
		push(&attempts->spare, p);
	else
		pending_free(p);
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
	forget(attempts, find(attempts, p->socket, p->id));
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

const struct translation *attempts_translation(const struct attempts *attempts, uint64_t socket,
                                               uint64_t id)
{
	const struct pending *p = *find(attempts, socket, id);

	return p && p->asked_translation ? &p->translation.via : NULL;
}

size_t attempts_expire(struct attempts *attempts, uint64_t before_ns)
{
	size_t expired = 0;

	for (size_t i = 0; i < BUCKETS; i++) {
		struct pending **at = &attempts->buckets[i];

		while (*at) {
			if (!(*at)->ended && (*at)->last_ns < before_ns) {
				forget(attempts, at);
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
			forget(attempts, &attempts->buckets[i]);
	while (attempts->spare.first)
		pending_free(pop(&attempts->spare));
	series_free(attempts->series);
	drops_free(attempts->drops);
	peers_free(attempts->peers);
	habits_free(attempts->habits);
	free(attempts);
}
