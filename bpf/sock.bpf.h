/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Reading facts of a socket. */
#ifndef CONNWHY_SOCK_BPF_H
#define CONNWHY_SOCK_BPF_H

#include "emit.bpf.h"

static __always_inline void endpoint_set_ipv4(struct endpoint *e, const void *address)
{
	__builtin_memset(e->address, 0, sizeof(e->address));
	__builtin_memcpy(e->address, address, 4);
	e->family = FAMILY_IPV4;
}

/* An IPv4-mapped address is kept as IPv4. */
static __always_inline void endpoint_set_ipv6(struct endpoint *e, const void *address)
{
	__u32 word[4];

	__builtin_memcpy(word, address, sizeof(word));
	if (!word[0] && !word[1] && word[2] == bpf_htonl(0xffff)) {
		endpoint_set_ipv4(e, &word[3]);
		return;
	}
	__builtin_memcpy(e->address, word, sizeof(word));
	e->family = FAMILY_IPV6;
}

/* A struct sockaddr_in or _in6 that was read into `any`. */
static __always_inline void endpoint_set_sockaddr(struct endpoint *e,
                                                  const struct sockaddr_in6 *any)
{
	const struct sockaddr_in *in = (const void *)any;

	if (any->sin6_family == AF_INET6) {
		endpoint_set_ipv6(e, any->sin6_addr);
		e->port = bpf_ntohs(any->sin6_port);
	} else if (any->sin6_family == AF_INET) {
		endpoint_set_ipv4(e, &in->sin_addr);
		e->port = bpf_ntohs(in->sin_port);
	}
}

static __always_inline void read_peer(struct sock *sk, struct endpoint *e)
{
	if (READ(sk, __sk_common.skc_family) == AF_INET6) {
		__u32 address[4];

		READ_WORDS(address, sk, __sk_common.skc_v6_daddr.in6_u.u6_addr8);
		endpoint_set_ipv6(e, address);
	} else {
		__be32 address = READ(sk, __sk_common.skc_daddr);

		endpoint_set_ipv4(e, &address);
	}
	e->port = bpf_ntohs(READ(sk, __sk_common.skc_dport));
}

static __always_inline void read_local(struct sock *sk, struct endpoint *e)
{
	if (READ(sk, __sk_common.skc_family) == AF_INET6) {
		__u32 address[4];

		READ_WORDS(address, sk, __sk_common.skc_v6_rcv_saddr.in6_u.u6_addr8);
		endpoint_set_ipv6(e, address);
	} else {
		__be32 address = READ(sk, __sk_common.skc_rcv_saddr);

		endpoint_set_ipv4(e, &address);
	}
	/* Not skc_num: the kernel clears that one before the final state is seen. */
	e->port = bpf_ntohs(READ((struct inet_sock *)sk, inet_sport));
}

static __always_inline bool same_endpoint(const struct endpoint *a, const struct endpoint *b)
{
	const __u32 *left = (const void *)a->address, *right = (const void *)b->address;

	/* One branch, not five: the verifier follows each. */
	return !((a->port ^ b->port) | (left[0] ^ right[0]) | (left[1] ^ right[1]) |
	         (left[2] ^ right[2]) | (left[3] ^ right[3]));
}

static __always_inline __u8 read_state(struct sock *sk)
{
	return READ(sk, __sk_common.skc_state);
}

static __always_inline bool is_internet(struct sock *sk)
{
	__u16 family = READ(sk, __sk_common.skc_family);

	return family == AF_INET || family == AF_INET6;
}

/* Of what stands in skb->sk: no request for a connection, and none in TIME-WAIT, which are less. */
static __always_inline bool is_whole(struct sock *sk)
{
	__u8 state = read_state(sk);

	return state != TCP_TIME_WAIT && state != TCP_NEW_SYN_RECV;
}

static __always_inline bool is_tcp(struct sock *sk)
{
	return is_internet(sk) && READ(sk, sk_protocol) == IPPROTO_TCP;
}

/* What an application calls connect() on: TCP, or MPTCP, which then connects a socket of its own.
 */
static __always_inline bool is_connectable(struct sock *sk)
{
	__u16 protocol = READ(sk, sk_protocol);

	return (protocol == IPPROTO_TCP || protocol == IPPROTO_MPTCP) && is_internet(sk);
}

/* The kernel opened it for itself; NFS and NVMe give their own a file, too. */
static __always_inline bool is_of_kernel(struct sock *sk)
{
	struct sock___task_frag *own = (void *)sk;

	if (READ_BITFIELD(sk, sk_kern_sock) || !READ(sk, sk_socket, file))
		return true;
	return bpf_core_field_exists(own->sk_use_task_frag) && !READ(own, sk_use_task_frag);
}

static __always_inline __u32 read_netns(struct sock *sk)
{
	return READ(sk, __sk_common.skc_net.net, ns.inum);
}

static __always_inline bool is_mptcp(struct sock *sk)
{
	struct tcp_sock___mptcp *tp = (void *)sk;

	return bpf_core_field_exists(tp->is_mptcp) && READ(tp, is_mptcp);
}

/* No segment of this socket was accepted by IP and still waits for its acknowledgement. */
static __always_inline bool nothing_sent(struct sock *sk)
{
	struct tcp_sock *tp = (struct tcp_sock *)sk;
	void *head = __builtin_preserve_access_index(&tp->tsorted_sent_queue);

	return READ(tp, tsorted_sent_queue.next) == head;
}

#endif
