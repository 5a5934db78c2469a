// SPDX-License-Identifier: GPL-2.0-only
#include "link.h"

#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>

#include "event.h"
#include "netlink.h"

struct addresses {
	uint32_t ifindex;
	uint32_t *link;
};

static int on_link(const struct nlmsghdr *header, void *data)
{
	const struct ifinfomsg *message = mnl_nlmsg_get_payload(header);
	uint32_t *link = data;

	*link = LINK_KNOWN;
	if (message->ifi_flags & IFF_UP)
		*link |= LINK_UP;
	if (message->ifi_flags & IFF_RUNNING)
		*link |= LINK_RUNNING;
	return MNL_CB_OK;
}

static int on_address(const struct nlmsghdr *header, void *data)
{
	const struct ifaddrmsg *message = mnl_nlmsg_get_payload(header);
	const struct addresses *addresses = data;
	const struct nlattr *attribute;
	uint32_t flags = message->ifa_flags;

	if (message->ifa_index != addresses->ifindex)
		return MNL_CB_OK;
	mnl_attr_for_each (attribute, header, sizeof(*message))
		if (mnl_attr_get_type(attribute) == IFA_FLAGS)
			flags = mnl_attr_get_u32(attribute);
	if (flags & IFA_F_DADFAILED)
		*addresses->link |= LINK_DUPLICATE;
	else if (flags & IFA_F_TENTATIVE && !(flags & IFA_F_OPTIMISTIC))
		*addresses->link |= LINK_TENTATIVE;
	return MNL_CB_OK;
}

uint32_t link_ask(uint32_t ifindex, uint8_t family)
{
	char buffer[NETLINK_REQUEST_SIZE];
	struct nlmsghdr *request = mnl_nlmsg_put_header(buffer);
	struct ifinfomsg *of_link;
	struct ifaddrmsg *of_addresses;
	uint32_t link = 0;
	struct addresses addresses = {ifindex, &link};

	request->nlmsg_type = RTM_GETLINK;
	of_link = mnl_nlmsg_put_extra_header(request, sizeof(*of_link));
	of_link->ifi_index = (int)ifindex;
	if (netlink_ask(request, 0, on_link, &link) || family != FAMILY_IPV6)
		return link;

	request = mnl_nlmsg_put_header(buffer);
	request->nlmsg_type = RTM_GETADDR;
	of_addresses = mnl_nlmsg_put_extra_header(request, sizeof(*of_addresses));
	of_addresses->ifa_family = FAMILY_IPV6;
	netlink_ask(request, NLM_F_DUMP, on_address, &addresses);
	return link;
}
