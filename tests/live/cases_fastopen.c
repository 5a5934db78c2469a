/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * TCP Fast Open. Without a cookie of the server the SYN asks for one; with a cookie it carries
 * data, and connect() on a socket with TCP_FASTOPEN_CONNECT returns 0 at once and sends nothing:
 * the SYN leaves with the first write. A cookie is known by the addresses, so that it serves all
 * ports.
 */
#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "world.h"

#define EVERYWHERE .families = ALL_FAMILIES, .modes = BOTH_MODES
#define DEFERRED_MS 100
#define DATA_SIZE 300
#define PORT_DATA_DROPPED 82 /* the router drops SYNs with data */

static socklen_t peer_length(const struct variant *v)
{
	return v->family == V4 ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
}

/* What the write gave, 0 where it began or made the connection. */
static int connect_by_sending(struct variant *v, int fd)
{
	ssize_t sent = sendto(fd, "hello", 5, MSG_FASTOPEN | MSG_NOSIGNAL,
	                      (struct sockaddr *)&v->peer, peer_length(v));

	return sent < 0 ? errno : 0;
}

void client_fast_open(struct variant *v)
{
	int fd = open_socket(v);

	attempt_by(v, fd, connect_by_sending);
	close_quietly(fd);
}

static struct tcp_info info_of(struct variant *v, int fd)
{
	struct tcp_info info = {0};
	socklen_t length = sizeof(info);

	if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &length))
		variant_fail(v, "TCP_INFO: %s", strerror(errno));
	return info;
}

/* Connects to an open port first: its SYN-ACK brings the cookie. */
static void take_cookie(struct variant *v)
{
	struct sockaddr_storage peer = v->peer;

	set_peer(v, v->family == V6 ? SERVER6 : SERVER4, PORT_OPEN);
	client_fast_open(v);
	/* With a cookie from another variant, a write that will not wait returns what it took. */
	if (v->mode == NONBLOCKING)
		v->seen[0].returned = EINPROGRESS;
	v->peer = peer;
}

static int connect_deferred(struct variant *v)
{
	int fd = open_socket(v), one = 1;
	struct seen *seen;

	if (setsockopt(fd, IPPROTO_TCP, TCP_FASTOPEN_CONNECT, &one, sizeof(one)))
		variant_skip(v, "no TCP_FASTOPEN_CONNECT here");
	seen = start(v, fd);
	if (seen->returned)
		variant_fail(v, "connect() gave %s, not 0", errno_name(seen->returned));
	if (info_of(v, fd).tcpi_state != TCP_SYN_SENT)
		variant_fail(v, "connect() did not put the SYN off");
	seen->error = NOT_SEEN;
	sleep_ms(DEFERRED_MS);
	return fd;
}

/* The write that sends the SYN; a blocking one waits for the end. */
static void write_deferred(struct variant *v, int fd)
{
	struct seen *seen = &v->seen[v->n_seen - 1];
	static const char data[DATA_SIZE];

	if (send(fd, data, sizeof(data), MSG_NOSIGNAL) < 0 && errno != EINPROGRESS)
		seen->error = errno;
	seen->elapsed_ns = now_ns() - seen->from_ns;
	if (seen->error == NOT_SEEN)
		await(seen, fd);
}

static void client_defers(struct variant *v)
{
	int fd = connect_deferred(v);

	write_deferred(v, fd);
	close_quietly(fd);
}

static void client_never_writes(struct variant *v)
{
	close(connect_deferred(v));
	note_end(&v->seen[v->n_seen - 1]);
}

static void client_defers_with_cookie(struct variant *v)
{
	take_cookie(v);
	client_defers(v);
}

static void client_never_writes_with_cookie(struct variant *v)
{
	take_cookie(v);
	client_never_writes(v);
}

/* Long enough for the application's own time-out, had there been anything to wait for. */
static void client_never_writes_for_long(struct variant *v)
{
	int fd;

	take_cookie(v);
	fd = connect_deferred(v);
	sleep_ms(1200);
	close(fd);
	note_end(&v->seen[v->n_seen - 1]);
}

/* The SYN carries the data, and the server's SYN-ACK acknowledges it. */
static void client_sends_with_cookie(struct variant *v)
{
	struct seen *seen;
	int fd;

	take_cookie(v);
	fd = open_socket(v);
	seen = begin(v);
	seen->returned = connect_by_sending(v, fd);
	seen->elapsed_ns = now_ns() - seen->from_ns;
	seen->error = seen->returned;
	if (!seen->returned && v->mode == NONBLOCKING) {
		seen->returned = EINPROGRESS; /* the write took the data: the SYN has left */
		await(seen, fd);
	}
	if (!seen->error && !(info_of(v, fd).tcpi_options & TCPI_OPT_SYN_DATA))
		variant_fail(v, "the SYN carried no data");
	close_quietly(fd);
}

#define COOKIE_WORLD                                                                               \
	EVERYWHERE, .world = "cookie",                                                             \
	            .sysctl = "net/ipv4/tcp_fastopen=3; "                                          \
	                      "net/ipv4/tcp_fastopen_blackhole_timeout_sec=0",                     \
	            .server_sysctl = "net/ipv4/tcp_fastopen=3"
#define COOKIE                                                                                     \
	{                                                                                          \
		.outcome = "success", .cause = "established", .syn = 1, .api = "fastopen",         \
		.return_fact = FACT_RETURN_OTHER                                                   \
	}
#define SUCCESS .outcome = "success", .cause = "established", .api = "connect"
#define UNSENT                                                                                     \
	.outcome = "abandoned", .cause = "closed_by_app", .syn = 0, .api = "connect",              \
	.explained = "Fast Open put the SYN off"

const struct test tests_fastopen[] = {
        {
                .name = "fastopen_deferred",
                EVERYWHERE,
                .world = "fastopen",
                .sysctl = "net/ipv4/tcp_fastopen=5",
                .port = PORT_OPEN,
                .client = client_defers,
                .expect = {{SUCCESS, .syn = 1, .min_ms = 90}},
        },
        {
                .name = "fastopen_never_sent",
                EVERYWHERE,
                .world = "fastopen",
                .sysctl = "net/ipv4/tcp_fastopen=5",
                .port = PORT_OPEN,
                .client = client_never_writes,
                .expect = {{UNSENT, .min_ms = 90}},
        },
        {
                .name = "fastopen_cookie_deferred",
                COOKIE_WORLD,
                .port = PORT_OPEN,
                .client = client_defers_with_cookie,
                .expect = {COOKIE, {SUCCESS, .syn = 1, .min_ms = 90}},
        },
        {
                .name = "fastopen_cookie_never_sent",
                COOKIE_WORLD,
                .port = PORT_OPEN,
                .client = client_never_writes_with_cookie,
                .expect = {COOKIE, {UNSENT, .min_ms = 90}},
        },
        {
                .name = "fastopen_cookie_never_sent_long",
                COOKIE_WORLD,
                .port = PORT_OPEN,
                .client = client_never_writes_for_long,
                .expect = {COOKIE, {UNSENT, .min_ms = 1290}},
        },
        {
                .name = "fastopen_cookie_sent",
                COOKIE_WORLD,
                .port = PORT_OPEN,
                .client = client_sends_with_cookie,
                .expect = {COOKIE, COOKIE},
        },
        {
                .name = "fastopen_cookie_refused",
                COOKIE_WORLD,
                .port = PORT_CLOSED,
                .client = client_defers_with_cookie,
                .expect = {COOKIE,
                           {.outcome = "failure",
                            .error = ECONNREFUSED,
                            .cause = "refused",
                            .syn = 1,
                            .api = "connect",
                            .min_ms = 90}},
        },
        {
                .name = "fastopen_cookie_sent_refused",
                COOKIE_WORLD,
                .port = PORT_CLOSED,
                .client = client_sends_with_cookie,
                .expect = {COOKIE,
                           {.outcome = "failure",
                            .error = ECONNREFUSED,
                            .cause = "refused",
                            .syn = 1,
                            .api = "fastopen",
                            .return_fact = FACT_RETURN_OTHER}},
        },
        {
                .name = "fastopen_cookie_silent",
                COOKIE_WORLD,
                .port = PORT_SILENT,
                .router_nft = "forward tcp dport 1000 drop",
                .syncnt = 1,
                .client = client_defers_with_cookie,
                .expect = {COOKIE,
                           {.outcome = "failure",
                            .error = ETIMEDOUT,
                            .cause = "no_reply",
                            .syn = SYN_ANY,
                            .scheduled = "syn_retry",
                            .api = "connect"}},
        },
        {
                /* What drops SYNs with data lets the retry through, which carries none. */
                .name = "fastopen_cookie_data_dropped",
                COOKIE_WORLD,
                .port = PORT_DATA_DROPPED,
                .router_nft = "forward tcp dport 82 tcp flags & (syn | ack) == syn "
                              "meta length gt 300 drop",
                .client = client_defers_with_cookie,
                .expect = {COOKIE,
                           {SUCCESS, .syn = 2, .min_ms = 1000,
                            .steps = {{"syn_retry", .at_most = 1}}}},
        },
        {0},
};
