/* SPDX-License-Identifier: GPL-2.0-only */
/* Time-outs of the application that are too short for a retry, and what only looks like one. */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "world.h"

#define POLLING .families = ALL_FAMILIES, .modes = NONBLOCKING
#define SILENT .port = PORT_SILENT, .router_nft = "forward tcp dport 1000 drop"

#define DEADLINE_MS 600
#define SAME_MS 15 /* the tracer takes a little more for the same age */

static void client_gives_up_again(struct variant *v)
{
	uint64_t shortest_ns = UINT64_MAX, longest_ns = 0;

	for (unsigned int i = 0; i < 3; i++) {
		int fd = open_socket(v);
		struct seen *seen = start(v, fd);

		while (now_ns() < seen->from_ns + DEADLINE_MS * 1000000ULL)
			sleep_ms(1);
		close(fd);
		note_end(seen);
		if (seen->elapsed_ns < shortest_ns)
			shortest_ns = seen->elapsed_ns;
		if (seen->elapsed_ns > longest_ns)
			longest_ns = seen->elapsed_ns;
	}
	if (longest_ns - shortest_ns > SAME_MS * 1000000ULL)
		variant_skip(v, "this machine is too busy to do the same thing twice");
}

/* Two addresses at once: what is slower is closed when the other answers (RFC 8305). */
static void client_races(struct variant *v)
{
	const char *loopback = v->family == V6 ? "::1" : "127.0.0.1";
	int listener = open_socket(v), slow = open_socket(v), fast = open_socket(v);
	uint16_t port = bind_local(v, listener, loopback, address_port(&v->peer));
	struct seen *seen;

	if (listen(listener, 1))
		variant_fail(v, "listen: %s", strerror(errno));
	seen = start(v, slow);
	sleep_ms(150);
	set_peer(v, loopback, port);
	attempt(v, fast);
	close(slow);
	note_end(seen);
	close_quietly(fast);
}

#define SOON(cause_)                                                                               \
	{                                                                                          \
		.outcome = "abandoned", .cause = cause_, .syn = 1, .min_ms = DEADLINE_MS - 10      \
	}

const struct test tests_deadline[] = {
        {
                .name = "short_deadline",
                POLLING,
                SILENT,
                .client = client_gives_up_again,
                .expect = {SOON("closed_by_app"), SOON("closed_by_app"), SOON("deadline_of_app")},
        },
        {
                .name = "lost_race",
                POLLING,
                .port = PORT_PER_VARIANT,
                .router_nft = "forward tcp dport 2000-3999 drop",
                .client = client_races,
                .expect = {{.outcome = "abandoned",
                            .cause = "closed_by_app",
                            .syn = 1,
                            .min_ms = 140,
                            .explained = "that one won"},
                           {.outcome = "success", .cause = "established", .syn = 1}},
        },
        {0},
};
