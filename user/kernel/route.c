// SPDX-License-Identifier: GPL-2.0-only
#include "route.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <stdint.h>
#include <string.h>

#include "ipsec.h"
#include "link.h"
#include "netlink.h"

#define DSCP_MASK 0xfc /* of IP_TOS: what routes are chosen by */

/* @ifindex: the device of the route, 0 unknown */
struct route {
	uint32_t type;
	uint32_t ifindex;
	struct endpoint gateway;
};

static size_t address_size(const struct endpoint *e)
{
	return e->family == FAMILY_IPV6 ? 16 : 4;
}

static void set_address(struct endpoint *to, uint8_t family, const void *address, size_t size)
{
	to->family = family;
	if (size == address_size(to))
		memcpy(to->address, address, size);
	else
		to->family = 0;
}

static int on_route(const struct nlmsghdr *header, void *data)
{
	const struct rtmsg *message = mnl_nlmsg_get_payload(header);
	const struct nlattr *attribute;
	struct route *route = data;

	route->type = message->rtm_type;
	mnl_attr_for_each (attribute, header, sizeof(*message)) {
		const struct rtvia *via = mnl_attr_get_payload(attribute);
		size_t size = mnl_attr_get_payload_len(attribute);

		switch (mnl_attr_get_type(attribute)) {
		case RTA_OIF: route->ifindex = mnl_attr_get_u32(attribute); break;
		case RTA_GATEWAY:
			set_address(&route->gateway, message->rtm_family, via, size);
			break;
		case RTA_VIA: /* a gateway of the other family */
			set_address(&route->gateway, via->rtvia_family, via->rtvia_addr,
			            size - sizeof(*via));
			break;
		default: break;
		}
	}
	return MNL_CB_OK;
}

static void put_u32(struct nlmsghdr *header, uint16_t type, uint32_t value)
{
	if (value)
		mnl_attr_put_u32(header, type, value);
}

/* The source address that the socket was bound to or had chosen. */
static bool has_source(const struct attempt *attempt)
{
	static const uint8_t unspecified[16];

	return attempt->local.family == attempt->remote.family &&
	       memcmp(attempt->local.address, unspecified, sizeof(unspecified));
}

/*
 * All that the kernel chose the route by: rules of `ip rule` select by any of it.
 *
 * @flags: RTM_F_FIB_MATCH gives the entry of the table itself, also one that forbids
 */
static int get_route(const struct attempt *attempt, uint32_t flags, bool by_source,
                     struct route *route)
{
	const struct endpoint *local = &attempt->local, *remote = &attempt->remote;
	char buffer[NETLINK_REQUEST_SIZE];
	struct nlmsghdr *header = mnl_nlmsg_put_header(buffer);
	struct rtmsg *request;

	header->nlmsg_type = RTM_GETROUTE;
	request = mnl_nlmsg_put_extra_header(header, sizeof(*request));
	request->rtm_family = remote->family;
	request->rtm_dst_len = address_size(remote) * 8;
	request->rtm_flags = flags;
	if (remote->family == FAMILY_IPV4)
		request->rtm_tos = attempt->tos & DSCP_MASK;
	mnl_attr_put(header, RTA_DST, address_size(remote), remote->address);
	if (by_source) {
		request->rtm_src_len = address_size(local) * 8;
		mnl_attr_put(header, RTA_SRC, address_size(local), local->address);
	}
	put_u32(header, RTA_OIF, attempt->bound_ifindex);
	put_u32(header, RTA_MARK, attempt->mark);
	mnl_attr_put_u32(header, RTA_UID, attempt->sock_uid);
	mnl_attr_put_u8(header, RTA_IP_PROTO, IPPROTO_TCP);
	if (local->port)
		mnl_attr_put_u16(header, RTA_SPORT, htons(local->port));
	if (remote->port)
		mnl_attr_put_u16(header, RTA_DPORT, htons(remote->port));
	return netlink_ask(header, 0, on_route, route);
}

static bool is_usable(uint32_t type)
{
	return type == RTN_UNICAST || type == RTN_LOCAL;
}

static int on_neighbour(const struct nlmsghdr *header, void *data)
{
	const struct ndmsg *message = mnl_nlmsg_get_payload(header);
	uint32_t *state = data;

	*state = message->ndm_state;
	return MNL_CB_OK;
}

/* Returns NUD_*, 0 where there is no such neighbour, or it needs none. */
static uint32_t get_neighbour(const struct endpoint *next_hop, uint32_t ifindex)
{
	char buffer[NETLINK_REQUEST_SIZE];
	struct nlmsghdr *header = mnl_nlmsg_put_header(buffer);
	struct ndmsg *request;
	uint32_t state = 0;

	header->nlmsg_type = RTM_GETNEIGH;
	request = mnl_nlmsg_put_extra_header(header, sizeof(*request));
	request->ndm_family = next_hop->family;
	request->ndm_ifindex = ifindex;
	mnl_attr_put(header, NDA_DST, address_size(next_hop), next_hop->address);
	netlink_ask(header, 0, on_neighbour, &state);
	return state;
}

void route_ask(const struct attempt *attempt, struct step_route *answer)
{
	const bool by_source = has_source(attempt);
	struct route entry = {0}, any = {0}, used = {0};

	answer->error = -get_route(attempt, RTM_F_FIB_MATCH, by_source, &entry);
	answer->type = entry.type;
	answer->ipsec = ipsec_ask(attempt);
	if (by_source && !is_usable(entry.type))
		answer->by_source =
		        !get_route(attempt, RTM_F_FIB_MATCH, false, &any) && is_usable(any.type);
	/* Bound to a device that has no route to the peer, the kernel takes it to be on that link.
	 */
	if (get_route(attempt, 0, by_source, &used) || used.type != RTN_UNICAST || !used.ifindex)
		return;
	answer->next_hop = used.gateway.family ? used.gateway : attempt->remote;
	answer->next_hop.port = 0;
	answer->neighbour = get_neighbour(&answer->next_hop, used.ifindex);
	answer->ifindex = used.ifindex;
	answer->link = link_ask(used.ifindex, attempt->remote.family);
}

int route_gateway(const struct attempt *attempt, struct endpoint *gateway, uint32_t *ifindex)
{
	struct route route = {0};
	int err = get_route(attempt, 0, has_source(attempt), &route);

	if (err)
		return err;
	if (route.type != RTN_UNICAST || !route.gateway.family)
		return -ENOENT;
	*gateway = route.gateway;
	*ifindex = route.ifindex;
	return 0;
}

bool route_is_local(const struct attempt *attempt)
{
	struct route route = {0};

	return !get_route(attempt, 0, false, &route) && route.type == RTN_LOCAL;
}
