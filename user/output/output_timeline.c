/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * For people: a block per attempt, one step a line with its offset from the start, closed by how it
 * ended and by the explanation. A clean success is one line. The time in front is the start's, so
 * that the offsets can be added to it.
 */
#include "output.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "text.h"
#include "units.h"
#include "words.h"

#define WIDTH 100
#define INDENT 2
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

static void write_header(FILE *out, const struct run *run, const struct record *record)
{
	const struct attempt *attempt = &record->attempt;
	const struct endpoint local_end = output_local(attempt);
	char time[TEXT_TIME_SIZE], process[TEXT_PROCESS_SIZE], local[TEXT_ENDPOINT_SIZE],
	        peer[TEXT_ENDPOINT_SIZE], asked[TEXT_ENDPOINT_SIZE];

	fprintf(out, "%s%s%s %s%s%s %s > %s", color(run, DIM),
	        text_time(time, run, attempt->header.id), color(run, RESET), color(run, BOLD),
	        text_process(process, attempt->comm, attempt->pid), color(run, RESET),
	        text_endpoint(local, &local_end), text_endpoint(peer, output_peer(attempt)));
	if (output_was_rewritten(attempt))
		fprintf(out, " (asked for %s)", text_endpoint(asked, &attempt->asked));
	if (attempt->flags & ATTEMPT_PREEXISTING)
		fputs(" (began before the tracer)", out);
	if (attempt->flags & ATTEMPT_SUBFLOW)
		fputs(" (a further MPTCP subflow)", out);
}

/* "  +131.072000  name", the name padded where a detail follows. */
static void begin_step(FILE *out, const struct run *run, uint64_t at_ns, const char *name)
{
	char offset[TEXT_TIME_SIZE];

	snprintf(offset, sizeof(offset), "+%" PRIu64 ".%06" PRIu64, at_ns / NS_PER_S,
	         at_ns % NS_PER_S / NS_PER_US);
	fprintf(out, "%*s%s%12s%s  %s", INDENT, "", color(run, DIM), offset, color(run, RESET),
	        name);
}

__attribute__((format(printf, 3, 4))) static void write_detail(FILE *out, const char *name,
                                                               const char *format, ...)
{
	int width = (int)strlen(name) < DETAIL_COLUMN ? DETAIL_COLUMN - (int)strlen(name) : 1;
	va_list arguments;

	fprintf(out, "%*s", width, "");
	va_start(arguments, format);
	vfprintf(out, format, arguments);
	va_end(arguments);
}

static void write_segment(FILE *out, const char *name, const struct segment *segment)
{
	char from[TEXT_ADDRESS_SIZE];

	if (segment->from.family == 0 && segment->ttl == 0)
		return;
	write_detail(out, name, "%s%s", segment->from.family ? "from " : "from the peer",
	             segment->from.family ? text_address(from, &segment->from) : "");
	if (segment->ttl)
		fprintf(out, ", ttl %u", segment->ttl);
	if (!(segment->flags & TCP_FLAG_BYTE_ACK))
		fputs(", no ACK", out);
}

static void write_icmp(FILE *out, const char *name, const struct step_icmp *icmp)
{
	char from[TEXT_ADDRESS_SIZE];

	write_detail(out, name, "%s (%s%u/%u)", words_icmp(icmp->version, icmp->type, icmp->code),
	             icmp->version == 6 ? "ICMPv6 " : "", icmp->type, icmp->code);
	if (icmp->from.family)
		fprintf(out, " from %s", text_address(from, &icmp->from));
	if (icmp->ttl)
		fprintf(out, ", ttl %u", icmp->ttl);
	if (!icmp->hard)
		fputs(", kept trying", out);
}

static void write_drop(FILE *out, const char *name, const struct step *step)
{
	char text[256];

	write_detail(out, name, "%s",
	             step->drop.direction == DROP_OUT ? "on the way out" : "on the way in");
	if (step->drop_reason)
		fprintf(out, ": %s",
		        text_escape(text, sizeof(text), step->drop_reason, SIZE_MAX,
		                    TEXT_SENTENCE));
	if (step->drop_function)
		fprintf(out, " in %s",
		        text_escape(text, sizeof(text), step->drop_function, SIZE_MAX,
		                    TEXT_SENTENCE));
}

static void write_step(FILE *out, const struct run *run, const struct step *step)
{
	const char *name = words_step(step->kind), *why;
	char error[TEXT_ERROR_SIZE];

	begin_step(out, run, step->at_ns, name);
	switch (step->kind) {
	case STEP_SYN_SENT:
	case STEP_SYN_RETRY:
	case STEP_MAX: break;
	case STEP_SYN_RETRY_FAILED:
		why = text_send_error(error, step->retry.error);
		if (why)
			write_detail(out, name, "%s", why);
		break;
	case STEP_RST_RECEIVED:
	case STEP_RST_IGNORED: write_segment(out, name, &step->segment); break;
	case STEP_RST_SENT: break;
	case STEP_STALE_PEER_STATE:
		write_detail(out, name, "the peer still knew an old connection");
		break;
	case STEP_ICMP_RECEIVED: write_icmp(out, name, &step->icmp); break;
	case STEP_DROPPED: write_drop(out, name, step); break;
	case STEP_INTERRUPTED:
		write_detail(out, name, "%s", text_return(error, step->interrupted.ret));
		break;
	case STEP_LISTENER_FULL:
		write_detail(out, name, "%" PRIu32 " in the queue, its limit is %" PRIu32,
		             step->listener.queued, step->listener.limit);
		break;
	}
	fputc('\n', out);
}

/* A return that says the same as the end is not worth a line. */
static bool returned_otherwise(const struct record *record)
{
	const struct attempt *attempt = &record->attempt;

	return attempt->flags & ATTEMPT_RETURNED && attempt->return_ns >= attempt->header.id &&
	       attempt->ret != 0 && attempt->ret != -record->error;
}

static void write_return(FILE *out, const struct run *run, const struct attempt *attempt)
{
	char error[TEXT_ERROR_SIZE];

	begin_step(out, run, attempt->return_ns - attempt->header.id, "connect() returned ");
	fprintf(out, "%s\n", text_return(error, attempt->ret));
}

static void write_steps(FILE *out, const struct run *run, const struct record *record)
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
	if (record->steps_omitted)
		fprintf(out, "%*sand %u more steps\n", INDENT + 14, "", record->steps_omitted);
	else if (!record->complete)
		fprintf(out, "%*sand more that was not seen\n", INDENT + 14, "");
}

static void write_outcome(FILE *out, const struct run *run, const struct record *record)
{
	char error[TEXT_ERROR_SIZE];

	fprintf(out, "%s%s%s", color(run, outcome_color(record->outcome)),
	        outcome_word(error, record), color(run, RESET));
}

static void write_end(FILE *out, const struct run *run, const struct record *record)
{
	char error[TEXT_ERROR_SIZE], duration[TEXT_TIME_SIZE];

	begin_step(out, run, record->duration_ns, "");
	write_outcome(out, run, record);
	if (record->outcome != OUTCOME_SUCCESS && record->error) {
		if (record->outcome != OUTCOME_FAILURE)
			fprintf(out, ", %s", text_errno(error, record->error));
		fprintf(out, " (%s)", strerror(record->error));
	}
	fprintf(out, " after %s, cause: %s", text_duration_words(duration, record->duration_ns),
	        words_cause(record->cause));
	if (record->has_why)
		fprintf(out, ", why no answer: %s", words_cause(record->why_no_answer));
	fputc('\n', out);
}

/* Which address of a name worked, which try of a client that tries again. */
static void write_series(FILE *out, const struct record *record)
{
	if (record->series_index > 1)
		fprintf(out, ", attempt %u of its series", record->series_index);
}

static int timeline_record(FILE *out, const struct run *run, const struct record *record)
{
	char duration[TEXT_TIME_SIZE];

	errno = 0;
	write_header(out, run, record);
	if (is_clean_success(record)) {
		fputc(' ', out);
		write_outcome(out, run, record);
		fputc(' ', out);
		fputs(text_duration_words(duration, record->duration_ns), out);
		write_series(out, record);
		fputc('\n', out);
		return text_status(out);
	}
	write_series(out, record);
	fputc('\n', out);
	write_steps(out, run, record);
	write_end(out, run, record);
	text_wrap(out, record->explanation, INDENT, WIDTH);
	fputc('\n', out);
	return text_status(out);
}

const struct output_ops output_timeline = {
        .name = "timeline",
        .record = timeline_record,
        .losses = output_text_losses,
        .end = output_text_end,
};
