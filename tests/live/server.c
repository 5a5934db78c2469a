/* SPDX-License-Identifier: GPL-2.0-only */
/* One process that listens on the ports of all worlds, at the server and on loopback. */
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "world.h"

#define DESCRIPTORS 65536
#define FAST_OPEN_PENDING 64 /* used only where net.ipv4.tcp_fastopen lets servers do it */

enum role { NONE, ACCEPTS, RESETS, CONNECTED, SWALLOWS };

static uint8_t roles[DESCRIPTORS];
static int epoll = -1;

static void watch(int fd, enum role role)
{
	struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};

	if (fd >= DESCRIPTORS || epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event)) {
		close(fd);
		return;
	}
	roles[fd] = (uint8_t)role;
}

static bool listen_on(uint16_t port, enum role role)
{
	int fd = socket(AF_INET6, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), zero = 0, one = 1;
	int pending = FAST_OPEN_PENDING;
	struct sockaddr_storage address;
	socklen_t length = make_address(&address, AF_INET6, "::", port);

	if (fd < 0 || setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &zero, sizeof(zero)) ||
	    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) ||
	    setsockopt(fd, IPPROTO_TCP, TCP_FASTOPEN, &pending, sizeof(pending)) ||
	    bind(fd, (struct sockaddr *)&address, length) || listen(fd, SOMAXCONN)) {
		fprintf(stderr, "live: port %u: %s\n", port, strerror(errno));
		return false;
	}
	watch(fd, role);
	return true;
}

static bool listen_in(int ns)
{
	if (ns < 0)
		return true;
	namespace_enter(ns);
	for (uint16_t port = PORT_OPEN; port <= PORT_OPEN_LAST; port++)
		if (!listen_on(port, ACCEPTS))
			return false;
	return listen_on(PORT_RESET, RESETS);
}

static void serve(int fd)
{
	char buffer[4096];
	int peer;

	switch (roles[fd]) {
	case ACCEPTS:
		while ((peer = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0)
			watch(peer, CONNECTED);
		break;
	case RESETS:
		while ((peer = accept4(fd, NULL, NULL, SOCK_CLOEXEC)) >= 0)
			close_quietly(peer);
		break;
	case SWALLOWS:
		while (read(fd, buffer, sizeof(buffer)) > 0)
			;
		break;
	default:
		if (read(fd, buffer, sizeof(buffer)) > 0)
			break;
		roles[fd] = NONE;
		close(fd);
	}
}

static void loop(void)
{
	struct epoll_event events[64];

	for (;;) {
		int n = epoll_wait(epoll, events, ARRAY_SIZE(events), -1);

		for (int i = 0; i < n; i++)
			serve(events[i].data.fd);
	}
}

/* A namespace that somebody uses has a process in it, by which it can be found. */
static void start_inhabitant(int ns)
{
	if (fork_child())
		return;
	namespace_enter(ns);
	for (;;)
		pause();
}

bool server_start(const struct world *worlds, size_t n_worlds)
{
	int ready[2];
	char byte;
	bool up;

	if (pipe2(ready, O_CLOEXEC))
		return false;
	if (fork_child() == 0) {
		close(ready[0]);
		epoll = epoll_create1(EPOLL_CLOEXEC);
		for (size_t i = 0; i < n_worlds; i++)
			if (!listen_in(worlds[i].server) || !listen_in(worlds[i].client))
				_exit(1);
		for (size_t i = 0; i < n_worlds; i++)
			if (worlds[i].hole >= 0)
				watch(worlds[i].hole, SWALLOWS);
		if (write(ready[1], "", 1) != 1)
			_exit(1);
		close(ready[1]);
		loop();
	}
	close(ready[1]);
	for (size_t i = 0; i < n_worlds; i++)
		start_inhabitant(worlds[i].client);
	up = read(ready[0], &byte, 1) == 1;
	close(ready[0]);
	return up;
}
