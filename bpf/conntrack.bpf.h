/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The connection that this host's connection tracking gives to a packet.
 *
 * Its first tuple is that of the packet that began it, as the socket sent it; the second is what
 * the replies look like on the wire: its source is the translated peer, its destination the
 * translated local end (net/netfilter/nf_conntrack_core.c). A packet carries its connection from
 * the first hook of a namespace to the socket or the device.
 *
 * struct nf_conn is a module's type as a rule, and modules have no BTF before 5.11. So user space
 * finds the offset of its tuples, and what stands there must look like two tuples of TCP.
 */
#ifndef CONNWHY_CONNTRACK_BPF_H
#define CONNWHY_CONNTRACK_BPF_H

#include "packet.bpf.h"

#define NFCT_POINTER_MASK (~7UL) /* NFCT_PTRMASK: below it is enum ip_conntrack_info */

const volatile __u32 conntrack_tuples_offset = CONNTRACK_TUPLES_OFFSET;

/* struct nf_conntrack_tuple, in this layout since 2.6 */
struct conntrack_tuple {
	__u8 source[16];
	__be16 source_port;
	__u16 family;
	__u8 destination[16];
	__be16 destination_port;
	__u8 protocol;
	__u8 direction;
};

/* struct nf_conntrack_tuple_hash */
struct conntrack_entry {
	__u64 node[2];
	struct conntrack_tuple tuple;
};

/* The addresses of a connection as its socket has them. */
struct connection {
	struct endpoint local;
	struct endpoint remote;
};

/* The address of a tuple is 0 behind the 4 bytes of IPv4. */
static __always_inline void endpoint_set_tuple(struct endpoint *e, __u16 family,
                                               const __u8 address[16], __be16 port)
{
	__builtin_memcpy(e->address, address, sizeof(e->address));
	e->family = family;
	e->pad = 0;
	e->port = bpf_ntohs(port);
}

static __always_inline bool are_tcp_tuples(const struct conntrack_entry entries[2])
{
	const struct conntrack_tuple *sent = &entries[0].tuple, *reply = &entries[1].tuple;

	if (sent->family != AF_INET && sent->family != AF_INET6)
		return false;
	return !((sent->protocol ^ IPPROTO_TCP) | (reply->protocol ^ IPPROTO_TCP) |
	         sent->direction | (reply->direction ^ 1) | (sent->family ^ reply->family));
}

/* The packet's struct nf_conn, NULL for none. */
static __always_inline void *conntrack_of(struct sk_buff *skb)
{
	if (!bpf_core_field_exists(skb->_nfct))
		return NULL;
	return (void *)(READ(skb, _nfct) & NFCT_POINTER_MASK);
}

/*
 * Fills the connection as it began, and what became of its ends. False where the packet has none.
 */
static __always_inline bool read_conntrack(struct sk_buff *skb, struct connection *began,
                                           struct translation *via)
{
	void *nfct = conntrack_of(skb);
	struct conntrack_entry entries[2];

	if (!nfct ||
	    bpf_probe_read_kernel(entries, sizeof(entries), nfct + conntrack_tuples_offset))
		return false;
	if (!are_tcp_tuples(entries))
		return false;
	endpoint_set_tuple(&began->local, entries[0].tuple.family, entries[0].tuple.source,
	                   entries[0].tuple.source_port);
	endpoint_set_tuple(&began->remote, entries[0].tuple.family, entries[0].tuple.destination,
	                   entries[0].tuple.destination_port);
	endpoint_set_tuple(&via->peer, entries[1].tuple.family, entries[1].tuple.source,
	                   entries[1].tuple.source_port);
	endpoint_set_tuple(&via->local, entries[1].tuple.family, entries[1].tuple.destination,
	                   entries[1].tuple.destination_port);
	if (same_endpoint(&via->peer, &began->remote))
		__builtin_memset(&via->peer, 0, sizeof(via->peer));
	if (same_endpoint(&via->local, &began->local))
		__builtin_memset(&via->local, 0, sizeof(via->local));
	return true;
}

static __always_inline bool is_translated(const struct translation *via)
{
	return via->peer.family || via->local.family;
}

#endif
