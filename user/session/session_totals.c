// SPDX-License-Identifier: GPL-2.0-only
/* What a session counts and shows while it runs and at its end: in flight, lost, totals. */
#include <errno.h>
#include <string.h>

#include "ipvs.h"
#include "log.h"
#include "session.h"
#include "text.h"
#include "units.h"
#include "words.h"

#define WALK_PAUSE 50 /* times what a look through the attempts in flight took: until the next */
#define ASKS_PER_SECOND 1000             /* some tens of microseconds each */
#define RETURN_OVERDUE_NS (2 * NS_PER_S) /* a connect() returns sooner behind its final state */
#define STATUS_AFTER_NS (500 * NS_PER_MS)
#define WAITING_SIZE 256
#define LOOK_INTERVAL_NS (60 * NS_PER_S)
#define STEPS_EXPIRE_NS (3600 * NS_PER_S)

struct walk {
	struct session *session;
	uint64_t now_ns, n;
	struct attempt oldest;
};

/* Final for long, and its end never came: a return that was missed, or a map that was busy. */
static bool is_overdue(const struct attempt *a, void *context)
{
	const struct walk *walk = context;

	return a->flags & ATTEMPT_FINAL && a->final_ns + RETURN_OVERDUE_NS < walk->now_ns;
}

static void end_for_kernel(const struct attempt *entry, void *context)
{
	struct walk *walk = context;
	struct attempt a = *entry;

	a.header.at_ns = walk->now_ns;
	a.ended_by = a.flags & ATTEMPT_FINAL ? ENDED_BY_REAPER : ENDED_BY_NOTHING;
	walk->n++;
	session_feed(walk->session, &a.header);
}

static void count_one(const struct attempt *a, void *context)
{
	(void)a;
	((struct walk *)context)->n++;
}

static void add_loss(struct session *session, const char *reason, uint64_t count)
{
	session->losses[session->n_losses].reason = reason;
	session->losses[session->n_losses++].count = count;
}

/* All but those in flight, which must be looked through. */
static void count_ended(struct session *session)
{
	struct totals *totals = &session->totals;
	uint64_t counters[COUNT_MAX];
	struct missed_runs missed;

	tracer_counters(session->tracer, counters);
	totals->begun = counters[COUNT_BEGUN];
	totals->filtered_kernel = counters[COUNT_FILTERED];
	totals->lost = counters[COUNT_LOST_RING] + counters[COUNT_LOST_MAP_FULL] +
	               counters[COUNT_LOST_MAP_BUSY];
	totals->queued = attempts_queued(session->attempts);
	totals->late_steps = attempts_late(session->attempts);

	session->n_losses = 0;
	add_loss(session, "ring_full", counters[COUNT_LOST_RING]);
	add_loss(session, "map_full", counters[COUNT_LOST_MAP_FULL]);
	add_loss(session, "map_busy", counters[COUNT_LOST_MAP_BUSY]);
	add_loss(session, "steps_ring_full", counters[COUNT_LOST_STEPS]);
	add_loss(session, "steps_omitted", counters[COUNT_OMITTED_STEPS]);
	add_loss(session, "drops_rate_limited", counters[COUNT_OMITTED_DROPS]);
	add_loss(session, "returns_missed", counters[COUNT_MISSED_RETURNS]);
	add_loss(session, "steps_late", totals->late_steps);
	add_loss(session, "undecoded", session->undecoded);
	add_loss(session, "own_connects_unseen", session->blind_looks);
	/* Before 6.7 the kernel does not tell. */
	if (!tracer_missed_runs(session->tracer, &missed)) {
		add_loss(session, "program_runs_missed", missed.all);
		totals->unseen_at_most = missed.begins;
	}
}

void session_count(struct session *session)
{
	struct walk walk = {.session = session};

	if (!session->tracer)
		return;
	count_ended(session);
	tracer_each_inflight(session->tracer, NULL, count_one, &walk);
	tracer_each_preexisting(session->tracer, count_one, &walk);
	session->totals.in_flight = walk.n;
}

/* A format for programs has its totals in the stream; people see them on stderr. */
static bool is_in_stream(const struct session *session)
{
	return session->options->output->for_programs && !session->options->write_file;
}

void session_say_losses(struct session *session, uint64_t now_ns)
{
	struct buffer text = {0};

	output_text_losses(&text, &session->run, session->losses, session->n_losses, now_ns);
	buffer_write(&text, stderr);
	buffer_free(&text);
}

void session_say_totals(struct session *session, uint64_t now_ns)
{
	struct buffer text = {0};

	output_text_end(&text, &session->run, &session->totals, now_ns);
	buffer_write(&text, stderr);
	buffer_free(&text);
}

static void print_losses(struct session *session, uint64_t now_ns)
{
	const struct output_ops *output = session->options->output;

	if (is_in_stream(session))
		output->losses(&session->out, &session->run, session->losses, session->n_losses,
		               now_ns);
	else if (!session->options->quiet)
		session_say_losses(session, now_ns);
}

static uint64_t losses(const struct session *session)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < session->n_losses; i++)
		sum += session->losses[i].count;
	return sum;
}

/* What was switched on at the start can be switched off later: seen by a connect of our own. */
static void look(struct session *session, uint64_t now_ns)
{
	char why[256];

	if (now_ns < session->next_look_ns)
		return;
	if (session->next_look_ns && tracer_is_blind(session->tracer, why, sizeof(why)) &&
	    !session->blind_looks++)
		log_error("connects go unseen since a minute at most: tier %s: %s",
		          session->run.tier, why);
	session->next_look_ns = now_ns + LOOK_INTERVAL_NS;
}

/* What was overdrawn in the last second is taken from this one. */
static void allow(int64_t *left_ns)
{
	*left_ns += ASKS_NS_PER_SECOND;
	if (*left_ns > ASKS_NS_PER_SECOND)
		*left_ns = ASKS_NS_PER_SECOND;
}

/* However many are in flight, that is done with a small share of a CPU. */
static void end_overdue(struct session *session, uint64_t now_ns)
{
	struct walk walk = {.session = session, .now_ns = now_ns};
	int64_t before_ns = session_cpu_ns();

	if (now_ns < session->next_walk_ns)
		return;
	tracer_each_inflight(session->tracer, is_overdue, end_for_kernel, &walk);
	session->next_walk_ns = now_ns + (session_cpu_ns() - before_ns) * WALK_PAUSE;
}

void session_tick(struct session *session, uint64_t now_ns)
{
	uint64_t before = losses(session);

	look(session, now_ns);
	session->asks_left = ASKS_PER_SECOND;
	session->has_ipvs = ipvs_is_there();
	allow(&session->peer_asks.left_ns);
	allow(&session->retry_asks_left_ns);
	session->rate_left = session->options->rate;
	end_overdue(session, now_ns);
	if (now_ns > STEPS_EXPIRE_NS)
		attempts_expire(session->attempts, now_ns - STEPS_EXPIRE_NS);
	count_ended(session);
	session_note_lost(session, now_ns);
	if (losses(session) != before)
		print_losses(session, now_ns);
}

static bool always(const struct attempt *a, void *context)
{
	(void)a;
	(void)context;
	return true;
}

void session_finish(struct session *session)
{
	struct walk walk = {.session = session};

	tracer_detach(session->tracer);
	while (tracer_consume(session->tracer) > 0)
		continue;
	session_drain(session);
	walk.now_ns = monotonic_ns();
	session_report(session, walk.now_ns, true);
	tracer_each_inflight(session->tracer, always, end_for_kernel, &walk);
	tracer_take_preexisting(session->tracer, end_for_kernel, &walk);
	attempts_drained(session->attempts);
	session_report(session, walk.now_ns, true);
	attempts_expire(session->attempts, UINT64_MAX);
	session_count(session);
}

static void describe_waiting(char *text, size_t size, const struct walk *walk,
                             const struct attempt *a)
{
	char process[TEXT_PROCESS_SIZE], peer[TEXT_ENDPOINT_SIZE], waited[TEXT_TIME_SIZE];

	snprintf(text, size, "%s > %s, %s, %u SYNs", text_process(process, a->comm, a->pid),
	         text_peer(peer, &a->remote),
	         text_duration_words(waited, walk->now_ns - a->header.id),
	         1u + a->tallies[TALLY_RETRY]);
}

static void show_one(const struct attempt *a, void *context)
{
	char text[WAITING_SIZE];

	describe_waiting(text, sizeof(text), context, a);
	fprintf(stderr, "waiting: %s\n", text);
}

void session_show_inflight(struct session *session, uint64_t now_ns)
{
	struct walk walk = {.session = session, .now_ns = now_ns};

	tracer_each_inflight(session->tracer, NULL, show_one, &walk);
	tracer_each_preexisting(session->tracer, show_one, &walk);
}

struct visit {
	void (*each)(const struct attempt *attempt, void *context);
	void *context;
};

static void visit_one(const struct attempt *a, void *context)
{
	struct visit *visit = context;

	/* Of one that is final only the end of its call is waited for. */
	if (!(a->flags & ATTEMPT_FINAL))
		visit->each(a, visit->context);
}

void session_each_waiting(struct session *session,
                          void (*each)(const struct attempt *attempt, void *context), void *context)
{
	struct visit visit = {each, context};

	tracer_each_inflight(session->tracer, NULL, visit_one, &visit);
	tracer_each_preexisting(session->tracer, visit_one, &visit);
}

static void keep_oldest(const struct attempt *a, void *context)
{
	struct walk *walk = context;

	walk->n++;
	if (!walk->oldest.header.id || a->header.id < walk->oldest.header.id)
		walk->oldest = *a;
}

bool session_show_status(struct session *session, uint64_t now_ns)
{
	struct walk walk = {.session = session, .now_ns = now_ns};
	char text[WAITING_SIZE];

	/* A walk takes longer the more there are: no more than a fiftieth of the time goes there.
	 */
	if (now_ns >= session->walk_due_ns) {
		tracer_each_inflight(session->tracer, NULL, keep_oldest, &walk);
		session->waiting = walk.n;
		session->oldest = walk.oldest;
		session->walk_due_ns = now_ns + 50 * (monotonic_ns() - now_ns);
	}
	walk.n = session->waiting;
	walk.oldest = session->oldest;
	if (!walk.n || walk.oldest.header.id + STATUS_AFTER_NS > now_ns)
		return false;
	describe_waiting(text, sizeof(text), &walk, &walk.oldest);
	fprintf(stderr, "\r\033[K%llu waiting; the longest: %s", (unsigned long long)walk.n, text);
	fflush(stderr);
	return true;
}

static void print_summary(struct session *session, FILE *out)
{
	struct buffer text = {0};

	summary_print(&session->summary, &text);
	session->error = buffer_write(&text, out);
	buffer_free(&text);
}

/* Nothing for people may stand on standard output. */
static bool is_for_programs(const struct session *session)
{
	const char *path = session->options->write_file;

	return is_in_stream(session) || (path && !strcmp(path, "-"));
}

void session_end_output(struct session *session, uint64_t now_ns)
{
	const struct output_ops *output = session->options->output;
	bool in_stream = is_in_stream(session);

	if (losses(session))
		print_losses(session, now_ns);
	if (in_stream)
		output->end(&session->out, &session->run, &session->totals, now_ns);
	session_flush(session);
	if (!session->options->quiet && !in_stream)
		session_say_totals(session, now_ns);
	if (session->options->summary && !session->error)
		print_summary(session, is_for_programs(session) ? stderr : stdout);
	if (session->report)
		session->report_error =
		        report_file_write(session->report, &session->run, &session->totals,
		                          session->losses, session->n_losses);
	for (int cause = 0; cause < CAUSE_MAX; cause++)
		if (session->suppressed_by_cause[cause])
			log_info("--rate: %llu records not printed with cause %s",
			         (unsigned long long)session->suppressed_by_cause[cause],
			         words_cause(cause));
}

int session_status(const struct session *session)
{
	int status = 0;

	/* A reader that goes away ends it quietly. */
	if (session->error && session->error != -EPIPE) {
		log_error("%s: %s; %llu records were not written",
		          session->journal ? "the journal" : "standard output",
		          strerror(-session->error), (unsigned long long)session->unwritten);
		status = 1;
	}
	if (session->save.error && session->save.error != -EPIPE) {
		log_error("-w %s: %s; the file is not complete", session->options->write_file,
		          strerror(-session->save.error));
		status = 1;
	}
	if (session->report_error) {
		log_error("--report %s: %s; no page was written", session->options->report,
		          strerror(-session->report_error));
		status = 1;
	}
	return status;
}
