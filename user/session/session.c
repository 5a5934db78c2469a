// SPDX-License-Identifier: GPL-2.0-only
#include "session.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include "decode.h"
#include "diagnose.h"
#include "log.h"
#include "memo.h"
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
	run->memo = memo_new();
	uname(&session->kernel);
	run->host = session->kernel.nodename;
	run->kernel = session->kernel.release;
}

int session_open_output(struct session *session)
{
	if (!session->options->output->to_journal || session->options->write_file)
		return 0;
	return journal_open(&session->journal);
}

int session_open(struct session *session)
{
	int err = session_open_output(session);

	if (err)
		return err;
	session->attempts = attempts_new(GRACE_NS);
	if (!session->attempts)
		return -ENOMEM;
	err = tracer_open(&session->tracer, session->options, session_event, session);
	if (err)
		return err;
	session->host = host_new(tracer_btf(session->tracer));
	tracer_forget_btf(session->tracer);
	if (!session->host)
		return -ENOMEM;
	session->run.tier = tier_names[tracer_tier(session->tracer)];
	session->run.hooks_missing = tracer_missing(session->tracer);
	return 0;
}

void session_close(struct session *session)
{
	savefile_close(&session->save);
	buffer_free(&session->out);
	memo_free(session->run.memo);
	journal_close(session->journal);
	metrics_free(session->metrics);
	report_file_close(session->report);
	expression_free(session->expression);
	attempts_free(session->attempts);
	host_free(session->host);
	tracer_close(session->tracer);
}

static void save_one_name(void *context, enum name_kind kind, uint64_t a, uint64_t b,
                          const char *name)
{
	struct savefile *save = context;

	if (save->error)
		return;
	save->error = save_name(save->file, kind, a, b, name);
	save->changed = true;
}

/* Each file can be read without the others: it begins with all names. */
static void begin_file(struct session *session)
{
	struct savefile *save = &session->save;

	if (save->error)
		return;
	save->error = savefile_open(save);
	if (!save->error)
		save->error = save_header(save->file, &session->run);
	host_each_name(session->host, save_one_name, save);
}

int session_save(struct session *session)
{
	struct savefile *save = &session->save;
	int err = savefile_init(save, session->options, time(NULL));

	if (!err) {
		begin_file(session);
		err = save->error;
	}
	if (err)
		log_error("-w %s: %s", session->options->write_file, strerror(-err));
	else
		host_on_name(session->host, save_one_name, save);
	return err;
}

bool session_reopen(struct session *session)
{
	if (!session->save.file || session->save.directory < 0)
		return false;
	begin_file(session);
	return true;
}

/* Every event of a run goes through here, and so into the file of -w. */
int session_feed(struct session *session, const struct event_header *event)
{
	struct savefile *save = &session->save;

	if (save->file && !save->error) {
		if (savefile_is_full(save)) {
			savefile_next_size(save);
			begin_file(session);
		}
		if (!save->error)
			save->error = save_event(save->file, event);
		save->has_event = save->changed = true;
	}
	return attempts_feed(session->attempts, event);
}

/* By the clock and not by events: an hour in which nothing happened has a file that says so. */
static void turn_file(struct session *session)
{
	struct savefile *save = &session->save;
	time_t now = time(NULL);

	if (!save->file || session->save_ended || !savefile_is_over(save, now))
		return;
	if (savefile_is_last(save)) {
		session->save_ended = true;
		return;
	}
	savefile_next_interval(save, now);
	begin_file(session);
}

static void flush_file(struct savefile *save, uint64_t now_ns)
{
	if (!save->file || save->error || !save->changed)
		return;
	save->error = save_mark(save->file, now_ns);
	save->changed = false;
	savefile_flush(save);
}

int session_prepare_report(struct session *session)
{
	return session->options->report
	               ? report_file_open(&session->report, session->options->report)
	               : 0;
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

		if (a->final_state != TCP_STATE_ESTABLISHED) {
			session->drained_failure = true;
			session_ask_failure(session, a);
		}
	} else if (event->type == EVENT_RETRY && session->retry_asks_left_ns > 0) {
		int64_t before_ns = session_cpu_ns();

		session_ask_retry(session, event);
		session->retry_asks_left_ns -= session_cpu_ns() - before_ns;
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
	int err = session->error;

	if (!err && session->journal)
		err = journal_send(session->journal, &session->out);
	else if (!err)
		err = buffer_write(&session->out, stdout);

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
	if (session->options->write_file)
		return;
	session->options->output->record(&session->out, &session->run, record);
	session->n_out++;
	if (session->out.length >= OUT_MAX)
		session_flush(session);
}

static void report(struct session *session, struct record *record)
{
	struct totals *totals = &session->totals;

	record->realtime_offset_ns = session->run.realtime_offset_ns;
	host_describe(session->host, record);
	diagnose(record);
	attempts_learn(session->attempts, record);
	if (!is_wanted(session, record)) {
		totals->filtered_user++;
		return;
	}
	if (session->metrics)
		metrics_add(session->metrics, record);
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
	if (session->report)
		report_file_add(session->report, &session->run, record);
	if (session->observe)
		session->observe(session->observer, record);
	print(session, record);
}

/* So many drops that the kernel side did not tell all of those that may be of an attempt. */
static void note_omitted_drops(struct session *session)
{
	struct step_event event = {.header = {.type = EVENT_OMITTED, .size = sizeof(event)}};
	uint64_t counters[COUNT_MAX];

	tracer_counters(session->tracer, counters);
	if (counters[COUNT_OMITTED_DROPS] <= session->omitted_drops)
		return;
	session->omitted_drops = counters[COUNT_OMITTED_DROPS];
	event.header.at_ns = monotonic_ns();
	session_feed(session, &event.header);
}

/*
 * The kernel skips a program on a CPU on which it is running already, as for a task that was
 * preempted inside it. It counts that, so that nothing is concluded from what was not seen then.
 */
static void note_skipped_hooks(struct session *session)
{
	struct step_event event = {.header = {.type = EVENT_SKIPPED, .size = sizeof(event)}};
	struct missed_runs missed;

	if (tracer_missed_runs(session->tracer, &missed) || missed.all <= session->skipped_runs)
		return;
	session->skipped_runs = missed.all;
	event.header.at_ns = monotonic_ns();
	session_feed(session, &event.header);
}

bool session_is_over(const struct session *session)
{
	const struct options *options = session->options;

	return session->error || session->save.error || session->save_ended ||
	       (options->count && session->totals.reported >= options->count);
}

int session_drain(struct session *session)
{
	int n;

	turn_file(session);
	session->drained_failure = false;
	n = tracer_consume(session->tracer);
	/* Nothing is concluded from what was not seen of a success. */
	if (session->drained_failure) {
		note_skipped_hooks(session);
		note_omitted_drops(session);
	}
	attempts_drained(session->attempts);
	return n;
}

void session_report(struct session *session, uint64_t now_ns, bool all)
{
	const struct options *options = session->options;
	struct record record;

	while ((!options->count || session->totals.reported < options->count) &&
	       attempts_take(session->attempts, now_ns, all, &record)) {
		report(session, &record);
		session->save.changed = true;
	}
	session_flush(session);
	flush_file(&session->save, now_ns);
}
