/* SPDX-License-Identifier: GPL-2.0-only */
/* Success, refusal, silence. */
#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "world.h"

#define EVERYWHERE .families = ALL_FAMILIES, .modes = BOTH_MODES
#define GRACE_NS 200000000 /* within which a reset belongs to the handshake */
#define SUCCESS .outcome = "success", .cause = "established"

static bool set_closed(struct variant *v, const char *verb, char *why)
{
	static const char *const argv[] = {"nft", "-f", "-", NULL};
	char command[96];

	snprintf(command, sizeof(command), "%s element inet live closed { %u }\n", verb,
	         open_port(v));
	return run_program(v->world->router, command, why, argv);
}

/* The router drops SYNs to a port for half a second: the first gets lost, a later one does not. */
static void client_after_retry(struct variant *v)
{
	char why[WHY_SIZE];
	pid_t pid;

	set_peer(v, v->family == V6 ? SERVER6 : SERVER4, open_port(v));
	if (!set_closed(v, "add", why))
		variant_fail(v, "%s", why);
	pid = fork_child();
	if (pid == 0) {
		sleep_ms(500);
		if (!set_closed(v, "delete", why))
			variant_fail(v, "%s", why);
		_exit(0);
	}
	client_connect(v);
	wait_child(v, pid);
}

static void client_wait_for_reset(struct variant *v)
{
	int fd = open_socket(v);
	struct seen *seen = attempt(v, fd);
	struct pollfd poller = {.fd = fd, .events = POLLIN};
	uint64_t established_ns = now_ns();

	if (v->mode == BLOCKING && seen->returned == ECONNRESET)
		variant_skip(v, "the reset overtook connect()");
	poll(&poller, 1, 2000);
	if (!(poller.revents & POLLHUP))
		variant_fail(v, "no reset came");
	if (now_ns() - established_ns > GRACE_NS / 2)
		variant_skip(v, "the reset came too late: this machine is busy");
	close(fd);
}

/* A port like any other, but that nobody can listen on it. */
static void client_forgets_port(struct variant *v)
{
	set_peer(v, v->family == V6 ? SERVER6 : SERVER4, 0);
	client_connect(v);
}

/* The server has closed before the first byte comes, which it then answers with a reset. */
static void client_writes_too_late(struct variant *v)
{
	const char *loopback = v->family == V6 ? "::1" : "127.0.0.1";
	int listener = open_socket(v), fd = open_socket(v);
	struct pollfd poller = {.fd = listener, .events = POLLIN};
	uint64_t established_ns;

	set_peer(v, loopback, bind_local(v, listener, loopback, 0));
	if (listen(listener, 1))
		variant_fail(v, "listen: %s", strerror(errno));
	attempt(v, fd);
	established_ns = now_ns();
	poll(&poller, 1, 2000);
	close(accept(listener, NULL, NULL));
	if (send(fd, "GET", 3, MSG_NOSIGNAL) != 3)
		variant_fail(v, "send: %s", strerror(errno));
	if (now_ns() - established_ns > GRACE_NS / 2)
		variant_skip(v, "the reset came too late: this machine is busy");
	close(fd);
	close(listener);
}

static void client_connect_itself(struct variant *v)
{
	const char *loopback = v->family == V6 ? "::1" : "127.0.0.1";
	int fd = open_socket(v);

	set_peer(v, loopback, bind_local(v, fd, loopback, 0));
	attempt(v, fd);
	close_quietly(fd);
}

/* Closes as a machine that lost its power does: the server keeps its end. */
static void vanish(struct variant *v, int fd)
{
	int one = 1;

	if (setsockopt(fd, IPPROTO_TCP, TCP_REPAIR, &one, sizeof(one)))
		variant_skip(v, "no TCP_REPAIR here");
	close(fd);
}

static void client_meets_its_past(struct variant *v)
{
	const char *local = v->family == V6 ? CLIENT6 : CLIENT4;
	int fd = open_socket(v), again = open_socket(v);
	uint16_t port = bind_local(v, fd, local, 0);

	attempt(v, fd);
	sleep_ms(50);
	vanish(v, fd);
	bind_local(v, again, local, port);
	attempt(v, again);
	close_quietly(again);
}

static void client_user_timeout(struct variant *v)
{
	int fd = open_socket(v), ms = 2500;

	setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &ms, sizeof(ms));
	attempt(v, fd);
	close(fd);
}

#define STRANGER_LINK "02:00:5e:00:53:63"
#define NO_REPLY                                                                                   \
	{                                                                                          \
		{                                                                                  \
			.outcome = "failure", .error = ETIMEDOUT, .cause = "no_reply",             \
			.syn = SYN_ANY, .scheduled = "syn_retry",                                  \
		}                                                                                  \
	}

const struct test tests_basic[] = {
        {
                .name = "success",
                EVERYWHERE,
                .port = PORT_OPEN,
                .client = client_connect,
                .expect = {{SUCCESS, .syn = 1, .api = "connect"}},
        },
        {
                .name = "success_loopback",
                EVERYWHERE,
                .to4 = "127.0.0.1",
                .to6 = "::1",
                .port = PORT_OPEN,
                .client = client_connect,
                .expect = {{SUCCESS, .syn = 1}},
        },
        {
                .name = "success_after_retry",
                EVERYWHERE,
                .router_nft = "forward tcp dport @closed drop",
                .port = PORT_OPEN,
                .client = client_after_retry,
                .expect = {{SUCCESS, .syn = SYN_BY_TIME, .min_ms = 980, .steps = {{"syn_retry"}}}},
        },
        {
                .name = "reset_after_handshake",
                EVERYWHERE,
                .port = PORT_RESET,
                .client = client_wait_for_reset,
                .expect = {{.outcome = "success",
                            .cause = "reset_after_established",
                            .syn = 1,
                            .unlike_seen = true}},
        },
        {
                .name = "port_0",
                EVERYWHERE,
                .client = client_forgets_port,
                .expect = {{.outcome = "failure",
                            .error = ECONNREFUSED,
                            .cause = "refused",
                            .syn = 1,
                            .explained = ":0 answered"}},
        },
        {
                .name = "closed_after_handshake",
                EVERYWHERE,
                .client = client_writes_too_late,
                .expect = {{.outcome = "success",
                            .cause = "reset_after_established",
                            .syn = 1,
                            .explained = "closed (FIN) and reset by",
                            .steps = {{"rst_received", .at_most = 1}}}},
        },
        {
                .name = "self_connect",
                EVERYWHERE,
                .client = client_connect_itself,
                .expect = {{SUCCESS, .syn = 1}},
        },
        {
                .name = "stale_peer_state",
                EVERYWHERE,
                .port = PORT_OPEN,
                .client = client_meets_its_past,
                .expect = {{SUCCESS, .syn = 1},
                           {SUCCESS, .syn = 2,
                            .steps = {{"stale_peer_state", FACT_STALE},
                                      {"syn_retry", .at_most = 1}}}},
        },
        {
                .name = "refused",
                EVERYWHERE,
                .port = PORT_CLOSED,
                .client = client_connect,
                .expect = {{.outcome = "failure",
                            .error = ECONNREFUSED,
                            .cause = "refused",
                            .syn = 1,
                            .api = "connect",
                            .steps = {{"rst_received", .at_most = 1},
                                      {"rst_received", FACT_RST_SEGMENT, .from = SERVER}}}},
        },
        {
                .name = "refused_loopback",
                EVERYWHERE,
                .to4 = "127.0.0.1",
                .to6 = "::1",
                .port = PORT_CLOSED,
                .client = client_connect,
                .expect = {{.outcome = "failure",
                            .error = ECONNREFUSED,
                            .cause = "refused",
                            .syn = 1,
                            .steps = {{"rst_received", .at_most = 1}}}},
        },
        {
                .name = "no_reply_1",
                EVERYWHERE,
                .port = PORT_SILENT,
                .router_nft = "forward tcp dport 1000 drop",
                .syncnt = 1,
                .client = client_connect,
                .expect = NO_REPLY,
        },
        {
                /* The SYN reaches a stack that is not the one meant: as behind a bridge. */
                .name = "other_host",
                EVERYWHERE,
                .world = "other_host",
                .client_ip =
                        "neigh replace 192.0.2.1 lladdr " STRANGER_LINK " dev eth0 nud permanent\n"
                        "neigh replace 2001:db8:1::1 lladdr " STRANGER_LINK
                        " dev eth0 nud permanent\n",
                .port = PORT_OPEN,
                .syncnt = 1,
                .client = client_connect,
                .expect = NO_REPLY,
        },
        {
                .name = "no_reply_2",
                EVERYWHERE,
                .port = PORT_SILENT,
                .router_nft = "forward tcp dport 1000 drop",
                .syncnt = 2,
                .client = client_connect,
                .expect = NO_REPLY,
        },
        {
                .name = "no_reply_doubling_1",
                EVERYWHERE,
                .world = "doubling",
                .sysctl = "net/ipv4/tcp_syn_linear_timeouts=0",
                .port = PORT_SILENT,
                .router_nft = "forward tcp dport 1000 drop",
                .syncnt = 1,
                .client = client_connect,
                .expect = NO_REPLY,
        },
        {
                .name = "no_reply_doubling_2",
                EVERYWHERE,
                .world = "doubling",
                .sysctl = "net/ipv4/tcp_syn_linear_timeouts=0",
                .port = PORT_SILENT,
                .router_nft = "forward tcp dport 1000 drop",
                .syncnt = 2,
                .client = client_connect,
                .expect = NO_REPLY,
        },
        {
                .name = "user_timeout",
                EVERYWHERE,
                .port = PORT_SILENT,
                .router_nft = "forward tcp dport 1000 drop",
                .client = client_user_timeout,
                .expect = {{.outcome = "failure",
                            .error = ETIMEDOUT,
                            .cause = "no_reply",
                            .syn = SYN_ANY,
                            .min_ms = 2400,
                            .max_ms = 3500}},
        },
        {0},
};
