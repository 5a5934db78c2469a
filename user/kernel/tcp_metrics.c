// SPDX-License-Identifier: GPL-2.0-only
#include "tcp_metrics.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/genetlink.h>
#include <linux/tcp_metrics.h>
#include <sys/socket.h>

struct answer_parts {
	uint64_t age_ms;
	uint32_t rtt_us;
};

static struct nlmsghdr *begin_request(void *buffer, uint16_t type, uint8_t command, uint8_t version)
{
	struct nlmsghdr *header = mnl_nlmsg_put_header(buffer);
	struct genlmsghdr *request;

	header->nlmsg_type = type;
	header->nlmsg_flags = NLM_F_REQUEST;
	header->nlmsg_seq = 1;
	request = mnl_nlmsg_put_extra_header(header, sizeof(*request));
	request->cmd = command;
	request->version = version;
	return header;
}

/* Sends the request in `buffer` and reads the one answer to it. */
static int exchange(struct mnl_socket *netlink, void *buffer, size_t size, mnl_cb_t on_answer,
                    void *context)
{
	const struct nlmsghdr *header = buffer;
	ssize_t length;

	if (mnl_socket_sendto(netlink, header, header->nlmsg_len) < 0)
		return -errno;
	length = mnl_socket_recvfrom(netlink, buffer, size);
	if (length < 0)
		return -errno;
	return mnl_cb_run(buffer, length, 1, mnl_socket_get_portid(netlink), on_answer, context) < 0
	               ? -errno
	               : 0;
}

static int on_family(const struct nlmsghdr *header, void *context)
{
	const struct nlattr *attribute;
	uint16_t *family = context;

	mnl_attr_for_each (attribute, header, sizeof(struct genlmsghdr))
		if (mnl_attr_get_type(attribute) == CTRL_ATTR_FAMILY_ID &&
		    !mnl_attr_validate(attribute, MNL_TYPE_U16))
			*family = mnl_attr_get_u16(attribute);
	return MNL_CB_OK;
}

/* The number that the kernel gave this family of generic netlink: the same as long as it runs. */
static int find_family(struct mnl_socket *netlink, uint16_t *family)
{
	static uint16_t known;
	char buffer[8192];
	struct nlmsghdr *header;
	int err = 0;

	if (!known) {
		header = begin_request(buffer, GENL_ID_CTRL, CTRL_CMD_GETFAMILY, 1);
		mnl_attr_put_strz(header, CTRL_ATTR_FAMILY_NAME, TCP_METRICS_GENL_NAME);
		err = exchange(netlink, buffer, sizeof(buffer), on_family, &known);
	}
	*family = known;
	return err ? err : known ? 0 : -ENOENT;
}

static void read_values(const struct nlattr *values, struct answer_parts *parts)
{
	const struct nlattr *value;

	/* Numbered from 1: include/uapi/linux/tcp_metrics.h */
	mnl_attr_for_each_nested(value,
	                         values) if (mnl_attr_get_type(value) == TCP_METRIC_RTT_US + 1 &&
	                                     !mnl_attr_validate(value, MNL_TYPE_U32))
	        parts->rtt_us = mnl_attr_get_u32(value);
}

static int on_metrics(const struct nlmsghdr *header, void *context)
{
	struct answer_parts *parts = context;
	const struct nlattr *attribute;

	mnl_attr_for_each (attribute, header, sizeof(struct genlmsghdr)) {
		switch (mnl_attr_get_type(attribute)) {
		case TCP_METRICS_ATTR_AGE:
			if (!mnl_attr_validate(attribute, MNL_TYPE_U64))
				parts->age_ms = mnl_attr_get_u64(attribute);
			break;
		case TCP_METRICS_ATTR_VALS: read_values(attribute, parts); break;
		default: break;
		}
	}
	return MNL_CB_OK;
}

static int ask(struct mnl_socket *netlink, const struct endpoint *peer, struct answer_parts *parts)
{
	char buffer[8192];
	struct nlmsghdr *header;
	uint16_t family;
	int err = find_family(netlink, &family);

	if (err)
		return err;
	header = begin_request(buffer, family, TCP_METRICS_CMD_GET, TCP_METRICS_GENL_VERSION);
	if (peer->family == FAMILY_IPV4)
		mnl_attr_put(header, TCP_METRICS_ATTR_ADDR_IPV4, 4, peer->address);
	else
		mnl_attr_put(header, TCP_METRICS_ATTR_ADDR_IPV6, 16, peer->address);
	return exchange(netlink, buffer, sizeof(buffer), on_metrics, parts);
}

int tcp_metrics_ask(const struct endpoint *peer, uint64_t *age_ms, uint32_t *rtt_us)
{
	struct mnl_socket *netlink = mnl_socket_open2(NETLINK_GENERIC, SOCK_CLOEXEC);
	struct answer_parts parts = {0};
	int err;

	if (!netlink)
		return -errno;
	err = mnl_socket_bind(netlink, 0, MNL_SOCKET_AUTOPID) < 0 ? -errno
	                                                          : ask(netlink, peer, &parts);
	mnl_socket_close(netlink);
	if (err)
		return err;
	/*
	 * An entry is also made anew, from the route alone, when it is looked up after an hour
	 * (tcpm_check_stamp()); only one with a round trip comes of a connection with answers.
	 */
	if (!parts.rtt_us)
		return -ENOENT;
	*age_ms = parts.age_ms;
	*rtt_us = parts.rtt_us;
	return 0;
}
