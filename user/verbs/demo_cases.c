// SPDX-License-Identifier: GPL-2.0-only
#include "demo_cases.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sched.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "log.h"

#define LOCAL_PORTS_MAX 64
#define ANSWER_MS 500

/*
 * Between two starts. A kernel that may preempt tracing programs skips those of other tasks on that
 * CPU meanwhile, which is counted as lost; a demo need not provoke it.
 */
#define APART_MS 25

/* The first four are those of W. R. Stevens, UNIX Network Programming, volume 1, section 4.3. */
const struct demo_case demo_cases[DEMO_CASES] = {
        {"server answers", "app-answered", WORLD_SERVER, 80, .server = SERVER_LISTENS,
         .outcome = OUTCOME_SUCCESS, .cause = CAUSE_ESTABLISHED},
        {"no such host on LAN", "app-no-host", WORLD_ABSENT_NEIGHBOUR, 80,
         .outcome = OUTCOME_FAILURE, .error = EHOSTUNREACH, .cause = CAUSE_NEIGHBOUR_UNRESOLVED},
        {"nothing listens", "app-refused", WORLD_SERVER, 81, .outcome = OUTCOME_FAILURE,
         .error = ECONNREFUSED, .cause = CAUSE_REFUSED},
        {"router: unreachable", "app-unreachable", WORLD_ABSENT_HOST, 80,
         .outcome = OUTCOME_FAILURE, .error = EHOSTUNREACH, .cause = CAUSE_UNREACHABLE_ICMP},
        {"a host that is silent", "app-silent", WORLD_SILENT_HOST, 82, .syn_retries = 1,
         .outcome = OUTCOME_FAILURE, .error = ETIMEDOUT, .cause = CAUSE_NO_REPLY},
        {"firewall on way in", "app-dropped-in", WORLD_SERVER, 83, .server = SERVER_LISTENS,
         .firewall = FIREWALL_IN, .syn_retries = 1, .outcome = OUTCOME_FAILURE, .error = ETIMEDOUT,
         .cause = CAUSE_DROPPED_LOCALLY_IN},
        {"firewall on way out", "app-dropped-out", WORLD_SERVER, 84, .server = SERVER_LISTENS,
         .firewall = FIREWALL_OUT, .syn_retries = 1, .outcome = OUTCOME_FAILURE, .error = ETIMEDOUT,
         .cause = CAUSE_DROPPED_LOCALLY_OUT},
        {"no route", "app-no-route", WORLD_NO_ROUTE, 80, .outcome = OUTCOME_FAILURE,
         .error = ENETUNREACH, .cause = CAUSE_NO_ROUTE},
        {"ports exhausted", "app-no-port", WORLD_SERVER, 85, .server = SERVER_LISTENS,
         .uses_up_ports = true, .outcome = OUTCOME_FAILURE, .error = EADDRNOTAVAIL,
         .cause = CAUSE_NO_LOCAL_PORT},
        {"application gives up", "app-deadline", WORLD_SERVER, 86, .server = SERVER_LISTENS,
         .firewall = FIREWALL_SERVER, .deadline_ms = 2500, .outcome = OUTCOME_ABANDONED,
         .cause = CAUSE_DEADLINE_OF_APP},
        {"killed while waiting", "app-killed", WORLD_SERVER, 87, .server = SERVER_LISTENS,
         .firewall = FIREWALL_SERVER, .kill_ms = 1750, .outcome = OUTCOME_ABANDONED,
         .cause = CAUSE_KILLED},
        {"reset after connect", "app-reset", WORLD_SERVER, 88, .server = SERVER_RESETS,
         .deadline_ms = 1000, .outcome = OUTCOME_SUCCESS, .cause = CAUSE_RESET_AFTER_ESTABLISHED},
};

_Noreturn static void fail(const struct gate *gate, const char *who, const char *what)
{
	log_error("demo: %s: %s: %s", who, what, strerror(errno));
	if (write(gate->ready, &(char){GATE_FAILED}, 1) != 1)
		_exit(2);
	_exit(1);
}

static void pass(const struct gate *gate)
{
	char go;

	/* The end of the file: the demo has ended. */
	if (write(gate->ready, &(char){GATE_READY}, 1) != 1 || read(gate->go, &go, 1) != 1)
		_exit(1);
}

static int start(const struct demo_case *c, int fd)
{
	struct sockaddr_in peer = {.sin_family = AF_INET, .sin_port = htons(c->port)};

	inet_pton(AF_INET, c->address, &peer.sin_addr);
	return connect(fd, (struct sockaddr *)&peer, sizeof(peer));
}

static void use_up_ports(const struct demo_case *c, const struct gate *gate)
{
	for (int i = 0; i < LOCAL_PORTS_MAX; i++) {
		int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

		if (fd < 0)
			fail(gate, c->comm, "socket");
		if (!start(c, fd))
			continue;
		if (errno == EADDRNOTAVAIL)
			return;
		fail(gate, c->comm, "connect");
	}
	errno = ERANGE;
	fail(gate, c->comm, "its local ports cannot be used up");
}

void demo_client(const struct demo_case *c, const struct gate *gate)
{
	struct pollfd poller = {.events = POLLIN};
	int type = SOCK_STREAM | SOCK_CLOEXEC | (c->deadline_ms ? SOCK_NONBLOCK : 0);

	prctl(PR_SET_NAME, c->comm);
	if (c->uses_up_ports)
		use_up_ports(c, gate);
	poller.fd = socket(AF_INET, type, 0);
	if (poller.fd < 0 || (c->syn_retries && setsockopt(poller.fd, IPPROTO_TCP, TCP_SYNCNT,
	                                                   &c->syn_retries, sizeof(int))))
		fail(gate, c->comm, "socket");
	pass(gate);
	usleep((c - demo_cases) * APART_MS * 1000);
	if (!start(c, poller.fd) || errno == EINPROGRESS)
		poll(&poller, 1, c->deadline_ms ? c->deadline_ms : ANSWER_MS);
	close(poller.fd);
	_exit(0);
}

static int listen_on(uint16_t port)
{
	struct sockaddr_in local = {.sin_family = AF_INET, .sin_port = htons(port)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&local, sizeof(local)) ||
	    listen(fd, LOCAL_PORTS_MAX))
		return -1;
	return fd;
}

static void reset_each(int listener)
{
	const struct linger hard = {.l_onoff = 1};
	int fd;

	while ((fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC)) >= 0) {
		setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
		close(fd);
	}
}

void demo_server(int ns, const struct gate *gate)
{
	int resets = -1;

	prctl(PR_SET_NAME, "server");
	if (setns(ns, CLONE_NEWNET))
		fail(gate, "server", "setns");
	for (size_t i = 0; i < DEMO_CASES; i++) {
		int fd = demo_cases[i].server == SERVER_CLOSED ? -1 : listen_on(demo_cases[i].port);

		if (fd < 0 && demo_cases[i].server != SERVER_CLOSED)
			fail(gate, "server", "listen");
		if (demo_cases[i].server == SERVER_RESETS)
			resets = fd;
	}
	pass(gate);
	reset_each(resets);
	_exit(1);
}
