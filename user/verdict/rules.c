/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which cause the evidence supports: a table of rules, the first that fits wins.
 *
 * Each rule asks for positive evidence. That something was not seen is taken as evidence only where
 * the kernel has no other source for what was seen.
 */
#include "rules.h"

#include <errno.h>

#include "endpoint.h"
#include "facts.h"
#include "units.h"

#define SIGNAL_MASK 0x7f
#define SHUTDOWN_BOTH 3

static bool call_failed(const struct evidence *e, int error)
{
	return e->end.kind == ENDING_CALL && e->end.error == error;
}

/* None came: known only where every hook ran. */
static bool no_reset(const struct evidence *e)
{
	return !e->rst && !e->record->hooks_skipped;
}

/* The route was lost while trying: each retry fails locally, and the time-out takes that errno. */
static bool route_lost(const struct evidence *e, int error)
{
	bool by_icmpv6 = e->record->attempt.remote.family != FAMILY_IPV4 && error == EACCES;

	if (e->end.kind != ENDING_ERROR || e->end.error != error || !e->end.soft || e->icmp)
		return false;
	if (e->failed_retry) {
		switch (-(int64_t)e->failed_retry->retry.error) {
		case EHOSTUNREACH:
		case ENETUNREACH:
		case EACCES:
		case EINVAL: return true;
		default: break;
		}
	}
	/* Older kernels do not show such a retry, but no ICMP error gives these two. */
	return (error == EACCES && !by_icmpv6) || error == EINVAL;
}

static bool is_aborted_by_admin(const struct evidence *e)
{
	return e->end.kind == ENDING_ABORTED;
}

static bool is_wrong_argument(int error)
{
	switch (error) {
	case EINVAL:
	case EAFNOSUPPORT:
	case EFAULT:
	case EBADF:
	case ENOTSOCK:
	case EISCONN:
	case EALREADY:
	case EOPNOTSUPP:
	case EPROTOTYPE:
	case EDESTADDRREQ:
	case EKEYREJECTED: return true;
	default: return false;
	}
}

static bool is_denied_by_policy(const struct evidence *e)
{
	if (e->end.kind != ENDING_CALL)
		return false;
	/* SELinux checks the address itself, before the protocol would. */
	if (e->record->attempt.flags & ATTEMPT_LSM)
		return !is_wrong_argument(e->end.error);
	/* A route of type prohibit gives EACCES, too: it must be known that there is none. */
	if (e->end.error == EACCES)
		return e->record->has_route && e->route != ROUTE_PROHIBIT;
	/* The only errno that tcp_connect() takes from the output path is ECONNREFUSED. */
	return e->end.error == EPERM || (e->end.error == ECONNREFUSED && no_reset(e));
}

static bool is_no_local_port(const struct evidence *e)
{
	return call_failed(e, EADDRNOTAVAIL);
}

static bool is_no_memory(const struct evidence *e)
{
	return call_failed(e, ENOMEM) || call_failed(e, ENOBUFS);
}

static bool is_route_prohibited(const struct evidence *e)
{
	return (call_failed(e, EACCES) && e->route == ROUTE_PROHIBIT) || route_lost(e, EACCES);
}

static bool is_route_blackhole(const struct evidence *e)
{
	return (call_failed(e, EINVAL) && e->route == ROUTE_BLACKHOLE && !e->misfit) ||
	       route_lost(e, EINVAL);
}

static bool is_none(enum route_type route)
{
	return route == ROUTE_NONE || route == ROUTE_UNREACHABLE || route == ROUTE_THROW;
}

static bool is_no_route(const struct evidence *e)
{
	if (call_failed(e, EHOSTUNREACH) || (call_failed(e, ENETUNREACH) && !e->misfit))
		return is_none(e->route) || !e->record->hooks_skipped;
	return route_lost(e, ENETUNREACH) || route_lost(e, EHOSTUNREACH);
}

static bool is_invalid_call(const struct evidence *e)
{
	return e->end.kind == ENDING_CALL && (is_wrong_argument(e->end.error) || e->misfit);
}

static bool is_host_unreachable(const struct step_icmp *icmp)
{
	return (icmp->version == 4 && icmp->type == 3 && icmp->code == 1) ||
	       (icmp->version == 6 && icmp->type == 1 && icmp->code == 3);
}

/* ARP and neighbour discovery report their failure as an ICMP error that the host sends itself. */
static bool is_link_failure(const struct evidence *e)
{
	const struct step_icmp *icmp = &e->icmp->icmp;

	return is_host_unreachable(icmp) && facts_is_own(e->record, &icmp->from) &&
	       !endpoint_is_loopback(&icmp->from);
}

/* The ICMP error came as the neighbour's silence made this host drop what waited for it. */
static bool is_with_drop(const struct evidence *e)
{
	uint64_t icmp_ns = e->icmp->at_ns, drop_ns = e->neighbour_drop->at_ns;

	return is_host_unreachable(&e->icmp->icmp) &&
	       facts_since(icmp_ns, drop_ns) + facts_since(drop_ns, icmp_ns) <= 10 * NS_PER_MS;
}

static bool is_rejected_locally(const struct evidence *e)
{
	if (e->end.kind != ENDING_ERROR)
		return false;
	if (e->icmp)
		return e->filter_drop ||
		       (facts_is_own(e->record, &e->icmp->icmp.from) && !is_link_failure(e));
	if (e->filter_drop)
		return e->rst || facts_is_icmp_errno(e->end.error);
	/* An ICMP error that was not seen: on the way to itself, only this host can have made it.
	 */
	return no_reset(e) && facts_is_icmp_errno(e->end.error) &&
	       (!e->end.soft || e->end.closed) &&
	       facts_is_own(e->record, &e->record->attempt.remote);
}

static bool is_neighbour_unresolved(const struct evidence *e)
{
	if (e->end.kind != ENDING_ERROR ||
	    (e->end.error != EHOSTUNREACH && e->end.error != ETIMEDOUT))
		return false;
	if (!e->icmp)
		return e->neighbour_drop || e->waits_for_next_hop;
	/* NAT gives this host's own error the address that was asked for. */
	return is_link_failure(e) ||
	       (e->neighbour_drop && (!e->icmp->icmp.from.family || is_with_drop(e)));
}

static bool is_prohibited_icmp(const struct evidence *e)
{
	if (e->end.kind != ENDING_ERROR)
		return false;
	if (e->icmp) {
		const struct step_icmp *icmp = &e->icmp->icmp;

		if (icmp->version == 4)
			return icmp->type == 3 &&
			       (icmp->code == 9 || icmp->code == 10 || icmp->code == 13);
		return icmp->type == 1 && (icmp->code == 1 || icmp->code == 5 || icmp->code == 6);
	}
	/* Only ICMPv6 gives it while waiting, but for a route that was lost: handled above. */
	return e->end.error == EACCES && e->record->attempt.remote.family == FAMILY_IPV6 &&
	       !e->record->hooks_skipped &&
	       (!e->end.soft || e->end.closed || (e->record->attempt.flags & ATTEMPT_ICMP));
}

/* A soft error of this attempt's own that a lost route does not leave. */
static bool is_only_of_icmp(const struct evidence *e)
{
	switch (e->end.error) {
	case ENETUNREACH:
	case EHOSTUNREACH:
	case EACCES: return false;
	default: return e->end.error != e->record->attempt.old_error_soft;
	}
}

static bool is_unreachable_icmp(const struct evidence *e)
{
	if (e->end.kind != ENDING_ERROR)
		return false;
	if (e->icmp)
		return true;
	/* Nothing else gives such a hard error but a RST, which every tier sees. */
	return no_reset(e) && facts_is_icmp_errno(e->end.error) &&
	       (!e->end.soft || e->end.closed || e->end.error == EMSGSIZE ||
	        (e->record->attempt.flags & ATTEMPT_ICMP) || is_only_of_icmp(e));
}

static bool is_refused(const struct evidence *e)
{
	return e->end.kind == ENDING_ERROR && e->rst &&
	       (e->end.error == ECONNREFUSED || e->end.error == ECONNRESET ||
	        e->end.error == EPIPE);
}

static bool timed_out(const struct evidence *e)
{
	return e->end.kind == ENDING_ERROR && (e->end.error == ETIMEDOUT || e->end.soft) &&
	       !e->end.closed;
}

static bool is_listener_overflow(const struct evidence *e)
{
	return timed_out(e) && e->full_listener;
}

static bool is_dropped_locally_out(const struct evidence *e)
{
	if (!timed_out(e))
		return false;
	/* A firewall is told as EPERM, a queue by a positive NET_XMIT code. */
	return e->n_out_drops || (e->record->attempt.flags & ATTEMPT_SYN_UNSENT) ||
	       (e->failed_retry &&
	        (e->failed_retry->retry.error == -EPERM || e->failed_retry->retry.error > 0));
}

static bool is_dropped_locally_in(const struct evidence *e)
{
	return timed_out(e) && e->n_in_drops;
}

static bool is_dropped_by_node(const struct evidence *e)
{
	return timed_out(e) && e->n_node_drops;
}

static bool is_held_locally(const struct evidence *e)
{
	return timed_out(e) && e->held;
}

static bool is_no_reply(const struct evidence *e)
{
	return timed_out(e) && e->syn_sent;
}

static bool is_killed(const struct evidence *e)
{
	const struct attempt *attempt = &e->record->attempt;

	return e->end.kind == ENDING_LEFT && (attempt->flags & ATTEMPT_CLOSER) &&
	       attempt->closer.exiting && (attempt->closer.exit_code & SIGNAL_MASK);
}

static bool is_process_exited(const struct evidence *e)
{
	const struct attempt *attempt = &e->record->attempt;

	return e->end.kind == ENDING_LEFT && (attempt->flags & ATTEMPT_CLOSER) &&
	       attempt->closer.exiting;
}

/* Only SO_SNDTIMEO makes a call that may sleep come back with EINPROGRESS. */
static bool is_send_timeout(const struct evidence *e)
{
	const uint32_t needed = ATTEMPT_RETURNED | ATTEMPT_BLOCKING;
	const struct attempt *attempt = &e->record->attempt;

	return e->end.kind == ENDING_LEFT && (attempt->flags & needed) == needed &&
	       attempt->ret == -EINPROGRESS;
}

static bool is_shut_down(const struct evidence *e)
{
	const struct attempt *attempt = &e->record->attempt;

	return e->end.kind == ENDING_LEFT && (attempt->flags & ATTEMPT_FINAL) &&
	       !(attempt->flags & ATTEMPT_UNSPEC) && attempt->shutdown != SHUTDOWN_BOTH;
}

static bool is_disconnected(const struct evidence *e)
{
	return e->end.kind == ENDING_LEFT && (e->record->attempt.flags & ATTEMPT_UNSPEC);
}

/* Who closed it must be known: it can have been the end of the process, too. */
static bool is_closed_by_app(const struct evidence *e)
{
	return e->end.kind == ENDING_LEFT && (e->record->attempt.flags & ATTEMPT_CLOSER);
}

static bool is_deadline_of_app(const struct evidence *e)
{
	return is_closed_by_app(e) && !e->put_off && evidence_is_time_out(e);
}

static bool is_reset_after_established(const struct evidence *e)
{
	uint64_t after_ns;

	return e->end.kind == ENDING_ESTABLISHED &&
	       (e->end.error || facts_early_reset(e->record, &after_ns));
}

static bool is_established(const struct evidence *e)
{
	return e->end.kind == ENDING_ESTABLISHED;
}

static bool is_unknown(const struct evidence *e)
{
	(void)e;
	return true;
}

const struct rule rules[CAUSE_MAX] = {
        [CAUSE_ABORTED_BY_ADMIN] = {is_aborted_by_admin, say_aborted_by_admin},
        [CAUSE_DENIED_BY_POLICY] = {is_denied_by_policy, say_denied_by_policy},
        [CAUSE_NO_LOCAL_PORT] = {is_no_local_port, say_no_local_port},
        [CAUSE_NO_MEMORY] = {is_no_memory, say_no_memory},
        [CAUSE_ROUTE_PROHIBITED] = {is_route_prohibited, say_route},
        [CAUSE_ROUTE_BLACKHOLE] = {is_route_blackhole, say_route},
        [CAUSE_NO_ROUTE] = {is_no_route, say_route},
        [CAUSE_INVALID_CALL] = {is_invalid_call, say_invalid_call},
        [CAUSE_REJECTED_LOCALLY] = {is_rejected_locally, say_rejected_locally},
        [CAUSE_NEIGHBOUR_UNRESOLVED] = {is_neighbour_unresolved, say_neighbour_unresolved},
        [CAUSE_PROHIBITED_ICMP] = {is_prohibited_icmp, say_icmp},
        [CAUSE_UNREACHABLE_ICMP] = {is_unreachable_icmp, say_icmp},
        [CAUSE_REFUSED] = {is_refused, say_refused},
        [CAUSE_LISTENER_OVERFLOW] = {is_listener_overflow, say_listener_overflow},
        [CAUSE_DROPPED_LOCALLY_OUT] = {is_dropped_locally_out, say_dropped_locally_out},
        [CAUSE_DROPPED_LOCALLY_IN] = {is_dropped_locally_in, say_dropped_locally_in},
        [CAUSE_DROPPED_BY_NODE] = {is_dropped_by_node, say_dropped_by_node},
        [CAUSE_HELD_LOCALLY] = {is_held_locally, say_held_locally},
        [CAUSE_NO_REPLY] = {is_no_reply, say_no_reply},
        [CAUSE_KILLED] = {is_killed, say_killed},
        [CAUSE_PROCESS_EXITED] = {is_process_exited, say_process_exited},
        [CAUSE_SEND_TIMEOUT] = {is_send_timeout, say_send_timeout},
        [CAUSE_SHUT_DOWN] = {is_shut_down, say_shut_down},
        [CAUSE_DISCONNECTED] = {is_disconnected, say_disconnected},
        [CAUSE_DEADLINE_OF_APP] = {is_deadline_of_app, say_deadline_of_app},
        [CAUSE_CLOSED_BY_APP] = {is_closed_by_app, say_closed_by_app},
        [CAUSE_RESET_AFTER_ESTABLISHED] = {is_reset_after_established, say_reset_after_established},
        [CAUSE_ESTABLISHED] = {is_established, say_established},
        [CAUSE_UNKNOWN] = {is_unknown, say_unknown},
};
