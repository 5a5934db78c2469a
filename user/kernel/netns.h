/* SPDX-License-Identifier: GPL-2.0-only */
/* Asking the kernel in another network namespace: enter, ask, leave. */
#ifndef CONNWHY_NETNS_H
#define CONNWHY_NETNS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* @home: the namespace to come back to, -1 where it was not left */
struct netns_visit {
	int home;
};

/*
 * Puts this thread into the network namespace with that inode number, found by the process that was
 * last seen in it, else by any process or by a name in /run/netns.
 *
 * Returns 0, -ENOENT where it is gone, or -errno. Every 0 wants its netns_leave().
 */
int netns_enter(struct netns_visit *visit, uint32_t inode, pid_t hint);

void netns_leave(struct netns_visit *visit);

/* Calls back inside each network namespace that can be found, once. */
void netns_each(void (*each)(uint32_t inode, void *context), void *context);

#endif
