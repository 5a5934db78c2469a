/* SPDX-License-Identifier: GPL-2.0-only */
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "evidence.h"
#include "schedule.h"

#define NS_PER_MS 1000000ULL
#define RESET_GRACE_NS (200 * NS_PER_MS)
/* A reject and the drop of the rejected packet happen in one go; the rest is for a busy host. */
#define SAME_MOMENT_NS (10 * NS_PER_MS)
#define LEAST_TIMEOUT_NS (3000 * NS_PER_MS)
#define SYN_SENT_MAX 65535

/* linux/errno.h: the call goes on, nothing of it reaches the application. */
#define ERESTARTSYS 512
#define ERESTARTNOINTR 513
#define ERESTARTNOHAND 514
#define ERESTART_RESTARTBLOCK 516

#define TCP_STATE_FIN_WAIT1 4 /* include/net/tcp_states.h */

#define SHUTDOWN_BOTH 3

static int positive(int error)
{
	if (error == INT_MIN)
		return INT_MAX;
	return error < 0 ? -error : error;
}

static uint64_t since(uint64_t start, uint64_t end)
{
	return end > start ? end - start : 0;
}

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

static bool starts_with(const char *text, const char *start)
{
	return text && !strncmp(text, start, strlen(start));
}

/* Before 5.17 a drop has no reason: the function that freed the packet is all there is. */
static bool is_filter_drop(const struct step *step)
{
	return (step->drop_reason && !strcmp(step->drop_reason, "NETFILTER_DROP")) ||
	       starts_with(step->drop_function, "nf_hook_slow");
}

static bool is_neighbour_drop(const struct step *step)
{
	if (step->drop_reason && strcmp(step->drop_reason, "NOT_SPECIFIED"))
		return starts_with(step->drop_reason, "NEIGH_");
	return starts_with(step->drop_function, "neigh_invalidate") ||
	       starts_with(step->drop_function, "arp_error_report") ||
	       starts_with(step->drop_function, "ndisc_error_report");
}

bool evidence_is_loopback(const struct endpoint *endpoint)
{
	static const uint8_t loopback[16] = {[15] = 1};

	return (endpoint->family == FAMILY_IPV4 && endpoint->address[0] == 127) ||
	       (endpoint->family == FAMILY_IPV6 &&
	        !memcmp(endpoint->address, loopback, sizeof(loopback)));
}

bool evidence_is_own(const struct record *record, const struct endpoint *endpoint)
{
	static const uint8_t unspecified[16];
	const struct endpoint *local = &record->attempt.local;
	size_t size = endpoint->family == FAMILY_IPV4 ? 4 : 16;

	if (endpoint->family != FAMILY_IPV4 && endpoint->family != FAMILY_IPV6)
		return false;
	return evidence_is_loopback(endpoint) ||
	       (endpoint->family == local->family && memcmp(local->address, unspecified, size) &&
	        !memcmp(endpoint->address, local->address, size));
}

bool evidence_is_icmp_errno(int error)
{
	switch (error) {
	case ENETUNREACH:
	case EHOSTUNREACH:
	case ENOPROTOOPT:
	case ECONNREFUSED:
	case EOPNOTSUPP:
	case EHOSTDOWN:
	case ENONET:
	case EPROTO:
	case EACCES:
	case EMSGSIZE: return true;
	default: return false;
	}
}

bool evidence_early_reset(const struct record *record, uint64_t *after_ns)
{
	uint64_t established_ns = record->reset.established_ns;

	if (!record->has_reset || record->reset.received)
		return false;
	if (!established_ns)
		established_ns = record->attempt.final_ns;
	*after_ns = since(established_ns, record->reset_ns);
	return *after_ns <= RESET_GRACE_NS;
}

/* Over loopback our own SYN can be dropped on its way in. */
static bool is_our_packet(const struct step *step)
{
	const uint8_t syn_ack = TCP_FLAG_BYTE_SYN | TCP_FLAG_BYTE_ACK;

	return step->drop.direction != DROP_IN || (step->drop.flags & syn_ack) == TCP_FLAG_BYTE_SYN;
}

static void read_step(struct evidence *evidence, const struct step *step)
{
	switch (step->kind) {
	case STEP_SYN_RETRY: evidence->n_retries++; break;
	case STEP_SYN_RETRY_FAILED:
		evidence->n_failed_retries++;
		evidence->failed_retry = step;
		break;
	case STEP_DROPPED:
		if (!is_our_packet(step)) {
			evidence->n_in_drops++;
			evidence->in_drop = step;
			break;
		}
		evidence->n_out_drops++;
		evidence->out_drop = step;
		if (is_neighbour_drop(step))
			evidence->neighbour_drop = step;
		break;
	case STEP_STALE_PEER_STATE:
		evidence->stale_peer_state = true;
		evidence->back = step;
		break;
	case STEP_RST_IGNORED:
	case STEP_RST_SENT: evidence->back = step; break;
	case STEP_LISTENER_FULL:
		if (step->listener.queued > step->listener.limit)
			evidence->full_listener = &step->listener;
		break;
	case STEP_SYN_SENT:
	case STEP_RST_RECEIVED:
	case STEP_ICMP_RECEIVED:
	case STEP_INTERRUPTED:
	case STEP_MAX: break;
	}
}

static unsigned int n_steps(const struct record *record)
{
	return record->n_steps < RECORD_STEPS_MAX ? record->n_steps : RECORD_STEPS_MAX;
}

static void read_steps(struct evidence *evidence)
{
	const struct record *record = evidence->record;

	for (unsigned int i = 0; i < n_steps(record); i++)
		read_step(evidence, &record->steps[i]);
	/* sk_acceptq_is_full(): a queue as long as its limit still takes one */
	if (record->has_listener && record->listener.queued > record->listener.limit)
		evidence->full_listener = &record->listener;
}

/* The last ICMP error of that hardness; of that errno, or of any where `error` is 0. */
static const struct step *find_icmp(const struct record *record, int error, bool hard)
{
	for (unsigned int i = n_steps(record); i-- > 0;) {
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
	const struct step *soft = find_icmp(record, 0, false);

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
	                 !find_icmp(record, error, true) &&
	                 evidence->duration_ns >= earliest_timeout(evidence);
}

/*
 * The thread that connected made it CLOSE before any SYN was sent, and how was not seen: a call
 * whose return nobody saw failed, as for want of a port, or it took the attempt back itself.
 */
static bool is_unseen_call(const struct attempt *attempt)
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
	const struct step *hard = find_icmp(record, 0, true);

	if (evidence->rst && !by_close) {
		end_with_error(evidence, ECONNREFUSED);
	} else if (hard && !by_close) {
		end_with_error(evidence, positive(hard->icmp.error));
	} else if (in_call && failed) {
		evidence->ending = ENDING_CALL;
		evidence->error = positive(attempt->ret);
	} else if ((in_call && !(flags & ATTEMPT_RETURNED)) || is_unseen_call(attempt)) {
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

static void read_ending(struct evidence *evidence)
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

static void read_icmp(struct evidence *evidence)
{
	const struct record *record = evidence->record;

	if (evidence->ending != ENDING_ERROR)
		return;
	evidence->icmp = find_icmp(record, evidence->error, !evidence->soft);
	if (!evidence->icmp)
		evidence->icmp = find_icmp(record, evidence->error, evidence->soft);
	/* SO_ERROR takes the soft error away, and the time-out is a plain one then. */
	if (!evidence->icmp && evidence->error == ETIMEDOUT)
		evidence->icmp = find_icmp(record, 0, false) ?: find_icmp(record, 0, true);
}

static void read_filter_drop(struct evidence *evidence)
{
	const struct record *record = evidence->record;
	const struct attempt *attempt = &record->attempt;
	uint64_t at_ns = evidence->duration_ns;

	if (evidence->ending != ENDING_ERROR)
		return;
	if (evidence->icmp)
		at_ns = evidence->icmp->at_ns;
	else if (evidence->rst && attempt->rst.at_ns)
		at_ns = since(attempt->header.id, attempt->rst.at_ns);

	for (unsigned int i = 0; i < n_steps(record); i++) {
		const struct step *step = &record->steps[i];
		bool anywhere = evidence->closed && !evidence->icmp;

		if (step->kind != STEP_DROPPED || !is_our_packet(step) || !is_filter_drop(step))
			continue;
		if (anywhere ||
		    since(step->at_ns, at_ns) + since(at_ns, step->at_ns) <= SAME_MOMENT_NS)
			evidence->filter_drop = step;
	}
}

static void read_route(struct evidence *evidence)
{
	const struct step_route *route = &evidence->record->route;

	if (!evidence->record->has_route)
		return;
	if (route->type) {
		evidence->route = route->type <= ROUTE_THROW ? route->type : ROUTE_UNKNOWN;
		return;
	}
	/* RTM_GETROUTE answers with the errno of such a route instead of the route. */
	switch (positive(route->error)) {
	case 0:
	case ENETUNREACH: evidence->route = ROUTE_NONE; break;
	case EHOSTUNREACH: evidence->route = ROUTE_UNREACHABLE; break;
	case EACCES: evidence->route = ROUTE_PROHIBIT; break;
	case EINVAL: evidence->route = ROUTE_BLACKHOLE; break;
	default: break;
	}
}

static bool first_syn_was_sent(const struct evidence *evidence)
{
	const struct record *record = evidence->record;
	const struct attempt *attempt = &record->attempt;

	if (attempt->flags & ATTEMPT_SYN_UNSENT)
		return false;
	for (unsigned int i = 0; i < n_steps(record); i++) {
		const struct step *step = &record->steps[i];

		if (step->kind == STEP_DROPPED && step->drop.direction != DROP_IN &&
		    step->drop.unsent && !is_neighbour_drop(step))
			return false;
	}
	if (attempt->syn_ns)
		return true;
	if (!(attempt->flags & ATTEMPT_SYN_SENT))
		return false;
	if (evidence->n_retries || evidence->ending == ENDING_ESTABLISHED)
		return true;
	/* Fast Open puts the SYN off to the first write: connect() returned 0 without any. */
	return evidence->ending != ENDING_CALL && !is_unseen_call(attempt) &&
	       !((attempt->flags & ATTEMPT_RETURNED) && attempt->ret == 0);
}

static int count_syns(const struct evidence *evidence)
{
	const struct record *record = evidence->record;
	uint64_t retries = evidence->n_retries;
	uint64_t counted = since(evidence->n_failed_retries, record->attempt.retransmits);

	if (record->attempt.flags & ATTEMPT_PREEXISTING)
		return -1;
	if ((record->steps_omitted || !record->complete) && counted > retries)
		retries = counted;
	retries += first_syn_was_sent(evidence);
	return retries < SYN_SENT_MAX ? retries : SYN_SENT_MAX;
}

/* Nothing else lets a connect() succeed whose socket is left before it is connected. */
static bool is_put_off(const struct evidence *evidence)
{
	const struct attempt *attempt = &evidence->record->attempt;

	return evidence->ending == ENDING_LEFT && evidence->syn_sent == 0 &&
	       !evidence->n_out_drops && !evidence->n_failed_retries &&
	       (attempt->flags & (ATTEMPT_RETURNED | ATTEMPT_SYN_UNSENT)) == ATTEMPT_RETURNED &&
	       attempt->ret == 0;
}

void evidence_read(struct evidence *evidence, const struct record *record)
{
	*evidence = (struct evidence){
	        .record = record,
	        .rst = record->attempt.flags & ATTEMPT_RST_ACCEPTED,
	};
	read_steps(evidence);
	read_ending(evidence);
	read_icmp(evidence);
	read_filter_drop(evidence);
	read_route(evidence);
	evidence->syn_sent = count_syns(evidence);
	evidence->put_off = is_put_off(evidence);
}
