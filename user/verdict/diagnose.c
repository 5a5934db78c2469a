/* SPDX-License-Identifier: GPL-2.0-only */
#include "diagnose.h"

#include <errno.h>

#include "evidence.h"
#include "facts.h"
#include "rules.h"
#include "tally.h"

static enum outcome outcome_of(const struct evidence *e)
{
	switch (e->end.kind) {
	case ENDING_ESTABLISHED: return e->end.error ? OUTCOME_FAILURE : OUTCOME_SUCCESS;
	case ENDING_CALL:
	case ENDING_ERROR: return OUTCOME_FAILURE;
	case ENDING_ABORTED:
	case ENDING_LEFT: return OUTCOME_ABANDONED;
	case ENDING_UNKNOWN: break;
	}
	return OUTCOME_UNKNOWN;
}

/*
 * Somebody on this host ended it, or the tracer stopped: would the evidence have explained the
 * kernel's own time-out?
 */
static void read_why_no_answer(struct record *record, const struct evidence *evidence)
{
	const int soft = facts_positive(record->attempt.error_soft);
	struct evidence timed_out;
	enum cause cause = 0;

	record->has_why = false;
	if (!evidence->silent)
		return;
	timed_out = *evidence;
	timed_out.end.kind = ENDING_ERROR;
	timed_out.end.error = soft ?: ETIMEDOUT;
	timed_out.end.soft = soft;
	while (cause != CAUSE_NO_REPLY && !rules[cause].fits(&timed_out))
		cause++;
	record->has_why = cause != CAUSE_NO_REPLY;
	record->why_no_answer = cause;
}

void diagnose(struct record *record)
{
	struct evidence evidence;

	evidence_read(&evidence, record);
	/* The rules before that one ask for another ending. */
	record->cause = evidence.end.kind == ENDING_ESTABLISHED ? CAUSE_RESET_AFTER_ESTABLISHED : 0;
	while (!rules[record->cause].fits(&evidence))
		record->cause++;
	record->outcome = outcome_of(&evidence);
	record->error = evidence.end.error;
	record->duration_ns = evidence.end.duration_ns;
	record->syn_sent = evidence.syn_sent;
	read_why_no_answer(record, &evidence);
	tally(record, &evidence);
}

void diagnose_explain(struct buffer *to, const struct record *record)
{
	struct evidence evidence;

	evidence_read(&evidence, record);
	rules[record->cause].say(to, &evidence);
	say_translation(to, &evidence);
}
