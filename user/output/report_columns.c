/* SPDX-License-Identifier: GPL-2.0-only */
#include "report_columns.h"

#include <inttypes.h>
#include <string.h>

#include "array.h"
#include "column.h"
#include "diagnose.h"
#include "output.h"
#include "schedule.h"
#include "text.h"
#include "units.h"
#include "words.h"

#define TEXT_SIZE 1024
#define PLACEHOLDER '\1' /* no escaped text holds it */

/* The bits of the first field of REPORT_CALLS; where BLOCKING_KNOWN is not set, BLOCKING is not
 * either. */
enum call_flags {
	CALL_COMPLETE = 1 << 0,
	CALL_PREEXISTING = 1 << 1,
	CALL_SUBFLOW = 1 << 2,
	CALL_BLOCKING_KNOWN = 1 << 3,
	CALL_BLOCKING = 1 << 4,
};

uint32_t report_text(struct report_columns *to, const char *text)
{
	return intern_string(&to->strings, text);
}

uint32_t report_escaped(struct report_columns *to, const char *bytes, size_t max)
{
	char text[TEXT_SIZE];

	if (!bytes)
		return report_text(to, NULL);
	return report_text(to, text_escape(text, sizeof(text), bytes, max, TEXT_SENTENCE));
}

static void add_number(struct report_columns *to, enum report_column column, uint64_t number)
{
	column_number(&to->columns[column], number);
}

/* Adds all of `numbers`, and frees them. */
static void add_numbers(struct report_columns *to, enum report_column column,
                        struct buffer *numbers)
{
	if (numbers->length)
		buffer_bytes(&to->columns[column], numbers->bytes, numbers->length);
	to->columns[column].failed |= numbers->failed;
	buffer_free(numbers);
}

/* Adds the place of a row, which is then free for another one. */
static void add_row(struct report_columns *to, enum report_column column, enum report_table table,
                    struct buffer *row)
{
	add_number(to, column, intern_bytes(&to->tables[table], row->bytes, row->length));
	to->tables[table].failed |= row->failed;
	buffer_free(row);
}

/* start: in microseconds since the tracer's start, less that of the attempt before. duration: ns */
static void add_times(struct report_columns *to, const struct run *run, const struct record *record)
{
	int64_t start_us =
	        (int64_t)(record->attempt.header.id - run->start_ns) / (int64_t)NS_PER_US;

	column_signed(&to->columns[REPORT_START], start_us - to->last_start_us);
	to->last_start_us = start_us;
	add_number(to, REPORT_DURATION, record->duration_ns);
}

/* Row: outcome, cause, the errno's name and its words, why no answer came. */
static void add_verdict(struct report_columns *to, const struct record *record)
{
	int error = record->outcome == OUTCOME_SUCCESS ? 0 : record->error;
	char name[TEXT_ERROR_SIZE];
	struct buffer row = {0};

	column_number(&row, record->outcome);
	column_number(&row, report_text(to, words_cause(record->cause)));
	column_number(&row, report_text(to, error ? text_errno(name, error) : NULL));
	column_number(&row, report_text(to, error ? strerror(error) : NULL));
	column_number(&row,
	              report_text(to, record->has_why ? words_cause(record->why_no_answer) : NULL));
	add_row(to, REPORT_VERDICT, REPORT_VERDICTS, &row);
	to->causes |= 1ULL << record->cause;
	if (record->has_why)
		to->causes |= 1ULL << record->why_no_answer;
}

/* process: comm, pid (0 unknown). peer: "ADDRESS:PORT". local: address, port. */
static void add_ends(struct report_columns *to, const struct attempt *attempt)
{
	const struct endpoint local = output_local(attempt);
	char text[TEXT_ENDPOINT_SIZE];

	add_number(to, REPORT_PROCESS,
	           report_escaped(to, attempt->pid ? attempt->comm : NULL, COMM_SIZE));
	add_number(to, REPORT_PROCESS, attempt->pid);
	add_number(to, REPORT_PEER, report_text(to, text_peer(text, output_peer(attempt))));
	add_number(to, REPORT_LOCAL, report_text(to, text_address(text, &local)));
	add_number(to, REPORT_LOCAL, local.port);
}

/* Row: user plus one (0 unknown), namespace, then names in the order of the list below. */
static void add_place(struct report_columns *to, const struct record *record)
{
	const struct place *place = &record->place;
	const char *const names[] = {
	        place->cgroup_path, place->container_id, place->route_interface,
	        place->unit,        place->pod_uid,      place->container_runtime,
	        place->netns_name,  place->command,      place->executable_path,
	};
	struct buffer row = {0};

	column_number(&row, record->attempt.pid ? (uint64_t)record->attempt.uid + 1 : 0);
	column_number(&row, record->attempt.netns);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		column_number(&row, report_escaped(to, names[i], SIZE_MAX));
	add_row(to, REPORT_PLACE, REPORT_PLACES, &row);
}

/* Row: enum call_flags, the api, what the first connect() returned. */
static void add_call(struct report_columns *to, const struct record *record)
{
	const struct attempt *attempt = &record->attempt;
	bool returned = attempt->flags & ATTEMPT_RETURNED;
	unsigned int flags = 0;
	char error[TEXT_ERROR_SIZE];
	struct buffer row = {0};

	if (record->complete)
		flags |= CALL_COMPLETE;
	if (attempt->flags & ATTEMPT_PREEXISTING)
		flags |= CALL_PREEXISTING;
	if (attempt->flags & ATTEMPT_SUBFLOW)
		flags |= CALL_SUBFLOW;
	if (attempt->flags & (ATTEMPT_BLOCKING | ATTEMPT_CALL_RUNNING | ATTEMPT_RETURNED))
		flags |= CALL_BLOCKING_KNOWN;
	if (attempt->flags & ATTEMPT_BLOCKING)
		flags |= CALL_BLOCKING;
	column_number(&row, flags);
	column_number(&row, report_text(to, words_api(attempt->api)));
	column_number(&row, report_text(to, returned ? text_return(error, attempt->ret) : NULL));
	add_row(to, REPORT_CALL, REPORT_CALLS, &row);
}

/* Row: 1 where the sysctls were read, 0 where assumed; when it gives up; the retries; in ms. */
static void add_plan(struct report_columns *to, const struct run *run, const struct record *record)
{
	struct schedule sysctls =
	        record->schedule.known ? record->schedule : schedule_default(run->kernel);
	struct schedule_plan plan;
	struct buffer row = {0};

	schedule_plan(&record->attempt, &sysctls, &plan);
	column_number(&row, sysctls.known);
	column_number(&row, plan.end_ms);
	column_number(&row, plan.n_retries);
	for (unsigned int i = 0; i < plan.n_retries; i++)
		column_number(&row, plan.retries_ms[i]);
	add_row(to, REPORT_PLAN, REPORT_PLANS, &row);
}

/* How many; of each: kind, ns since the one before, detail. */
static void add_steps(struct report_columns *to, const struct record *record)
{
	struct buffer detail = {0};
	uint64_t before_ns = 0;

	add_number(to, REPORT_STEPS, record->n_steps);
	for (unsigned int i = 0; i < record->n_steps; i++) {
		const struct step *step = &record->steps[i];

		add_number(to, REPORT_STEPS, step->kind);
		add_number(to, REPORT_STEPS, step->at_ns - before_ns);
		detail.length = 0;
		output_step_detail(&detail, step);
		buffer_char(&detail, '\0');
		add_number(to, REPORT_STEPS,
		           intern_bytes(&to->strings, detail.bytes, detail.length));
		before_ns = step->at_ns;
	}
	to->columns[REPORT_STEPS].failed |= detail.failed;
	buffer_free(&detail);
}

/* Facts that few attempts have: label and value. */
struct facts {
	struct buffer pairs;
	unsigned int n;
};

static void add_fact(struct report_columns *to, struct facts *facts, const char *label,
                     const char *value)
{
	column_number(&facts->pairs, report_text(to, label));
	column_number(&facts->pairs, report_escaped(to, value, SIZE_MAX));
	facts->n++;
}

static void add_closer(struct report_columns *to, struct facts *facts, const struct closer *closer)
{
	char process[TEXT_PROCESS_SIZE], signal[TEXT_ERROR_SIZE];
	const char *name = text_closer_signal(signal, closer);

	/* It is escaped already. */
	column_number(&facts->pairs, report_text(to, "ended by"));
	column_number(&facts->pairs,
	              report_text(to, text_process(process, closer->comm, closer->pid)));
	facts->n++;
	if (name)
		add_fact(to, facts, "which got", name);
}

static void add_time(struct report_columns *to, struct facts *facts, const char *label,
                     const struct run *run, uint64_t at_ns)
{
	char time[TEXT_TIME_SIZE];

	if (at_ns)
		add_fact(to, facts, label, text_time_iso(time, text_wall_ns(run, at_ns), 3));
}

/* What this host knows of the peer, and what its own NAT makes of the addresses. */
static void add_peer(struct report_columns *to, struct facts *facts, const struct run *run,
                     const struct record *record)
{
	const struct translation *via = &record->translation.via;
	const struct peer *peer = &record->peer;
	char text[TEXT_ENDPOINT_SIZE];

	if (via->local.family)
		add_fact(to, facts, "NAT from", text_endpoint(text, &via->local));
	if (via->peer.family)
		add_fact(to, facts, "NAT to", text_endpoint(text, &via->peer));
	add_time(to, facts, "failing since", run, peer->failing_since_ns);
	if (peer->failures) {
		snprintf(text, sizeof(text), "%" PRIu32, peer->failures);
		add_fact(to, facts, "failures", text);
	}
	add_time(to, facts, "last success", run, peer->last_success_ns);
	add_time(to, facts, "host alive", run, peer->alive.at_ns);
}

/* How many, then the pairs. */
static void add_facts(struct report_columns *to, const struct run *run, const struct record *record)
{
	const struct attempt *attempt = &record->attempt;
	char text[TEXT_ENDPOINT_SIZE];
	struct facts facts = {0};

	if (output_was_rewritten(attempt))
		add_fact(to, &facts, "asked for", text_peer(text, &attempt->asked));
	add_peer(to, &facts, run, record);
	if (attempt->flags & ATTEMPT_CLOSER && attempt->closer.pid)
		add_closer(to, &facts, &attempt->closer);
	if (record->place.bound_interface)
		add_fact(to, &facts, "bound to", record->place.bound_interface);
	if (attempt->mark) {
		snprintf(text, sizeof(text), "%" PRIu32, attempt->mark);
		add_fact(to, &facts, "mark", text);
	}
	add_number(to, REPORT_FACTS, facts.n);
	add_numbers(to, REPORT_FACTS, &facts.pairs);
}

/*
 * Sentences differ in few words: those with a digit in them (addresses, times). Each is told as its
 * form, where a placeholder stands for such a word, and these words.
 */
static void add_sentence(struct report_columns *to, const struct record *record)
{
	struct buffer said = {0}, text = {0}, form = {0}, words = {0};
	char *word;

	diagnose_explain(&said, record);
	text_escaped(&text, said.bytes ?: "", said.length);
	buffer_char(&text, '\0');
	word = text.bytes;
	while (word && *word) {
		size_t length = strcspn(word, " ");
		char end = word[length];

		word[length] = '\0';
		if (strpbrk(word, "0123456789")) {
			column_number(&words, report_text(to, word));
			buffer_char(&form, PLACEHOLDER);
		} else {
			buffer_string(&form, word);
		}
		if (end)
			buffer_char(&form, end);
		word += length + (end != '\0');
	}
	buffer_char(&form, '\0');
	add_number(to, REPORT_SENTENCE, report_text(to, form.bytes ?: ""));
	add_numbers(to, REPORT_SENTENCE, &words);
	buffer_free(&said);
	buffer_free(&text);
	buffer_free(&form);
}

void report_columns_add(struct report_columns *to, const struct run *run,
                        const struct record *record)
{
	to->n++;
	add_times(to, run, record);
	add_verdict(to, record);
	add_ends(to, &record->attempt);
	add_place(to, record);
	add_call(to, record);
	add_number(to, REPORT_SYNS, (uint64_t)(record->syn_sent + 1));
	add_number(to, REPORT_SERIES, record->series_id);
	add_number(to, REPORT_SERIES, record->series_index);
	add_plan(to, run, record);
	add_steps(to, record);
	add_facts(to, run, record);
	add_sentence(to, record);
}
