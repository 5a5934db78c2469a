/* SPDX-License-Identifier: GPL-2.0-only */
/* No way to the peer: routes, neighbours, ports, calls that cannot work. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "world.h"

#define EVERYWHERE .families = ALL_FAMILIES, .modes = BOTH_MODES
#define MIDWAY_MS 300

/* A host route of this variant's own: 100.66.0.N or 2001:db8:66::N. */
static void own_address(const struct variant *v, char *text, size_t size)
{
	snprintf(text, size, "%s%u", v->family == V6 ? "2001:db8:66::" : "100.66.0.",
	         v->number % 250 + 1);
}

static void connect_while_route_changes(struct variant *v, const char *const then[])
{
	char address[64], why[WHY_SIZE];
	const char *gateway = v->family == V6 ? ROUTER6 : ROUTER4;
	const char *const add[] = {"ip", "route", "replace", address, "via", gateway, NULL};
	const char *argv[8] = {"ip", "route"};
	size_t n = 2;
	pid_t pid;

	own_address(v, address, sizeof(address));
	set_peer(v, address, PORT_SILENT);
	if (!run_program(v->world->client, NULL, why, add))
		variant_fail(v, "%s", why);
	while (*then)
		argv[n++] = *then++;
	argv[n++] = address;
	argv[n] = NULL;
	pid = run_later(v, MIDWAY_MS, argv);
	client_connect(v);
	wait_child(v, pid);
}

static void client_loses_route(struct variant *v)
{
	static const char *const then[] = {"del", NULL};

	connect_while_route_changes(v, then);
}

static void client_is_prohibited(struct variant *v)
{
	static const char *const then[] = {"replace", "prohibit", NULL};

	connect_while_route_changes(v, then);
}

/* One port for all: the first connection to the peer takes it. */
static void client_without_port(struct variant *v)
{
	int fd = open_socket(v), second = open_socket(v);

	set_peer(v, v->family == V6 ? SERVER6 : SERVER4, open_port(v));
	attempt(v, fd);
	attempt(v, second);
	close_quietly(second);
	close_quietly(fd);
}

static void client_takes_tuple(struct variant *v)
{
	const char *local = v->family == V6 ? CLIENT6 : CLIENT4;
	int fd = open_socket(v), second = open_socket(v);
	uint16_t port = bind_local(v, fd, local, 0);

	bind_local(v, second, local, port);
	attempt(v, fd);
	attempt(v, second);
	close_quietly(second);
	close_quietly(fd);
}

/* An IPv6 address for an IPv4 socket. */
static void client_mistakes_family(struct variant *v)
{
	int fd = open_socket(v);

	v->family = V6;
	set_peer(v, SERVER6, PORT_OPEN);
	start(v, fd);
	close(fd);
}

static void client_mistakes_length(struct variant *v)
{
	int fd = open_socket(v);
	struct seen *seen = begin(v);

	seen->returned = connect(fd, (struct sockaddr *)&v->peer, 8) ? errno : 0;
	seen->error = seen->returned;
	close(fd);
}

/* An IPv4 address, in the form of IPv6, on a socket that takes none. */
static void client_is_v6only(struct variant *v)
{
	int fd = open_socket(v), one = 1;

	if (setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one)))
		variant_fail(v, "IPV6_V6ONLY: %s", strerror(errno));
	attempt(v, fd);
	close(fd);
}

static void client_leaves_from_loopback(struct variant *v)
{
	int fd = open_socket(v);

	bind_local(v, fd, v->family == V4 ? "127.0.0.1" : "::ffff:127.0.0.1", 0);
	attempt(v, fd);
	close(fd);
}

static void client_is_bound(struct variant *v)
{
	int fd = open_socket(v);

	bind_local(v, fd, CLIENT4, 0);
	attempt(v, fd);
	close(fd);
}

static void client_takes_no_gateway(struct variant *v)
{
	int fd = open_socket(v), one = 1;

	if (setsockopt(fd, SOL_SOCKET, SO_DONTROUTE, &one, sizeof(one)))
		variant_fail(v, "SO_DONTROUTE: %s", strerror(errno));
	attempt(v, fd);
	close(fd);
}

static void client_points_nowhere(struct variant *v)
{
	int fd = open_socket(v);
	struct seen *seen = begin(v);
	void *nowhere = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	seen->returned = connect(fd, nowhere, sizeof(struct sockaddr_in6)) ? errno : 0;
	seen->error = seen->returned;
	close(fd);
}

#define SYNC_FAILURE(errno_, cause_)                                                               \
	.needs = FACT_SYNC, .client = client_connect, .port = PORT_OPEN,                           \
	.expect = {{.outcome = "failure", .error = errno_, .cause = cause_}}

const struct test tests_route[] = {
        {
                .name = "no_route",
                EVERYWHERE,
                .to4 = "100.64.0.1",
                .to6 = "2001:db8:64::100",
                SYNC_FAILURE(ENETUNREACH, "no_route"),
        },
        {
                .name = "dont_route",
                .families = V4 | MAPPED,
                .modes = BOTH_MODES,
                .needs = FACT_SYNC,
                .client = client_takes_no_gateway,
                .port = PORT_OPEN,
                .expect = {{.outcome = "failure",
                            .error = ENETUNREACH,
                            .cause = "no_route",
                            .explained = "SO_DONTROUTE"}},
        },
        {
                .name = "unreachable_route",
                EVERYWHERE,
                .to4 = "100.64.1.1",
                .to6 = "2001:db8:64::1",
                .client_ip = "route add unreachable 100.64.1.1/32\n"
                             "route add unreachable 2001:db8:64::1/128\n",
                SYNC_FAILURE(EHOSTUNREACH, "no_route"),
        },
        {
                .name = "prohibit_route",
                EVERYWHERE,
                .to4 = "100.64.1.2",
                .to6 = "2001:db8:64::2",
                .client_ip = "route add prohibit 100.64.1.2/32\n"
                             "route add prohibit 2001:db8:64::2/128\n",
                SYNC_FAILURE(EACCES, "route_prohibited"),
        },
        {
                .name = "blackhole_route",
                EVERYWHERE,
                .to4 = "100.64.1.3",
                .to6 = "2001:db8:64::3",
                .client_ip = "route add blackhole 100.64.1.3/32\n"
                             "route add blackhole 2001:db8:64::3/128\n",
                SYNC_FAILURE(EINVAL, "route_blackhole"),
        },
        {
                .name = "throw_route",
                EVERYWHERE,
                .to4 = "100.64.1.4",
                .to6 = "2001:db8:64::4",
                .client_ip = "route add throw 100.64.1.4/32\n"
                             "route add throw 2001:db8:64::4/128\n",
                SYNC_FAILURE(ENETUNREACH, "no_route"),
        },
        {
                .name = "route_lost",
                EVERYWHERE,
                .router_ip = "route replace 100.66.0.0/24 via 198.51.100.2\n"
                             "route replace 2001:db8:66::/64 via 2001:db8:2::2\n",
                .router_nft = "forward tcp dport 1000 drop",
                .syncnt = 2,
                .client = client_loses_route,
                .expect = {{.outcome = "failure",
                            .error = ENETUNREACH,
                            .cause = "no_route",
                            .cause_fact = FACT_RETRY_FAILED,
                            .syn = SYN_ANY,
                            .min_ms = 6900,
                            .steps = {{"syn_retry_failed", FACT_RETRY_FAILED}}}},
        },
        {
                .name = "route_prohibited",
                EVERYWHERE,
                .router_ip = "route replace 100.66.0.0/24 via 198.51.100.2\n"
                             "route replace 2001:db8:66::/64 via 2001:db8:2::2\n",
                .router_nft = "forward tcp dport 1000 drop",
                .syncnt = 2,
                .client = client_is_prohibited,
                .expect = {{.outcome = "failure",
                            .error = EACCES,
                            .cause = "route_prohibited",
                            .cause_fact = FACT_RETRY_FAILED,
                            .syn = SYN_ANY,
                            .min_ms = 6900,
                            .steps = {{"syn_retry_failed", FACT_RETRY_FAILED}}}},
        },
        {
                .name = "neighbour_missing",
                EVERYWHERE,
                .to4 = "192.0.2.9",
                .to6 = "2001:db8:1::9",
                .client = client_connect,
                .expect = {{.outcome = "failure",
                            .error = EHOSTUNREACH,
                            .cause = "neighbour_unresolved",
                            .cause_fact = FACT_NEIGHBOUR,
                            .syn = SYN_ANY,
                            .min_ms = 2500,
                            .max_ms = 5000}},
        },
        {
                .name = "ports_exhausted",
                EVERYWHERE,
                .needs = FACT_SYNC,
                .world = "ports",
                .sysctl = "net/ipv4/ip_local_port_range=50000 50000",
                .client = client_without_port,
                .expect = {{.outcome = "success", .cause = "established", .syn = 1},
                           {.outcome = "failure",
                            .error = EADDRNOTAVAIL,
                            .cause = "no_local_port"}},
        },
        {
                .name = "tuple_taken",
                EVERYWHERE,
                .needs = FACT_SYNC,
                .port = PORT_OPEN,
                .client = client_takes_tuple,
                .expect = {{.outcome = "success", .cause = "established", .syn = 1},
                           {.outcome = "failure",
                            .error = EADDRNOTAVAIL,
                            .cause = "no_local_port"}},
        },
        {
                .name = "invalid_family",
                .families = V4,
                .modes = BOTH_MODES,
                .needs = FACT_SYNC,
                .client = client_mistakes_family,
                .expect = {{.outcome = "failure", .error = EAFNOSUPPORT, .cause = "invalid_call"}},
        },
        {
                .name = "mapped_v6only",
                .families = MAPPED,
                .modes = BOTH_MODES,
                .needs = FACT_SYNC,
                .port = PORT_OPEN,
                .client = client_is_v6only,
                .expect = {{.outcome = "failure",
                            .error = ENETUNREACH,
                            .cause = "invalid_call",
                            .explained = "IPV6_V6ONLY"}},
        },
        {
                .name = "broadcast_of_network",
                .families = V4 | MAPPED,
                .modes = BOTH_MODES,
                .to4 = "192.0.2.255",
                .to6 = "::ffff:192.0.2.255",
                .needs = FACT_SYNC,
                .port = PORT_OPEN,
                .client = client_connect,
                .expect = {{.outcome = "failure",
                            .error = ENETUNREACH,
                            .cause = "invalid_call",
                            .explained = "broadcast address of a network"}},
        },
        {
                .name = "from_loopback",
                .families = V4 | MAPPED,
                .modes = BOTH_MODES,
                .needs = FACT_SYNC,
                .port = PORT_OPEN,
                .client = client_leaves_from_loopback,
                .expect = {{.outcome = "failure",
                            .error = EINVAL,
                            .cause = "invalid_call",
                            .explained = "bound to 127.0.0.1"}},
        },
        {
                /* A rule that has a way for packets from another address alone. */
                .name = "route_by_source",
                .families = V4,
                .modes = BOTH_MODES,
                .world = "by_source",
                .client_ip = "rule add pref 10 from " CLIENT4 " to 100.69.0.1 prohibit\n"
                             "route add 100.69.0.1 via " ROUTER4 "\n",
                .to4 = "100.69.0.1",
                .needs = FACT_SYNC,
                .port = PORT_OPEN,
                .client = client_is_bound,
                .expect = {{.outcome = "failure",
                            .error = EACCES,
                            .cause = "route_prohibited",
                            .explained = "Packets from another address than"}},
        },
        {
                .name = "invalid_address",
                EVERYWHERE,
                .needs = FACT_BAD_ADDRESS,
                .client = client_points_nowhere,
                .expect = {{.outcome = "failure",
                            .error = EFAULT,
                            .cause = "invalid_call",
                            .has_no_peer = true,
                            .explained = "outside the memory"}},
        },
        {
                .name = "invalid_length",
                EVERYWHERE,
                .needs = FACT_SYNC,
                .client = client_mistakes_length,
                .expect = {{.outcome = "failure",
                            .error = EINVAL,
                            .cause = "invalid_call",
                            .has_no_peer = true}},
        },
        {0},
};
