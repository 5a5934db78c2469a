/* SPDX-License-Identifier: GPL-2.0-only */
/* What the applications of the tests have in common. They run in processes of their own. */
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "live.h"
#include "world.h"

#define AWAIT_MS 30000

static void decide(struct variant *v, enum result result, const char *format, va_list arguments)
{
	vsnprintf(v->why, sizeof(v->why), format, arguments);
	v->result = result;
	_exit(0);
}

void variant_fail(struct variant *v, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	decide(v, NOT_OK, format, arguments);
	abort();
}

void variant_skip(struct variant *v, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	decide(v, SKIPPED, format, arguments);
	abort();
}

void set_peer(struct variant *v, const char *address, uint16_t port)
{
	make_address(&v->peer, v->family == V4 ? AF_INET : AF_INET6, address, port);
}

int open_socket(struct variant *v)
{
	int type = SOCK_STREAM | SOCK_CLOEXEC | (v->mode == NONBLOCKING ? SOCK_NONBLOCK : 0);
	int fd = socket(v->family == V4 ? AF_INET : AF_INET6, type, 0), zero = 0;

	if (fd < 0)
		variant_fail(v, "socket: %s", strerror(errno));
	if (v->family == MAPPED)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &zero, sizeof(zero));
	if (v->test->syncnt)
		setsockopt(fd, IPPROTO_TCP, TCP_SYNCNT, &v->test->syncnt, sizeof(int));
	return fd;
}

unsigned int slot(const struct variant *v)
{
	unsigned int family = v->family == V4 ? 0 : v->family == V6 ? 1 : 2;

	return family * 2 + (v->mode == NONBLOCKING);
}

uint16_t open_port(const struct variant *v)
{
	return (uint16_t)(PORT_OPEN + 4 + slot(v));
}

int connect_peer(struct variant *v, int fd)
{
	socklen_t length =
	        v->family == V4 ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);

	return connect(fd, (struct sockaddr *)&v->peer, length) ? errno : 0;
}

uint16_t bind_local(struct variant *v, int fd, const char *address, uint16_t port)
{
	struct sockaddr_storage local;
	socklen_t length =
	        make_address(&local, v->family == V4 ? AF_INET : AF_INET6, address, port);
	int one = 1;

	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) ||
	    bind(fd, (struct sockaddr *)&local, length) ||
	    getsockname(fd, (struct sockaddr *)&local, &length))
		variant_fail(v, "bind: %s", strerror(errno));
	return address_port(&local);
}

struct seen *begin(struct variant *v)
{
	struct seen *seen = &v->seen[v->n_seen];

	if (v->n_seen == SEEN_MAX)
		abort();
	*seen = (struct seen){.pid = getpid(),
	                      .tid = gettid(),
	                      .returned = NOT_SEEN,
	                      .error = NOT_SEEN,
	                      .from_ns = now_ns(),
	                      .peer = v->peer};
	v->n_seen++;
	return seen;
}

static struct seen *start_by(struct variant *v, int fd, connect_fn *connects)
{
	struct seen *seen = begin(v);
	struct sockaddr_storage local;
	socklen_t length = sizeof(local);

	seen->returned = connects(v, fd);
	seen->elapsed_ns = now_ns() - seen->from_ns;
	if (seen->returned != EINPROGRESS)
		seen->error = seen->returned;
	if (!getsockname(fd, (struct sockaddr *)&local, &length))
		seen->local_port = address_port(&local);
	return seen;
}

struct seen *start(struct variant *v, int fd)
{
	return start_by(v, fd, connect_peer);
}

/*
 * POLLERR can come from the error queue before the error itself (IPv4): then SO_ERROR gives 0 and
 * the socket is still connecting.
 */
void await(struct seen *seen, int fd)
{
	struct pollfd poller = {.fd = fd, .events = POLLOUT};
	socklen_t length = sizeof(seen->error);

	do {
		if (poll(&poller, 1, AWAIT_MS) != 1 ||
		    getsockopt(fd, SOL_SOCKET, SO_ERROR, &seen->error, &length)) {
			seen->error = NOT_SEEN;
			break;
		}
	} while (!seen->error && !(poller.revents & POLLOUT));
	seen->elapsed_ns = now_ns() - seen->from_ns;
}

struct seen *attempt_by(struct variant *v, int fd, connect_fn *connects)
{
	struct seen *seen = start_by(v, fd, connects);

	if (seen->returned == EINPROGRESS && v->mode == NONBLOCKING)
		await(seen, fd);
	return seen;
}

struct seen *attempt(struct variant *v, int fd)
{
	return attempt_by(v, fd, connect_peer);
}

void note_end(struct seen *seen)
{
	seen->elapsed_ns = now_ns() - seen->from_ns;
	seen->ended = true;
}

void close_quietly(int fd)
{
	struct linger linger = {.l_onoff = 1, .l_linger = 0};

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
	close(fd);
}

pid_t fork_child(void)
{
	pid_t parent = getpid(), pid;

	fflush(NULL);
	pid = fork();
	if (pid < 0) {
		perror("live: fork");
		exit(1);
	}
	if (pid > 0)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(1);
	signal(SIGINT, SIG_DFL);
	signal(SIGTERM, SIG_DFL);
	signal(SIGPIPE, SIG_IGN);
	return 0;
}

int wait_child(struct variant *v, pid_t pid)
{
	int status = 0;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			variant_fail(v, "waitpid: %s", strerror(errno));
	return status;
}

void client_connect(struct variant *v)
{
	int fd = open_socket(v);
	struct seen *seen = attempt(v, fd);

	close_quietly(fd);
	/* An error that SO_ERROR gave early ends the attempt here. */
	note_end(seen);
}

void client_connect_far(struct variant *v)
{
	cpu_set_t cpus;

	if (!sched_getaffinity(0, sizeof(cpus), &cpus)) {
		CPU_CLR(0, &cpus);
		sched_setaffinity(0, sizeof(cpus), &cpus);
	}
	client_connect(v);
}

void client_needs(struct variant *v, const char *program)
{
	char path[512];

	if (!find_program(program, path, sizeof(path)))
		variant_skip(v, "%s is not installed", program);
}

/* In a child, so that this process can sleep in connect() meanwhile. */
pid_t run_later(struct variant *v, unsigned int ms, const char *const argv[])
{
	char why[WHY_SIZE];
	pid_t pid = fork_child();

	if (pid)
		return pid;
	sleep_ms(ms);
	if (!run_program(v->world->client, NULL, why, argv))
		variant_fail(v, "%s", why);
	_exit(0);
}
