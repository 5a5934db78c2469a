// SPDX-License-Identifier: GPL-2.0-only
#include "diag.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/inet_diag.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <string.h>
#include <time.h>

struct visit {
	void (*each)(const struct inet_diag_msg *socket, void *context);
	void *context;
};

static int on_message(const struct nlmsghdr *header, void *data)
{
	const struct visit *visit = data;

	if (mnl_nlmsg_get_payload_len(header) >= sizeof(struct inet_diag_msg))
		visit->each(mnl_nlmsg_get_payload(header), visit->context);
	return MNL_CB_OK;
}

int diag_each(uint8_t family, uint32_t states,
              void (*each)(const struct inet_diag_msg *socket, void *context), void *context)
{
	struct visit visit = {.each = each, .context = context};
	char buffer[32768];
	struct nlmsghdr *header = mnl_nlmsg_put_header(buffer);
	struct mnl_socket *netlink = mnl_socket_open2(NETLINK_SOCK_DIAG, SOCK_CLOEXEC);
	struct inet_diag_req_v2 *request;
	ssize_t length;
	int err = 0;

	if (!netlink)
		return -errno;
	header->nlmsg_type = SOCK_DIAG_BY_FAMILY;
	header->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	header->nlmsg_seq = 1;
	request = mnl_nlmsg_put_extra_header(header, sizeof(*request));
	request->sdiag_family = family;
	request->sdiag_protocol = IPPROTO_TCP;
	request->idiag_states = states;
	if (mnl_socket_bind(netlink, 0, MNL_SOCKET_AUTOPID) < 0 ||
	    mnl_socket_sendto(netlink, header, header->nlmsg_len) < 0) {
		err = -errno;
		goto out;
	}
	while ((length = mnl_socket_recvfrom(netlink, buffer, sizeof(buffer))) > 0) {
		int more = mnl_cb_run(buffer, length, 1, mnl_socket_get_portid(netlink), on_message,
		                      &visit);

		if (more <= 0) {
			err = more < 0 ? -errno : 0;
			break;
		}
	}
	if (length < 0)
		err = -errno;
out:
	mnl_socket_close(netlink);
	return err;
}

bool diag_is_v6only(const struct inet_diag_msg *socket)
{
	const char *payload = (const char *)socket;
	const struct nlmsghdr *header = (const void *)(payload - MNL_NLMSG_HDRLEN);
	const struct nlattr *attribute;

	mnl_attr_for_each (attribute, header, sizeof(*socket)) {
		if (mnl_attr_get_type(attribute) == INET_DIAG_SKV6ONLY)
			return mnl_attr_get_u8(attribute);
	}
	return false;
}

void diag_endpoint(struct endpoint *endpoint, uint8_t family, const void *address, uint16_t port_be)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
	const uint8_t *bytes = address;

	memset(endpoint, 0, sizeof(*endpoint));
	endpoint->port = ntohs(port_be);
	endpoint->family = FAMILY_IPV4;
	if (family == AF_INET6 && !memcmp(bytes, mapped, sizeof(mapped)))
		bytes += sizeof(mapped);
	else if (family == AF_INET6)
		endpoint->family = FAMILY_IPV6;
	memcpy(endpoint->address, bytes, endpoint->family == FAMILY_IPV6 ? 16 : 4);
}
