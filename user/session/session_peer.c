// SPDX-License-Identifier: GPL-2.0-only
/* What is asked about the peer of an attempt without success. */
#include "session.h"

#include "ask.h"
#include "endpoint.h"
#include "units.h"

/* Successes that --failed and --slower kept in the kernel. */
static void ask_kernel_side(struct session *session, const struct attempt *a)
{
	struct kept_bucket bucket;
	struct step_event answer;

	if (!tracer_kept(session->tracer, a, &bucket) && !ask_kept(&bucket, a, &answer))
		session_feed(session, &answer.header);
}

/*
 * Whether other sockets are worth a question: none came for an attempt that was refused, that
 * failed on this host, or that was given up too early to be called a failure.
 */
static bool is_telling(const struct attempt *a)
{
	if (!a->remote.family || endpoint_is_loopback(&a->remote) ||
	    endpoint_same_address(&a->remote, &a->local))
		return false;
	if (a->ended_by == ENDED_BY_RETURN || a->flags & (ATTEMPT_RST_ACCEPTED | ATTEMPT_REJECTED))
		return false;
	return a->error || a->retransmits || a->final_ns > a->header.id + NS_PER_S;
}

static const struct step_peer *find_answer(const struct peer_asks *asks, const struct attempt *a,
                                           uint64_t now_ns)
{
	for (size_t i = 0; i < PEER_ASKS_KEPT; i++)
		if (asks->kept[i].netns == a->netns && asks->kept[i].at_ns + NS_PER_S > now_ns &&
		    endpoint_same_address(&asks->kept[i].peer, &a->remote))
			return &asks->kept[i].answer;
	return NULL;
}

static void keep_answer(struct peer_asks *asks, const struct attempt *a, uint64_t now_ns,
                        const struct step_peer *answer)
{
	unsigned int next = asks->next++ % PEER_ASKS_KEPT;

	asks->kept[next].peer = a->remote;
	asks->kept[next].netns = a->netns;
	asks->kept[next].at_ns = now_ns;
	asks->kept[next].answer = *answer;
}

static bool is_heard(const struct step_peer *told, uint64_t now_ns)
{
	return told->socket_ns && told->socket_ns + NEXT_HOP_RECENT_NS > now_ns;
}

/* Where the peer itself is silent: is it alone in that? */
static void ask_gateway(struct session *session, const struct attempt *a, uint64_t now_ns)
{
	uint64_t since_ns = now_ns > NEXT_HOP_RECENT_NS ? now_ns - NEXT_HOP_RECENT_NS : 0;
	struct endpoint hosts[NEXT_HOP_HOSTS];
	struct step_event answer;
	size_t n = attempts_answering(session->attempts, a->netns, since_ns, hosts, NEXT_HOP_HOSTS);

	if (!ask_next_hop(a, hosts, n, &answer))
		session_feed(session, &answer.header);
}

static void tell(struct session *session, const struct attempt *a, const struct step_peer *told)
{
	struct step_event answer;

	ask_start(&answer, a, EVENT_PEER);
	answer.peer = *told;
	session_feed(session, &answer.header);
}

static void ask_sockets(struct session *session, const struct attempt *a)
{
	struct peer_asks *asks = &session->peer_asks;
	uint64_t now_ns = monotonic_ns();
	const struct step_peer *known = find_answer(asks, a, now_ns);
	struct step_event answer;
	int64_t before_ns;

	if (known) {
		tell(session, a, known);
		return;
	}
	if (asks->left_ns <= 0)
		return;
	before_ns = session_cpu_ns();
	if (!ask_peer(a, &answer)) {
		keep_answer(asks, a, now_ns, &answer.peer);
		session_feed(session, &answer.header);
		if (!is_heard(&answer.peer, now_ns))
			ask_gateway(session, a, now_ns);
	}
	asks->left_ns -= session_cpu_ns() - before_ns;
}

void session_ask_peer(struct session *session, const struct attempt *a)
{
	if (session->options->failed || session->options->slower_ns)
		ask_kernel_side(session, a);
	if (is_telling(a))
		ask_sockets(session, a);
}

void session_note_lost(struct session *session, uint64_t now_ns)
{
	struct step_event event = {.header = {.type = EVENT_LOST, .size = sizeof(event)}};

	if (session->totals.lost == session->lost_told)
		return;
	session->lost_told = session->totals.lost;
	event.header.at_ns = now_ns;
	session_feed(session, &event.header);
}
