/* SPDX-License-Identifier: GPL-2.0-only */
/* What this host does to its own packets: firewall, queues, a full listener. */
#include <errno.h>
#include <linux/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "world.h"

#define EVERYWHERE .families = ALL_FAMILIES, .modes = BOTH_MODES

/* One connection fills the queue of this listener, which nobody accepts from. */
static void client_overflows_listener(struct variant *v)
{
	const char *loopback = v->family == V6 ? "::1" : "127.0.0.1";
	int listener = open_socket(v), fd = open_socket(v), second = open_socket(v);

	set_peer(v, loopback, bind_local(v, listener, loopback, 0));
	if (listen(listener, 0))
		variant_fail(v, "listen: %s", strerror(errno));
	attempt(v, fd);
	attempt(v, second);
	close(second);
	close(fd);
}

/* SO_ERROR gives the soft error and takes it away; IPv6 keeps no other trace of it. */
static void client_reads_soft_error(struct variant *v)
{
	socklen_t length = sizeof(int);
	int fd = open_socket(v);
	struct seen *seen = start(v, fd);

	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &seen->error, &length))
		variant_fail(v, "SO_ERROR: %s", strerror(errno));
	close(fd);
	note_end(seen);
}

static void client_with_md5_key(struct variant *v)
{
	struct tcp_md5sig key = {.tcpm_keylen = 6, .tcpm_key = "secret"};
	int fd = open_socket(v);

	memcpy(&key.tcpm_addr, &v->peer, sizeof(v->peer));
	if (setsockopt(fd, IPPROTO_TCP, TCP_MD5SIG, &key, sizeof(key)))
		variant_skip(v, "TCP_MD5SIG: %s", strerror(errno));
	attempt(v, fd);
	close(fd);
}

static void client_in_vrf(struct variant *v)
{
	static const char device[] = "vrf0";
	int fd = open_socket(v);

	if (setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, device, sizeof(device)))
		variant_skip(v, "vrf0: %s", strerror(errno));
	attempt(v, fd);
	close(fd);
}

#define DROPPED_OUT(reason_)                                                                       \
	.outcome = "failure", .error = ETIMEDOUT, .cause = "dropped_locally_out",                  \
	.steps = {                                                                                 \
	        {"dropped", FACT_DROP_OUT, .at_least = 2, .direction = "out", .reason = reason_}}

#define DROPPED_IN                                                                                 \
	.outcome = "failure", .error = ETIMEDOUT, .cause = "dropped_locally_in", .syn = SYN_ANY,   \
	.scheduled = "syn_retry",                                                                  \
	.steps = {{"dropped", FACT_DROP_IN, .direction = "in", .reason = "NETFILTER_DROP"}}

#define REJECTED_LOCALLY(errno_)                                                                   \
	.outcome = "failure", .error = errno_, .cause = "rejected_locally", .syn = 0,              \
	.steps = {{"dropped", FACT_DROP_OUT, .direction = "out", .reason = "NETFILTER_DROP"},      \
	          {"dropped", .direction = "in", .none = true}}

const struct test tests_drop[] = {
        {
                .name = "output_drop",
                EVERYWHERE,
                .port = 1200,
                .client_nft = "output tcp dport 1200 drop",
                .syncnt = 1,
                .client = client_connect,
                .expect = {{DROPPED_OUT("NETFILTER_DROP"), .syn = 0,
                            .scheduled = "syn_retry_failed", .scheduled_fact = FACT_RETRY_FAILED}},
        },
        {
                /* IP takes each SYN, the VRF device has it dropped behind that. */
                .name = "vrf_drop",
                .families = V4 | MAPPED,
                .modes = BOTH_MODES,
                .world = "vrf",
                .client_ip = "link add vrf0 type vrf table 10\n"
                             "link set vrf0 up\n"
                             "link set eth0 master vrf0\n"
                             "route replace 198.51.100.0/24 via 192.0.2.1 dev eth0 table 10\n",
                .port = 1207,
                .client_nft = "output tcp dport 1207 drop",
                .syncnt = 1,
                .client = client_in_vrf,
                .expect = {{DROPPED_OUT("NETFILTER_DROP"), .syn = 0}},
        },
        {
                .name = "qdisc_drop",
                EVERYWHERE,
                .world = "qdisc",
                .client_ip =
                        "neigh replace 192.0.2.1 lladdr " ROUTER_LINK " dev eth0 nud permanent\n"
                        "neigh replace 2001:db8:1::1 lladdr " ROUTER_LINK
                        " dev eth0 nud permanent\n",
                .client_tc = "qdisc add dev eth0 root pfifo limit 0\n",
                .port = PORT_OPEN,
                .syncnt = 1,
                .client = client_connect,
                .expect = {{DROPPED_OUT(NULL), .syn = SYN_ANY, .min_ms = 900}},
        },
        {
                .name = "input_drop_synack",
                EVERYWHERE,
                .port = 83,
                .client_nft = "input tcp sport 83 drop",
                .syncnt = 1,
                .client = client_connect,
                .expect = {{DROPPED_IN}},
        },
        {
                .name = "input_drop_rst",
                EVERYWHERE,
                .port = 78,
                .client_nft = "input tcp sport 78 drop",
                .syncnt = 1,
                .client = client_connect,
                .expect = {{DROPPED_IN}},
        },
        {
                /* The router refuses; it has no key, so that the RST carries no hash. */
                .name = "md5_hides_refusal",
                EVERYWHERE,
                .port = 1208,
                .router_nft = "forward meta l4proto tcp tcp dport 1208 reject with tcp reset",
                .syncnt = 1,
                .client = client_with_md5_key,
                .expect = {{.outcome = "failure",
                            .error = ETIMEDOUT,
                            .cause = "dropped_locally_in",
                            .cause_fact = FACT_DROP_IN,
                            .syn = SYN_ANY,
                            .scheduled = "syn_retry",
                            .explained = "A RST is the peer's refusal",
                            .explained_fact = FACT_DROP_IN,
                            .steps = {{"dropped", FACT_DROP_IN, .direction = "in", .segment = "RST",
                                       .reason = "TCP_MD5NOTFOUND"}}}},
        },
        {
                .name = "output_reject_rst",
                EVERYWHERE,
                .port = 1202,
                .client_nft = "output meta l4proto tcp tcp dport 1202 reject with tcp reset",
                .client = client_connect,
                .expect = {{REJECTED_LOCALLY(ECONNREFUSED), .max_ms = 100}},
        },
        {
                /* The error came while connect() held the socket: kept, not obeyed, until the
                   retry. */
                .name = "output_reject_icmp",
                .families = ALL_FAMILIES,
                .modes = BLOCKING,
                .port = 1203,
                .client_nft = "output tcp dport 1203 reject with icmpx type port-unreachable",
                .client = client_connect,
                .expect = {{REJECTED_LOCALLY(ECONNREFUSED), .min_ms = 950, .max_ms = 1500}},
        },
        {
                /* The error queue wakes poll() at once, SO_ERROR gives the error, the application
                   closes. */
                .name = "output_reject_icmp_poll",
                .families = V4 | MAPPED,
                .modes = NONBLOCKING,
                .port = 1203,
                .client_nft = "output tcp dport 1203 reject with icmpx type port-unreachable",
                .client = client_connect,
                .expect = {{REJECTED_LOCALLY(ECONNREFUSED), .max_ms = 100}},
        },
        {
                /* IPv6 has no such queue here: poll() wakes at the retry. */
                .name = "output_reject_icmp6_poll",
                .families = V6,
                .modes = NONBLOCKING,
                .port = 1203,
                .client_nft = "output tcp dport 1203 reject with icmpx type port-unreachable",
                .client = client_connect,
                .expect = {{REJECTED_LOCALLY(ECONNREFUSED), .min_ms = 950, .max_ms = 1500}},
        },
        {
                .name = "output_reject_icmp_read",
                .families = ALL_FAMILIES,
                .modes = NONBLOCKING,
                .port = 1203,
                .client_nft = "output tcp dport 1203 reject with icmpx type port-unreachable",
                .client = client_reads_soft_error,
                .expect = {{REJECTED_LOCALLY(ECONNREFUSED), .max_ms = 100}},
        },
        {
                /* On its way to this host itself, the packet is one of both directions. */
                .name = "output_reject_own",
                .families = ALL_FAMILIES,
                .modes = BLOCKING,
                .to4 = "127.0.0.1",
                .to6 = "::1",
                .port = 1203,
                .client_nft = "output tcp dport 1203 reject with icmpx type port-unreachable",
                .client = client_connect,
                .expect = {{REJECTED_LOCALLY(ECONNREFUSED), .min_ms = 950, .max_ms = 1500}},
        },
        {
                .name = "output_reject_admin4",
                .families = V4 | MAPPED,
                .modes = BLOCKING,
                .port = 1204,
                .client_nft = "output tcp dport 1204 reject with icmpx type admin-prohibited",
                .client = client_connect,
                .expect = {{REJECTED_LOCALLY(EHOSTUNREACH), .min_ms = 950, .max_ms = 1500}},
        },
        {
                .name = "output_reject_admin6",
                .families = V6,
                .modes = BLOCKING,
                .port = 1204,
                .client_nft = "output tcp dport 1204 reject with icmpx type admin-prohibited",
                .client = client_connect,
                .expect = {{REJECTED_LOCALLY(EACCES), .min_ms = 950, .max_ms = 1500}},
        },
        {
                .name = "input_reject_rst",
                EVERYWHERE,
                .to4 = "127.0.0.1",
                .to6 = "::1",
                .port = 1205,
                .client_nft = "input meta l4proto tcp tcp dport 1205 reject with tcp reset",
                .client = client_connect,
                .expect = {{.outcome = "failure",
                            .error = ECONNREFUSED,
                            .cause = "rejected_locally",
                            .cause_fact = FACT_DROP_IN_SYN,
                            .syn = 1,
                            .max_ms = 100}},
        },
        {
                .name = "input_reject_icmp",
                .families = ALL_FAMILIES,
                .modes = BLOCKING,
                .to4 = "127.0.0.1",
                .to6 = "::1",
                .port = 1206,
                .client_nft = "input tcp dport 1206 reject with icmpx type port-unreachable",
                .client = client_connect,
                .expect = {{.outcome = "failure",
                            .error = ECONNREFUSED,
                            .cause = "rejected_locally",
                            .syn = 2,
                            .min_ms = 950,
                            .max_ms = 1500}},
        },
        {
                .name = "listener_overflow",
                EVERYWHERE,
                .syncnt = 1,
                .client = client_overflows_listener,
                .expect = {{.outcome = "success", .cause = "established", .syn = 1},
                           {.outcome = "failure",
                            .error = ETIMEDOUT,
                            .cause = "listener_overflow",
                            .cause_fact = FACT_LISTENER,
                            .syn = SYN_ANY,
                            .scheduled = "syn_retry",
                            .steps = {{"listener_full", FACT_LISTENER}}}},
        },
        {0},
};
