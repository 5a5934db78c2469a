/* SPDX-License-Identifier: GPL-2.0-only */
/* What happens between the first SYN and the end: each a small event of its own, sent at once. */
#ifndef CONNWHY_STEPS_BPF_H
#define CONNWHY_STEPS_BPF_H

#include "state.bpf.h"

#define DROPS_PER_SECOND 1000 /* incoming drops that each CPU may report */

/* tcp_connect() returns: the first SYN was handed to IP, or was refused there. */
static __always_inline void on_first_syn(struct sock *sk)
{
	struct attempt *a = attempt_find(sk);
	__u64 sent;

	if (!a)
		return;
	a->flags |= ATTEMPT_SYN_SENT;
	attempt_addresses(a, sk);
	sent = READ((struct tcp_sock *)sk, tcp_wstamp_ns);
	if (nothing_sent(sk) && read_state(sk) == TCP_SYN_SENT)
		a->flags |= ATTEMPT_SYN_UNSENT;
	else if (sent >= a->header.id)
		a->syn_ns = sent;
}

/* A SYN is sent again. @error: 0, or what kept it from being sent */
static __always_inline void on_retransmit(struct sock *sk, int error)
{
	struct step_event *e;
	struct attempt *a;

	if (read_state(sk) != TCP_SYN_SENT)
		return;
	a = attempt_find(sk);
	if (!a)
		return;
	attempt_soft(a, sk);
	if (!a->local.port)
		attempt_addresses(a, sk);
	e = step_begin(a, EVENT_RETRY, error ? TALLY_RETRY_FAILED : TALLY_RETRY);
	if (!e)
		return;
	e->retry.error = error;
	e->retry.retransmits = READ((struct inet_connection_sock *)sk, icsk_retransmits);
	step_end(e);
}

/* Where only entry and return of tcp_retransmit_skb() can be hooked: it runs with softirqs off. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} retransmitting SEC(".maps");

static __always_inline void retransmit_enter(struct sock *sk)
{
	__u32 zero = 0;
	__u64 *saved = bpf_map_lookup_elem(&retransmitting, &zero);

	if (saved)
		*saved = (__u64)sk;
}

static __always_inline void retransmit_return(int ret)
{
	__u32 zero = 0;
	__u64 *saved = bpf_map_lookup_elem(&retransmitting, &zero);

	if (!saved || !*saved)
		return;
	if (ret)
		on_retransmit((struct sock *)*saved, ret);
	*saved = 0;
}

static __always_inline void on_error_report(struct sock *sk)
{
	bool closed = read_state(sk) == TCP_CLOSE && READ(sk, sk_err);
	struct attempt *a;

	/* An end with an errno is told here, too, which counts where its change of state was
	 * missed. */
	if (closed) {
		a = attempt_find(sk);
		if (a && !(a->flags & ATTEMPT_FINAL) && was_established(sk))
			a->flags |= ATTEMPT_END_MISSED;
		if (a && (a->flags & ATTEMPT_END_MISSED || !was_disconnected(sk, a)))
			on_final(sk, a, a->flags & ATTEMPT_END_MISSED ? TCP_ESTABLISHED : TCP_CLOSE,
			         bpf_ktime_get_ns());
	}
	/* An error that is already in sk_err was told by another hook; the queue's comes with 0. */
	if (!is_opening(sk) || READ(sk, sk_protocol) != IPPROTO_TCP || READ(sk, sk_err))
		return;
	a = attempt_find(sk);
	if (a)
		icmp_queued(sk, a, !READ(sk, sk_lock.owned));
}

/* tcp_rcv_state_process(): what arrives while the socket waits for the answer to its SYN. */
static __always_inline void on_segment(struct sock *sk, struct sk_buff *skb)
{
	struct segment segment = {};
	struct step_event *e;
	struct attempt *a;

	if (!is_opening(sk))
		return;
	a = attempt_find(sk);
	if (!a || !read_segment(skb, &segment))
		return;
	if (!(segment.flags & TCP_FLAG_BYTE_RST)) {
		if ((segment.flags & (TCP_FLAG_BYTE_SYN | TCP_FLAG_BYTE_ACK)) ==
		    (TCP_FLAG_BYTE_SYN | TCP_FLAG_BYTE_ACK))
			a->synack_ttl = segment.ttl;
		return;
	}
	/* Whether it was accepted is told by the next hook; one that came before was not. */
	if (a->flags & ATTEMPT_RST_SEEN) {
		e = step_begin(a, EVENT_RST_IGNORED, TALLY_RST_IGNORED);
		if (e) {
			e->segment = a->rst;
			e->header.at_ns = a->rst.at_ns;
			step_end(e);
		}
	}
	a->rst = segment;
	a->flags |= ATTEMPT_RST_SEEN;
}

/* A reset that we send in answer to a segment. */
static __always_inline void on_send_reset(struct sock *sk, struct sk_buff *skb)
{
	struct segment segment = {};
	struct step_event *e;
	struct attempt *a;

	if (!sk || !skb || read_state(sk) != TCP_SYN_SENT)
		return;
	a = attempt_find(sk);
	if (!a || !read_segment(skb, &segment))
		return;
	e = step_begin(a, EVENT_RST_SENT, TALLY_RST_SENT);
	if (!e)
		return;
	e->segment = segment;
	step_end(e);
}

struct drop_budget {
	__u64 second;
	__u64 used;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct drop_budget);
} drop_budget SEC(".maps");

static __always_inline bool drop_allowed(__u64 now)
{
	__u32 zero = 0;
	struct drop_budget *budget = bpf_map_lookup_elem(&drop_budget, &zero);

	if (!budget)
		return false;
	if (now - budget->second > NSEC_PER_SEC) {
		budget->second = now;
		budget->used = 0;
	}
	if (budget->used++ < DROPS_PER_SECOND)
		return true;
	count(COUNT_OMITTED_DROPS);
	return false;
}

static __always_inline void drop_fill(struct step_event *e, const struct ip_facts *ip, __u8 flags,
                                      __u64 location, __u32 reason)
{
	e->drop.location = location;
	e->drop.reason = reason;
	e->drop.flags = flags;
	e->drop.from = ip->from;
	e->drop.to = ip->to;
}

/*
 * A SYN of one of our sockets: it carries the socket until another host's stack takes it over.
 * Returns whether it was one.
 */
static __always_inline bool on_drop_out(struct sock *sk, struct sk_buff *skb, __u64 location,
                                        __u32 reason)
{
	struct ip_facts ip = {};
	struct step_event *e;
	struct attempt *a;
	__u8 flags = 0;

	a = attempt_find(sk);
	if (!a || !read_ip(skb, &ip) || !read_tcp(skb, &ip, &flags))
		return false;
	if ((flags & (TCP_FLAG_BYTE_SYN | TCP_FLAG_BYTE_ACK)) != TCP_FLAG_BYTE_SYN)
		return false;
	attempt_soft(a, sk);
	if (!a->local.port)
		attempt_addresses(a, sk);
	e = step_begin(a, EVENT_DROP, TALLY_DROP);
	if (!e)
		return true;
	drop_fill(e, &ip, flags, location, reason);
	e->drop.direction = DROP_OUT;
	/* One that a device has received left: the next namespace runs before the sender's
	 * bookkeeping. */
	e->drop.unsent = nothing_sent(sk) && !READ(skb, skb_iif);
	step_end(e);
	return true;
}

/* SYN-ACK or RST */
static __always_inline bool is_answer(__u8 flags)
{
	const __u8 syn_ack = TCP_FLAG_BYTE_SYN | TCP_FLAG_BYTE_ACK;

	return flags & TCP_FLAG_BYTE_RST || (flags & syn_ack) == syn_ack;
}

/* Nobody waits for it: that is answered with a reset, or follows one. */
static __always_inline bool is_for_no_socket(__u32 reason)
{
	return has_drop_reasons() &&
	       reason == bpf_core_enum_value(enum skb_drop_reason, SKB_DROP_REASON_NO_SOCKET);
}

/*
 * An answer to a SYN that did not reach its socket, or a SYN of this host to itself that did not
 * reach the listener: user space finds the attempt by the addresses. Without drop reasons such a
 * SYN cannot be told from one that found no listener.
 */
static __always_inline void on_drop_in(struct sk_buff *skb, __u64 location, __u32 reason)
{
	__be16 protocol = READ(skb, protocol);
	struct ip_facts ip = {};
	struct step_event *e;
	__u8 flags = 0;
	__u64 now;

	if (is_for_no_socket(reason) ||
	    (protocol != bpf_htons(ETH_P_IP) && protocol != bpf_htons(ETH_P_IPV6)))
		return;
	if (!read_ip(skb, &ip) || !read_tcp(skb, &ip, &flags))
		return;
	if (!is_answer(flags) && !(flags & TCP_FLAG_BYTE_SYN && has_drop_reasons() &&
	                           READ(skb, dev, ifindex) == LOOPBACK_IFINDEX))
		return;
	now = bpf_ktime_get_ns();
	if (!drop_allowed(now))
		return;
	e = bpf_ringbuf_reserve(&events, sizeof(*e), 0);
	if (!e) {
		count(COUNT_LOST_STEPS);
		return;
	}
	__builtin_memset(e, 0, sizeof(*e));
	e->header.type = EVENT_DROP;
	e->header.size = sizeof(*e);
	e->header.at_ns = now;
	drop_fill(e, &ip, flags, location, reason);
	e->drop.direction = DROP_IN;
	e->drop.netns = READ(skb, dev, nd_net.net, ns.inum);
	step_end(e);
}

static __always_inline void on_drop(struct sk_buff *skb, __u64 location, __u32 reason)
{
	struct sock *sk = READ(skb, sk);

	/* A socket that waits for its answer owns its SYN; early demux gives it the answer, too. */
	if (sk && read_state(sk) == TCP_SYN_SENT && on_drop_out(sk, skb, location, reason))
		return;
	on_drop_in(skb, location, reason);
}

#endif
