// SPDX-License-Identifier: GPL-2.0-only
#include "ipsec.h"

#include <arpa/inet.h>
#include <libmnl/libmnl.h>
#include <linux/netlink.h>
#include <linux/xfrm.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <string.h>

/* @priority: of the policy found so far: the lowest number wins */
struct search {
	const struct attempt *attempt;
	uint32_t priority;
	enum ipsec found;
};

static bool is_in(const struct endpoint *e, const void *prefix, unsigned int length)
{
	const uint8_t *bits = prefix;

	if (length > sizeof(e->address) * 8 || memcmp(e->address, bits, length / 8))
		return false;
	return !(length % 8) || !((e->address[length / 8] ^ bits[length / 8]) >> (8 - length % 8));
}

/* A source that is not known yet is in no network but that of all. */
static bool selects(const struct xfrm_selector *s, const struct attempt *attempt)
{
	const struct endpoint *local = &attempt->local, *remote = &attempt->remote;

	if (s->family != remote->family || !is_in(remote, &s->daddr, s->prefixlen_d))
		return false;
	if (s->prefixlen_s &&
	    (local->family != s->family || !is_in(local, &s->saddr, s->prefixlen_s)))
		return false;
	if ((ntohs(s->dport) ^ remote->port) & ntohs(s->dport_mask))
		return false;
	if (s->sport_mask &&
	    (!local->port || (ntohs(s->sport) ^ local->port) & ntohs(s->sport_mask)))
		return false;
	return !s->proto || s->proto == IPPROTO_TCP;
}

static bool is_of_mark(const struct nlmsghdr *header, uint32_t mark)
{
	const struct nlattr *attribute;

	mnl_attr_for_each (attribute, header, sizeof(struct xfrm_userpolicy_info)) {
		const struct xfrm_mark *wanted = mnl_attr_get_payload(attribute);

		if (mnl_attr_get_type(attribute) == XFRMA_MARK &&
		    mnl_attr_get_payload_len(attribute) >= sizeof(*wanted))
			return (mark & wanted->m) == wanted->v;
	}
	return true;
}

static bool has_template(const struct nlmsghdr *header)
{
	const struct nlattr *attribute;

	mnl_attr_for_each (attribute, header, sizeof(struct xfrm_userpolicy_info)) {
		if (mnl_attr_get_type(attribute) == XFRMA_TMPL)
			return true;
	}
	return false;
}

static int on_policy(const struct nlmsghdr *header, void *context)
{
	const struct xfrm_userpolicy_info *policy = mnl_nlmsg_get_payload(header);
	struct search *search = context;

	if (mnl_nlmsg_get_payload_len(header) < sizeof(*policy) || policy->dir != XFRM_POLICY_OUT ||
	    policy->priority >= search->priority || !selects(&policy->sel, search->attempt) ||
	    !is_of_mark(header, search->attempt->mark))
		return MNL_CB_OK;
	search->priority = policy->priority;
	if (policy->action == XFRM_POLICY_BLOCK)
		search->found = IPSEC_BLOCK;
	else
		search->found = has_template(header) ? IPSEC_PROTECT : IPSEC_NONE;
	return MNL_CB_OK;
}

enum ipsec ipsec_ask(const struct attempt *attempt)
{
	struct search search = {.attempt = attempt, .priority = UINT32_MAX};
	char buffer[8192];
	struct nlmsghdr *header = mnl_nlmsg_put_header(buffer);
	struct mnl_socket *netlink = mnl_socket_open2(NETLINK_XFRM, SOCK_CLOEXEC);
	ssize_t length;

	if (!netlink)
		return IPSEC_NONE;
	header->nlmsg_type = XFRM_MSG_GETPOLICY;
	header->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	header->nlmsg_seq = 1;
	if (mnl_socket_bind(netlink, 0, MNL_SOCKET_AUTOPID) < 0 ||
	    mnl_socket_sendto(netlink, header, header->nlmsg_len) < 0)
		goto out;
	while ((length = mnl_socket_recvfrom(netlink, buffer, sizeof(buffer))) > 0)
		if (mnl_cb_run(buffer, length, 1, mnl_socket_get_portid(netlink), on_policy,
		               &search) <= 0)
			break;
out:
	mnl_socket_close(netlink);
	return search.found;
}
