// SPDX-License-Identifier: GPL-2.0-only
/* What the kernel knows of the peer by other sockets, and by those that were. */
#include "ask.h"

#include <arpa/inet.h>
#include <linux/inet_diag.h>
#include <stdbool.h>
#include <time.h>

#include "diag.h"
#include "tcp_metrics.h"
#include "netns.h"
#include "units.h"

#define STATE_TIME_WAIT 6
#define TIME_WAIT_MS 60000 /* TCP_TIMEWAIT_LEN */
#define TIMER_TIME_WAIT 3  /* idiag_timer */

struct search {
	uint64_t now_ns;
	struct step_peer *answer;
};

static uint64_t monotonic_now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * NS_PER_S + now.tv_nsec;
}

bool ask_heard_ms(const struct inet_diag_msg *socket, uint32_t *ms)
{
	if (socket->idiag_timer != TIMER_TIME_WAIT)
		return diag_heard_ms(socket, ms);
	/* A segment of the peer began the wait, or began it anew. */
	if (socket->idiag_state != STATE_TIME_WAIT || socket->idiag_expires > TIME_WAIT_MS)
		return false;
	*ms = TIME_WAIT_MS - socket->idiag_expires;
	return true;
}

static void on_socket(const struct inet_diag_msg *socket, void *context)
{
	struct search *search = context;
	struct step_peer *answer = search->answer;
	uint64_t at_ns;
	uint32_t ms;

	if (!ask_heard_ms(socket, &ms) || ms * NS_PER_MS >= search->now_ns)
		return;
	at_ns = search->now_ns - ms * NS_PER_MS;
	if (at_ns <= answer->socket_ns)
		return;
	answer->socket_ns = at_ns;
	answer->socket_port = ntohs(socket->id.idiag_dport);
}

static void ask_metrics(const struct endpoint *peer, struct search *search)
{
	struct step_peer *answer = search->answer;
	uint32_t rtt_us;
	uint64_t age_ms;

	if (!tcp_metrics_ask(peer, &age_ms, &rtt_us) && age_ms * NS_PER_MS < search->now_ns) {
		answer->metrics_ns = search->now_ns - age_ms * NS_PER_MS;
		answer->rtt_us = rtt_us;
	}
}

int ask_peer(const struct attempt *attempt, struct step_event *answer)
{
	struct search search = {.now_ns = monotonic_now_ns(), .answer = &answer->peer};
	struct netns_visit visit;
	int err = netns_enter(&visit, attempt->netns, attempt->pid);

	if (err)
		return err;
	ask_start(answer, attempt, EVENT_PEER);
	err = diag_each_of_peer(&attempt->remote, ASK_ANSWERED_STATES, on_socket, &search);
	answer->peer.sockets_known = !err;
	ask_metrics(&attempt->remote, &search);
	netns_leave(&visit);
	return err && !answer->peer.metrics_ns ? err : 0;
}
