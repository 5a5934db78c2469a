// SPDX-License-Identifier: GPL-2.0-only
#include "netlink.h"

#include <errno.h>
#include <linux/netlink.h>
#include <sys/socket.h>

int netlink_ask(struct nlmsghdr *request, uint16_t flags, mnl_cb_t on_answer, void *answer)
{
	struct mnl_socket *netlink = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	char buffer[32768];
	int more = 1, err = 0;

	if (!netlink)
		return -errno;
	request->nlmsg_flags = NLM_F_REQUEST | flags;
	request->nlmsg_seq = 1;
	if (mnl_socket_bind(netlink, 0, MNL_SOCKET_AUTOPID) < 0 ||
	    mnl_socket_sendto(netlink, request, request->nlmsg_len) < 0)
		err = -errno;
	while (!err && more > 0) {
		ssize_t length = mnl_socket_recvfrom(netlink, buffer, sizeof(buffer));

		more = length < 0 ? -1
		                  : mnl_cb_run(buffer, length, 1, mnl_socket_get_portid(netlink),
		                               on_answer, answer);
		if (more < 0)
			err = -errno;
		if (!(flags & NLM_F_DUMP))
			break;
	}
	mnl_socket_close(netlink);
	return err;
}
