/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What happens to each event of a run: decoded, completed by what the kernel answers, put together,
 * diagnosed, filtered, printed, counted. Knows nothing of signals or of the loop around it.
 */
#ifndef CONNWHY_SESSION_H
#define CONNWHY_SESSION_H

#include <stdint.h>

#include "attempts.h"
#include "expression.h"
#include "host.h"
#include "options.h"
#include "output.h"
#include "summary.h"
#include "tracer.h"

#define LOSSES_MAX 12

/*
 * @error:      -errno of the output, once it has failed
 * @unwritten:  records that could not be written
 * @asks_left:  questions to the kernel that are still allowed in this second
 * @rate_left:  records that --rate still allows in this second
 */
struct session {
	const struct options *options;
	struct tracer *tracer;
	struct attempts *attempts;
	struct host *host;
	struct expression *expression;
	struct summary summary;
	struct run run;
	struct totals totals;
	struct loss losses[LOSSES_MAX];
	size_t n_losses;
	uint64_t undecoded;
	uint64_t unwritten;
	int error;
	unsigned int asks_left;
	unsigned int rate_left;
	uint64_t suppressed_by_cause[CAUSE_MAX];
};

uint64_t monotonic_ns(void);

/* tracer_event_fn: takes one event in. */
int session_event(void *session, void *data, size_t size);

/* Prints what has ended and is ready. `all`: without waiting. */
void session_report(struct session *session, uint64_t now_ns, bool all);

/* Once a second: budgets, ends that never came, losses. */
void session_tick(struct session *session, uint64_t now_ns);

/* Ends what is in flight as unknown, once the tracer is detached, and reports all. */
void session_finish(struct session *session, uint64_t now_ns);

/* What is still waiting: pid, peer, how long, how many SYNs. To stderr. */
void session_show_inflight(struct session *session, uint64_t now_ns);

/* The same in one line on a terminal, without its end: only the longest. False: nothing shown. */
bool session_show_status(struct session *session, uint64_t now_ns);

/* Brings the totals up to date. */
void session_count(struct session *session);

/* Writes the losses and the totals behind the last record. */
void session_end_output(struct session *session, uint64_t now_ns);

#endif
