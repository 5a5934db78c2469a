// SPDX-License-Identifier: GPL-2.0-only
/* Do other peers behind the same gateway answer? */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/inet_diag.h>
#include <stdbool.h>
#include <string.h>

#include "ask.h"
#include "diag.h"
#include "endpoint.h"
#include "netns.h"
#include "route.h"
#include "units.h"

struct others {
	const struct endpoint *peer;
	struct endpoint *hosts;
	size_t n;
};

static void add_host(struct others *others, const struct endpoint *host)
{
	if (others->n == NEXT_HOP_HOSTS || host->family != others->peer->family ||
	    endpoint_is_loopback(host) || endpoint_same_address(host, others->peer))
		return;
	for (size_t i = 0; i < others->n; i++)
		if (endpoint_same_address(&others->hosts[i], host))
			return;
	others->hosts[others->n++] = *host;
}

static void on_socket(const struct inet_diag_msg *socket, void *context)
{
	struct endpoint host;
	uint32_t ms;

	if (!ask_heard_ms(socket, &ms) || ms > NEXT_HOP_RECENT_NS / NS_PER_MS)
		return;
	diag_endpoint(&host, socket->idiag_family, socket->id.idiag_dst, 0);
	add_host(context, &host);
}

static bool is_behind(const struct attempt *attempt, const struct endpoint *host,
                      const struct step_next_hop *hop)
{
	struct attempt other = *attempt;
	struct endpoint gateway;
	uint32_t ifindex;

	other.remote = *host;
	other.remote.port = other.local.port = 0;
	return !route_gateway(&other, &gateway, &ifindex) && ifindex == hop->ifindex &&
	       endpoint_same_address(&gateway, &hop->gateway);
}

/* In the namespace. @others: those that are known without a question */
static int look_behind(const struct attempt *attempt, struct others *others,
                       struct step_next_hop *hop)
{
	int err = route_gateway(attempt, &hop->gateway, &hop->ifindex);

	if (err)
		return err;
	err = diag_each_of_peer(NULL, ASK_ANSWERED_STATES, on_socket, others);
	for (size_t i = 0; i < others->n; i++)
		hop->answering += is_behind(attempt, &others->hosts[i], hop);
	/* Where not all could be looked at, that none answers is not known. */
	return hop->answering ? 0 : others->n == NEXT_HOP_HOSTS ? -E2BIG : err;
}

int ask_next_hop(const struct attempt *attempt, const struct endpoint *hosts, size_t n,
                 struct step_event *answer)
{
	struct endpoint seen[NEXT_HOP_HOSTS];
	struct others others = {.peer = &attempt->remote, .hosts = seen};
	struct netns_visit visit;
	int err = netns_enter(&visit, attempt->netns, attempt->pid);

	if (err)
		return err;
	for (size_t i = 0; i < n; i++)
		add_host(&others, &hosts[i]);
	ask_start(answer, attempt, EVENT_NEXT_HOP);
	err = look_behind(attempt, &others, &answer->next_hop);
	netns_leave(&visit);
	return err;
}
