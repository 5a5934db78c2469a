/* SPDX-License-Identifier: GPL-2.0-only */
/* Soft errors: kept on the socket while the kernel goes on, and the errno of the time-out. */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "forge.h"
#include "world.h"

#define ANSWER_MS 40
#define MIDWAY_MS 300
#define SOON_MS 20
#define IMPATIENT_MS 10000
#define CLIENT_LINK "02:00:5e:00:53:02"

/* Neither ARP nor ND is in the way: the error is back while connect() still holds the socket. */
#define NEAR                                                                                       \
	.world = "soft",                                                                           \
	.client_ip =                                                                               \
	        "link set eth0 address " CLIENT_LINK "\n"                                          \
	        "neigh replace 192.0.2.1 lladdr " ROUTER_LINK " dev eth0 nud permanent\n"          \
	        "neigh replace 2001:db8:1::1 lladdr " ROUTER_LINK " dev eth0 nud permanent\n",     \
	.router_ip = "neigh replace 192.0.2.2 lladdr " CLIENT_LINK " dev eth0 nud permanent\n"     \
	             "neigh replace 2001:db8:1::2 lladdr " CLIENT_LINK " dev eth0 nud permanent\n"

/* The router rejects all that it does not drop. */
#define REJECTED                                                                                   \
	.port = PORT_PER_VARIANT,                                                                  \
	.router_nft = "forward tcp dport @closed drop\n"                                           \
	              "forward tcp dport 2000-3999 reject with icmpx type host-unreachable"

static void set_silence(struct variant *v, bool silent)
{
	static const char *const argv[] = {"nft", "-f", "-", NULL};
	char command[96], why[WHY_SIZE];

	snprintf(command, sizeof(command), "%s element inet live closed { %u }\n",
	         silent ? "add" : "delete", address_port(&v->peer));
	if (!run_program(v->world->router, command, why, argv))
		variant_fail(v, "%s", why);
}

static void client_keeps_error(struct variant *v)
{
	pid_t pid = fork_child();

	if (pid == 0) {
		sleep_ms(MIDWAY_MS);
		set_silence(v, true);
		_exit(0);
	}
	client_connect(v);
	wait_child(v, pid);
	set_silence(v, false);
}

static void set_send_timeout(struct variant *v, int fd, unsigned int ms)
{
	struct timeval timeout = {.tv_usec = (suseconds_t)ms * 1000};

	if (setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout)))
		variant_fail(v, "SO_SNDTIMEO: %s", strerror(errno));
}

/* The second attempt of a socket on which the first has left its error. */
static void client_inherits_error(struct variant *v)
{
	struct sockaddr unspecified = {.sa_family = AF_UNSPEC};
	int fd = open_socket(v);
	struct seen *seen;

	set_send_timeout(v, fd, SOON_MS);
	seen = start(v, fd);
	set_silence(v, true);
	if (connect(fd, &unspecified, sizeof(unspecified)))
		variant_fail(v, "AF_UNSPEC: %s", strerror(errno));
	note_end(seen);
	set_send_timeout(v, fd, 0);
	attempt(v, fd);
	close(fd);
	set_silence(v, false);
}

/* A link of its own to the router, which knows no way to the peer, and none back to say so. */
static void client_loses_device(struct variant *v)
{
	static const char links[] =
	        "link add v%1$u type veth peer name v%1$u address " ROUTER_LINK
	        " netns /proc/%2$d/fd/%3$d\n"
	        "link set v%1$u up\n"
	        "addr add %4$s dev v%1$u\n"
	        "neigh replace %5$s lladdr " ROUTER_LINK " dev v%1$u nud permanent\n";
	char lines[512], gone[64], other[64], local[64], peer[64], name[16], why[WHY_SIZE];
	const char *const down[] = {"ip", "link", "set", name, "down", NULL};
	bool is_v6 = v->family == V6;
	pid_t pid;

	snprintf(name, sizeof(name), "v%u", v->number);
	snprintf(local, sizeof(local), is_v6 ? "2001:db8:68:%u::1/64" : "100.68.%u.1/24",
	         v->number % 250);
	snprintf(peer, sizeof(peer), is_v6 ? "2001:db8:68:%u::2" : "100.68.%u.2", v->number % 250);
	snprintf(lines, sizeof(lines), links, v->number, getpid(), v->world->router, local, peer);
	snprintf(other, sizeof(other), "link set %s up\n", name);
	/* Of the first try */
	snprintf(gone, sizeof(gone), "link del %s\n", name);
	world_batch(v->world->client, "ip", gone, why);
	if (!world_batch(v->world->client, "ip", lines, why) ||
	    !world_batch(v->world->router, "ip", other, why))
		variant_fail(v, "%s", why);
	sleep_ms(MIDWAY_MS);
	set_peer(v, peer, PORT_OPEN);
	pid = run_later(v, MIDWAY_MS, down);
	client_connect(v);
	wait_child(v, pid);
}

static void forge_tiny_mtu(struct forger *f)
{
	forger_await(f, SEGMENT_SYN);
	sleep_ms(ANSWER_MS);
	forger_icmp(f, &(struct forged_icmp){.type = 3, .code = 4, .info = 256});
}

static void forge_smaller_mtu(struct forger *f)
{
	forger_await(f, SEGMENT_SYN);
	sleep_ms(ANSWER_MS);
	forger_icmp(f, &(struct forged_icmp){.type = 3, .code = 4, .info = 1400});
}

/* Smaller than the least that this host takes, to a socket that does not want to be fragmented. */
static void client_gets_tiny_mtu(struct variant *v)
{
	pid_t forger = forger_start(v);
	int fd = open_socket(v), always = IP_PMTUDISC_DO;

	if (setsockopt(fd, IPPROTO_IP, IP_MTU_DISCOVER, &always, sizeof(always)))
		variant_fail(v, "IP_MTU_DISCOVER: %s", strerror(errno));
	attempt(v, fd);
	close(fd);
	forger_stop(v, forger);
}

#define SOFT_ICMP(fact_, type_, code_)                                                             \
	{                                                                                          \
		"icmp_received", fact_, .at_most = 1, .has_icmp = true, .type = type_,             \
		                        .code = code_, .hard = SOFT, .from = ROUTER                \
	}

#define KEPT(fact_, type_, code_, errno_)                                                          \
	NEAR, REJECTED, .syncnt = 1, .client = client_keeps_error,                                 \
	                .expect = {{.outcome = "failure",                                          \
	                            .error = errno_,                                               \
	                            .cause = "unreachable_icmp",                                   \
	                            .cause_fact = fact_,                                           \
	                            .syn = SYN_ANY,                                                \
	                            .scheduled = "syn_retry",                                      \
	                            .explained = "soft error",                                     \
	                            .steps = {SOFT_ICMP(fact_, type_, code_)}}}

/* The second attempt saw no ICMP error at all: only its errno is of the first. */
#define INHERITED(fact_, type_, code_, errno_)                                                     \
	NEAR, REJECTED, .modes = BLOCKING, .syncnt = 1, .client = client_inherits_error,           \
	                .expect = {{.outcome = "failure",                                          \
	                            .error = errno_,                                               \
	                            .cause = "unreachable_icmp",                                   \
	                            .syn = 1,                                                      \
	                            .max_ms = 500,                                                 \
	                            .steps = {SOFT_ICMP(fact_, type_, code_)}},                    \
	                           {.outcome = "failure",                                          \
	                            .error = errno_,                                               \
	                            .cause = "no_reply",                                           \
	                            .syn = SYN_ANY,                                                \
	                            .scheduled = "syn_retry",                                      \
	                            .explained = "left from an earlier attempt",                   \
	                            .steps = {{"icmp_received", .none = true}}}}

static void client_is_impatient(struct variant *v)
{
	int fd = open_socket(v), ms = IMPATIENT_MS;

	if (setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &ms, sizeof(ms)))
		variant_fail(v, "TCP_USER_TIMEOUT: %s", strerror(errno));
	attempt(v, fd);
	close(fd);
}

const struct test tests_soft[] = {
        {
                /* Soft while connect() held the socket, hard at the retry: no time-out. */
                .name = "soft_then_hard6",
                .families = V6,
                .modes = BOTH_MODES,
                NEAR,
                .port = 1240,
                .router_nft = "forward tcp dport 1240 reject with icmpx type admin-prohibited",
                .client = client_is_impatient,
                .expect = {{.outcome = "failure",
                            .error = EACCES,
                            .cause = "prohibited_icmp",
                            .syn = 2,
                            .min_ms = 950,
                            .max_ms = 2000}},
        },
        /* poll() of IPv4 wakes at once, and SO_ERROR gives it: see output_reject_icmp_poll. */
        {
                .name = "soft_error4",
                .families = V4 | MAPPED,
                .modes = BLOCKING,
                KEPT(FACT_ICMP4, 3, 1, EHOSTUNREACH),
        },
        {
                .name = "soft_error6",
                .families = V6,
                .modes = BOTH_MODES,
                KEPT(FACT_ICMP6, 1, 3, EHOSTUNREACH),
        },
        {
                .name = "soft_error_left4",
                .families = V4 | MAPPED,
                INHERITED(FACT_ICMP4, 3, 1, EHOSTUNREACH),
        },
        {
                .name = "soft_error_left6",
                .families = V6,
                INHERITED(FACT_ICMP6, 1, 3, EHOSTUNREACH),
        },
        {
                .name = "device_down",
                .families = ALL_FAMILIES,
                .modes = BOTH_MODES,
                .world = "soft",
                .syncnt = 1,
                .client = client_loses_device,
                .expect = {{.outcome = "failure",
                            .error = ENETUNREACH,
                            .cause = "no_route",
                            .cause_fact = FACT_RETRY_FAILED,
                            .syn = 1,
                            .min_ms = 2900,
                            .steps = {{"syn_retry_failed", FACT_RETRY_FAILED}}}},
        },
        {
                .name = "mtu_too_small",
                .families = V4,
                .modes = BOTH_MODES,
                .world = "forged",
                .port = PORT_PER_VARIANT,
                .router_nft = FORGED_SILENCE,
                .forge = forge_tiny_mtu,
                .syncnt = 1,
                .client = client_gets_tiny_mtu,
                .expect = {{.outcome = "failure",
                            .error = EMSGSIZE,
                            .cause = "unreachable_icmp",
                            .syn = SYN_ANY,
                            .scheduled = "syn_retry",
                            .explained = "min_pmtu",
                            .steps = {{"icmp_received", FACT_MTU, .has_icmp = true, .type = 3,
                                       .code = 4, .hard = SOFT}}}},
        },
        {
                /* The cause may be what the router does in its own namespace. */
                .name = "mtu_smaller",
                .families = V4,
                .modes = BOTH_MODES,
                .world = "forged",
                .port = PORT_PER_VARIANT,
                .router_nft = FORGED_SILENCE,
                .forge = forge_smaller_mtu,
                .syncnt = 1,
                .client = client_meets_forger,
                .expect = {{.outcome = "failure",
                            .error = ETIMEDOUT,
                            .syn = SYN_ANY,
                            .scheduled = "syn_retry",
                            .steps = {{"icmp_received", FACT_MTU, .hard = SOFT}}}},
        },
        {0},
};
