/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What BPF programs of a control group do to a connection: put another address in the place of the
 * one asked for, as the networks of containers do, or drop its packets; and the socket's own
 * filter.
 */
#include <arpa/inet.h>
#include <net/if.h>
#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <linux/bpf.h>
#include <linux/filter.h>
#include <linux/if_link.h>

#include "cgroup.h"
#include "world.h"

#define EVERYWHERE .families = ALL_FAMILIES, .modes = BOTH_MODES
#define SERVICE4 "203.0.113.7" /* where nobody is */
#define SERVICE6 "2001:db8:3::7"
#define SERVICE_PORT 443
#define REWRITE_MAX 16

struct rewrite {
	struct bpf_insn program[REWRITE_MAX];
	size_t length;
};

/* What the context of such a program holds at `offset` becomes `value`. */
static void put(struct rewrite *r, size_t offset, uint32_t value)
{
	r->program[r->length++] = (struct bpf_insn){
	        .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_2, .imm = (int32_t)value};
	r->program[r->length++] = (struct bpf_insn){.code = BPF_STX | BPF_MEM | BPF_W,
	                                            .dst_reg = BPF_REG_1,
	                                            .src_reg = BPF_REG_2,
	                                            .off = (int16_t)offset};
}

static void allow(struct rewrite *r)
{
	r->program[r->length++] = (struct bpf_insn){
	        .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = 1};
	r->program[r->length++] = (struct bpf_insn){.code = BPF_JMP | BPF_EXIT};
}

static void put_address(struct rewrite *r, const struct sockaddr_storage *to)
{
	const struct sockaddr_in *in = (const void *)to;
	const struct sockaddr_in6 *in6 = (const void *)to;

	if (to->ss_family == AF_INET) {
		put(r, offsetof(struct bpf_sock_addr, user_ip4), in->sin_addr.s_addr);
		put(r, offsetof(struct bpf_sock_addr, user_port), in->sin_port);
		return;
	}
	for (size_t i = 0; i < 4; i++)
		put(r, offsetof(struct bpf_sock_addr, user_ip6) + i * sizeof(uint32_t),
		    in6->sin6_addr.s6_addr32[i]);
	put(r, offsetof(struct bpf_sock_addr, user_port), in6->sin6_port);
}

/* The application asks for a service; the program sends it to the peer of the test. */
static void enter_rewriting_cgroup(struct variant *v)
{
	struct rewrite r = {0};

	put_address(&r, &v->peer);
	allow(&r);
	cgroup_enter_with(v, BPF_PROG_TYPE_CGROUP_SOCK_ADDR,
	                  v->family == V4 ? BPF_CGROUP_INET4_CONNECT : BPF_CGROUP_INET6_CONNECT,
	                  r.program, r.length);
}

static void client_is_sent_elsewhere(struct variant *v)
{
	struct sockaddr_storage used = v->peer;
	struct seen *seen;
	int fd;

	enter_rewriting_cgroup(v);
	set_peer(v, v->family == V6 ? SERVICE6 : SERVICE4, SERVICE_PORT);
	fd = open_socket(v);
	seen = attempt(v, fd);
	seen->asked = v->peer;
	seen->peer = used;
	close_quietly(fd);
}

static void client_may_not_send(struct variant *v)
{
	cgroup_enter_with(v, BPF_PROG_TYPE_CGROUP_SKB, BPF_CGROUP_INET_EGRESS, cgroup_refuse,
	                  ARRAY_SIZE(cgroup_refuse));
	client_connect(v);
}

static void client_may_not_receive(struct variant *v)
{
	cgroup_enter_with(v, BPF_PROG_TYPE_CGROUP_SKB, BPF_CGROUP_INET_INGRESS, cgroup_refuse,
	                  ARRAY_SIZE(cgroup_refuse));
	client_connect(v);
}

static void client_filters_all(struct variant *v)
{
	struct sock_filter nothing = {.code = BPF_RET | BPF_K};
	struct sock_fprog filter = {.len = 1, .filter = &nothing};
	int fd = open_socket(v);

	if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof(filter)))
		variant_skip(v, "no socket filter: %s", strerror(errno));
	attempt(v, fd);
	close_quietly(fd);
}

/* All that comes, once the router knows the way to here. */
static void client_drops_by_xdp(struct variant *v)
{
	static const struct bpf_insn program[] = {
	        {.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = XDP_DROP},
	        {.code = BPF_JMP | BPF_EXIT},
	};
	union bpf_attr load = {.prog_type = BPF_PROG_TYPE_XDP,
	                       .insns = (uintptr_t)program,
	                       .insn_cnt = ARRAY_SIZE(program),
	                       .license = (uintptr_t) "GPL",
	                       .expected_attach_type = BPF_XDP};
	union bpf_attr link = {
	        .link_create = {.attach_type = BPF_XDP, .flags = XDP_FLAGS_SKB_MODE}};
	int fd;

	client_connect(v);
	fd = (int)syscall(SYS_bpf, BPF_PROG_LOAD, &load, sizeof(load));
	link.link_create.prog_fd = (uint32_t)fd;
	link.link_create.target_ifindex = if_nametoindex("eth0");
	if (fd < 0 || syscall(SYS_bpf, BPF_LINK_CREATE, &link, sizeof(link)) < 0)
		variant_skip(v, "no XDP here: %s", strerror(errno));
	client_connect(v);
}

#define DROPPED_IN                                                                                 \
	.outcome = "failure", .error = ETIMEDOUT, .cause = "dropped_locally_in", .syn = SYN_ANY,   \
	.scheduled = "syn_retry", .steps = {{"dropped", FACT_DROP_IN, .direction = "in"}}

const struct test tests_cgroup[] = {
        {
                .name = "rewritten_success",
                EVERYWHERE,
                .port = PORT_OPEN,
                .client = client_is_sent_elsewhere,
                .expect = {{.outcome = "success",
                            .cause = "established",
                            .syn = 1,
                            .api = "connect",
                            .explained = "had asked for"}},
        },
        {
                .name = "rewritten_refused",
                EVERYWHERE,
                .port = PORT_CLOSED,
                .client = client_is_sent_elsewhere,
                .expect = {{.outcome = "failure",
                            .error = ECONNREFUSED,
                            .cause = "refused",
                            .syn = 1,
                            .api = "connect",
                            .explained = "had asked for"}},
        },
        {
                /* Only the function that looks for the route sees the address that it looks for. */
                .name = "rewritten_no_route",
                EVERYWHERE,
                .needs = FACT_SYNC_PEER,
                .to4 = "100.64.0.1",
                .to6 = "2001:db8:64::100",
                .port = PORT_OPEN,
                .client = client_is_sent_elsewhere,
                .expect = {{.outcome = "failure",
                            .error = ENETUNREACH,
                            .cause = "no_route",
                            .api = "connect",
                            .explained = "had asked for"}},
        },
        {
                .name = "cgroup_egress_drop",
                EVERYWHERE,
                .port = PORT_OPEN,
                .syncnt = 1,
                .client = client_may_not_send,
                .expect = {{.outcome = "failure",
                            .error = ETIMEDOUT,
                            .cause = "dropped_locally_out",
                            .syn = 0,
                            .scheduled = "syn_retry_failed",
                            .scheduled_fact = FACT_RETRY_FAILED,
                            .steps = {{"dropped", FACT_DROP_OUT, .at_least = 2, .direction = "out",
                                       .reason = "BPF_CGROUP_EGRESS"}}}},
        },
        {
                .name = "cgroup_ingress_drop",
                EVERYWHERE,
                .port = PORT_OPEN,
                .syncnt = 1,
                .client = client_may_not_receive,
                .expect = {{DROPPED_IN}},
        },
        {
                .name = "socket_filter_drop",
                EVERYWHERE,
                .port = PORT_OPEN,
                .syncnt = 1,
                .client = client_filters_all,
                .expect = {{DROPPED_IN}},
        },
        {
                .name = "xdp_drop",
                .families = V4,
                .modes = BLOCKING,
                .world = "xdp",
                .client_ip =
                        "neigh replace 192.0.2.1 lladdr " ROUTER_LINK " dev eth0 nud permanent\n",
                .port = PORT_OPEN,
                .syncnt = 1,
                .client = client_drops_by_xdp,
                .expect = {{.outcome = "success", .cause = "established", .syn = 1}, {DROPPED_IN}},
        },
        {0},
};
