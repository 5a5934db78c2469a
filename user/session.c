// SPDX-License-Identifier: GPL-2.0-only
#include "session.h"

#include <errno.h>
#include <linux/bpf.h>
#include <string.h>
#include <time.h>

#include "ask.h"
#include "decode.h"
#include "diagnose.h"
#include "log.h"
#include "text.h"
#include "words.h"

#define ASKS_PER_SECOND 200
#define RETURN_OVERDUE_NS 2000000000ULL    /* a connect() returns sooner behind its final state */
#define STATUS_AFTER_NS 500000000ULL
#define WAITING_SIZE 256
#define STEPS_EXPIRE_NS (3600ULL * 1000000000ULL)

uint64_t monotonic_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000ULL + now.tv_nsec;
}

void session_describe_run(struct session *session)
{
	struct run *run = &session->run;
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	run->start_ns = monotonic_ns();
	run->realtime_offset_ns = now.tv_sec * 1000000000LL + now.tv_nsec - (int64_t)run->start_ns;
	run->time_style = session->options->time_style;
	run->color = session->options->color;
	run->version = VERSION;
	uname(&session->kernel);
	run->host = session->kernel.nodename;
	run->kernel = session->kernel.release;
}

int session_open(struct session *session)
{
	int err;

	session->attempts = attempts_new(GRACE_NS);
	if (!session->attempts)
		return -ENOMEM;
	err = tracer_open(&session->tracer, session->options, session_event, session);
	if (err)
		return err;
	session->host = host_new(tracer_btf(session->tracer));
	if (!session->host)
		return -ENOMEM;
	session->run.tier = tier_names[tracer_tier(session->tracer)];
	session->run.hooks_missing = tracer_missing(session->tracer);
	return 0;
}

void session_close(struct session *session)
{
	if (session->save)
		fclose(session->save);
	expression_free(session->expression);
	attempts_free(session->attempts);
	host_free(session->host);
	tracer_close(session->tracer);
}

/* Every event of a run goes through here, and so into the file of -w. */
static int feed(struct session *session, const struct event_header *event)
{
	if (session->save && !session->save_error)
		session->save_error = save_event(session->save, event);
	return attempts_feed(session->attempts, event);
}

static void on_name(void *context, enum name_kind kind, uint64_t a, uint64_t b, const char *name)
{
	struct session *session = context;

	if (session->save && !session->save_error)
		session->save_error = save_name(session->save, kind, a, b, name);
}

int session_save(struct session *session)
{
	const char *path = session->options->write_file;

	if (session->save)
		fclose(session->save);
	session->save = save_open(path, &session->run);
	if (!session->save) {
		log_error("-w %s: %s", path, strerror(errno));
		return -errno;
	}
	host_on_name(session->host, on_name, session);
	host_each_name(session->host, on_name, session);
	return 0;
}

int session_filter(struct session *session)
{
	const char *text = session->options->expression;
	char error[256];

	if (!text || !expression_compile(&session->expression, text, error, sizeof(error)))
		return 0;
	log_error("filter '%s': %s", text, error);
	return -EINVAL;
}

/* What the facts of a failed attempt leave open, and a question to the kernel can tell. */
static void ask_about_end(struct session *session, const struct attempt *a)
{
	bool synchronous = a->ended_by == ENDED_BY_RETURN ||
	                   (a->flags & ATTEMPT_IN_FINAL_CALL && a->flags & ATTEMPT_RETURNED);
	int error = synchronous && !a->error ? -a->ret : a->error;
	struct step_event answer;
	int err = -ENOENT;

	switch (error) {
	case 0:
		/* Closed by the application: how would the kernel have gone on? */
		if (a->shutdown)
			err = ask_schedule(a, &answer);
		break;
	case EADDRNOTAVAIL:
		err = ask_ports(a, &answer);
		break;
	case ENETUNREACH:
	case EHOSTUNREACH:
	case EACCES:
	case EINVAL:
		/* An ICMP error has said it already. */
		if (a->flags & ATTEMPT_ICMP)
			return;
		err = ask_route(a, &answer);
		break;
	default:
		return;
	}
	if (!err)
		feed(session, &answer.header);
}

/* A SYN that is sent again to this host itself: is its listener's queue full? */
static void ask_about_retry(struct session *session, const struct event_header *event)
{
	struct step_event answer;
	struct attempt a;

	if (tracer_find(session->tracer, event->socket, event->id, &a))
		return;
	a.header.at_ns = event->at_ns;
	if (!ask_listener(&a, &answer))
		feed(session, &answer.header);
}

int session_event(void *context, void *data, size_t size)
{
	const struct event_header *event = decode(data, size);
	struct session *session = context;

	if (!event) {
		session->undecoded++;
		return 0;
	}
	if (!session->tracer)
		return feed(session, event);
	if (event->type == EVENT_END) {
		const struct attempt *a = (const struct attempt *)event;

		if (a->final_state != TCP_STATE_ESTABLISHED && session->asks_left) {
			session->asks_left--;
			ask_about_end(session, a);
		}
	} else if (event->type == EVENT_RETRY && session->retry_asks_left) {
		session->retry_asks_left--;
		ask_about_retry(session, event);
	}
	return feed(session, event);
}

static bool is_wanted(const struct session *session, const struct record *record)
{
	const struct options *options = session->options;

	/* The kernel side sent it only since it had sent a step of it. */
	if (record->attempt.flags & ATTEMPT_REJECTED && !record->has_reset)
		return false;
	if (options->failed && record->outcome == OUTCOME_SUCCESS &&
	    record->cause != CAUSE_RESET_AFTER_ESTABLISHED)
		return false;
	if (options->slower_ns && record->duration_ns < options->slower_ns)
		return false;
	if (options->causes && !(options->causes & 1ULL << record->cause))
		return false;
	if (options->has_errnos &&
	    !(options->errnos[record->error / 8] & 1u << (record->error % 8)))
		return false;
	return !session->expression || expression_matches(session->expression, record);
}

static void print(struct session *session, const struct record *record)
{
	int err;

	/* As tcpdump does: what goes into the file does not go to the terminal. */
	if (session->save)
		return;
	if (session->error) {
		session->unwritten++;
		return;
	}
	err = session->options->output->record(stdout, &session->run, record);
	if (err) {
		session->error = err;
		session->unwritten++;
	}
}

static void report(struct session *session, struct record *record)
{
	struct totals *totals = &session->totals;

	host_describe(session->host, record);
	diagnose(record);
	if (!is_wanted(session, record)) {
		totals->filtered_user++;
		return;
	}
	if (session->options->rate && !session->rate_left) {
		totals->suppressed++;
		session->suppressed_by_cause[record->cause]++;
		return;
	}
	session->rate_left -= session->options->rate ? 1 : 0;
	totals->reported++;
	totals->by_outcome[record->outcome]++;
	totals->by_cause[record->cause]++;
	if (session->options->summary)
		summary_add(&session->summary, record);
	if (session->observe)
		session->observe(session->observer, record);
	print(session, record);
}

void session_drain(struct session *session)
{
	tracer_consume(session->tracer);
	attempts_drained(session->attempts);
}

void session_report(struct session *session, uint64_t now_ns, bool all)
{
	const struct options *options = session->options;
	struct record record;

	while ((!options->count || session->totals.reported < options->count) &&
	       attempts_take(session->attempts, now_ns, all, &record))
		report(session, &record);
	if (!session->error && fflush(stdout)) {
		session->error = -errno;
		session->unwritten++;
	}
	if (session->save && !session->save_error && fflush(session->save))
		session->save_error = -errno;
}

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
	feed(walk->session, &a.header);
}

static void count_one(const struct attempt *a, void *context)
{
	(void)a;
	((struct walk *)context)->n++;
}

static void add_loss(struct session *session, const char *reason, uint64_t count)
{
	if (!count)
		return;
	session->losses[session->n_losses].reason = reason;
	session->losses[session->n_losses++].count = count;
}

void session_count(struct session *session)
{
	struct totals *totals = &session->totals;
	uint64_t counters[COUNT_MAX] = {0};
	struct walk walk = {.session = session};
	int64_t missed;

	if (!session->tracer || tracer_counters(session->tracer, counters))
		return;
	tracer_each_inflight(session->tracer, NULL, count_one, &walk);
	tracer_each_preexisting(session->tracer, count_one, &walk);
	totals->begun = counters[COUNT_BEGUN];
	totals->filtered_kernel = counters[COUNT_FILTERED];
	totals->lost = counters[COUNT_LOST_RING] + counters[COUNT_LOST_MAP_FULL] +
	               counters[COUNT_LOST_MAP_BUSY];
	totals->in_flight = walk.n;
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
	missed = tracer_missed_runs(session->tracer);
	if (missed > 0)
		add_loss(session, "program_runs_missed", missed);
}

/* A format for programs has its totals in the stream; people see them on stderr. */
static bool is_in_stream(const struct session *session)
{
	return session->options->output == &output_json && !session->save;
}

static void print_losses(struct session *session, uint64_t now_ns)
{
	const struct output_ops *output = session->options->output;

	if (is_in_stream(session))
		output->losses(stdout, &session->run, session->losses, session->n_losses, now_ns);
	else if (!session->options->quiet)
		output_text_losses(stderr, &session->run, session->losses, session->n_losses, now_ns);
}

void session_tick(struct session *session, uint64_t now_ns)
{
	struct walk walk = {.session = session, .now_ns = now_ns};
	uint64_t before = 0, after = 0;

	session->asks_left = ASKS_PER_SECOND;
	session->retry_asks_left = ASKS_PER_SECOND;
	session->rate_left = session->options->rate;
	tracer_each_inflight(session->tracer, is_overdue, end_for_kernel, &walk);
	if (now_ns > STEPS_EXPIRE_NS)
		attempts_expire(session->attempts, now_ns - STEPS_EXPIRE_NS);
	for (size_t i = 0; i < session->n_losses; i++)
		before += session->losses[i].count;
	session_count(session);
	for (size_t i = 0; i < session->n_losses; i++)
		after += session->losses[i].count;
	if (after != before)
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
	session_count(session);
}

static void describe_waiting(char *text, size_t size, const struct walk *walk, const struct attempt *a)
{
	char process[TEXT_PROCESS_SIZE], peer[TEXT_ENDPOINT_SIZE], waited[TEXT_TIME_SIZE];

	snprintf(text, size, "%s > %s, %s, %u SYNs", text_process(process, a->comm, a->pid),
	         text_endpoint(peer, &a->remote),
	         text_duration_words(waited, walk->now_ns - a->header.id),
	         1 + attempts_retries(walk->session->attempts, a->header.socket, a->header.id));
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

	tracer_each_inflight(session->tracer, NULL, keep_oldest, &walk);
	if (!walk.n || walk.oldest.header.id + STATUS_AFTER_NS > now_ns)
		return false;
	describe_waiting(text, sizeof(text), &walk, &walk.oldest);
	fprintf(stderr, "\r\033[K%llu waiting; the longest: %s", (unsigned long long)walk.n, text);
	fflush(stderr);
	return true;
}

void session_end_output(struct session *session, uint64_t now_ns)
{
	const struct output_ops *output = session->options->output;
	bool in_stream = is_in_stream(session);

	if (session->n_losses)
		print_losses(session, now_ns);
	if (!session->error && in_stream) {
		session->error = output->end(stdout, &session->run, &session->totals, now_ns);
		if (!session->error && fflush(stdout))
			session->error = -errno;
	} else if (!session->options->quiet && !in_stream) {
		output_text_end(stderr, &session->run, &session->totals, now_ns);
	}
	if (session->options->summary && !session->error)
		session->error = summary_print(&session->summary, in_stream ? stderr : stdout);
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
		log_error("standard output: %s; %llu records were not written",
		          strerror(-session->error), (unsigned long long)session->unwritten);
		status = 1;
	}
	if (session->save_error) {
		log_error("-w %s: %s; the file is not complete", session->options->write_file,
		          strerror(-session->save_error));
		status = 1;
	}
	return status;
}
