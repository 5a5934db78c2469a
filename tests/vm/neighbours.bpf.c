// SPDX-License-Identifier: GPL-2.0-only
/*
 * Programs that others have on a host: tracers at the hooks of connwhy, XDP, sockops with a map of
 * sockets, sk_lookup. tests/vm/neighbours.c attaches them; `hits` is how often they did something.
 */
#include <linux/bpf.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/tcp.h>

#define PORT_XDP 91
#define PORT_STEERED 92
#define SOCKETS_MAX 1024

char LICENSE[] SEC("license") = "GPL";

__u64 hits;

static void hit(void)
{
	__sync_fetch_and_add(&hits, 1);
}

struct {
	__uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
	__uint(key_size, sizeof(int));
	__uint(value_size, sizeof(int));
} events SEC(".maps");

/* What a tracer does: who it was, sent to whoever reads it; here nobody does. */
static int trace(void *ctx)
{
	char comm[16];

	bpf_get_current_comm(comm, sizeof(comm));
	bpf_perf_event_output(ctx, &events, BPF_F_CURRENT_CPU, comm, sizeof(comm));
	hit();
	return 0;
}

#define TRACE(hook, name)                                                                          \
	SEC(hook)                                                                                  \
	int name(void *ctx)                                                                        \
	{                                                                                          \
		return trace(ctx);                                                                 \
	}

#define TRACE_FUNCTION(function)                                                                   \
	TRACE("kprobe/" #function, kprobe_enter_##function)                                        \
	TRACE("kretprobe/" #function, kprobe_leave_##function)                                     \
	TRACE("fentry/" #function, fentry_enter_##function)                                        \
	TRACE("fexit/" #function, fentry_leave_##function)

#define TRACE_POINT(group, event)                                                                  \
	TRACE("raw_tp/" #event, tracepoint_raw_##event)                                            \
	TRACE("tp/" #group "/" #event, tracepoint_classic_##event)

TRACE_FUNCTION(__sys_connect)
TRACE_FUNCTION(__inet_stream_connect)
TRACE_FUNCTION(tcp_v4_connect)
TRACE_FUNCTION(tcp_v6_connect)
TRACE_FUNCTION(tcp_connect)
TRACE_FUNCTION(tcp_set_state)
TRACE_FUNCTION(tcp_rcv_state_process)
TRACE_FUNCTION(tcp_retransmit_skb)
TRACE_FUNCTION(kfree_skb_reason)   /* before 6.11 */
TRACE_FUNCTION(sk_skb_reason_drop) /* since */
TRACE_POINT(sock, inet_sock_set_state)
TRACE_POINT(skb, kfree_skb)
TRACE_POINT(tcp, tcp_retransmit_skb)
TRACE_POINT(tcp, tcp_destroy_sock)
TRACE_POINT(tcp, tcp_receive_reset)

/* Drops what goes to that port or comes from it, IPv4 without options; the rest passes. */
SEC("xdp")
int xdp_drop(struct xdp_md *ctx)
{
	const void *data = (const void *)(long)ctx->data, *end = (const void *)(long)ctx->data_end;
	const struct ethhdr *ethernet = data;
	const struct iphdr *ip = (const void *)(ethernet + 1);
	const struct tcphdr *tcp = (const void *)(ip + 1);

	if ((const void *)(tcp + 1) > end || ethernet->h_proto != bpf_htons(ETH_P_IP) ||
	    ip->protocol != IPPROTO_TCP || ip->ihl != 5)
		return XDP_PASS;
	if (tcp->dest != bpf_htons(PORT_XDP) && tcp->source != bpf_htons(PORT_XDP))
		return XDP_PASS;
	hit();
	return XDP_DROP;
}

struct {
	__uint(type, BPF_MAP_TYPE_SOCKHASH);
	__uint(max_entries, SOCKETS_MAX);
	__type(key, __u64);
	__type(value, __u64);
} sockets SEC(".maps");

/* Every connection goes into the map, from either end: its functions are the map's from then on. */
SEC("sockops")
int sockops_keep(struct bpf_sock_ops *ops)
{
	__u64 key = bpf_get_socket_cookie(ops);

	if (ops->op != BPF_SOCK_OPS_ACTIVE_ESTABLISHED_CB &&
	    ops->op != BPF_SOCK_OPS_PASSIVE_ESTABLISHED_CB)
		return 1;
	if (!bpf_sock_hash_update(ops, &sockets, &key, BPF_NOEXIST))
		hit();
	return 1;
}

SEC("sk_msg")
int sockops_sent(struct sk_msg_md *message)
{
	(void)message;
	hit();
	return SK_PASS;
}

SEC("sk_skb/stream_verdict")
int sockops_received(struct __sk_buff *skb)
{
	(void)skb;
	hit();
	return SK_PASS;
}

struct {
	__uint(type, BPF_MAP_TYPE_SOCKMAP);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} listener SEC(".maps");

/* Who connects to that port comes to a listener on another one. */
SEC("sk_lookup")
int sk_lookup_steer(struct bpf_sk_lookup *ctx)
{
	struct bpf_sock *socket;
	__u32 zero = 0;

	if (ctx->local_port != PORT_STEERED)
		return SK_PASS;
	socket = bpf_map_lookup_elem(&listener, &zero);
	if (!socket)
		return SK_PASS;
	if (!bpf_sk_assign(ctx, socket, 0))
		hit();
	bpf_sk_release(socket);
	return SK_PASS;
}
