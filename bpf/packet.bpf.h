/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Reading IP, TCP and ICMP headers of an skb: by its header offsets, never by skb->data. */
#ifndef CONNWHY_PACKET_BPF_H
#define CONNWHY_PACKET_BPF_H

#include "sock.bpf.h"

/* RFC 791 and RFC 8200, as far as they are in use. */
struct ip_header {
	__u8 version_ihl;
	__u8 skip1[7];
	__u8 ttl;
	__u8 protocol;
	__u8 skip2[2];
	__u8 source[4];
	__u8 destination[4];
};

struct ipv6_header {
	__u8 version_class;
	__u8 skip[5];
	__u8 next_header;
	__u8 hop_limit;
	__u8 source[16];
	__u8 destination[16];
};

struct tcp_header {
	__be16 source;
	__be16 destination;
	__be32 seq;
	__be32 ack_seq;
	__u8 offset;
	__u8 flags;
	__be16 window;
};

/*
 * @ip_size: bytes of the IP header; 0 where this is no IP packet
 * @seq, @ack_seq: of the TCP header, host order
 */
struct ip_facts {
	struct endpoint from;
	struct endpoint to;
	__u8 ttl;
	__u8 protocol;
	__u8 version;
	__u8 ip_size;
	__u32 seq;
	__u32 ack_seq;
};

static __always_inline bool read_ip(struct sk_buff *skb, struct ip_facts *ip)
{
	unsigned char *header = READ(skb, head) + READ(skb, network_header);
	union {
		struct ip_header v4;
		struct ipv6_header v6;
	} h;

	if (bpf_probe_read_kernel(&h.v4, sizeof(h.v4), header))
		return false;
	if (h.v4.version_ihl >> 4 == 4) {
		ip->version = 4;
		ip->ip_size = (h.v4.version_ihl & 15) * 4;
		ip->ttl = h.v4.ttl;
		ip->protocol = h.v4.protocol;
		endpoint_set_ipv4(&ip->from, h.v4.source);
		endpoint_set_ipv4(&ip->to, h.v4.destination);
		return true;
	}
	if (h.v4.version_ihl >> 4 == 6) {
		if (bpf_probe_read_kernel(&h.v6, sizeof(h.v6), header))
			return false;
		ip->version = 6;
		ip->ip_size = sizeof(h.v6);
		ip->ttl = h.v6.hop_limit;
		ip->protocol = h.v6.next_header;
		endpoint_set_ipv6(&ip->from, h.v6.source);
		endpoint_set_ipv6(&ip->to, h.v6.destination);
		return true;
	}
	return false;
}

/* The TCP header behind an IP header with no extension headers. */
static __always_inline bool read_tcp(struct sk_buff *skb, struct ip_facts *ip, __u8 *flags)
{
	unsigned char *header = READ(skb, head) + READ(skb, network_header);
	struct tcp_header tcp;

	if (ip->protocol != IPPROTO_TCP ||
	    bpf_probe_read_kernel(&tcp, sizeof(tcp), header + ip->ip_size))
		return false;
	ip->from.port = bpf_ntohs(tcp.source);
	ip->to.port = bpf_ntohs(tcp.destination);
	ip->seq = bpf_ntohl(tcp.seq);
	ip->ack_seq = bpf_ntohl(tcp.ack_seq);
	*flags = tcp.flags;
	return true;
}

/* TTL or hop limit of a packet that comes from that peer. */
static __always_inline __u8 read_ttl(struct sk_buff *skb, const struct endpoint *from)
{
	void *header = READ(skb, head) + READ(skb, network_header);

	if (from->family == FAMILY_IPV6)
		return READ((struct ipv6hdr *)header, hop_limit);
	return READ((struct iphdr *)header, ttl);
}

/* Byte 13 of the header of a segment that TCP works on. */
static __always_inline __u8 read_tcp_flags(struct sk_buff *skb)
{
	struct tcp_skb_cb___flags *control = (void *)__builtin_preserve_access_index(&skb->cb);

	return READ(control, tcp_flags);
}

#endif
