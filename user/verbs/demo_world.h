/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The networks of the demo: a client, a router and a server, each in a namespace that only
 * descriptors of this process hold, so that all of it vanishes with the process, however it ends.
 *
 *   client 192.0.2.2 --- 192.0.2.1 router 198.51.100.1 --- 198.51.100.2 server
 */
#ifndef CONNWHY_DEMO_WORLD_H
#define CONNWHY_DEMO_WORLD_H

#include <stdint.h>
#include <sys/types.h>

#define WORLD_SERVER "198.51.100.2"
#define WORLD_ABSENT_NEIGHBOUR "192.0.2.99" /* on the client's own subnet */
#define WORLD_ABSENT_HOST "198.51.100.99"   /* on the server's */
#define WORLD_SILENT_HOST "198.51.100.98"   /* ... whose link address the router knows */
#define WORLD_NO_ROUTE "203.0.113.1"        /* the client has no route to it */
#define WORLD_LOCAL_PORTS "40000 40003"     /* so that four connections exhaust them */

/* @client, @router, @server: descriptors of the namespaces, -1 for none */
struct world {
	int client, router, server;
	uint32_t client_inode;
};

/*
 * Makes it, and leaves this process in the client's namespace for good.
 *
 * Returns 0, or -errno after one sentence on stderr; -EINTR, unsaid, where a signal ended a program
 * that it ran.
 */
int world_make(struct world *world);

/* Adds rules of nftables, one a line, to a namespace: "input tcp dport 81 drop". As above. */
int world_firewall(int ns, const char *rules);

void world_close(struct world *world);

/* fork() of a child that dies with this process and takes signals as a new program does. */
pid_t world_fork(void);

#endif
