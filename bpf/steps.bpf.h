/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What happens between the first SYN and the end: each a small event of its own, sent at once. */
#ifndef CONNWHY_STEPS_BPF_H
#define CONNWHY_STEPS_BPF_H

#include "state.bpf.h"

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

/* Fast Open sends data beside the SYN, in a segment of its own: only that of the SYN is first. */
static __always_inline bool is_syn(struct sock *sk, struct sk_buff *skb)
{
	struct tcp_skb_cb *control = (void *)__builtin_preserve_access_index(&skb->cb);

	return READ(control, seq) == READ((struct tcp_sock *)sk, snd_una);
}

/* A SYN is sent again. @error: 0, or what kept it from being sent */
static __always_inline void on_retransmit(struct sock *sk, struct sk_buff *skb, int error)
{
	struct step_event *e;
	struct attempt *a;

	if (read_state(sk) != TCP_SYN_SENT || !is_syn(sk, skb))
		return;
	a = attempt_find(sk);
	if (!a)
		return;
	attempt_soft(a, sk);
	attempt_locate(a, sk);
	e = step_begin(a, EVENT_RETRY, error ? TALLY_RETRY_FAILED : TALLY_RETRY);
	if (!e)
		return;
	e->retry.error = error;
	e->retry.retransmits = READ((struct inet_connection_sock *)sk, icsk_retransmits);
	step_end(e);
}

/* Where only entry and return of tcp_retransmit_skb() can be hooked: it runs with softirqs off. */
struct retransmission {
	__u64 sk;
	__u64 skb;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct retransmission);
} retransmitting SEC(".maps");

static __always_inline void retransmit_enter(struct sock *sk, struct sk_buff *skb)
{
	__u32 zero = 0;
	struct retransmission *saved = bpf_map_lookup_elem(&retransmitting, &zero);

	if (!saved)
		return;
	saved->sk = (__u64)sk;
	saved->skb = (__u64)skb;
}

static __always_inline void retransmit_return(int ret)
{
	__u32 zero = 0;
	struct retransmission *saved = bpf_map_lookup_elem(&retransmitting, &zero);

	if (!saved || !saved->sk)
		return;
	if (ret)
		on_retransmit((struct sock *)saved->sk, (struct sk_buff *)saved->skb, ret);
	saved->sk = 0;
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
		return;
	}
	/* An error that is already in sk_err was told by another hook; the queue's comes with 0. */
	if (!is_opening(sk) || READ(sk, sk_protocol) != IPPROTO_TCP || READ(sk, sk_err))
		return;
	a = attempt_find(sk);
	if (a)
		icmp_queued(sk, a, !READ(sk, sk_lock.owned));
}

static __always_inline void read_segment(struct segment *segment, struct attempt *a,
                                         struct sock *sk, struct sk_buff *skb)
{
	attempt_locate(a, sk);
	segment->at_ns = bpf_ktime_get_ns();
	segment->flags = read_tcp_flags(skb);
	segment->ttl = read_ttl(skb, &a->remote);
	segment->from = a->remote;
}

/* tcp_rcv_state_process(): what arrives while the socket waits for the answer to its SYN. */
static __always_inline void on_segment(struct sock *sk, struct sk_buff *skb)
{
	struct step_event *e;
	struct attempt *a;
	__u8 flags;

	if (!is_opening(sk))
		return;
	a = attempt_find(sk);
	if (!a)
		return;
	flags = read_tcp_flags(skb);
	if (!(flags & TCP_FLAG_BYTE_RST)) {
		if ((flags & (TCP_FLAG_BYTE_SYN | TCP_FLAG_BYTE_ACK)) ==
		    (TCP_FLAG_BYTE_SYN | TCP_FLAG_BYTE_ACK))
			a->synack_ttl = read_ttl(skb, &a->remote);
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
	read_segment(&a->rst, a, sk, skb);
	a->flags |= ATTEMPT_RST_SEEN;
}

/* A reset that we send in answer to a segment. */
static __always_inline void on_send_reset(struct sock *sk, struct sk_buff *skb)
{
	struct step_event *e;
	struct attempt *a;

	if (!sk || !skb || read_state(sk) != TCP_SYN_SENT)
		return;
	a = attempt_find(sk);
	if (!a)
		return;
	e = step_begin(a, EVENT_RST_SENT, TALLY_RST_SENT);
	if (!e)
		return;
	read_segment(&e->segment, a, sk, skb);
	step_end(e);
}

#endif
