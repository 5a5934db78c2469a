/* SPDX-License-Identifier: GPL-2.0-only */
/* This host's own NAT between the socket and the wire; its TPROXY, which is none. */
#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "world.h"

/* Of a service that no host has. */
#define SERVICE4 "203.0.113.7"
#define SERVICE6 "2001:db8:3::7"
#define LOCAL4 "192.0.2.3"
#define LOCAL6 "2001:db8:1::3"
#define PORT_FULL 8010 /* and one for each slot: redirected to .. */
#define PORT_LISTEN 15010
#define PORT_INTERCEPTED 8501
#define PORT_SERVED 8021
#define PORT_SERVERLESS 8022

#define TO(port, address4, address6, to)                                                           \
	"ip daddr " SERVICE4 " tcp dport " #port " dnat ip to " address4 ":" #to "\n"              \
	"ip6 daddr " SERVICE6 " tcp dport " #port " dnat ip6 to [" address6 "]:" #to "\n"

/* As nft is given it again and again, it makes the same tables. */
#define RULES                                                                                      \
	"table inet nat\n"                                                                         \
	"delete table inet nat\n"                                                                  \
	"table inet nat {\n"                                                                       \
	"chain output { type nat hook output priority -100\n" TO(8001, SERVER4, SERVER6, 83)       \
	        TO(8002, SERVER4, SERVER6, 79) TO(8003, NOBODY4, NOBODY6, 80) TO(8004, SERVER4,    \
	                                                                         SERVER6, 1000)    \
	                TO(8007, SERVER4, SERVER6,                                                 \
	                   1301) "tcp dport 8005 redirect to :15001\n"                             \
	                         "tcp dport 8010 redirect to :15010\n"                             \
	                         "tcp dport 8011 redirect to :15011\n"                             \
	                         "tcp dport 8012 redirect to :15012\n"                             \
	                         "tcp dport 8013 redirect to :15013\n"                             \
	                         "tcp dport 8014 redirect to :15014\n"                             \
	                         "tcp dport 8015 redirect to :15015\n"                             \
	                         "}\n"                                                             \
	                         "chain postrouting { type nat hook postrouting priority 100\n"    \
	                         "ip protocol tcp tcp dport 1008 snat ip to " LOCAL4 "\n"          \
	                         "ip6 nexthdr tcp tcp dport 1008 snat ip6 to " LOCAL6 "\n"         \
	                         "}\n"                                                             \
	                         "chain input { type filter hook input priority 0\n"               \
	                         "tcp sport 83 drop\n"                                             \
	                         "}\n"                                                             \
	                         "}\n"

#define TRANSLATED                                                                                 \
	.world = "nat", .client_ruleset = RULES, .to4 = SERVICE4, .to6 = SERVICE6,                 \
	.client = client_connect
#define EVERYWHERE .families = ALL_FAMILIES, .modes = BOTH_MODES

/* One connection fills the queue of this listener, to which the service's port is redirected. */
static void client_overflows_redirected(struct variant *v)
{
	int listener = open_socket(v), fd = open_socket(v), second = open_socket(v);

	bind_local(v, listener, v->family == V6 ? "::" : "0.0.0.0",
	           (uint16_t)(PORT_LISTEN + slot(v)));
	if (listen(listener, 0))
		variant_fail(v, "listen");
	set_peer(v, v->family == V6 ? SERVICE6 : SERVICE4, (uint16_t)(PORT_FULL + slot(v)));
	attempt(v, fd);
	attempt(v, second);
	close(second);
	close(fd);
}

/* A virtual service of IPVS, with the server's silent port behind it, or with nobody. */
static void client_by_ipvs(struct variant *v)
{
	bool served = v->test->port == PORT_SERVED;
	const char *service = v->family == V6 ? "[" SERVICE6 "]:8021" : SERVICE4 ":8021";
	const char *server = v->family == V6 ? "[" SERVER6 "]:1000" : SERVER4 ":1000";
	const char *empty = v->family == V6 ? "[" SERVICE6 "]:8022" : SERVICE4 ":8022";
	const char *const add[] = {"ipvsadm", "-A", "-t", served ? service : empty, NULL};
	const char *const serve[] = {"ipvsadm", "-a", "-t", service, "-r", server, "-m", NULL};
	char why[WHY_SIZE] = "";

	client_needs(v, "ipvsadm");
	/* Another variant may have been first. */
	run_program(v->world->client, NULL, why, add);
	if (served)
		run_program(v->world->client, NULL, why, serve);
	if (access("/proc/thread-self/net/ip_vs", F_OK))
		variant_skip(v, "no IPVS here");
	client_connect(v);
}

/*
 * What is marked comes back to this host, where a transparent listener takes it. The peer is who
 * was asked for, and whose queue is full is not known.
 */
#define INTERCEPTING                                                                               \
	"table inet intercept\n"                                                                   \
	"delete table inet intercept\n"                                                            \
	"table inet intercept {\n"                                                                 \
	"chain output { type route hook output priority -150\n"                                    \
	"tcp dport 8501-8506 meta mark set 7\n"                                                    \
	"}\n"                                                                                      \
	"chain prerouting { type filter hook prerouting priority -150\n"                           \
	"mark 7 meta l4proto tcp tproxy ip to 127.0.0.1\n"                                         \
	"mark 7 meta l4proto tcp tproxy ip6 to [::1]\n"                                            \
	"}\n"                                                                                      \
	"}\n"
#define INTERCEPTED_ROUTES                                                                         \
	"route add local default dev lo table 77\n"                                                \
	"route add local ::/0 dev lo table 77\n"

static int listen_transparently(struct variant *v, uint16_t port, int backlog)
{
	int fd = open_socket(v), one = 1;

	if (setsockopt(fd, v->family == V6 ? IPPROTO_IPV6 : IPPROTO_IP,
	               v->family == V6 ? IPV6_TRANSPARENT : IP_TRANSPARENT, &one, sizeof(one)))
		variant_skip(v, "no transparent sockets here");
	bind_local(v, fd, v->family == V6 ? "::1" : "127.0.0.1", port);
	if (listen(fd, backlog))
		variant_fail(v, "listen");
	return fd;
}

/* The first connection fills the queue. */
static void client_is_intercepted(struct variant *v)
{
	const char *const rule[] = {
	        "ip", v->family == V6 ? "-6" : "-4", "rule", "add", "fwmark", "7", "lookup", "77",
	        NULL};
	uint16_t port = (uint16_t)(PORT_INTERCEPTED + slot(v));
	int listener = listen_transparently(v, port, 0), fd = open_socket(v),
	    second = open_socket(v);
	char why[WHY_SIZE];

	/* Another variant may have been first. */
	run_program(v->world->client, NULL, why, rule);
	set_peer(v, v->family == V6 ? SERVICE6 : SERVICE4, port);
	attempt(v, fd);
	attempt(v, second);
	close(second);
	close(fd);
	close(listener);
}

#define BY_IPVS                                                                                    \
	.families = V4 | V6, .modes = BOTH_MODES, .world = "ipvs", .to4 = SERVICE4,                \
	.to6 = SERVICE6, .syncnt = 1, .client = client_by_ipvs

const struct test tests_nat[] = {
        {
                .name = "ipvs_silent",
                BY_IPVS,
                .port = PORT_SERVED,
                .router_nft = "forward tcp dport 1000 drop",
                .expect = {{.outcome = "failure",
                            .error = ETIMEDOUT,
                            .cause = "no_reply",
                            .syn = SYN_ANY,
                            .scheduled = "syn_retry",
                            .via = SERVER,
                            .via_port = 1000,
                            .explained = "own IPVS translates"}},
        },
        {
                .name = "ipvs_serverless",
                BY_IPVS,
                .port = PORT_SERVERLESS,
                .expect = {{.outcome = "failure",
                            .error = ECONNREFUSED,
                            .cause = "rejected_locally",
                            .syn = 0,
                            .explained = "no server takes its connections"}},
        },
        {
                .name = "service_input_drop",
                EVERYWHERE,
                TRANSLATED,
                .port = 8001,
                .syncnt = 1,
                .expect = {{.outcome = "failure",
                            .error = ETIMEDOUT,
                            .cause = "dropped_locally_in",
                            .syn = SYN_ANY,
                            .scheduled = "syn_retry",
                            .via = SERVER,
                            .via_port = 83,
                            .steps = {{"dropped", FACT_DROP_IN, .at_least = 2,
                                       .direction = "in"}}}},
        },
        {
                .name = "service_refused",
                EVERYWHERE,
                TRANSLATED,
                .port = 8002,
                .expect = {{.outcome = "failure",
                            .error = ECONNREFUSED,
                            .cause = "refused",
                            .syn = 1,
                            .via = SERVER,
                            .via_port = 79,
                            .via_fact = FACT_NAT_RESET}},
        },
        {
                .name = "service_gone",
                EVERYWHERE,
                TRANSLATED,
                .port = 8003,
                .expect = {{.outcome = "failure",
                            .error = EHOSTUNREACH,
                            .cause = "neighbour_unresolved",
                            .cause_fact = FACT_NEIGHBOUR_NAT,
                            .syn = SYN_BY_TIME,
                            .via = NOBODY,
                            .via_port = 80}},
        },
        {
                .name = "service_silent",
                .families = V4 | V6,
                .modes = BOTH_MODES,
                TRANSLATED,
                .port = 8004,
                .router_nft = "forward tcp dport 1000 drop",
                .syncnt = 1,
                .expect = {{.outcome = "failure",
                            .error = ETIMEDOUT,
                            .cause = "no_reply",
                            .syn = SYN_ANY,
                            .scheduled = "syn_retry",
                            .via = SERVER,
                            .via_port = 1000,
                            .explained = "and port 1000"}},
        },
        {
                .name = "service_prohibited",
                .families = V4 | MAPPED,
                .modes = BOTH_MODES,
                TRANSLATED,
                .port = 8007,
                .router_nft = "forward tcp dport 1301 reject with icmpx type admin-prohibited",
                .far = true,
                .expect = {{.outcome = "failure",
                            .error = EHOSTUNREACH,
                            .cause = "prohibited_icmp",
                            .cause_fact = FACT_ICMP4,
                            .syn = SYN_BY_TIME,
                            .via = SERVER,
                            .via_port = 1301,
                            .explained = "Who sent it is not known"}},
        },
        {
                .name = "redirect_refused",
                EVERYWHERE,
                TRANSLATED,
                .port = 8005,
                .expect = {{.outcome = "failure",
                            .error = ECONNREFUSED,
                            .cause = "refused",
                            .syn = 1,
                            .via = ITSELF,
                            .via_port = 15001,
                            .via_fact = FACT_NAT_LOOP,
                            .explained_fact = FACT_NAT_LOOP,
                            .explained = "The RST is this host's own"}},
        },
        {
                .name = "redirect_overflow",
                EVERYWHERE,
                .world = "nat",
                .client_ruleset = RULES,
                .port = PORT_FULL,
                .syncnt = 1,
                .client = client_overflows_redirected,
                .expect = {{.outcome = "success", .cause = "established", .syn = 1},
                           {.outcome = "failure",
                            .error = ETIMEDOUT,
                            .cause = "listener_overflow",
                            .syn = SYN_ANY,
                            .scheduled = "syn_retry",
                            .via = ITSELF,
                            .via_port = VIA_ANY_PORT,
                            .steps = {{"listener_full", FACT_LISTENER}}}},
        },
        {
                .name = "intercepted",
                .families = V4 | V6,
                .modes = BOTH_MODES,
                .world = "tproxy",
                .client_ip = INTERCEPTED_ROUTES,
                .client_ruleset = INTERCEPTING,
                .syncnt = 1,
                .port = PORT_INTERCEPTED,
                .client = client_is_intercepted,
                .expect = {{.outcome = "success", .cause = "established", .syn = 1},
                           {.outcome = "failure",
                            .error = ETIMEDOUT,
                            .cause = "no_reply",
                            .syn = SYN_ANY,
                            .scheduled = "syn_retry"}},
        },
        {
                .name = "source_translated4",
                .families = V4 | MAPPED,
                .modes = BOTH_MODES,
                .world = "nat",
                .client_ruleset = RULES,
                .client_ip = "addr replace " LOCAL4 "/24 dev eth0",
                .router_nft = "forward tcp dport 1008 drop",
                .port = 1008,
                .syncnt = 1,
                .client = client_connect,
                .expect = {{.outcome = "failure",
                            .error = ETIMEDOUT,
                            .cause = "no_reply",
                            .syn = SYN_ANY,
                            .scheduled = "syn_retry",
                            .via_local = LOCAL4}},
        },
        {
                .name = "source_translated6",
                .families = V6,
                .modes = BOTH_MODES,
                .world = "nat",
                .client_ruleset = RULES,
                .client_ip = "addr replace " LOCAL6 "/64 dev eth0 nodad preferred_lft 0",
                .router_nft = "forward tcp dport 1008 drop",
                .port = 1008,
                .syncnt = 1,
                .client = client_connect,
                .expect = {{.outcome = "failure",
                            .error = ETIMEDOUT,
                            .cause = "no_reply",
                            .syn = SYN_ANY,
                            .scheduled = "syn_retry",
                            .via_local = LOCAL6}},
        },
        {0},
};
