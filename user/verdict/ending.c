// SPDX-License-Identifier: GPL-2.0-only
#include "ending.h"

#include <errno.h>
#include <stddef.h>

#include "facts.h"
#include "schedule.h"
#include "units.h"

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

/* The soft error that this attempt brought: not one that an earlier one had left on the socket. */
static int own_soft_error(const struct attempt *attempt)
{
	int error = facts_positive(attempt->error_soft) ?: attempt->early_error_soft;

	return error == attempt->old_error_soft ? 0 : error;
}

/* What SO_ERROR gave while the socket was still connecting, or would have given. */
static int readable_error(const struct record *record)
{
	const struct step *soft = facts_icmp(record, 0, false);
	int error = own_soft_error(&record->attempt);

	return error || !soft ? error : facts_positive(soft->icmp.error);
}

static const struct step *last_step(const struct record *record, enum step_kind kind)
{
	for (unsigned int i = record->n_steps; i-- > 0;)
		if (record->steps[i].kind == kind)
			return &record->steps[i];
	return NULL;
}

/*
 * No time-out comes before: one retry is the least that TCP_SYNCNT and the sysctl allow, and the
 * first wait is not shortened by TCP_USER_TIMEOUT.
 */
static uint64_t earliest_timeout(const struct record *record)
{
	const struct step *failed = last_step(record, STEP_SYN_RETRY_FAILED);
	uint64_t least_ns = record->attempt.user_timeout_ms * NS_PER_MS;
	struct outlook outlook;

	/* A full queue (NET_XMIT_DROP) is tried again sooner and counts as much. */
	if (failed && failed->retry.error > 0)
		return 0;
	if (schedule_outlook(record, 0, &outlook))
		least_ns = outlook.end_ns;
	else if (!least_ns || least_ns > LEAST_TIMEOUT_NS)
		least_ns = LEAST_TIMEOUT_NS;
	else if (least_ns < NS_PER_S)
		least_ns = NS_PER_S;
	return least_ns / 10 * 8;
}

/*
 * sk_err at CLOSE. The soft error is the errno of a time-out, and stays on the socket; a hard error
 * of the same number can follow it, long before the schedule ends.
 */
static void end_with_error(struct ending *ending, const struct record *record, int error)
{
	ending->kind = ENDING_ERROR;
	ending->error = error;
	ending->soft = facts_positive(record->attempt.error_soft) == error &&
	               !(record->attempt.flags & ATTEMPT_RST_ACCEPTED) &&
	               !facts_icmp(record, error, true) &&
	               facts_waited(record, ending->duration_ns) >= earliest_timeout(record);
}

/*
 * The thread that connected made it CLOSE before any SYN was sent, and how was not seen: a call
 * whose return nobody saw failed, as for want of a port, or it took the attempt back itself.
 */
bool ending_unseen_call(const struct attempt *attempt)
{
	return (attempt->flags & ATTEMPT_CLOSER) && attempt->closer.tid == attempt->tid &&
	       !(attempt->flags & (ATTEMPT_RETURNED | ATTEMPT_UNSPEC)) && !attempt->shutdown &&
	       !attempt->syn_ns && !attempt->retransmits;
}

/*
 * The caller still waited in connect(), so that it could read nothing. A call that a signal broke
 * off has returned for the kernel, but not for a process that the same signal ends.
 */
static bool was_waiting(const struct attempt *attempt)
{
	const bool broken_off = attempt->ret == -ERESTARTSYS || attempt->ret == -EINTR;

	if (!(attempt->flags & ATTEMPT_BLOCKING))
		return false;
	return !(attempt->flags & ATTEMPT_RETURNED) || attempt->return_ns > attempt->final_ns ||
	       (broken_off && (attempt->flags & ATTEMPT_CLOSER) && attempt->closer.exiting);
}

/*
 * What tcp_disconnect() leaves behind, after the state has changed. The socket that the application
 * holds is another one with MPTCP, and has nothing of it.
 */
static int left_behind(const struct attempt *attempt)
{
	return attempt->shutdown == SHUTDOWN_BOTH || attempt->api == API_MPTCP ? 0 : ECONNRESET;
}

/*
 * CLOSE with sk_err 0: the call failed, this host ended it, or, before 6.11, another CPU has read
 * SO_ERROR already. Nothing of this host can follow a RST that was accepted or a hard ICMP error.
 */
static void end_without_error(struct ending *ending, const struct record *record)
{
	const struct attempt *attempt = &record->attempt;
	const uint32_t flags = attempt->flags;
	const bool by_other = (flags & ATTEMPT_CLOSER) && attempt->closer.tid != attempt->tid;
	const bool by_close = (flags & ATTEMPT_UNSPEC) || attempt->shutdown == SHUTDOWN_BOTH;
	const bool in_call = attempt->ended_by == ENDED_BY_RETURN ||
	                     ((flags & ATTEMPT_IN_FINAL_CALL) && !by_other && !by_close);
	const bool failed = (flags & ATTEMPT_RETURNED) && is_failure_of_call(attempt->ret);
	const bool left = by_close || attempt->shutdown || (flags & ATTEMPT_CLOSER);
	const struct step *hard = facts_icmp(record, 0, true);

	if ((flags & ATTEMPT_RST_ACCEPTED) && !by_close) {
		end_with_error(ending, record, ECONNREFUSED);
	} else if (hard && !by_close) {
		end_with_error(ending, record, facts_positive(hard->icmp.error));
	} else if (in_call && failed) {
		ending->kind = ENDING_CALL;
		ending->error = facts_positive(attempt->ret);
	} else if ((in_call && !(flags & ATTEMPT_RETURNED)) || ending_unseen_call(attempt)) {
		ending->kind = ENDING_UNKNOWN;
	} else if (left && readable_error(record) && !was_waiting(attempt)) {
		ending->kind = ENDING_ERROR;
		ending->error = readable_error(record);
		ending->soft = ending->closed = true;
	} else if (left) {
		ending->kind = ENDING_LEFT;
		ending->error = left_behind(attempt);
	} else if (failed) {
		end_with_error(ending, record, facts_positive(attempt->ret));
	} else if (readable_error(record)) {
		end_with_error(ending, record, readable_error(record));
	}
}

static void end_with_sk_err(struct ending *ending, const struct record *record, int error)
{
	if (error != ECONNABORTED) {
		end_with_error(ending, record, error);
		return;
	}
	ending->kind = ENDING_ABORTED;
	ending->error = error;
}

static void read_final(struct ending *ending, const struct record *record)
{
	const struct attempt *attempt = &record->attempt;

	ending->duration_ns = facts_since(attempt->header.id, attempt->final_ns);
	switch (attempt->final_state) {
	case TCP_STATE_ESTABLISHED:
		ending->kind = ENDING_ESTABLISHED;
		if ((attempt->flags & ATTEMPT_RETURNED) && attempt->ret == -ECONNRESET)
			ending->error = ECONNRESET;
		break;
	case TCP_STATE_FIN_WAIT1: /* closed or shut down in the middle of a simultaneous open */
	case TCP_STATE_CLOSE:
		if (attempt->error)
			end_with_sk_err(ending, record, facts_positive(attempt->error));
		else
			end_without_error(ending, record);
		break;
	default: break;
	}
}

static bool is_answer(int error)
{
	return error == ETIMEDOUT || error == ECONNRESET || facts_is_icmp_errno(error);
}

/* Where the final state was not seen: what was on the socket, or ended it before. */
static int unseen_error(const struct record *record)
{
	const struct attempt *attempt = &record->attempt;
	const struct step *hard = facts_icmp(record, 0, true);

	if (attempt->ended_by == ENDED_BY_NOTHING)
		return 0;
	if (attempt->error)
		return facts_positive(attempt->error);
	if (attempt->flags & ATTEMPT_RST_ACCEPTED)
		return ECONNREFUSED;
	return hard ? facts_positive(hard->icmp.error) : 0;
}

static void read_end(struct ending *ending, const struct record *record)
{
	const struct attempt *attempt = &record->attempt;
	const uint32_t flags = attempt->flags;

	if (flags & ATTEMPT_FINAL) {
		read_final(ending, record);
		if (ending->kind == ENDING_CALL && attempt->return_ns > attempt->final_ns)
			ending->duration_ns = facts_since(attempt->header.id, attempt->return_ns);
		return;
	}
	ending->duration_ns = facts_since(attempt->header.id, attempt->header.at_ns);
	if (attempt->ended_by == ENDED_BY_RETURN) {
		if (flags & ATTEMPT_RETURNED)
			ending->duration_ns = facts_since(attempt->header.id, attempt->return_ns);
		if (!(flags & ATTEMPT_RETURNED) || !is_failure_of_call(attempt->ret))
			return;
		/* That is what comes of a SYN, and only its final state was not seen. */
		if ((flags & ATTEMPT_SYN_SENT) && is_answer(facts_positive(attempt->ret))) {
			end_with_error(ending, record, facts_positive(attempt->ret));
			return;
		}
		ending->kind = ENDING_CALL;
		ending->error = facts_positive(attempt->ret);
	} else if (unseen_error(record)) {
		end_with_sk_err(ending, record, unseen_error(record));
	} else if (attempt->ended_by == ENDED_BY_DESTROY &&
	           ((flags & ATTEMPT_CLOSER) || attempt->shutdown == SHUTDOWN_BOTH)) {
		ending->kind = ENDING_LEFT;
	}
}

/* connect() gives 0 for a connection alone, or where Fast Open puts the SYN off. */
static bool gave_connection(const struct attempt *attempt)
{
	return (attempt->flags & (ATTEMPT_RETURNED | ATTEMPT_PUT_OFF)) == ATTEMPT_RETURNED &&
	       attempt->ret == 0;
}

void ending_read(struct ending *ending, const struct record *record)
{
	const struct attempt *attempt = &record->attempt;

	read_end(ending, record);
	if (ending->kind == ENDING_ESTABLISHED || !gave_connection(attempt))
		return;
	/* What came later was the end of the connection; that of the attempt was not seen. */
	*ending = (struct ending){
	        .kind = ENDING_ESTABLISHED,
	        .duration_ns = facts_since(attempt->header.id, attempt->return_ns),
	};
}
