// SPDX-License-Identifier: GPL-2.0-only
#include "diag.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/inet_diag.h>
#include <linux/sock_diag.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <stddef.h>
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

/* Sends the request in `buffer` and calls back for each message of the answer. */
static int dump(void *buffer, size_t size, struct visit *visit)
{
	struct mnl_socket *netlink = mnl_socket_open2(NETLINK_SOCK_DIAG, SOCK_CLOEXEC);
	const struct nlmsghdr *header = buffer;
	ssize_t length;
	int err = 0;

	if (!netlink)
		return -errno;
	if (mnl_socket_bind(netlink, 0, MNL_SOCKET_AUTOPID) < 0 ||
	    mnl_socket_sendto(netlink, header, header->nlmsg_len) < 0) {
		err = -errno;
		goto out;
	}
	while ((length = mnl_socket_recvfrom(netlink, buffer, size)) > 0) {
		int more = mnl_cb_run(buffer, length, 1, mnl_socket_get_portid(netlink), on_message,
		                      visit);

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

static struct nlmsghdr *begin_dump(void *buffer, uint16_t type)
{
	struct nlmsghdr *header = mnl_nlmsg_put_header(buffer);

	header->nlmsg_type = type;
	header->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	header->nlmsg_seq = 1;
	return header;
}

int diag_each(uint8_t family, uint32_t states,
              void (*each)(const struct inet_diag_msg *socket, void *context), void *context)
{
	struct visit visit = {.each = each, .context = context};
	char buffer[32768];
	struct nlmsghdr *header = begin_dump(buffer, SOCK_DIAG_BY_FAMILY);
	struct inet_diag_req_v2 *request = mnl_nlmsg_put_extra_header(header, sizeof(*request));

	request->sdiag_family = family;
	request->sdiag_protocol = IPPROTO_TCP;
	request->idiag_states = states;
	return dump(buffer, sizeof(buffer), &visit);
}

/* A filter of sock_diag: the address of the peer; what does not match jumps behind the end. */
static void put_peer_filter(struct nlmsghdr *header, const struct endpoint *peer)
{
	const size_t size = peer->family == FAMILY_IPV4 ? 4 : 16;
	const struct inet_diag_hostcond condition = {
	        .family = peer->family == FAMILY_IPV4 ? AF_INET : AF_INET6,
	        .prefix_len = size * 8,
	        .port = -1,
	};
	struct inet_diag_bc_op op = {.code = INET_DIAG_BC_D_COND};
	char filter[sizeof(op) + sizeof(condition) + sizeof(peer->address)];

	op.yes = sizeof(op) + sizeof(condition) + size;
	op.no = op.yes + 4;
	memcpy(filter, &op, sizeof(op));
	memcpy(filter + sizeof(op), &condition, sizeof(condition));
	memcpy(filter + sizeof(op) + sizeof(condition), peer->address, size);
	mnl_attr_put(header, INET_DIAG_REQ_BYTECODE, op.yes, filter);
}

/* The older request is the one that takes all families in one walk. */
int diag_each_of_peer(const struct endpoint *peer, uint32_t states,
                      void (*each)(const struct inet_diag_msg *socket, void *context),
                      void *context)
{
	struct visit visit = {.each = each, .context = context};
	char buffer[32768];
	struct nlmsghdr *header = begin_dump(buffer, TCPDIAG_GETSOCK);
	struct inet_diag_req *request = mnl_nlmsg_put_extra_header(header, sizeof(*request));

	request->idiag_states = states;
	request->idiag_ext = 1 << (INET_DIAG_INFO - 1);
	if (peer)
		put_peer_filter(header, peer);
	return dump(buffer, sizeof(buffer), &visit);
}

static const struct nlattr *find_attribute(const struct inet_diag_msg *socket, uint16_t type)
{
	const char *payload = (const char *)socket;
	const struct nlmsghdr *header = (const void *)(payload - MNL_NLMSG_HDRLEN);
	const struct nlattr *attribute;

	mnl_attr_for_each (attribute, header, sizeof(*socket))
		if (mnl_attr_get_type(attribute) == type)
			return attribute;
	return NULL;
}

bool diag_is_v6only(const struct inet_diag_msg *socket)
{
	const struct nlattr *attribute = find_attribute(socket, INET_DIAG_SKV6ONLY);

	return attribute && mnl_attr_get_u8(attribute);
}

bool diag_heard_ms(const struct inet_diag_msg *socket, uint32_t *ms)
{
	const struct nlattr *attribute = find_attribute(socket, INET_DIAG_INFO);
	struct tcp_info info;

	if (!attribute ||
	    mnl_attr_get_payload_len(attribute) < offsetof(struct tcp_info, tcpi_pmtu))
		return false;
	memcpy(&info, mnl_attr_get_payload(attribute), offsetof(struct tcp_info, tcpi_pmtu));
	*ms = info.tcpi_last_data_recv < info.tcpi_last_ack_recv ? info.tcpi_last_data_recv
	                                                         : info.tcpi_last_ack_recv;
	return true;
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
