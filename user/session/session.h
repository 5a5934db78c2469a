/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What happens to each event of a run: decoded, completed by what the kernel answers, put together,
 * diagnosed, filtered, printed, counted. Knows nothing of signals or of the loop around it.
 */
#ifndef CONNWHY_SESSION_H
#define CONNWHY_SESSION_H

#include <stdint.h>
#include <sys/utsname.h>

#include "attempts.h"
#include "expression.h"
#include "host.h"
#include "journal.h"
#include "metrics.h"
#include "options.h"
#include "output.h"
#include "report_file.h"
#include "save.h"
#include "savefile.h"
#include "summary.h"
#include "tracer.h"

#define PEER_ASKS_KEPT 16
#define ASKS_NS_PER_SECOND INT64_C(50000000)

/*
 * @left_ns: CPU time that they may still take in this second
 * @kept:    the last answers, which serve for a second; @next: the place of the next one
 */
struct peer_asks {
	int64_t left_ns;
	unsigned int next;
	struct {
		struct endpoint peer;
		uint32_t netns;
		uint64_t at_ns;
		struct step_peer answer;
	} kept[PEER_ASKS_KEPT];
};

#define LOSSES_MAX 12

/*
 * @out:        what is not yet on standard output; @n_out: records in it
 * @error:      -errno of the output, once it has failed
 * @save:       the files of -w; without that nothing is written there
 * @losses:     each reason there is, once session_count() was called
 * @metrics:    what has been reported, NULL where nobody asked for it
 * @unwritten:  records that could not be written
 * @asks_left:  questions to the kernel that are still allowed in this second
 * @retry_asks_left_ns: CPU time that those about a SYN that is sent again may still take in it
 * @next_walk_ns: when the attempts in flight are looked through again
 * @has_ipvs:   this host has IPVS, as of this second
 * @peer_asks:  of questions that cost as much as there are sockets on the host
 * @lost_told:  attempts whose loss the record keeping knows of
 * @rate_left:  records that --rate still allows in this second
 * @report:     of --report, NULL for none; @report_error: -errno once it has failed
 * @observe:    is shown each record that is reported, NULL for nobody
 */
struct session {
	const struct options *options;
	void (*observe)(void *observer, const struct record *record);
	void *observer;
	struct tracer *tracer;
	struct attempts *attempts;
	struct host *host;
	struct expression *expression;
	struct summary summary;
	struct metrics *metrics;
	struct report_file *report;
	int report_error;
	struct run run;
	struct utsname kernel;
	struct totals totals;
	struct loss losses[LOSSES_MAX];
	size_t n_losses;
	uint64_t undecoded;
	uint64_t walk_due_ns, waiting; /* of what is in flight; as it was then, with the oldest */
	struct attempt oldest;
	bool drained_failure; /* by the last session_drain() */
	uint64_t next_look_ns;
	uint64_t blind_looks;  /* own connects that the hooks did not see */
	uint64_t skipped_runs; /* of programs, by the kernel's count */
	struct buffer out;
	struct journal *journal; /* of a format that goes there */
	uint64_t n_out;
	uint64_t omitted_drops;
	uint64_t unwritten;
	int error;
	struct savefile save;
	bool save_ended; /* as -W asks for */
	unsigned int asks_left;
	int64_t retry_asks_left_ns;
	uint64_t next_walk_ns;
	bool has_ipvs;
	uint64_t lost_told;
	struct peer_asks peer_asks;
	unsigned int rate_left;
	uint64_t suppressed_by_cause[CAUSE_MAX];
};

uint64_t monotonic_ns(void);

/* Fills what outputs need to know of the run, but what only the tracer can tell. */
void session_describe_run(struct session *session);

/* Opens the tracer, and what else a session needs. 0, or -errno that has been said. */
int session_open(struct session *session);

/* Makes the file of --report, where one is asked for. 0, or -errno that has been said. */
int session_prepare_report(struct session *session);

/* Finds where records go. 0, or -errno that has been said. */
int session_open_output(struct session *session);

/* Compiles the filter expression. 0, or -EINVAL that has been said. */
int session_filter(struct session *session);

/* Opens the first file of -w. 0, or -errno that has been said. */
int session_save(struct session *session);

/* Opens it anew, where that is a file: returns false where it is none. */
bool session_reopen(struct session *session);

/* Whether it has ended by itself: all records that were asked for, or an output that failed. */
bool session_is_over(const struct session *session);

void session_close(struct session *session);

/* tracer_event_fn: takes one event in. */
int session_event(void *session, void *data, size_t size);

/* Takes in all that the kernel side has sent. Returns how many events, or -errno. */
int session_drain(struct session *session);

/* An attempt failed: asks what its facts leave open. The answers are fed before its end. */
void session_ask_failure(struct session *session, const struct attempt *attempt);

/* CPU time of this thread: that others are busy, too, is not to the account of its questions. */
int64_t session_cpu_ns(void);

/* A SYN is sent again: asks the listener, where it is on this host, and the NAT. */
void session_ask_retry(struct session *session, const struct event_header *event);

/* session_peer.c: what the kernel side and the kernel know of the peer of such an attempt. */
void session_ask_peer(struct session *session, const struct attempt *attempt);

/* Where attempts were lost, nothing is concluded from the successes that were not seen. */
void session_note_lost(struct session *session, uint64_t now_ns);

/* Takes in one event that is known to be good, also into the file of -w. 0 or -errno. */
int session_feed(struct session *session, const struct event_header *event);

/* Prints what has ended and is ready. `all`: without waiting. */
void session_report(struct session *session, uint64_t now_ns, bool all);

/* Puts what was written so far onto standard output. */
void session_flush(struct session *session);

/* Once a second: budgets, ends that never came, losses. */
void session_tick(struct session *session, uint64_t now_ns);

/*
 * Detaches the tracer, so that nothing begins any more, ends what is in flight as unknown, and
 * reports all.
 */
void session_finish(struct session *session);

/* The losses, the totals: for people, to stderr. */
void session_say_losses(struct session *session, uint64_t now_ns);
void session_say_totals(struct session *session, uint64_t now_ns);

/* Calls back for each attempt that waits for an answer. */
void session_each_waiting(struct session *session,
                          void (*each)(const struct attempt *attempt, void *context),
                          void *context);

/* What is still waiting: pid, peer, how long, how many SYNs. To stderr. */
void session_show_inflight(struct session *session, uint64_t now_ns);

/* The same in one line on a terminal, without its end: only the longest. False: nothing shown. */
bool session_show_status(struct session *session, uint64_t now_ns);

/* Brings the totals up to date. */
void session_count(struct session *session);

/* Writes the losses and the totals behind the last record. */
void session_end_output(struct session *session, uint64_t now_ns);

/* Says what could not be written. Returns the status to exit with. */
int session_status(const struct session *session);

#endif
