/* SPDX-License-Identifier: GPL-2.0-only */
/* ICMP errors from the router, which is not this host. */
#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "world.h"

static void client_short_lived(struct variant *v)
{
	int fd = open_socket(v), one = 1;

	if (v->family == V6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_UNICAST_HOPS, &one, sizeof(one));
	else
		setsockopt(fd, IPPROTO_IP, IP_TTL, &one, sizeof(one));
	attempt(v, fd);
	close(fd);
}

#define ICMP(families_, modes_, fact_, cause_fact_, type_, code_, errno_, cause_)                  \
	.families = families_, .modes = modes_,                                                    \
	.expect = {{                                                                               \
	        .outcome = "failure",                                                              \
	        .error = errno_,                                                                   \
	        .cause = cause_,                                                                   \
	        .cause_fact = cause_fact_,                                                         \
	        .syn = SYN_ANY,                                                                    \
	        .steps = {{"icmp_received", fact_, .has_icmp = true, .type = type_, .code = code_, \
	                   .from = ROUTER}},                                                       \
	}}

#define ICMP4(...) ICMP(V4 | MAPPED, BOTH_MODES, FACT_ICMP4, FACT_ICMP4, __VA_ARGS__)
#define ICMP6(...) ICMP(V6, BOTH_MODES, FACT_ICMP6, FACT_ICMP6, __VA_ARGS__)
/* A tier that does not see ICMPv6 can still tell that nothing else gives this errno. */
#define ICMP6_BY_ERRNO(...) ICMP(V6, BOTH_MODES, FACT_ICMP6, FACT_ALWAYS, __VA_ARGS__)

#define FAR .world = "far", .far = true, .client = client_connect_far
#define REJECTED(port_, with_)                                                                     \
	FAR, .port = port_, .router_nft = "forward tcp dport " #port_ " reject with " with_

const struct test tests_icmp[] = {
        /*
         * The router's routes. For IPv4 it sends five such errors to one client and then one a
         * second (net.ipv4.route.error_cost): no more variants than that.
         */
        {
                .name = "icmp4_no_route",
                FAR,
                .to4 = "203.0.113.9",
                .port = PORT_OPEN,
                ICMP(V4, BOTH_MODES, FACT_ICMP4, FACT_ICMP4, 3, 0, ENETUNREACH, "unreachable_icmp"),
        },
        {
                .name = "icmp4_unreachable_route",
                FAR,
                .to4 = "203.0.113.1",
                .port = PORT_OPEN,
                .router_ip = "route add unreachable 203.0.113.1/32\n",
                ICMP(MAPPED, NONBLOCKING, FACT_ICMP4, FACT_ICMP4, 3, 1, EHOSTUNREACH,
                     "unreachable_icmp"),
        },
        {
                .name = "icmp4_prohibit_route",
                FAR,
                .to4 = "203.0.113.2",
                .port = PORT_OPEN,
                .router_ip = "route add prohibit 203.0.113.2/32\n",
                ICMP(V4, NONBLOCKING, FACT_ICMP4, FACT_ICMP4, 3, 13, EHOSTUNREACH,
                     "prohibited_icmp"),
        },
        {
                .name = "icmp6_no_route",
                FAR,
                .to6 = "2001:db8:3::9",
                .port = PORT_OPEN,
                ICMP6_BY_ERRNO(1, 0, ENETUNREACH, "unreachable_icmp"),
        },
        {
                .name = "icmp6_prohibit_route",
                FAR,
                .to6 = "2001:db8:3::2",
                .port = PORT_OPEN,
                .router_ip = "route add prohibit 2001:db8:3::2/128\n",
                ICMP6(1, 1, EACCES, "prohibited_icmp"),
        },
        /* A host that does not answer the router. */
        {
                .name = "icmp4_router_neighbour",
                .to4 = "198.51.100.9",
                .port = PORT_OPEN,
                .client = client_connect,
                ICMP4(3, 1, EHOSTUNREACH, "unreachable_icmp"),
        },
        {
                .name = "icmp6_router_neighbour",
                .to6 = "2001:db8:2::9",
                .port = PORT_OPEN,
                .client = client_connect,
                ICMP6_BY_ERRNO(1, 3, EHOSTUNREACH, "unreachable_icmp"),
        },
        /* The router's firewall. */
        {
                .name = "icmp4_net_unreachable",
                REJECTED(1100, "icmp type net-unreachable"),
                ICMP4(3, 0, ENETUNREACH, "unreachable_icmp"),
        },
        {
                .name = "icmp4_host_unreachable",
                REJECTED(1101, "icmp type host-unreachable"),
                ICMP4(3, 1, EHOSTUNREACH, "unreachable_icmp"),
        },
        {
                .name = "icmp4_protocol_unreachable",
                REJECTED(1102, "icmp type prot-unreachable"),
                ICMP4(3, 2, ENOPROTOOPT, "unreachable_icmp"),
        },
        {
                .name = "icmp4_port_unreachable",
                REJECTED(1103, "icmp type port-unreachable"),
                ICMP4(3, 3, ECONNREFUSED, "unreachable_icmp"),
        },
        {
                .name = "icmp4_net_prohibited",
                REJECTED(1104, "icmp type net-prohibited"),
                ICMP4(3, 9, ENETUNREACH, "prohibited_icmp"),
        },
        {
                .name = "icmp4_host_prohibited",
                REJECTED(1105, "icmp type host-prohibited"),
                ICMP4(3, 10, EHOSTUNREACH, "prohibited_icmp"),
        },
        {
                .name = "icmp4_admin_prohibited",
                REJECTED(1106, "icmp type admin-prohibited"),
                ICMP4(3, 13, EHOSTUNREACH, "prohibited_icmp"),
        },
        {
                .name = "icmp6_admin_prohibited",
                REJECTED(1107, "icmpv6 type admin-prohibited"),
                ICMP6(1, 1, EACCES, "prohibited_icmp"),
        },
        {
                .name = "icmp6_address_unreachable",
                REJECTED(1108, "icmpv6 type addr-unreachable"),
                ICMP6_BY_ERRNO(1, 3, EHOSTUNREACH, "unreachable_icmp"),
        },
        {
                .name = "icmp6_port_unreachable",
                REJECTED(1109, "icmpv6 type port-unreachable"),
                /* Without the ICMP error it looks like a reset that was not seen. */
                ICMP6(1, 4, ECONNREFUSED, "unreachable_icmp"),
        },
        {
                .name = "icmp6_policy_fail",
                REJECTED(1110, "icmpv6 type policy-fail"),
                ICMP6(1, 5, EACCES, "prohibited_icmp"),
        },
        {
                .name = "icmp6_reject_route",
                REJECTED(1111, "icmpv6 type reject-route"),
                ICMP6(1, 6, EACCES, "prohibited_icmp"),
        },
        /* So near that the error comes while connect() still runs: kept, not obeyed. */
        {
                .name = "icmp4_near",
                .port = 1112,
                .router_nft = "forward tcp dport 1112 reject with icmp type host-unreachable",
                .client = client_connect,
                ICMP4(3, 1, EHOSTUNREACH, "unreachable_icmp"),
        },
        {
                .name = "icmp6_near",
                .port = 1113,
                .router_nft = "forward tcp dport 1113 reject with icmpv6 type addr-unreachable",
                .client = client_connect,
                ICMP6_BY_ERRNO(1, 3, EHOSTUNREACH, "unreachable_icmp"),
        },
        /* A loop, or a traceroute. */
        {
                .name = "icmp4_time_exceeded",
                .port = PORT_OPEN,
                .client = client_short_lived,
                ICMP4(11, 0, EHOSTUNREACH, "unreachable_icmp"),
        },
        {
                .name = "icmp6_time_exceeded",
                .port = PORT_OPEN,
                .client = client_short_lived,
                ICMP6_BY_ERRNO(3, 0, EHOSTUNREACH, "unreachable_icmp"),
        },
        {0},
};
