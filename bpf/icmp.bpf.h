/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* ICMP errors that the kernel has matched to one of our sockets. */
#ifndef CONNWHY_ICMP_BPF_H
#define CONNWHY_ICMP_BPF_H

#include "attempt.bpf.h"
#include "packet.bpf.h"

static __always_inline bool is_opening(struct sock *sk)
{
	__u8 state = read_state(sk);

	return state == TCP_SYN_SENT || state == TCP_SYN_RECV;
}

/* ip_icmp_error(), ipv6_icmp_error(): outer IP header and ICMP header stand before the payload. */
static __always_inline void on_icmp(struct sock *sk, struct sk_buff *skb, int error)
{
	unsigned char *icmp;
	struct ip_facts ip = {};
	struct step_event *e;
	struct attempt *a;
	__u8 type_code[2] = {};

	if (!is_opening(sk) || READ(sk, sk_protocol) != IPPROTO_TCP)
		return;
	a = attempt_find(sk);
	if (!a || !read_ip(skb, &ip))
		return;
	icmp = READ(skb, head) + READ(skb, transport_header);
	bpf_probe_read_kernel(type_code, sizeof(type_code), icmp);
	a->flags |= ATTEMPT_ICMP;
	e = step_begin(a, EVENT_ICMP, TALLY_ICMP);
	if (!e)
		return;
	e->icmp.version = ip.version;
	e->icmp.type = type_code[0];
	e->icmp.code = type_code[1];
	e->icmp.ttl = ip.ttl;
	e->icmp.from = ip.from;
	e->icmp.error = error;
	e->icmp.hard = !READ(sk, sk_lock.owned);
	step_end(e);
}

/*
 * "Fragmentation needed", "packet too big": no error of the attempt. Told where the route learns of
 * it, for tcp_v4_mtu_reduced() is inlined on 5.10; the packet has gone there.
 */
static __always_inline void on_mtu_reduced(struct sock *sk, __u8 version)
{
	struct step_event *e;
	struct attempt *a;

	if (!is_opening(sk))
		return;
	a = attempt_find(sk);
	if (!a)
		return;
	e = step_begin(a, EVENT_ICMP, TALLY_ICMP);
	if (!e)
		return;
	e->icmp.version = version;
	e->icmp.type = version == 4 ? 3 : 2;
	e->icmp.code = version == 4 ? 4 : 0;
	step_end(e);
}

/* Nobody but the application empties it: not the end of an attempt, nor the next one's begin. */
static __always_inline bool has_queued_errors(struct sock *sk)
{
	void *head = __builtin_preserve_access_index(&sk->sk_error_queue);

	return READ(sk, sk_error_queue.prev) != head;
}

/*
 * Where ip_icmp_error() cannot be hooked: it also queues the error on the socket, IPv4 only, and
 * the outer IP header is still in front of it.
 */
static __always_inline void icmp_queued(struct sock *sk, struct attempt *a, bool hard)
{
	struct sk_buff *skb = READ(sk, sk_error_queue.prev);
	struct sock_extended_err ee = {};
	struct ip_facts ip = {};
	struct sock_exterr_skb *queued;
	struct step_event *e;
	void *head = __builtin_preserve_access_index(&sk->sk_error_queue);

	if (!skb || (void *)skb == head)
		return;
	queued = (void *)__builtin_preserve_access_index(&skb->cb);
	ee.ee_errno = READ(queued, ee.ee_errno);
	ee.ee_origin = READ(queued, ee.ee_origin);
	if (ee.ee_origin != SO_EE_ORIGIN_ICMP || !read_ip(skb, &ip))
		return;
	a->flags |= ATTEMPT_ICMP;
	e = step_begin(a, EVENT_ICMP, TALLY_ICMP);
	if (!e)
		return;
	e->icmp.version = 4;
	e->icmp.type = READ(queued, ee.ee_type);
	e->icmp.code = READ(queued, ee.ee_code);
	e->icmp.error = ee.ee_errno;
	e->icmp.ttl = ip.ttl;
	e->icmp.from = ip.from;
	e->icmp.hard = hard;
	step_end(e);
}

/*
 * At the end, whether the error in the queue was a soft one: it has left its errno, and a hard one
 * behind it would be a second in the queue.
 */
static __always_inline bool is_queued_soft(struct sock *sk, const struct attempt *a)
{
	return !a->error || (a->error == a->error_soft && READ(sk, sk_error_queue.qlen) == 1);
}

#endif
