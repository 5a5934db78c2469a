/* SPDX-License-Identifier: GPL-2.0-only */
/* A bad network: the router loses, delays or duplicates what it sends to the client. */
#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "world.h"

#define EVERYWHERE .families = ALL_FAMILIES, .modes = BOTH_MODES
#define CLIENT_LINK "02:00:5e:00:53:02"
#define SUCCESS .outcome = "success", .cause = "established"

/* Neither ARP nor ND is in the way: the two know each other. */
#define NETEM(world_, how_)                                                                        \
	.world = world_,                                                                           \
	.client_ip =                                                                               \
	        "link set eth0 address " CLIENT_LINK "\n"                                          \
	        "neigh replace 192.0.2.1 lladdr " ROUTER_LINK " dev eth0 nud permanent\n"          \
	        "neigh replace 2001:db8:1::1 lladdr " ROUTER_LINK " dev eth0 nud permanent\n",     \
	.router_ip =                                                                               \
	        "neigh replace 192.0.2.2 lladdr " CLIENT_LINK " dev eth0 nud permanent\n"          \
	        "neigh replace 2001:db8:1::2 lladdr " CLIENT_LINK " dev eth0 nud permanent\n",     \
	.router_tc = "qdisc add dev eth0 root netem " how_ "\n", .port = PORT_OPEN

/* What comes after the SYN-ACK finds the socket still open. */
static void client_stays(struct variant *v, unsigned int ms)
{
	int fd = open_socket(v);

	attempt(v, fd);
	sleep_ms(ms);
	close_quietly(fd);
}

static void client_stays_shortly(struct variant *v)
{
	client_stays(v, 200);
}

/* The retry has a SYN-ACK of its own, a second later. */
static void client_stays_for_second(struct variant *v)
{
	client_stays(v, 1300);
}

/* The SYN-ACK finds no socket. */
static void client_closes_before_reply(struct variant *v)
{
	int fd = open_socket(v);

	start(v, fd);
	sleep_ms(200);
	close(fd);
	sleep_ms(800);
}

static void client_connects_often(struct variant *v)
{
	for (int i = 0; i < EXPECT_MAX; i++)
		client_connect(v);
}

/* Each attempt ends by chance, and its record must say how. */
static void judge_by_seen(struct variant *v, const json_t *records)
{
	static const struct expect success = {SUCCESS, .syn = SYN_BY_TIME};
	static const struct expect no_reply = {.outcome = "failure",
	                                       .error = ETIMEDOUT,
	                                       .cause = LOST,
	                                       .syn = SYN_ANY,
	                                       .scheduled = "syn_retry"};
	const struct test *written = v->test;
	struct test test = *written;

	for (unsigned int i = 0; i < EXPECT_MAX; i++)
		test.expect[i] = v->seen[i].error ? no_reply : success;
	v->test = &test;
	expect_records(v, records);
	v->test = written;
}

#define LOSSY .syncnt = 1, .client = client_connects_often, .judge = judge_by_seen

const struct test tests_netem[] = {
        {
                .name = "netem_loss_30",
                EVERYWHERE,
                NETEM("loss_30", "loss 30%"),
                LOSSY,
        },
        {
                .name = "netem_loss_70",
                EVERYWHERE,
                NETEM("loss_70", "loss 70%"),
                LOSSY,
        },
        {
                .name = "netem_delay",
                EVERYWHERE,
                NETEM("delay", "delay 300ms"),
                .client = client_connect,
                .expect = {{SUCCESS, .syn = SYN_BY_TIME, .min_ms = 300, .max_ms = 900}},
        },
        {
                .name = "netem_delay_past_retry",
                EVERYWHERE,
                NETEM("delay_past_retry", "delay 1500ms"),
                .client = client_stays_for_second,
                .expect = {{SUCCESS, .syn = 2, .min_ms = 1500, .max_ms = 1990,
                            .steps = {{"syn_retry", .at_most = 1}}}},
        },
        {
                .name = "netem_duplicate",
                EVERYWHERE,
                NETEM("duplicate", "duplicate 100%"),
                .client = client_stays_shortly,
                .expect = {{SUCCESS, .syn = 1}},
        },
        {
                .name = "netem_late_reply",
                .families = ALL_FAMILIES,
                .modes = NONBLOCKING,
                NETEM("late_reply", "delay 600ms"),
                .client = client_closes_before_reply,
                .expect = {{.outcome = "abandoned",
                            .cause = CLOSED,
                            .syn = SYN_BY_TIME,
                            .min_ms = 190,
                            .max_ms = 350}},
        },
        {0},
};
