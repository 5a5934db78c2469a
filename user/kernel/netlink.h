/* SPDX-License-Identifier: GPL-2.0-only */
/* Questions to the kernel by rtnetlink(7), in the network namespace of the calling thread. */
#ifndef CONNWHY_NETLINK_H
#define CONNWHY_NETLINK_H

#include <libmnl/libmnl.h>
#include <stdint.h>

#define NETLINK_REQUEST_SIZE 256 /* room for any question */

/*
 * Sends a request and calls back with each message of the answer; NLM_F_DUMP among `flags` asks for
 * a whole table. Returns 0 or -errno, which may be the kernel's answer.
 */
int netlink_ask(struct nlmsghdr *request, uint16_t flags, mnl_cb_t on_answer, void *answer);

#endif
