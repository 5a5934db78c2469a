/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * MPTCP with a second path: the application makes one connection, and the kernel adds a subflow
 * from the client's other address as soon as the server has acknowledged data.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "world.h"

#define SECOND4 "192.0.2.3"
#define SECOND6 "2001:db8:1::3"
#define JOIN_MS 1000

static int open_mptcp(struct variant *v)
{
	int fd = socket(v->family == V4 ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_CLOEXEC,
	                IPPROTO_MPTCP);

	if (fd < 0)
		variant_skip(v, "no MPTCP here: %s", strerror(errno));
	return fd;
}

static void set_up_paths(struct variant *v)
{
	static const char client[] = "addr replace " SECOND4 "/24 dev eth0\n"
	                             "addr replace " SECOND6 "/64 dev eth0 nodad\n"
	                             "mptcp limits set subflow 2\n"
	                             "mptcp endpoint flush\n"
	                             "mptcp endpoint add " SECOND4 " dev eth0 subflow\n"
	                             "mptcp endpoint add " SECOND6 " dev eth0 subflow\n";
	char why[WHY_SIZE];

	if (!world_batch(v->world->client, "ip", client, why) ||
	    !world_batch(v->world->server, "ip", "mptcp limits set subflow 2\n", why))
		variant_skip(v, "no paths for MPTCP can be set up: %s", why);
}

/* Reads what comes and keeps the connection. */
static void serve(struct variant *v)
{
	int listener, fd;
	char byte;

	namespace_enter(v->world->server);
	listener = open_mptcp(v);
	bind_local(v, listener, v->family == V6 ? SERVER6 : SERVER4, address_port(&v->peer));
	namespace_enter(v->world->client);
	if (listen(listener, 8))
		variant_fail(v, "listen: %s", strerror(errno));
	if (fork_child())
		return;
	fd = accept(listener, NULL, NULL);
	while (read(fd, &byte, 1) > 0)
		;
	_exit(0);
}

static void client_adds_subflow(struct variant *v)
{
	int fd;

	set_up_paths(v);
	serve(v);
	fd = open_mptcp(v); /* takes the limits as they are now */
	bind_local(v, fd, v->family == V6 ? CLIENT6 : CLIENT4, 0);
	if (attempt(v, fd)->returned)
		variant_fail(v, "connect: %s", errno_name(v->seen[0].returned));
	for (int i = 0; i < 4; i++) {
		if (write(fd, "hello", 5) != 5)
			variant_fail(v, "write: %s", strerror(errno));
		sleep_ms(JOIN_MS / 4);
	}
	close(fd);
}

static bool is_subflow(const json_t *record)
{
	return json_is_true(json_at(record, "connect.subflow"));
}

static bool is_of_variant(const struct variant *v, const json_t *record)
{
	return json_number(record, "netns", 0) == (json_int_t)v->world->netns &&
	       json_number(record, "network.peer.port", 0) == address_port(&v->peer);
}

/* One record for the application, and one more, marked, from the other address. */
static void judge_subflows(struct variant *v, const json_t *records)
{
	unsigned int own = 0, added = 0, wrong = 0;
	const json_t *record;
	size_t i;

	json_array_foreach(records, i, record)
	{
		const char *from = json_text(record, "network.local.address");
		bool is_second = !strcmp(from, v->family == V6 ? SECOND6 : SECOND4);

		if (!is_of_variant(v, record))
			continue;
		if (is_subflow(record))
			added++;
		else
			own++;
		wrong += is_subflow(record) != is_second ||
		         strcmp(json_text(record, "event.outcome"), "success") ||
		         strcmp(json_text(record, "connect.cause"), "established") ||
		         strcmp(json_text(record, "connect.api"), "mptcp") ||
		         (!is_subflow(record) && json_number(record, "process.pid", 0) != v->pid);
	}
	v->result = own == 1 && added == 1 && !wrong ? OK : NOT_OK;
	if (v->result == NOT_OK)
		snprintf(v->why, sizeof(v->why), "%u own records, %u of subflows, %u of them wrong",
		         own, added, wrong);
}

const struct test tests_mptcp[] = {
        {
                .name = "mptcp_subflow",
                .families = V4,
                .modes = BLOCKING,
                .world = "mptcp",
                .client = client_adds_subflow,
                .judge = judge_subflows,
        },
        {
                .name = "mptcp_subflow6",
                .families = V6,
                .modes = BLOCKING,
                .world = "mptcp6",
                .client = client_adds_subflow,
                .judge = judge_subflows,
        },
        {0},
};
