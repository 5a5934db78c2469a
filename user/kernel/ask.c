// SPDX-License-Identifier: GPL-2.0-only
#include "ask.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/inet_diag.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "diag.h"
#include "endpoint.h"
#include "netns.h"

#define STATE_BIT(state) (1u << (state))
#define STATE_LISTEN 10

static void start_answer(struct step_event *answer, const struct attempt *attempt, uint32_t type)
{
	memset(answer, 0, sizeof(*answer));
	answer->header.type = type;
	answer->header.size = sizeof(*answer);
	answer->header.socket = attempt->header.socket;
	answer->header.id = attempt->header.id;
	answer->header.at_ns = attempt->header.at_ns;
}

static size_t address_size(const struct endpoint *e)
{
	return e->family == FAMILY_IPV6 ? 16 : 4;
}

static int on_route(const struct nlmsghdr *header, void *data)
{
	const struct rtmsg *route = mnl_nlmsg_get_payload(header);
	struct step_route *answer = data;
	const struct nlattr *attribute;

	answer->type = route->rtm_type;
	mnl_attr_for_each (attribute, header, sizeof(*route)) {
		if (mnl_attr_get_type(attribute) == RTA_OIF)
			answer->ifindex = mnl_attr_get_u32(attribute);
	}
	return MNL_CB_OK;
}

static void put_u32(struct nlmsghdr *header, uint16_t type, uint32_t value)
{
	if (value)
		mnl_attr_put_u32(header, type, value);
}

/* RTM_F_FIB_MATCH gives the entry of the table itself, also one that forbids. */
static int get_route(const struct attempt *attempt, uint32_t flags, struct step_route *answer)
{
	char buffer[8192];
	struct nlmsghdr *header = mnl_nlmsg_put_header(buffer);
	struct mnl_socket *netlink = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	struct rtmsg *request;
	ssize_t length;
	int err = 0;

	if (!netlink)
		return -errno;
	header->nlmsg_type = RTM_GETROUTE;
	header->nlmsg_flags = NLM_F_REQUEST;
	header->nlmsg_seq = 1;
	request = mnl_nlmsg_put_extra_header(header, sizeof(*request));
	request->rtm_family = attempt->remote.family;
	request->rtm_dst_len = address_size(&attempt->remote) * 8;
	request->rtm_flags = flags;
	mnl_attr_put(header, RTA_DST, address_size(&attempt->remote), attempt->remote.address);
	put_u32(header, RTA_OIF, attempt->bound_ifindex);
	put_u32(header, RTA_MARK, attempt->mark);
	mnl_attr_put_u32(header, RTA_UID, attempt->uid);
	if (mnl_socket_bind(netlink, 0, MNL_SOCKET_AUTOPID) < 0 ||
	    mnl_socket_sendto(netlink, header, header->nlmsg_len) < 0 ||
	    (length = mnl_socket_recvfrom(netlink, buffer, sizeof(buffer))) < 0 ||
	    mnl_cb_run(buffer, length, 1, mnl_socket_get_portid(netlink), on_route, answer) < 0)
		err = -errno;
	mnl_socket_close(netlink);
	return err;
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
	start_answer(answer, attempt, EVENT_ROUTE);
	err = get_route(attempt, RTM_F_FIB_MATCH, &answer->route);
	answer->route.error = -err;
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
	/* A listener of IPv6 may take IPv4, too: then its address is "any". */
	if (at.port != to->port ||
	    (memcmp(at.address, any, sizeof(any)) && !endpoint_same_address(&at, to)))
		return;
	/* Of a listening socket: rqueue is the accept queue, wqueue its limit. */
	search->answer->queued = socket->idiag_rqueue;
	search->answer->limit = socket->idiag_wqueue;
	search->found = true;
}

int ask_listener(const struct attempt *attempt, struct step_event *answer)
{
	struct listener_search search = {.attempt = attempt, .answer = &answer->listener};
	struct step_route route = {0};
	struct netns_visit visit;
	int err;

	err = netns_enter(&visit, attempt->netns, attempt->pid);
	if (err)
		return err;
	start_answer(answer, attempt, EVENT_LISTENER);
	err = get_route(attempt, 0, &route);
	if (!err && route.type != RTN_LOCAL)
		err = -ENOENT;
	if (!err)
		err = diag_each(AF_INET6, STATE_BIT(STATE_LISTEN), on_listener, &search);
	if (!err && attempt->remote.family == FAMILY_IPV4)
		err = diag_each(AF_INET, STATE_BIT(STATE_LISTEN), on_listener, &search);
	netns_leave(&visit);
	return err ? err : search.found ? 0 : -ENOENT;
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
	start_answer(answer, attempt, EVENT_PORTS);
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

int ask_schedule(const struct attempt *attempt, struct step_event *answer)
{
	struct netns_visit visit;
	int err;

	err = netns_enter(&visit, attempt->netns, attempt->pid);
	if (err)
		return err;
	start_answer(answer, attempt, EVENT_SCHEDULE);
	err = read_sysctl("/proc/sys/net/ipv4/tcp_syn_retries", &answer->schedule.syn_retries,
	                  NULL);
	/* Since 6.5: commit ccce324dabfe. */
	if (read_sysctl("/proc/sys/net/ipv4/tcp_syn_linear_timeouts",
	                &answer->schedule.syn_linear_timeouts, NULL))
		answer->schedule.syn_linear_timeouts = -1;
	netns_leave(&visit);
	return err;
}
