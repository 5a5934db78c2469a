/* SPDX-License-Identifier: GPL-2.0-only */
/* What is known of the whole run: its clock, its names, its sums. */
#ifndef CONNWHY_RUN_H
#define CONNWHY_RUN_H

#include <stdbool.h>
#include <stdint.h>

#include "record.h"

enum time_style { TIME_ISO, TIME_CLOCK, TIME_SINCE_START };

struct memo;

/*
 * What outputs need to know of the run.
 *
 * @realtime_offset_ns: CLOCK_REALTIME minus CLOCK_MONOTONIC
 * @start_ns:  start of the tracer, CLOCK_MONOTONIC: zero of TIME_SINCE_START
 * @host, @version, @kernel, @tier: names
 * @hooks_missing: NULL-terminated list of names
 * @filter: the filter in force in words, NULL for none
 * @memo: text of this run that is used again, NULL for none
 */
struct run {
	int64_t realtime_offset_ns;
	uint64_t start_ns;
	enum time_style time_style;
	bool color;
	const char *host;
	const char *version;
	const char *kernel;
	const char *tier;
	const char *const *hooks_missing;
	const char *filter;
	struct memo *memo;
};

/* A count of what was lost, by reason. */
struct loss {
	const char *reason; /* "ring_full" */
	uint64_t count;
};

/*
 * The sum that must hold whenever quiet, and at the end:
 * begun + preexisting = reported + filtered_kernel + filtered_user + in_flight + queued + lost.
 *
 * @unseen_at_most: beside it, attempts that began while the hooks that would have seen it were
 *                  skipped: no more than that
 */
struct totals {
	uint64_t begun, preexisting;
	uint64_t reported, filtered_kernel, filtered_user, suppressed;
	uint64_t in_flight, queued, lost;
	uint64_t by_outcome[OUTCOME_MAX];
	uint64_t by_cause[CAUSE_MAX];
	uint64_t late_steps;
	uint64_t unseen_at_most;
};

#endif
