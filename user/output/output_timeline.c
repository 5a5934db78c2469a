/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * For people: a block per attempt, one step a line with its offset from the start, closed by how it
 * ended and by the explanation. A clean success is one line. The time in front is the start's, so
 * that the offsets can be added to it.
 */
#include "output.h"

#include <inttypes.h>
#include <string.h>

#include "diagnose.h"
#include "text.h"
#include "units.h"
#include "words.h"

#define WIDTH 100
#define INDENT 2
#define OFFSET_WIDTH 11
#define DETAIL_COLUMN 18 /* longer than every name of a step but two */

#define BOLD "\033[1m"
#define DIM "\033[2m"
#define RED "\033[31m"
#define GREEN "\033[32m"
#define YELLOW "\033[33m"
#define RESET "\033[0m"

static const char *color(const struct run *run, const char *sequence)
{
	return run->color ? sequence : "";
}

static const char *outcome_color(enum outcome outcome)
{
	switch (outcome) {
	case OUTCOME_SUCCESS: return GREEN;
	case OUTCOME_FAILURE: return RED;
	case OUTCOME_ABANDONED:
	case OUTCOME_UNKNOWN:
	case OUTCOME_MAX: break;
	}
	return YELLOW;
}

static const char *outcome_word(char to[TEXT_ERROR_SIZE], const struct record *record)
{
	switch (record->outcome) {
	case OUTCOME_SUCCESS: return "OK";
	case OUTCOME_FAILURE: return text_errno(to, record->error);
	case OUTCOME_ABANDONED: return "ABANDONED";
	case OUTCOME_UNKNOWN:
	case OUTCOME_MAX: break;
	}
	return "UNKNOWN";
}

static bool is_clean_success(const struct record *record)
{
	if (record->outcome != OUTCOME_SUCCESS || record->cause != CAUSE_ESTABLISHED ||
	    !record->complete || record->attempt.flags & ATTEMPT_PREEXISTING)
		return false;
	for (unsigned int i = 0; i < record->n_steps; i++)
		if (record->steps[i].kind != STEP_SYN_SENT)
			return false;
	return true;
}

static void write_translation(struct buffer *out, const struct translation *via)
{
	char peer[TEXT_ENDPOINT_SIZE], local[TEXT_ENDPOINT_SIZE];

	if (!via->peer.family && !via->local.family)
		return;
	buffer_string(out, " (this host translates it");
	if (via->local.family)
		buffer_print(out, " from %s", text_endpoint(local, &via->local));
	if (via->peer.family)
		buffer_print(out, " to %s", text_endpoint(peer, &via->peer));
	buffer_char(out, ')');
}

static void write_header(struct buffer *out, const struct run *run, const struct record *record)
{
	const struct attempt *attempt = &record->attempt;
	const struct endpoint local_end = output_local(attempt);
	char time[TEXT_TIME_SIZE], process[TEXT_PROCESS_SIZE], local[TEXT_ENDPOINT_SIZE],
	        peer[TEXT_ENDPOINT_SIZE], asked[TEXT_ENDPOINT_SIZE];

	buffer_print(out, "%s%s%s %s%s%s %s > %s", color(run, DIM),
	             text_time(time, run, attempt->header.id), color(run, RESET), color(run, BOLD),
	             text_process(process, attempt->comm, attempt->pid), color(run, RESET),
	             text_endpoint(local, &local_end), text_peer(peer, output_peer(attempt)));
	write_translation(out, &record->translation.via);
	if (output_was_rewritten(attempt))
		buffer_print(out, " (asked for %s)", text_peer(asked, &attempt->asked));
	if (attempt->flags & ATTEMPT_PREEXISTING)
		buffer_string(out, " (began before the tracer)");
	if (attempt->flags & ATTEMPT_BEGIN_MISSED)
		buffer_string(out, " (its begin was not seen)");
	if (attempt->flags & ATTEMPT_SUBFLOW)
		buffer_string(out, " (a further MPTCP subflow)");
}

/* "  +131.072000  name", the name padded where a detail follows. */
static void begin_step(struct buffer *out, const struct run *run, uint64_t at_ns, const char *name)
{
	char offset[TEXT_TIME_SIZE];
	size_t width = strlen(text_seconds(offset, at_ns));

	buffer_blanks(out, INDENT);
	buffer_string(out, color(run, DIM));
	buffer_blanks(out, width < OFFSET_WIDTH ? OFFSET_WIDTH - width : 0);
	buffer_char(out, '+');
	buffer_string(out, offset);
	buffer_string(out, color(run, RESET));
	buffer_string(out, "  ");
	buffer_string(out, name);
}

static void write_step(struct buffer *out, const struct run *run, const struct step *step)
{
	const char *name = words_step(step->kind);
	size_t width = strlen(name), end, detail;

	begin_step(out, run, step->at_ns, name);
	end = out->length;
	buffer_blanks(out, width < DETAIL_COLUMN ? DETAIL_COLUMN - width : 1);
	detail = out->length;
	output_step_detail(out, step);
	if (out->length == detail)
		out->length = end;
	buffer_char(out, '\n');
}

/* A return that says the same as the end is not worth a line. */
static bool returned_otherwise(const struct record *record)
{
	const struct attempt *attempt = &record->attempt;

	return attempt->flags & ATTEMPT_RETURNED && attempt->return_ns >= attempt->header.id &&
	       attempt->ret != 0 && attempt->ret != -record->error;
}

static void write_return(struct buffer *out, const struct run *run, const struct attempt *attempt)
{
	char error[TEXT_ERROR_SIZE];

	begin_step(out, run, attempt->return_ns - attempt->header.id, "connect() returned ");
	buffer_print(out, "%s\n", text_return(error, attempt->ret));
}

static void write_steps(struct buffer *out, const struct run *run, const struct record *record)
{
	const struct attempt *attempt = &record->attempt;
	bool return_due = returned_otherwise(record);

	for (unsigned int i = 0; i < record->n_steps; i++) {
		if (return_due &&
		    attempt->return_ns - attempt->header.id < record->steps[i].at_ns) {
			write_return(out, run, attempt);
			return_due = false;
		}
		write_step(out, run, &record->steps[i]);
	}
	if (return_due)
		write_return(out, run, attempt);
	if (!record->complete)
		buffer_print(out, "%*sand more that was not seen\n", INDENT + 14, "");
}

static void write_outcome(struct buffer *out, const struct run *run, const struct record *record)
{
	char error[TEXT_ERROR_SIZE];

	buffer_print(out, "%s%s%s", color(run, outcome_color(record->outcome)),
	             outcome_word(error, record), color(run, RESET));
}

static void write_end(struct buffer *out, const struct run *run, const struct record *record)
{
	char error[TEXT_ERROR_SIZE], duration[TEXT_TIME_SIZE];

	begin_step(out, run, record->duration_ns, "");
	write_outcome(out, run, record);
	if (record->outcome != OUTCOME_SUCCESS && record->error) {
		if (record->outcome != OUTCOME_FAILURE)
			buffer_print(out, ", %s", text_errno(error, record->error));
		buffer_print(out, " (%s)", strerror(record->error));
	}
	buffer_print(out, " after %s, cause: %s",
	             text_duration_words(duration, record->duration_ns),
	             words_cause(record->cause));
	if (record->has_why)
		buffer_print(out, ", why no answer: %s", words_cause(record->why_no_answer));
	buffer_char(out, '\n');
}

/* Which address of a name worked, which try of a client that tries again. */
static void write_series(struct buffer *out, const struct record *record)
{
	if (record->series_index > 1)
		buffer_print(out, ", attempt %u of its series", record->series_index);
}

static void timeline_record(struct buffer *out, const struct run *run, const struct record *record)
{
	char duration[TEXT_TIME_SIZE];
	struct buffer sentence = {0};

	write_header(out, run, record);
	if (is_clean_success(record)) {
		buffer_char(out, ' ');
		write_outcome(out, run, record);
		buffer_char(out, ' ');
		buffer_string(out, text_duration_words(duration, record->duration_ns));
		write_series(out, record);
		buffer_char(out, '\n');
		return;
	}
	write_series(out, record);
	buffer_char(out, '\n');
	write_steps(out, run, record);
	write_end(out, run, record);
	diagnose_explain(&sentence, record);
	text_wrap(out, sentence.bytes, sentence.length, INDENT, WIDTH);
	out->failed |= sentence.failed;
	buffer_free(&sentence);
	buffer_char(out, '\n');
}

const struct output_ops output_timeline = {
        .name = "timeline",
        .record = timeline_record,
        .losses = output_text_losses,
        .end = output_text_end,
};
