/* SPDX-License-Identifier: GPL-2.0-only */
#include "top_model.h"

#include <stdlib.h>
#include <string.h>

#include "endpoint.h"
#include "output.h"
#include "units.h"

static uint16_t *bucket_of(struct top_model *model, const struct endpoint *peer)
{
	return &model->buckets[endpoint_hash(peer) & (TOP_BUCKETS - 1)];
}

struct top_peer *top_model_find(struct top_model *model, const struct endpoint *peer)
{
	for (unsigned int at = *bucket_of(model, peer); at; at = model->peers[at - 1].next)
		if (endpoint_same(&model->peers[at - 1].peer, peer))
			return &model->peers[at - 1];
	return NULL;
}

static void forget(struct top_model *model, struct top_peer *peer)
{
	uint16_t *link = bucket_of(model, &peer->peer);
	uint16_t place = (uint16_t)(peer - model->peers + 1);

	while (*link != place)
		link = &model->peers[*link - 1].next;
	*link = peer->next;
	for (size_t i = 0; i < TOP_TIMELINES; i++)
		free(peer->timelines[i].text);
}

/* The one that says least: nobody waits, few failures, long ago. */
static bool says_less(const struct top_peer *a, const struct top_peer *b)
{
	if (!a->waiting != !b->waiting)
		return !a->waiting;
	if (a->failed != b->failed)
		return a->failed < b->failed;
	return a->last_ns < b->last_ns;
}

static struct top_peer *make_room(struct top_model *model)
{
	struct top_peer *least = model->peers;

	if (model->n_peers < TOP_PEERS_MAX)
		return &model->peers[model->n_peers++];
	for (unsigned int i = 1; i < model->n_peers; i++)
		if (says_less(&model->peers[i], least))
			least = &model->peers[i];
	forget(model, least);
	model->replaced++;
	return least;
}

static struct top_peer *find_or_add(struct top_model *model, const struct endpoint *endpoint)
{
	struct top_peer *peer = top_model_find(model, endpoint);
	uint16_t *bucket = bucket_of(model, endpoint);

	if (peer)
		return peer;
	peer = make_room(model);
	*peer = (struct top_peer){.peer = *endpoint, .next = *bucket, .cause = CAUSE_MAX};
	*bucket = (uint16_t)(peer - model->peers + 1);
	return peer;
}

/* Counts one in its span. The ring moves on to it; the spans that were passed are empty. */
static void count_in(uint32_t ring[TOP_TREND], uint64_t *at, uint64_t span)
{
	uint64_t from = span > *at + TOP_TREND ? span - TOP_TREND : *at;

	while (from < span)
		ring[++from % TOP_TREND] = 0;
	if (span > *at)
		*at = span;
	if (span + TOP_TREND > *at)
		ring[span % TOP_TREND]++;
}

static void note_comm(struct top_peer *peer, const char comm[COMM_SIZE])
{
	for (unsigned int i = 0; i < TOP_COMMS; i++)
		if (!memcmp(peer->comms[i], comm, COMM_SIZE))
			return;
	memmove(peer->comms[1], peer->comms[0], (TOP_COMMS - 1) * COMM_SIZE);
	memcpy(peer->comms[0], comm, COMM_SIZE);
}

static void keep_timeline(struct top_peer *peer, const struct run *run, const struct record *record)
{
	struct top_timeline *timeline = &peer->timelines[peer->n_timelines++ % TOP_TIMELINES];
	struct run plain = *run;
	struct buffer text = {0};

	/* The screen has colours of its own. */
	plain.color = false;
	output_timeline.record(&text, &plain, record);
	free(timeline->text);
	timeline->text = text.bytes;
	timeline->length = text.failed ? 0 : text.length;
}

static void note_success(struct top_peer *peer, const struct record *record, uint64_t end_ns)
{
	peer->failing_since_ns = 0;
	peer->last_ok_ns = end_ns;
	peer->took_ns[peer->n_took++ % TOP_TAKEN] = record->duration_ns;
}

static void note_failure(struct top_peer *peer, const struct record *record, uint64_t end_ns)
{
	peer->failed++;
	if (!peer->failing_since_ns)
		peer->failing_since_ns = record->attempt.header.id;
	peer->cause = record->cause;
	peer->error = record->error;
	count_in(peer->trend, &peer->trend_at, end_ns / TOP_TREND_NS);
}

void top_model_record(struct top_model *model, const struct record *record)
{
	struct top_peer *peer = find_or_add(model, output_peer(&record->attempt));
	uint64_t end_ns = record->attempt.header.id + record->duration_ns;
	bool established = record->outcome == OUTCOME_SUCCESS;

	model->attempts++;
	count_in(model->rate, &model->rate_at, end_ns / TOP_TREND_NS);
	peer->attempts++;
	if (end_ns > peer->last_ns)
		peer->last_ns = end_ns;
	if (record->attempt.pid)
		note_comm(peer, record->attempt.comm);
	if (established) {
		note_success(peer, record, end_ns);
	} else {
		model->failed++;
		note_failure(peer, record, end_ns);
	}
	if (!established || record->cause != CAUSE_ESTABLISHED || record->n_steps > 1)
		keep_timeline(peer, model->run, record);
}

void top_model_begin_waiting(struct top_model *model)
{
	model->n_waiting = model->n_all_waiting = 0;
	for (unsigned int i = 0; i < model->n_peers; i++) {
		model->peers[i].waiting = 0;
		model->peers[i].oldest_ns = 0;
	}
}

/* While there is no room, the youngest stands last. */
static void put_youngest_last(struct top_model *model)
{
	struct attempt *last = &model->waiting[TOP_WAITING_MAX - 1], swap;

	for (struct attempt *w = model->waiting; w < last; w++) {
		if (w->header.id <= last->header.id)
			continue;
		swap = *w;
		*w = *last;
		*last = swap;
	}
}

void top_model_waiting(struct top_model *model, const struct attempt *attempt)
{
	struct attempt *last = &model->waiting[TOP_WAITING_MAX - 1];
	struct top_peer *peer = find_or_add(model, output_peer(attempt));

	model->n_all_waiting++;
	peer->waiting++;
	if (!peer->oldest_ns || attempt->header.id < peer->oldest_ns)
		peer->oldest_ns = attempt->header.id;
	note_comm(peer, attempt->comm);
	if (model->n_waiting < TOP_WAITING_MAX) {
		model->waiting[model->n_waiting++] = *attempt;
		if (model->n_waiting == TOP_WAITING_MAX)
			put_youngest_last(model);
	} else if (attempt->header.id < last->header.id) {
		*last = *attempt;
		put_youngest_last(model);
	}
}

static int oldest_first(const void *left, const void *right)
{
	const struct attempt *a = left, *b = right;

	if (a->header.id != b->header.id)
		return a->header.id < b->header.id ? -1 : 1;
	return 0;
}

void top_model_end_waiting(struct top_model *model)
{
	qsort(model->waiting, model->n_waiting, sizeof(model->waiting[0]), oldest_first);
}

unsigned int top_peer_trend(const struct top_peer *peer, uint64_t now_ns, unsigned int ago)
{
	uint64_t span = now_ns / TOP_TREND_NS;

	if (ago > span || span - ago > peer->trend_at || span - ago + TOP_TREND <= peer->trend_at)
		return 0;
	return peer->trend[(span - ago) % TOP_TREND];
}

static unsigned int taken(const struct top_peer *peer)
{
	return peer->n_took < TOP_TAKEN ? (unsigned int)peer->n_took : TOP_TAKEN;
}

static int shorter_first(const void *left, const void *right)
{
	const uint64_t *a = left, *b = right;

	return *a < *b ? -1 : *a > *b;
}

uint64_t top_peer_median_ns(const struct top_peer *peer)
{
	uint64_t sorted[TOP_TAKEN];
	unsigned int n = taken(peer);

	if (!n)
		return 0;
	memcpy(sorted, peer->took_ns, n * sizeof(sorted[0]));
	qsort(sorted, n, sizeof(sorted[0]), shorter_first);
	return sorted[(n - 1) / 2];
}

uint64_t top_peer_slowest_ns(const struct top_peer *peer)
{
	uint64_t slowest = 0;

	for (unsigned int i = 0; i < taken(peer); i++)
		if (peer->took_ns[i] > slowest)
			slowest = peer->took_ns[i];
	return slowest;
}

double top_model_rate(const struct top_model *model, uint64_t now_ns)
{
	uint64_t span = now_ns / TOP_TREND_NS, first = model->run->start_ns / TOP_TREND_NS, sum = 0;
	unsigned int n = 0;

	/* Neither the span that has just begun, nor that in which tracing did. */
	for (unsigned int ago = 1; ago < TOP_TREND / 2 && span > first + ago; ago++, n++)
		if (span - ago <= model->rate_at && span - ago + TOP_TREND > model->rate_at)
			sum += model->rate[(span - ago) % TOP_TREND];
	return n ? (double)sum * NS_PER_S / ((double)n * TOP_TREND_NS) : 0;
}

void top_model_free(struct top_model *model)
{
	for (unsigned int i = 0; i < model->n_peers; i++)
		for (size_t k = 0; k < TOP_TIMELINES; k++)
			free(model->peers[i].timelines[k].text);
	model->n_peers = 0;
}
