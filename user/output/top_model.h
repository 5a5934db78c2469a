/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What `connwhy top` knows: the peers that were seen, how attempts to them ended, and who waits
 * now. Bounded, whatever the traffic. Pure: it is told the time.
 */
#ifndef CONNWHY_TOP_MODEL_H
#define CONNWHY_TOP_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#include "buffer.h"
#include "record.h"
#include "run.h"

#define TOP_PEERS_MAX 512
#define TOP_BUCKETS 1024 /* a power of two */
#define TOP_WAITING_MAX 1024
#define TOP_TIMELINES 16
#define TOP_TAKEN 32
#define TOP_TREND 20
#define TOP_TREND_NS 3000000000ULL
#define TOP_COMMS 4

/* Of one attempt that did not simply succeed, as the timeline output tells it. */
struct top_timeline {
	char *text;
	size_t length;
};

/*
 * @failing_since_ns: start of the first attempt that was not established since the last that was, 0
 *                    where the last was
 * @last_ok_ns:  end of the last that was established, 0 for none
 * @cause, @error: of the last that was not established, CAUSE_MAX for none
 * @took_ns:     of the last established, a ring of @n_took so far
 * @trend:       not established in each span of TOP_TREND_NS, a ring; @trend_at: the latest span
 * @comms:       who connected last
 * @timelines:   a ring of @n_timelines so far
 * @waiting, @oldest_ns: attempts in flight, and the start of the oldest
 */
struct top_peer {
	struct endpoint peer;
	uint16_t next; /* in its bucket, TOP_PEERS_MAX for none */
	uint64_t attempts, failed;
	uint64_t failing_since_ns, last_ok_ns, last_ns;
	enum cause cause;
	int error;
	uint64_t took_ns[TOP_TAKEN];
	uint64_t n_took;
	uint32_t trend[TOP_TREND];
	uint64_t trend_at;
	char comms[TOP_COMMS][COMM_SIZE];
	struct top_timeline timelines[TOP_TIMELINES];
	uint64_t n_timelines;
	unsigned int waiting;
	uint64_t oldest_ns;
};

/*
 * Starts as all zero but for @run.
 *
 * @waiting:  of the attempts in flight the oldest, oldest first; @n_all_waiting: all of them
 * @replaced: peers that made room for others
 */
struct top_model {
	const struct run *run;
	struct top_peer peers[TOP_PEERS_MAX];
	unsigned int n_peers;
	uint16_t buckets[TOP_BUCKETS]; /* the place in @peers plus one, 0 for none */
	struct attempt waiting[TOP_WAITING_MAX];
	unsigned int n_waiting, n_all_waiting;
	uint64_t attempts, failed, replaced;
	uint32_t rate[TOP_TREND]; /* attempts of each span, as .trend */
	uint64_t rate_at;
};

/* Takes an ended attempt in. */
void top_model_record(struct top_model *model, const struct record *record);

/* The attempts in flight, anew: begin, then each of them, then end. */
void top_model_begin_waiting(struct top_model *model);
void top_model_waiting(struct top_model *model, const struct attempt *attempt);
void top_model_end_waiting(struct top_model *model);

/* NULL where it is not there, or not any more. */
struct top_peer *top_model_find(struct top_model *model, const struct endpoint *peer);

/* Not established in the span that was `ago` spans before the one of `now_ns`. */
unsigned int top_peer_trend(const struct top_peer *peer, uint64_t now_ns, unsigned int ago);

/* Of the last that were established: half of them took no longer; the longest. 0 for none. */
uint64_t top_peer_median_ns(const struct top_peer *peer);
uint64_t top_peer_slowest_ns(const struct top_peer *peer);

/* Attempts that ended in a second, over the spans that are whole. */
double top_model_rate(const struct top_model *model, uint64_t now_ns);

void top_model_free(struct top_model *model);

#endif
