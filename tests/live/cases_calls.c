/* SPDX-License-Identifier: GPL-2.0-only */
/* Who calls, and how often: several calls of one attempt, several attempts of one socket. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "world.h"

#define EVERYWHERE .families = ALL_FAMILIES, .modes = BOTH_MODES
#define EXEC_MS 1250 /* an application's own time-out may be that long */
#define ONCE .families = V4, .modes = BLOCKING
#define SUCCESS .outcome = "success", .cause = "established", .syn = 1

/* A socket that failed can be used again, after a call that takes the old error's remains. */
static void client_tries_again(struct variant *v)
{
	int fd = open_socket(v);
	struct seen *seen;

	attempt(v, fd);
	set_peer(v, v->family == V6 ? SERVER6 : SERVER4, PORT_OPEN);
	seen = attempt(v, fd);
	if (seen->returned == ECONNABORTED) {
		v->n_seen--;
		attempt(v, fd);
	}
	close_quietly(fd);
}

static void client_asks_again(struct variant *v)
{
	int fd = open_socket(v);
	struct seen *seen = start(v, fd);

	connect_peer(v, fd); /* EALREADY, or 0 where the answer was quick */
	await(seen, fd);
	connect_peer(v, fd);
	if (connect_peer(v, fd) != EISCONN)
		variant_fail(v, "no EISCONN");
	close_quietly(fd);
}

static void client_asks_again_blocked(struct variant *v)
{
	int fd = open_socket(v);

	attempt(v, fd);
	for (int i = 0; i < 3; i++)
		if (connect_peer(v, fd) != EISCONN)
			variant_fail(v, "no EISCONN");
	close_quietly(fd);
}

static void client_udp(struct variant *v)
{
	int fd = socket(v->family == V4 ? AF_INET : AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (connect_peer(v, fd))
		variant_fail(v, "connect: %s", strerror(errno));
	close(fd);
}

static void client_udp_no_route(struct variant *v)
{
	int fd = socket(v->family == V4 ? AF_INET : AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (connect_peer(v, fd) != ENETUNREACH)
		variant_fail(v, "there is a route");
	close(fd);
}

static void client_unix(struct variant *v)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "/nonexistent"};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (!connect(fd, (struct sockaddr *)&address, sizeof(address)))
		variant_fail(v, "/nonexistent exists");
	close(fd);
}

static void client_not_a_socket(struct variant *v)
{
	if (connect_peer(v, STDIN_FILENO) != ENOTSOCK || connect_peer(v, 9999) != EBADF)
		variant_fail(v, "stdin is a socket");
}

static void *connect_in_thread(void *context)
{
	client_connect(context);
	return NULL;
}

static void client_thread(struct variant *v)
{
	pthread_t thread;

	pthread_create(&thread, NULL, connect_in_thread, v);
	pthread_join(thread, NULL);
	if (v->seen[0].pid == v->seen[0].tid)
		variant_fail(v, "no thread");
}

/* Who connected has closed the socket; its child still holds it, and ends the attempt. */
static void client_leaves_socket_to_child(struct variant *v)
{
	int fd = open_socket(v);
	struct seen *seen = start(v, fd);
	pid_t pid;

	pid = fork_child();
	if (pid == 0) {
		sleep_ms(300);
		close(fd);
		_exit(0);
	}
	close(fd);
	wait_child(v, pid);
	note_end(seen);
}

/* One process opens the socket, another connects it. */
static void client_inherits_socket(struct variant *v)
{
	int fd = open_socket(v);
	pid_t pid = fork_child();

	if (pid == 0) {
		attempt(v, fd);
		close_quietly(fd);
		_exit(0);
	}
	wait_child(v, pid);
}

static void pass(int through, int fd)
{
	char byte = 0, control[CMSG_SPACE(sizeof(int))] = {0};
	struct iovec data = {&byte, 1};
	struct msghdr message = {.msg_iov = &data,
	                         .msg_iovlen = 1,
	                         .msg_control = control,
	                         .msg_controllen = sizeof(control)};
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);

	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(header), &fd, sizeof(int));
	sendmsg(through, &message, 0);
}

static int receive(int through)
{
	char byte, control[CMSG_SPACE(sizeof(int))] = {0};
	struct iovec data = {&byte, 1};
	struct msghdr message = {.msg_iov = &data,
	                         .msg_iovlen = 1,
	                         .msg_control = control,
	                         .msg_controllen = sizeof(control)};
	int fd = -1;

	if (recvmsg(through, &message, 0) == 1 && CMSG_FIRSTHDR(&message))
		memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(int));
	return fd;
}

static void client_passes_socket(struct variant *v)
{
	int pair[2], fd;
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
		variant_fail(v, "socketpair: %s", strerror(errno));
	pid = fork_child();
	if (pid == 0) {
		fd = receive(pair[1]);
		attempt(v, fd);
		close_quietly(fd);
		_exit(0);
	}
	fd = open_socket(v);
	pass(pair[0], fd);
	close(fd);
	wait_child(v, pid);
}

static void client_began_before(struct variant *v)
{
	int fd = open_socket(v);

	start(v, fd);
	variant_wait_for_tracer();
	sleep_ms(200);
	close(fd);
}

static void client_connected_before(struct variant *v)
{
	int fd = open_socket(v);

	attempt(v, fd);
	variant_wait_for_tracer();
	sleep_ms(200);
	close(fd);
}

/* The socket is closed by what the program makes way for another with, not by that one. */
static void client_execs(struct variant *v)
{
	pid_t pid;

	client_needs(v, "true");
	pid = fork_child();
	if (pid == 0) {
		start(v, open_socket(v));
		sleep_ms(EXEC_MS);
		execlp("true", "true", NULL);
		_exit(1);
	}
	wait_child(v, pid);
	if (v->n_seen)
		note_end(&v->seen[0]);
}

/* The other program inherits the socket, and leaves it open until it ends. */
static void client_execs_with_socket(struct variant *v)
{
	pid_t pid;

	client_needs(v, "sleep");
	pid = fork_child();
	if (pid == 0) {
		int fd = open_socket(v);

		fcntl(fd, F_SETFD, 0);
		start(v, fd);
		execlp("sleep", "sleep", "0.3", NULL);
		_exit(1);
	}
	wait_child(v, pid);
	if (v->n_seen)
		note_end(&v->seen[0]);
}

const struct test tests_calls[] = {
        {
                .name = "closed_by_exec",
                .families = ALL_FAMILIES,
                .modes = NONBLOCKING,
                .port = PORT_SILENT,
                .router_nft = "forward tcp dport 1000 drop",
                .client = client_execs,
                .expect = {{.outcome = "abandoned",
                            .cause = "closed_by_app",
                            .syn = SYN_BY_TIME,
                            .min_ms = EXEC_MS - 10,
                            .explained = "The exec of true"}},
        },
        {
                .name = "kept_by_exec",
                .families = V4 | V6,
                .modes = NONBLOCKING,
                .port = PORT_SILENT,
                .router_nft = "forward tcp dport 1000 drop",
                .client = client_execs_with_socket,
                .expect = {{.outcome = "abandoned",
                            .cause = "process_exited",
                            .syn = SYN_BY_TIME,
                            .min_ms = 290,
                            .explained = "sleep (pid "}},
        },
        {
                .name = "second_attempt",
                EVERYWHERE,
                .port = PORT_CLOSED,
                .client = client_tries_again,
                .expect = {{.outcome = "failure",
                            .error = ECONNREFUSED,
                            .cause = "refused",
                            .syn = 1},
                           {SUCCESS}},
        },
        {
                .name = "asked_again",
                .families = ALL_FAMILIES,
                .modes = NONBLOCKING,
                .port = PORT_OPEN,
                .client = client_asks_again,
                .expect = {{SUCCESS}},
        },
        {
                .name = "asked_again_blocked",
                .families = ALL_FAMILIES,
                .modes = BLOCKING,
                .port = PORT_OPEN,
                .client = client_asks_again_blocked,
                .expect = {{SUCCESS}},
        },
        {
                .name = "udp",
                .families = ALL_FAMILIES,
                .modes = BLOCKING,
                .port = PORT_OPEN,
                .client = client_udp,
        },
        {
                .name = "udp_no_route",
                .families = ALL_FAMILIES,
                .modes = BLOCKING,
                .to4 = "100.64.0.1",
                .to6 = "2001:db8:64::100",
                .port = PORT_OPEN,
                .client = client_udp_no_route,
        },
        {.name = "unix", ONCE, .client = client_unix},
        {.name = "not_a_socket", ONCE, .client = client_not_a_socket},
        {
                .name = "thread",
                EVERYWHERE,
                .port = PORT_OPEN,
                .client = client_thread,
                .expect = {{SUCCESS}},
        },
        {
                .name = "socket_left_to_child",
                .families = V4 | V6,
                .modes = NONBLOCKING,
                .port = PORT_SILENT,
                .router_nft = "forward tcp dport 1000 drop",
                .client = client_leaves_socket_to_child,
                .expect = {{.outcome = "abandoned",
                            .cause = CLOSED,
                            .syn = SYN_BY_TIME,
                            .min_ms = 290}},
        },
        {
                .name = "socket_inherited",
                .families = V4 | V6,
                .modes = BOTH_MODES,
                .port = PORT_OPEN,
                .client = client_inherits_socket,
                .expect = {{SUCCESS}},
        },
        {
                .name = "socket_passed",
                .families = V4 | V6,
                .modes = BOTH_MODES,
                .port = PORT_OPEN,
                .client = client_passes_socket,
                .expect = {{SUCCESS}},
        },
        {
                .name = "began_before",
                .families = ALL_FAMILIES,
                .modes = NONBLOCKING,
                .early = true,
                .port = PORT_PER_VARIANT,
                .router_nft = "forward tcp dport 2000-3999 drop",
                .client = client_began_before,
                .expect = {{.outcome = "abandoned", .syn = SYN_ANY, .unlike_seen = true}},
        },
        {
                .name = "connected_before",
                .families = V4 | V6,
                .modes = NONBLOCKING,
                .early = true,
                .world = "before",
                .port = PORT_OPEN,
                .client = client_connected_before,
        },
        {0},
};
