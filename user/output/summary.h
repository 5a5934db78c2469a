/* SPDX-License-Identifier: GPL-2.0-only */
/* What --summary prints at the end: totals, the worst peers, latency histograms. */
#ifndef CONNWHY_SUMMARY_H
#define CONNWHY_SUMMARY_H

#include <stdint.h>

#include "buffer.h"
#include "record.h"

#define SUMMARY_PEERS_MAX 256
#define SUMMARY_SLOTS 64

struct summary_peer {
	struct endpoint peer;
	uint64_t attempts;
	uint64_t failed;
};

/*
 * Starts as all zero, needs no freeing.
 *
 * @latency_us: attempts by log2 of their duration in microseconds
 * @peers:      a bounded table: a new peer takes the place of the one with the fewest failures and
 *              attempts, which are counted in @others from then on
 */
struct summary {
	uint64_t by_outcome[OUTCOME_MAX];
	uint64_t by_cause[CAUSE_MAX];
	uint64_t latency_us[OUTCOME_MAX][SUMMARY_SLOTS];
	struct summary_peer peers[SUMMARY_PEERS_MAX];
	unsigned int n_peers;
	struct summary_peer others;
};

void summary_add(struct summary *summary, const struct record *record);

/* Brings the table of peers into order. */
void summary_print(struct summary *summary, struct buffer *out);

#endif
