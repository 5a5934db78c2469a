// SPDX-License-Identifier: GPL-2.0-only
/* What the facts of an attempt leave open, and a question to the kernel can tell: on a rare path,
 * so many a second. */
#include <errno.h>
#include <string.h>
#include <time.h>

#include "ask.h"
#include "session.h"
#include "units.h"

int64_t session_cpu_ns(void)
{
	struct timespec used;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
	return (int64_t)(used.tv_sec * NS_PER_S + used.tv_nsec);
}

/* Nothing ended it but the wait: did its SYN leave this host at all? */
static bool ended_in_silence(const struct attempt *a)
{
	return a->flags & ATTEMPT_SYN_SENT && a->ended_by != ENDED_BY_RETURN &&
	       !(a->flags & (ATTEMPT_RST_ACCEPTED | ATTEMPT_IN_FINAL_CALL)) &&
	       (!a->error || a->error == ETIMEDOUT || a->error == ECONNABORTED);
}

/* The route, the state of its next hop and of its device. */
static void ask_where_it_stays(struct session *session, const struct attempt *a)
{
	struct step_event answer;

	session->asks_left--;
	if (!ask_route(a, &answer))
		session_feed(session, &answer.header);
}

/* What the facts of a failed attempt leave open, and a question to the kernel can tell. */
static void ask_about_end(struct session *session, const struct attempt *a)
{
	bool synchronous = a->ended_by == ENDED_BY_RETURN ||
	                   (a->flags & ATTEMPT_IN_FINAL_CALL && a->flags & ATTEMPT_RETURNED);
	int error = synchronous && !a->error ? -a->ret : a->error;
	struct step_event answer;
	int err = -ENOENT;

	if (!session->asks_left)
		return;
	if (ended_in_silence(a))
		ask_where_it_stays(session, a);
	if (!session->asks_left)
		return;
	switch (error) {
	case 0:
		/* Closed by the application: how would the kernel have gone on? */
		if (!a->shutdown)
			return;
		err = ask_schedule(a, &answer);
		break;
	case EADDRNOTAVAIL: err = ask_ports(a, &answer); break;
	case ETIMEDOUT:
		/* What this host dropped itself may be for want of an IPsec state. */
		if (!a->tallies[TALLY_DROP])
			return;
		err = ask_route(a, &answer);
		break;
	case EPERM:
	case ENETUNREACH:
	case EHOSTUNREACH:
	case EACCES:
	case EINVAL:
		/* An ICMP error has said it already. */
		if (a->flags & ATTEMPT_ICMP)
			return;
		err = ask_route(a, &answer);
		break;
	default: return;
	}
	session->asks_left--;
	if (!err)
		session_feed(session, &answer.header);
}

/* What this host's NAT makes of its addresses; NULL where it leaves them, or that is not known. */
static const struct translation *translation_of(struct session *session, const struct attempt *a)
{
	struct step_event answer;
	const struct translation *via =
	        attempts_translation(session->attempts, a->header.socket, a->header.id);

	if (!via && !ask_translation(a, &answer)) {
		session_feed(session, &answer.header);
		via = attempts_translation(session->attempts, a->header.socket, a->header.id);
	}
	return via && (via->peer.family || via->local.family) ? via : NULL;
}

/*
 * A SYN that is sent again. Where does it go, and if that is this host itself: is the listener's
 * queue full?
 */
void session_ask_retry(struct session *session, const struct event_header *event)
{
	const struct translation *via;
	struct step_event answer;
	struct attempt a;

	if (tracer_find(session->tracer, event->socket, event->id, &a))
		return;
	a.header.at_ns = event->at_ns;
	via = translation_of(session, &a);
	if (via) {
		tracer_translated(session->tracer, &a, via);
		if (via->peer.family)
			a.remote = via->peer;
	}
	if (!ask_listener(&a, &answer))
		session_feed(session, &answer.header);
}

/* Not where a RST came: with that conntrack forgets the connection, but IPVS does not. */
static void ask_about_translation(struct session *session, const struct attempt *a)
{
	if (!session->asks_left || !(a->flags & ATTEMPT_SYN_SENT) ||
	    (a->flags & ATTEMPT_RST_ACCEPTED && !session->has_ipvs))
		return;
	session->asks_left--;
	translation_of(session, a);
}

void session_ask_failure(struct session *session, const struct attempt *a)
{
	ask_about_translation(session, a);
	ask_about_end(session, a);
	session_ask_peer(session, a);
}
