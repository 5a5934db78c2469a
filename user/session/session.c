// SPDX-License-Identifier: GPL-2.0-only
#include "session.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include "ask.h"
#include "decode.h"
#include "diagnose.h"
#include "log.h"
#include "units.h"

#define OUT_MAX (64 * 1024) /* bytes of a batch */

uint64_t monotonic_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * NS_PER_S + now.tv_nsec;
}

void session_describe_run(struct session *session)
{
	struct run *run = &session->run;
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	run->start_ns = monotonic_ns();
	run->realtime_offset_ns = (int64_t)(now.tv_sec * NS_PER_S + now.tv_nsec - run->start_ns);
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
	buffer_free(&session->out);
	expression_free(session->expression);
	attempts_free(session->attempts);
	host_free(session->host);
	tracer_close(session->tracer);
}

/* Every event of a run goes through here, and so into the file of -w. */
int session_feed(struct session *session, const struct event_header *event)
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
	int err;

	if (session->save)
		fclose(session->save);
	session->save = fopen(path, "we");
	err = session->save ? save_header(session->save, &session->run) : -errno;
	if (err) {
		log_error("-w %s: %s", path, strerror(-err));
		return err;
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

	if (!session->asks_left)
		return;
	switch (error) {
	case 0:
		/* Closed by the application: how would the kernel have gone on? */
		if (!a->shutdown)
			return;
		err = ask_schedule(a, &answer);
		break;
	case EADDRNOTAVAIL: err = ask_ports(a, &answer); break;
	case ENETUNREACH:
	case EHOSTUNREACH:
	case EACCES:
	case EINVAL:
		/* An ICMP error has said it already. */
		if (a->flags & ATTEMPT_ICMP)
			return;
		err = ask_route(a, &answer);
		break;
	default: return;
	}
	session->asks_left--;
	if (!err)
		session_feed(session, &answer.header);
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
		session_feed(session, &answer.header);
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
		return session_feed(session, event);
	if (event->type == EVENT_END) {
		const struct attempt *a = (const struct attempt *)event;

		if (a->final_state != TCP_STATE_ESTABLISHED)
			ask_about_end(session, a);
	} else if (event->type == EVENT_RETRY && session->retry_asks_left) {
		session->retry_asks_left--;
		ask_about_retry(session, event);
	}
	return session_feed(session, event);
}

static bool is_of_cause(uint64_t causes, const struct record *record)
{
	return causes >> record->cause & 1 ||
	       (record->has_why && causes >> record->why_no_answer & 1);
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
	if (options->causes && !is_of_cause(options->causes, record))
		return false;
	if (options->has_errnos &&
	    !(options->errnos[record->error / 8] & 1u << (record->error % 8)))
		return false;
	return !session->expression || expression_matches(session->expression, record);
}

void session_flush(struct session *session)
{
	int err = session->error ? session->error : buffer_write(&session->out, stdout);

	if (err) {
		session->error = err;
		session->unwritten += session->n_out;
		session->out.length = 0;
	}
	session->n_out = 0;
}

static void print(struct session *session, const struct record *record)
{
	/* As tcpdump does: what goes into the file does not go to the terminal. */
	if (session->save)
		return;
	session->options->output->record(&session->out, &session->run, record);
	session->n_out++;
	if (session->out.length >= OUT_MAX)
		session_flush(session);
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

/*
 * The kernel skips a program on a CPU on which it is running already, as for a task that was
 * preempted inside it. It counts that, so that nothing is concluded from what was not seen then.
 */
static void note_skipped_hooks(struct session *session)
{
	struct step_event event = {.header = {.type = EVENT_SKIPPED, .size = sizeof(event)}};
	int64_t runs = tracer_missed_runs(session->tracer);

	if (runs <= session->skipped_runs)
		return;
	session->skipped_runs = runs;
	event.header.at_ns = monotonic_ns();
	session_feed(session, &event.header);
}

void session_drain(struct session *session)
{
	if (tracer_consume(session->tracer) > 0)
		note_skipped_hooks(session);
	attempts_drained(session->attempts);
}

void session_report(struct session *session, uint64_t now_ns, bool all)
{
	const struct options *options = session->options;
	struct record record;

	while ((!options->count || session->totals.reported < options->count) &&
	       attempts_take(session->attempts, now_ns, all, &record))
		report(session, &record);
	session_flush(session);
	if (session->save && !session->save_error && fflush(session->save))
		session->save_error = -errno;
}
