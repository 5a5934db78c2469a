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

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "text.h"
#include "words.h"

#define FIRST_SYN_AT_ONCE_NS 1000000

static const char *result(char to[TEXT_ERROR_SIZE], const struct record *record)
{
	switch (record->outcome) {
	case OUTCOME_SUCCESS: return "OK";
	case OUTCOME_FAILURE:
	case OUTCOME_MAX: break;
	case OUTCOME_ABANDONED:
		if (record->error == 0)
			return "ABANDONED";
		break;
	case OUTCOME_UNKNOWN:
		if (record->error == 0)
			return "UNKNOWN";
		break;
	}
	return text_errno(to, record->error);
}

static void write_facts(FILE *out, const struct run *run, const struct record *record)
{
	const struct attempt *attempt = &record->attempt;
	const struct endpoint local_end = output_local(attempt);
	char time[TEXT_TIME_SIZE], process[TEXT_PROCESS_SIZE], local[TEXT_ENDPOINT_SIZE],
	        peer[TEXT_ENDPOINT_SIZE], error[TEXT_ERROR_SIZE], duration[TEXT_TIME_SIZE];

	fprintf(out, "%s %s %s > %s %s %s cause=%s",
	        text_time(time, run, attempt->header.id + record->duration_ns),
	        text_process(process, attempt->comm, attempt->pid),
	        text_endpoint(local, &local_end), text_endpoint(peer, output_peer(attempt)),
	        result(error, record), text_duration(duration, record->duration_ns),
	        words_cause(record->cause));
	if (record->has_why)
		fprintf(out, " why=%s", words_cause(record->why_no_answer));
}

/* The first SYN of an ordinary attempt reads as 0: the microseconds before it say nothing. */
static void write_syns(FILE *out, const struct record *record)
{
	char offset[TEXT_TIME_SIZE];
	int n = 0;

	for (unsigned int i = 0; i < record->n_steps; i++) {
		const struct step *step = &record->steps[i];

		if (step->kind != STEP_SYN_SENT && step->kind != STEP_SYN_RETRY)
			continue;
		fputs(n++ ? "," : " syn=", out);
		if (step->kind == STEP_SYN_SENT && step->at_ns < FIRST_SYN_AT_ONCE_NS)
			fputc('0', out);
		else
			fprintf(out, "+%s", text_offset(offset, step->at_ns));
	}
	if (record->syn_sent >= 0 && record->syn_sent != n)
		fprintf(out, " syn_sent=%d", record->syn_sent);
}

static void write_segment(FILE *out, const struct segment *segment)
{
	char from[TEXT_ADDRESS_SIZE];

	if (segment->from.family)
		fputs(text_address(from, &segment->from), out);
	if (segment->ttl)
		fprintf(out, "%sttl%u", segment->from.family ? "/" : "", segment->ttl);
}

static void write_icmp(FILE *out, const struct step_icmp *icmp)
{
	char from[TEXT_ADDRESS_SIZE];

	fprintf(out, "%u/%u", icmp->type, icmp->code);
	if (icmp->from.family)
		fprintf(out, "@%s", text_address(from, &icmp->from));
	if (!icmp->hard)
		fputs("/soft", out);
}

static void write_drop(FILE *out, const struct step *step)
{
	char token[256];

	fputs(step->drop.direction == DROP_OUT ? "out" : "in", out);
	if (step->drop_reason)
		fprintf(out, "/%s",
		        text_escape(token, sizeof(token), step->drop_reason, SIZE_MAX, TEXT_TOKEN));
	else if (step->drop_function)
		fputs("/-", out);
	if (step->drop_function)
		fprintf(out, "/%s",
		        text_escape(token, sizeof(token), step->drop_function, SIZE_MAX,
		                    TEXT_TOKEN));
}

static void write_step(FILE *out, const struct step *step)
{
	char error[TEXT_ERROR_SIZE], offset[TEXT_TIME_SIZE];
	const char *why;

	switch (step->kind) {
	case STEP_SYN_SENT:
	case STEP_SYN_RETRY:
	case STEP_MAX: return;
	case STEP_SYN_RETRY_FAILED:
		why = text_send_error(error, step->retry.error);
		fprintf(out, " syn_retry_failed=%s", why ? why : "");
		break;
	case STEP_RST_RECEIVED:
		fputs(" rst=", out);
		write_segment(out, &step->segment);
		break;
	case STEP_RST_IGNORED:
		fputs(" rst_ignored=", out);
		write_segment(out, &step->segment);
		break;
	case STEP_RST_SENT:
		fputs(" rst_sent=", out);
		write_segment(out, &step->segment);
		break;
	case STEP_STALE_PEER_STATE: fputs(" stale_peer_state=", out); break;
	case STEP_ICMP_RECEIVED:
		fputs(step->icmp.version == 6 ? " icmp6=" : " icmp=", out);
		write_icmp(out, &step->icmp);
		break;
	case STEP_DROPPED:
		fputs(" drop=", out);
		write_drop(out, step);
		break;
	case STEP_INTERRUPTED:
		fprintf(out, " interrupted=%s", text_return(error, step->interrupted.ret));
		break;
	case STEP_LISTENER_FULL:
		fprintf(out, " listener=%" PRIu32 "/%" PRIu32, step->listener.queued,
		        step->listener.limit);
		break;
	}
	fprintf(out, "+%s", text_offset(offset, step->at_ns));
}

static void write_rest(FILE *out, const struct record *record)
{
	const struct attempt *attempt = &record->attempt;
	const struct closer *closer = &attempt->closer;
	char error[TEXT_ERROR_SIZE], asked[TEXT_ENDPOINT_SIZE], process[TEXT_PROCESS_SIZE];

	if (attempt->flags & ATTEMPT_RETURNED)
		fprintf(out, " ret=%s", text_return(error, attempt->ret));
	if (output_was_rewritten(attempt))
		fprintf(out, " asked=%s", text_endpoint(asked, &attempt->asked));
	if (attempt->flags & ATTEMPT_CLOSER && closer->pid) {
		const char *signal = text_closer_signal(error, closer);

		fprintf(out, " closer=%s", text_process(process, closer->comm, closer->pid));
		if (signal)
			fprintf(out, "/%s", signal);
	}
	if (record->series_index > 1)
		fprintf(out, " series=%llu/%u", (unsigned long long)record->series_id,
		        record->series_index);
	if (attempt->flags & ATTEMPT_PREEXISTING)
		fputs(" preexisting=1", out);
	if (attempt->flags & ATTEMPT_SUBFLOW)
		fputs(" subflow=1", out);
	if (record->steps_omitted)
		fprintf(out, " steps_omitted=%u", record->steps_omitted);
	if (!record->complete)
		fputs(" complete=0", out);
}

static int line_record(FILE *out, const struct run *run, const struct record *record)
{
	errno = 0;
	write_facts(out, run, record);
	write_syns(out, record);
	for (unsigned int i = 0; i < record->n_steps; i++)
		write_step(out, &record->steps[i]);
	write_rest(out, record);
	fputc('\n', out);
	return text_status(out);
}

const struct output_ops output_line = {
        .name = "line",
        .record = line_record,
        .losses = output_text_losses,
        .end = output_text_end,
};
