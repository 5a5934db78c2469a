// SPDX-License-Identifier: GPL-2.0-only
#include "evidence_ending.h"

#include <errno.h>
#include <stddef.h>

#include "schedule.h"

#define NS_PER_MS 1000000ULL
#define LEAST_TIMEOUT_NS (3000 * NS_PER_MS)

/* linux/errno.h: the call goes on, nothing of it reaches the application. */
#define ERESTARTSYS 512
#define ERESTARTNOINTR 513
#define ERESTARTNOHAND 514
#define ERESTART_RESTARTBLOCK 516

#define TCP_STATE_FIN_WAIT1 4 /* include/net/tcp_states.h */

#define SHUTDOWN_BOTH 3

/* The call's own failure; not that it waits, was interrupted or asks about an end long past. */
static bool is_failure_of_call(int ret)
{
	switch (-(int64_t)ret) {
	case EINPROGRESS:
	case EALREADY:
	case EINTR:
	case EPIPE:
	case ECONNABORTED:
	case ERESTARTSYS:
	case ERESTARTNOINTR:
	case ERESTARTNOHAND:
	case ERESTART_RESTARTBLOCK: return false;
	default: return ret < 0;
	}
}

/* The last ICMP error of that hardness; of that errno, or of any where `error` is 0. */
const struct step *evidence_icmp(const struct record *record, int error, bool hard)
{
	for (unsigned int i = record->n_steps; i-- > 0;) {
		const struct step *step = &record->steps[i];

		if (step->kind != STEP_ICMP_RECEIVED || !!step->icmp.hard != hard ||
		    !step->icmp.error)
			continue;
		if (!error || positive(step->icmp.error) == error)
			return step;
	}
	return NULL;
}

static int readable_error(const struct record *record)
{
	const struct step *soft = evidence_icmp(record, 0, false);

	if (record->attempt.error_soft)
		return positive(record->attempt.error_soft);
	return soft ? positive(soft->icmp.error) : 0;
}

/* No time-out comes before; one retry is the least that TCP_SYNCNT and the sysctl allow. */
static uint64_t earliest_timeout(const struct evidence *evidence)
{
	const struct record *record = evidence->record;
	struct outlook outlook;

	/* A full queue (NET_XMIT_DROP) is tried again sooner and counts as much. */
	if (evidence->failed_retry && evidence->failed_retry->retry.error > 0)
		return 0;
	if (schedule_outlook(record, 0, &outlook))
		return outlook.end_ns / 10 * 8;
	return record->attempt.user_timeout_ms ? 0 : LEAST_TIMEOUT_NS / 10 * 8;
}

/*
 * sk_err at CLOSE. The soft error is the errno of a time-out, and stays on the socket; a hard error
 * of the same number can follow it, long before the schedule ends.
 */
static void end_with_error(struct evidence *evidence, int error)
{
	const struct record *record = evidence->record;

	evidence->ending = ENDING_ERROR;
	evidence->error = error;
	evidence->soft = positive(record->attempt.error_soft) == error && !evidence->rst &&
	                 !evidence_icmp(record, error, true) &&
	                 evidence->duration_ns >= earliest_timeout(evidence);
}

/*
 * The thread that connected made it CLOSE before any SYN was sent, and how was not seen: a call
 * whose return nobody saw failed, as for want of a port, or it took the attempt back itself.
 */
bool evidence_unseen_call(const struct attempt *attempt)
{
	return (attempt->flags & ATTEMPT_CLOSER) && attempt->closer.tid == attempt->tid &&
	       !(attempt->flags & (ATTEMPT_RETURNED | ATTEMPT_UNSPEC)) && !attempt->shutdown &&
	       !attempt->syn_ns && !attempt->retransmits;
}

/*
 * CLOSE with sk_err 0: the call failed, this host ended it, or, before 6.11, another CPU has read
 * SO_ERROR already. Nothing of this host can follow a RST that was accepted or a hard ICMP error.
 */
static void end_without_error(struct evidence *evidence)
{
	const struct record *record = evidence->record;
	const struct attempt *attempt = &record->attempt;
	const uint32_t flags = attempt->flags;
	const bool by_other = (flags & ATTEMPT_CLOSER) && attempt->closer.tid != attempt->tid;
	const bool by_close = (flags & ATTEMPT_UNSPEC) || attempt->shutdown == SHUTDOWN_BOTH;
	const bool in_call = attempt->ended_by == ENDED_BY_RETURN ||
	                     ((flags & ATTEMPT_IN_FINAL_CALL) && !by_other && !by_close);
	const bool failed = (flags & ATTEMPT_RETURNED) && is_failure_of_call(attempt->ret);
	const bool left = by_close || attempt->shutdown || (flags & ATTEMPT_CLOSER);
	const struct step *hard = evidence_icmp(record, 0, true);

	if (evidence->rst && !by_close) {
		end_with_error(evidence, ECONNREFUSED);
	} else if (hard && !by_close) {
		end_with_error(evidence, positive(hard->icmp.error));
	} else if (in_call && failed) {
		evidence->ending = ENDING_CALL;
		evidence->error = positive(attempt->ret);
	} else if ((in_call && !(flags & ATTEMPT_RETURNED)) || evidence_unseen_call(attempt)) {
		evidence->ending = ENDING_UNKNOWN;
	} else if (left && readable_error(record)) {
		evidence->ending = ENDING_ERROR;
		evidence->error = readable_error(record);
		evidence->soft = evidence->closed = true;
	} else if (left) {
		evidence->ending = ENDING_LEFT;
		/* tcp_disconnect() leaves it behind, after the state has changed */
		evidence->error = attempt->shutdown == SHUTDOWN_BOTH ? 0 : ECONNRESET;
	} else if (failed) {
		end_with_error(evidence, positive(attempt->ret));
	} else if (readable_error(record)) {
		end_with_error(evidence, readable_error(record));
	}
}

static void read_final(struct evidence *evidence)
{
	const struct attempt *attempt = &evidence->record->attempt;

	evidence->duration_ns = since(attempt->header.id, attempt->final_ns);
	switch (attempt->final_state) {
	case TCP_STATE_ESTABLISHED:
		evidence->ending = ENDING_ESTABLISHED;
		if ((attempt->flags & ATTEMPT_RETURNED) && attempt->ret == -ECONNRESET)
			evidence->error = ECONNRESET;
		break;
	case TCP_STATE_FIN_WAIT1: /* closed or shut down in the middle of a simultaneous open */
	case TCP_STATE_CLOSE:
		if (positive(attempt->error) == ECONNABORTED) {
			evidence->ending = ENDING_ABORTED;
			evidence->error = ECONNABORTED;
		} else if (attempt->error) {
			end_with_error(evidence, positive(attempt->error));
		} else {
			end_without_error(evidence);
		}
		break;
	default: break;
	}
}

static bool is_answer(int error)
{
	return error == ETIMEDOUT || error == ECONNRESET || evidence_is_icmp_errno(error);
}

void evidence_ending(struct evidence *evidence)
{
	const struct attempt *attempt = &evidence->record->attempt;
	const uint32_t flags = attempt->flags;

	if (flags & ATTEMPT_FINAL) {
		read_final(evidence);
		if (evidence->ending == ENDING_CALL && attempt->return_ns > attempt->final_ns)
			evidence->duration_ns = since(attempt->header.id, attempt->return_ns);
		return;
	}
	evidence->duration_ns = since(attempt->header.id, attempt->header.at_ns);
	if (attempt->ended_by == ENDED_BY_RETURN) {
		if (flags & ATTEMPT_RETURNED)
			evidence->duration_ns = since(attempt->header.id, attempt->return_ns);
		if (!(flags & ATTEMPT_RETURNED) || !is_failure_of_call(attempt->ret))
			return;
		/* That is what comes of a SYN, and only its final state was not seen. */
		if ((flags & ATTEMPT_SYN_SENT) && is_answer(positive(attempt->ret))) {
			end_with_error(evidence, positive(attempt->ret));
			return;
		}
		evidence->ending = ENDING_CALL;
		evidence->error = positive(attempt->ret);
	} else if (attempt->ended_by == ENDED_BY_DESTROY &&
	           ((flags & ATTEMPT_CLOSER) || attempt->shutdown == SHUTDOWN_BOTH)) {
		evidence->ending = ENDING_LEFT;
	}
}
