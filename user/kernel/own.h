/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A connect of connwhy itself, by which it sees that its hooks see one: over loopback, to a port
 * where nobody listens, in a network namespace of its own where it may have one.
 */
#ifndef CONNWHY_OWN_H
#define CONNWHY_OWN_H

#include <netinet/in.h>
#include <stdint.h>

/*
 * @fd:     the socket that connects, again and again; its namespace goes with it
 * @holder: holds the port, so that nobody listens on it
 * @netns:  inode of the namespace
 * @cookie: of the socket: nobody else's has it
 */
struct own {
	int fd, holder;
	uint32_t netns;
	uint64_t cookie;
	struct sockaddr_in peer;
};

/* Returns 0 or -errno. Every 0 wants its own_close(). */
int own_open(struct own *own);

/* Connects, and is refused. Returns 0, or -errno where it ended otherwise and so tells nothing. */
int own_connect(const struct own *own);

void own_close(struct own *own);

#endif
