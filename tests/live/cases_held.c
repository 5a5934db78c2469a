/* SPDX-License-Identifier: GPL-2.0-only */
/* SYNs that wait on this host until somebody gives up: for the next hop, for a carrier. */
#include <errno.h>
#include <linux/tcp.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "world.h"

#define POLLING .families = ALL_FAMILIES, .modes = NONBLOCKING

static void close_after(struct variant *v, int fd, unsigned int ms)
{
	struct seen *seen = start(v, fd);

	sleep_ms(ms);
	close(fd);
	note_end(seen);
}

static void client_closes_late(struct variant *v)
{
	close_after(v, open_socket(v), 1250);
}

/* The kernel takes up to a second to see it, and forgets the neighbours of the device then. */
static void client_without_carrier(struct variant *v)
{
	struct ifreq device = {.ifr_name = "eth0"};
	int fd = open_socket(v);

	for (int i = 0; i < 500; i++) {
		if (ioctl(fd, SIOCGIFFLAGS, &device))
			variant_fail(v, "SIOCGIFFLAGS: %s", strerror(errno));
		if (!(device.ifr_flags & IFF_RUNNING))
			break;
		sleep_ms(10);
	}
	close_after(v, fd, 1250);
}

static void client_closes_soon(struct variant *v)
{
	close_after(v, open_socket(v), 300);
}

static void client_is_bound_to_loopback(struct variant *v)
{
	int fd = open_socket(v);

	bind_local(v, fd, "::1", 0);
	close_after(v, fd, 1250);
}

static void client_signs(struct variant *v)
{
	struct tcp_md5sig key = {.tcpm_keylen = 6, .tcpm_key = "secret"};
	int fd = open_socket(v);

	memcpy(&key.tcpm_addr, &v->peer, sizeof(v->peer));
	if (setsockopt(fd, IPPROTO_TCP, TCP_MD5SIG, &key, sizeof(key)))
		variant_skip(v, "TCP_MD5SIG: %s", strerror(errno));
	close_after(v, fd, 1250);
}

static void client_is_bound_to_device(struct variant *v)
{
	int fd = open_socket(v);

	if (setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, "aside", sizeof("aside")))
		variant_fail(v, "SO_BINDTODEVICE: %s", strerror(errno));
	close_after(v, fd, 1250);
}

#define GIVEN_UP(cause_, why_)                                                                     \
	.outcome = "abandoned", .cause = cause_, .why = why_, .syn = 1,                            \
	.syn_fact = FACT_RETRY_FAILED

const struct test tests_held[] = {
        {
                .name = "neighbour_asked",
                POLLING,
                .to4 = "192.0.2.61",
                .to6 = "2001:db8:1::61",
                .port = PORT_OPEN,
                .client = client_closes_late,
                .expect = {{GIVEN_UP("deadline_of_app", "neighbour_unresolved"),
                            .explained = "ip neigh show",
                            .steps = {{"syn_retry_failed", FACT_RETRY_FAILED}}}},
        },
        {
                .name = "neighbour_asked_soon",
                POLLING,
                .to4 = "192.0.2.62",
                .to6 = "2001:db8:1::62",
                .port = PORT_OPEN,
                .client = client_closes_soon,
                .expect = {{GIVEN_UP(CLOSED, "neighbour_unresolved"),
                            .explained = "ip neigh show"}},
        },
        {
                .name = "no_carrier",
                POLLING,
                .world = "carrier",
                .router_ip = "link set eth0 down\n",
                .to4 = "192.0.2.63",
                .to6 = "2001:db8:1::63",
                .port = PORT_OPEN,
                .client = client_without_carrier,
                .expect = {{GIVEN_UP("deadline_of_app", "held_locally"),
                            .explained = "eth0 is up, but without carrier"}},
        },
        {
                .name = "no_carrier_drop",
                POLLING,
                .world = "carrier",
                .client_ip =
                        "neigh replace 192.0.2.64 lladdr " ROUTER_LINK " dev eth0 nud permanent\n"
                        "neigh replace 2001:db8:1::64 lladdr " ROUTER_LINK
                        " dev eth0 nud permanent\n",
                .to4 = "192.0.2.64",
                .to6 = "2001:db8:1::64",
                .port = PORT_OPEN,
                .client = client_without_carrier,
                .expect = {{.outcome = "abandoned",
                            .cause = "deadline_of_app",
                            .why = "dropped_locally_out",
                            .why_fact = FACT_DROP_OUT,
                            .syn = SYN_ANY,
                            .explained = "eth0 is up, but without carrier"}},
        },
        {
                .name = "signed_unanswered",
                POLLING,
                .port = PORT_SILENT,
                .router_nft = "forward tcp dport 1000 drop",
                .client = client_signs,
                .expect = {{.outcome = "abandoned",
                            .cause = "deadline_of_app",
                            .syn = SYN_BY_TIME,
                            .explained = "TCP-MD5"}},
        },
        {
                .name = "neighbour_set_by_hand",
                POLLING,
                .client_ip = "neigh replace 192.0.2.66 lladdr 02:00:5e:00:53:66 dev eth0 nud "
                             "permanent\n"
                             "neigh replace 2001:db8:1::66 lladdr 02:00:5e:00:53:66 dev eth0 nud "
                             "permanent\n",
                .to4 = "192.0.2.66",
                .to6 = "2001:db8:1::66",
                .port = PORT_OPEN,
                .client = client_closes_late,
                .expect = {{.outcome = "abandoned",
                            .cause = "deadline_of_app",
                            .syn = SYN_ANY,
                            .explained = "was set by hand"}},
        },
        {
                .name = "bound_to_device",
                .families = V4 | MAPPED,
                .modes = NONBLOCKING,
                .world = "bound",
                .client_ip = "link add aside type veth peer name aside1\n"
                             "link set aside up\n"
                             "link set aside1 up\n"
                             "addr add 203.0.113.1/24 dev aside\n",
                .port = PORT_OPEN,
                .client = client_is_bound_to_device,
                .expect = {{GIVEN_UP("deadline_of_app", "neighbour_unresolved"),
                            .explained = "which has no route to the peer"}},
        },
        {
                .name = "loopback_source",
                .families = V6,
                .modes = NONBLOCKING,
                .to6 = "2001:db8:1::65",
                .port = PORT_OPEN,
                .client = client_is_bound_to_loopback,
                .expect = {{GIVEN_UP("deadline_of_app", "held_locally"),
                            .explained = "no other host can answer"}},
        },
        {0},
};
