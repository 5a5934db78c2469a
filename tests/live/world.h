/* SPDX-License-Identifier: GPL-2.0-only */
/* Network namespaces, what is set up in them, and the servers that listen there. */
#ifndef CONNWHY_LIVE_WORLD_H
#define CONNWHY_LIVE_WORLD_H

#include <stdbool.h>
#include <sys/types.h>

#include "live.h"

#define CLIENT4 "192.0.2.2"
#define CLIENT6 "2001:db8:1::2"
#define ROUTER4 "192.0.2.1"
#define ROUTER6 "2001:db8:1::1"
#define ROUTER_LINK "02:00:5e:00:53:01"
#define SERVER4 "198.51.100.2"
#define SERVER6 "2001:db8:2::2"
/* On the client's link, and nobody has it. */
#define NOBODY4 "192.0.2.77"
#define NOBODY6 "2001:db8:1::77"
#define WORLDS_MAX 32

/*
 * @client, @router, @server: descriptors of the namespaces; @netns: inode of the client's
 * @hole: where the router puts what it loses
 */
struct world {
	const char *name;
	int client, router, server, hole;
	ino_t netns;
	int linear_timeouts; /* net.ipv4.tcp_syn_linear_timeouts, 0 where there is none */
	bool has_rules;
	char why[WHY_SIZE]; /* what is wrong with it, "" for nothing */
};

/* Remembers the namespace that this process is in. Call first. */
void world_init(void);

/* An empty namespace with its loopback up; aborts where that cannot be had. */
int namespace_make(void);
void namespace_enter(int ns);
void namespace_leave(void);
ino_t namespace_inode(int ns);

bool world_make(struct world *world, const char *name);

/* The client's namespace alone, with nothing but loopback. */
void world_make_bare(struct world *world, const char *name);

/*
 * Runs a program in a namespace with `input` as its stdin (NULL: none). False with the last line
 * that it wrote to stderr in `why` where it could not start or did not end with 0.
 */
bool run_program(int ns, const char *input, char *why, const char *const argv[]);

/* All of them: false with `why`, which tells whose fault it is. */
bool world_batch(int ns, const char *program, const char *lines, char *why);
bool world_rules(struct world *world, int ns, const char *rules, char *why);
bool world_sysctl(int ns, const char *assignments, char *why);

/* The value of a sysctl in a namespace, `otherwise` where there is none. */
int world_read_sysctl(int ns, const char *name, int otherwise);

/*
 * Packets to the client are handled by CPU 0 (receive packet steering); client_connect_far()
 * keeps its process from there.
 */
bool world_make_far(struct world *world, char *why);

/* Starts the process that serves all ports of these worlds; false where it does not come up. */
bool server_start(const struct world *worlds, size_t n_worlds);

#endif
