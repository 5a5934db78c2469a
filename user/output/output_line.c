/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One line, one attempt, in fields that never hold a blank:
 *
 *   TIME PROCESS LOCAL > PEER RESULT DURATION cause=CAUSE [why=CAUSE] [syn=OFFSETS]
 *   [STEP=FACTS+OFFSET …]
 *
 * TIME is that of the end. RESULT is the errno where there is one, else OK, ABANDONED or UNKNOWN;
 * the outcome of an abandoned attempt that left an errno behind shows in its cause. "-" and "*"
 * stand for what is not known. Offsets are seconds from the start of the attempt.
 */
#include "output.h"

#include <inttypes.h>
#include <string.h>

#include "text.h"
#include "words.h"

#define FIRST_SYN_AT_ONCE_NS 1000000

static void write_word(struct buffer *out, const char *word)
{
	buffer_string(out, word);
	buffer_char(out, ' ');
}

static void write_facts(struct buffer *out, const struct run *run, const struct record *record)
{
	const struct attempt *attempt = &record->attempt;
	const struct endpoint local_end = output_local(attempt);
	char time[TEXT_TIME_SIZE], process[TEXT_PROCESS_SIZE], local[TEXT_ENDPOINT_SIZE],
	        peer[TEXT_ENDPOINT_SIZE], error[TEXT_ERROR_SIZE], duration[TEXT_TIME_SIZE];

	write_word(out, text_time(time, run, attempt->header.id + record->duration_ns));
	write_word(out, text_process(process, attempt->comm, attempt->pid));
	write_word(out, text_endpoint(local, &local_end));
	write_word(out, ">");
	write_word(out, text_peer(peer, output_peer(attempt)));
	write_word(out, output_result(error, record));
	write_word(out, text_duration(duration, record->duration_ns));
	buffer_string(out, "cause=");
	buffer_string(out, words_cause(record->cause));
	if (record->has_why)
		buffer_print(out, " why=%s", words_cause(record->why_no_answer));
}

/* "x31": the step stands for so many of its kind. */
static void write_count(struct buffer *out, const struct step *step)
{
	if (step->count > 1)
		buffer_print(out, "x%" PRIu32, step->count);
}

/* The first SYN of an ordinary attempt reads as 0: the microseconds before it say nothing. */
static void write_syns(struct buffer *out, const struct record *record)
{
	char offset[TEXT_TIME_SIZE];
	int n = 0;

	for (unsigned int i = 0; i < record->n_steps; i++) {
		const struct step *step = &record->steps[i];

		if (step->kind != STEP_SYN_SENT && step->kind != STEP_SYN_RETRY)
			continue;
		buffer_string(out, n ? "," : " syn=");
		n += step->count > 1 ? (int)step->count : 1;
		if (step->kind == STEP_SYN_SENT && step->at_ns < FIRST_SYN_AT_ONCE_NS)
			buffer_char(out, '0');
		else
			buffer_print(out, "+%s", text_offset(offset, step->at_ns));
		write_count(out, step);
	}
	if (record->syn_sent >= 0 && record->syn_sent != n)
		buffer_print(out, " syn_sent=%d", record->syn_sent);
}

static void write_segment(struct buffer *out, const struct segment *segment)
{
	char from[TEXT_ADDRESS_SIZE];

	if (segment->from.family)
		buffer_string(out, text_address(from, &segment->from));
	if (segment->ttl)
		buffer_print(out, "%sttl%u", segment->from.family ? "/" : "", segment->ttl);
}

static void write_icmp(struct buffer *out, const struct step_icmp *icmp)
{
	char from[TEXT_ADDRESS_SIZE];

	buffer_print(out, "%u/%u", icmp->type, icmp->code);
	if (icmp->from.family)
		buffer_print(out, "@%s", text_address(from, &icmp->from));
	if (!icmp->hard)
		buffer_string(out, "/soft");
}

static void write_drop(struct buffer *out, const struct step *step)
{
	/* What goes out is a SYN. */
	const char *segment =
	        step->drop.direction == DROP_OUT ? NULL : words_segment(step->drop.flags);
	char token[256];

	buffer_string(out, step->drop.direction == DROP_OUT ? "out" : "in");
	if (step->elsewhere)
		buffer_print(out, "@%" PRIu32, step->drop.netns);
	if (step->drop_reason)
		buffer_print(
		        out, "/%s",
		        text_escape(token, sizeof(token), step->drop_reason, SIZE_MAX, TEXT_TOKEN));
	else if (step->drop_function || segment)
		buffer_string(out, "/-");
	if (step->drop_function)
		buffer_print(out, "/%s",
		             text_escape(token, sizeof(token), step->drop_function, SIZE_MAX,
		                         TEXT_TOKEN));
	else if (segment)
		buffer_string(out, "/-");
	if (segment)
		buffer_print(out, "/%s", segment);
}

static void write_step(struct buffer *out, const struct step *step)
{
	char error[TEXT_ERROR_SIZE], offset[TEXT_TIME_SIZE];
	const char *why;

	switch (step->kind) {
	case STEP_SYN_SENT:
	case STEP_SYN_RETRY:
	case STEP_MAX: return;
	case STEP_SYN_RETRY_FAILED:
		why = text_send_error(error, step->retry.error);
		buffer_print(out, " syn_retry_failed=%s", why ? why : "");
		break;
	case STEP_RST_RECEIVED:
		buffer_string(out, " rst=");
		write_segment(out, &step->segment);
		break;
	case STEP_RST_IGNORED:
		buffer_string(out, " rst_ignored=");
		write_segment(out, &step->segment);
		break;
	case STEP_RST_SENT:
		buffer_string(out, " rst_sent=");
		write_segment(out, &step->segment);
		break;
	case STEP_STALE_PEER_STATE: buffer_string(out, " stale_peer_state="); break;
	case STEP_ICMP_RECEIVED:
		buffer_string(out, step->icmp.version == 6 ? " icmp6=" : " icmp=");
		write_icmp(out, &step->icmp);
		break;
	case STEP_DROPPED:
		buffer_string(out, " drop=");
		write_drop(out, step);
		break;
	case STEP_INTERRUPTED:
		buffer_print(out, " interrupted=%s", text_return(error, step->interrupted.ret));
		break;
	case STEP_LISTENER_FULL:
		buffer_print(out, " listener=%" PRIu32 "/%" PRIu32, step->listener.queued,
		             step->listener.limit);
		break;
	}
	buffer_print(out, "+%s", text_offset(offset, step->at_ns));
	write_count(out, step);
}

static void write_rest(struct buffer *out, const struct record *record)
{
	const struct attempt *attempt = &record->attempt;
	const struct translation *via = &record->translation.via;
	const struct closer *closer = &attempt->closer;
	char error[TEXT_ERROR_SIZE], asked[TEXT_ENDPOINT_SIZE], process[TEXT_PROCESS_SIZE],
	        end[TEXT_ENDPOINT_SIZE];

	if (attempt->flags & ATTEMPT_RETURNED)
		buffer_print(out, " ret=%s", text_return(error, attempt->ret));
	if (via->peer.family)
		buffer_print(out, " via=%s", text_endpoint(end, &via->peer));
	if (via->local.family)
		buffer_print(out, " via_local=%s", text_endpoint(end, &via->local));
	if (output_was_rewritten(attempt))
		buffer_print(out, " asked=%s", text_peer(asked, &attempt->asked));
	if (attempt->flags & ATTEMPT_CLOSER && closer->pid) {
		const char *signal = text_closer_signal(error, closer);

		buffer_print(out, " closer=%s", text_process(process, closer->comm, closer->pid));
		if (signal)
			buffer_print(out, "/%s", signal);
		if (closer->execing)
			buffer_string(out, "/exec");
	}
	if (record->series_index > 1)
		buffer_print(out, " series=%llu/%u", (unsigned long long)record->series_id,
		             record->series_index);
	if (attempt->flags & ATTEMPT_PREEXISTING)
		buffer_string(out, " preexisting=1");
	if (attempt->flags & ATTEMPT_SUBFLOW)
		buffer_string(out, " subflow=1");
	if (!record->complete)
		buffer_string(out, " complete=0");
}

static void line_record(struct buffer *out, const struct run *run, const struct record *record)
{
	write_facts(out, run, record);
	write_syns(out, record);
	for (unsigned int i = 0; i < record->n_steps; i++)
		write_step(out, &record->steps[i]);
	write_rest(out, record);
	buffer_char(out, '\n');
}

const struct output_ops output_line = {
        .name = "line",
        .record = line_record,
        .losses = output_text_losses,
        .end = output_text_end,
};
