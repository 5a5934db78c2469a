// SPDX-License-Identifier: GPL-2.0-only
#include "ask.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/inet_diag.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "conntrack.h"
#include "diag.h"
#include "ipvs.h"
#include "endpoint.h"
#include "netns.h"
#include "route.h"
#include "units.h"

#define STATE_BIT(state) (1u << (state))
#define STATE_LISTEN 10

void ask_start(struct step_event *answer, const struct attempt *attempt, uint32_t type)
{
	memset(answer, 0, sizeof(*answer));
	answer->header.type = type;
	answer->header.size = sizeof(*answer);
	answer->header.socket = attempt->header.socket;
	answer->header.id = attempt->header.id;
	answer->header.at_ns = attempt->header.at_ns;
}

int ask_route(const struct attempt *attempt, struct step_event *answer)
{
	struct netns_visit visit;
	int err;

	if (!attempt->remote.family)
		return -EINVAL;
	err = netns_enter(&visit, attempt->netns, attempt->pid);
	if (err)
		return err;
	ask_start(answer, attempt, EVENT_ROUTE);
	route_ask(attempt, &answer->route);
	netns_leave(&visit);
	return 0;
}

struct listener_search {
	const struct attempt *attempt;
	struct step_listener *answer;
	bool found;
};

static void on_listener(const struct inet_diag_msg *socket, void *context)
{
	static const uint8_t any[16];
	struct listener_search *search = context;
	const struct endpoint *to = &search->attempt->remote;
	struct endpoint at;

	diag_endpoint(&at, socket->idiag_family, socket->id.idiag_src, socket->id.idiag_sport);
	if (at.port != to->port)
		return;
	/* A listener of IPv6 takes IPv4, too, unless it was told not to: then its address is "any".
	 */
	if (memcmp(at.address, any, sizeof(any))
	            ? !endpoint_same_address(&at, to)
	            : to->family == FAMILY_IPV4 && diag_is_v6only(socket))
		return;
	/* Of a listening socket: rqueue is the accept queue, wqueue its limit. */
	search->answer->queued = socket->idiag_rqueue;
	search->answer->limit = socket->idiag_wqueue;
	search->found = true;
}

int ask_listener(const struct attempt *attempt, struct step_event *answer)
{
	struct listener_search search = {.attempt = attempt, .answer = &answer->listener};
	struct netns_visit visit;
	int err;

	err = netns_enter(&visit, attempt->netns, attempt->pid);
	if (err)
		return err;
	ask_start(answer, attempt, EVENT_LISTENER);
	err = route_is_local(attempt) ? 0 : -ENOENT;
	if (!err)
		err = diag_each(AF_INET6, STATE_BIT(STATE_LISTEN), on_listener, &search);
	if (!err && attempt->remote.family == FAMILY_IPV4)
		err = diag_each(AF_INET, STATE_BIT(STATE_LISTEN), on_listener, &search);
	netns_leave(&visit);
	return err ? err : search.found ? 0 : -ENOENT;
}

int ask_translation(const struct attempt *attempt, struct step_event *answer)
{
	struct netns_visit visit;
	int err;

	err = netns_enter(&visit, attempt->netns, attempt->pid);
	if (err)
		return err;
	ask_start(answer, attempt, EVENT_TRANSLATION);
	err = conntrack_translation(&attempt->local, &attempt->remote, &answer->translation.via);
	/* It needs no connection tracking, and tells it only where it is asked to. */
	if (!answer->translation.via.peer.family &&
	    !ipvs_translation(&attempt->local, &attempt->remote, &answer->translation))
		err = 0;
	netns_leave(&visit);
	return err;
}

/* Opened inside the namespace: net.* sysctls are those of the thread that opens them. */
static int read_sysctl(const char *path, int *first, int *second)
{
	FILE *file = fopen(path, "re");
	int n;

	if (!file)
		return -errno;
	n = second ? fscanf(file, "%d %d", first, second) : fscanf(file, "%d", first);
	fclose(file);
	return n == (second ? 2 : 1) ? 0 : -EINVAL;
}

struct port_count {
	const struct attempt *attempt;
	struct step_ports *answer;
};

static void on_port_user(const struct inet_diag_msg *socket, void *context)
{
	struct port_count *count = context;
	const struct endpoint *to = &count->attempt->remote;
	uint16_t port = ntohs(socket->id.idiag_sport);
	struct endpoint peer;

	diag_endpoint(&peer, socket->idiag_family, socket->id.idiag_dst, socket->id.idiag_dport);
	if (port >= count->answer->low && port <= count->answer->high && peer.port == to->port &&
	    endpoint_same_address(&peer, to))
		count->answer->used++;
}

int ask_ports(const struct attempt *attempt, struct step_event *answer)
{
	struct port_count count = {.attempt = attempt, .answer = &answer->ports};
	struct netns_visit visit;
	int low = 0, high = 0, err;

	err = netns_enter(&visit, attempt->netns, attempt->pid);
	if (err)
		return err;
	ask_start(answer, attempt, EVENT_PORTS);
	err = read_sysctl("/proc/sys/net/ipv4/ip_local_port_range", &low, &high);
	answer->ports.low = low;
	answer->ports.high = high;
	if (!err)
		err = diag_each(AF_INET6, ~STATE_BIT(STATE_LISTEN), on_port_user, &count);
	if (!err && attempt->remote.family == FAMILY_IPV4)
		err = diag_each(AF_INET, ~STATE_BIT(STATE_LISTEN), on_port_user, &count);
	netns_leave(&visit);
	return err;
}

/* The coarse clocks tick with the timer interrupt: once a jiffy. */
static uint32_t to_ms(uint32_t jiffies)
{
	struct timespec jiffy;

	if (clock_getres(CLOCK_MONOTONIC_COARSE, &jiffy))
		return 0;
	return (uint64_t)jiffies * jiffy.tv_nsec / NS_PER_MS;
}

int ask_schedule(const struct attempt *attempt, struct step_event *answer)
{
	struct netns_visit visit;
	int err;

	err = netns_enter(&visit, attempt->netns, attempt->pid);
	if (err)
		return err;
	ask_start(answer, attempt, EVENT_SCHEDULE);
	err = read_sysctl("/proc/sys/net/ipv4/tcp_syn_retries", &answer->schedule.syn_retries,
	                  NULL);
	/* Since 6.5: commit ccce324dabfe. */
	if (read_sysctl("/proc/sys/net/ipv4/tcp_syn_linear_timeouts",
	                &answer->schedule.syn_linear_timeouts, NULL))
		answer->schedule.syn_linear_timeouts = -1;
	answer->schedule.rto_max_ms = to_ms(attempt->rto_max);
	netns_leave(&visit);
	return err;
}
