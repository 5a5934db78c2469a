/* SPDX-License-Identifier: GPL-2.0-only */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/if_ether.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "forge.h"
#include "world.h"

#define FORGED_SEQ 1000
#define WINDOW 65535
#define BUFFER_BYTES (4 << 20)
#define TIMESTAMP_SIZE 12 /* two NOPs, kind 8, length 10, two numbers */

/* What stands in front of TCP and ICMPv6 for their checksums; zeroes do not change the sum. */
struct pseudo_header {
	uint8_t from[16], to[16];
	uint32_t length, protocol;
};

/* A packet in the making: the frame that goes out, and where its payload begins. */
struct packet {
	uint8_t frame[2 * FRAME_SIZE];
	uint8_t *payload;
	size_t size; /* of the payload */
	struct pseudo_header pseudo;
};

struct icmp_header {
	uint8_t type, code;
	uint16_t checksum;
	uint32_t info;
};

static uint32_t add_words(uint32_t sum, const void *data, size_t size)
{
	const uint8_t *bytes = data;

	for (size_t i = 0; i + 1 < size; i += 2)
		sum += (uint32_t)bytes[i] << 8 | bytes[i + 1];
	return size & 1 ? sum + ((uint32_t)bytes[size - 1] << 8) : sum;
}

static uint16_t checksum(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return htons((uint16_t)~sum);
}

static bool is_v6(const struct forger *f)
{
	return f->v->family == V6;
}

static const uint8_t *ip_of(const struct forger *f)
{
	return f->frame + sizeof(struct ether_header);
}

static size_t ip_size(const struct forger *f)
{
	return is_v6(f) ? sizeof(struct ip6_hdr) : sizeof(struct iphdr);
}

/* The peer that the variant connects to, as the packet has it. */
static const void *peer_address(const struct forger *f, size_t *size)
{
	const struct sockaddr_in *in = (const void *)&f->v->peer;
	const struct sockaddr_in6 *in6 = (const void *)&f->v->peer;

	*size = is_v6(f) ? 16 : 4;
	if (in->sin_family == AF_INET)
		return &in->sin_addr;
	return &in6->sin6_addr.s6_addr[is_v6(f) ? 0 : 12];
}

/* IP without options or extension headers is what the client sends. */
static bool is_awaited(struct forger *f, uint8_t flags)
{
	const struct ether_header *ether = (const void *)f->frame;
	const struct tcphdr *tcp = (const void *)(ip_of(f) + ip_size(f));
	size_t size;
	const void *peer = peer_address(f, &size);

	if (f->size < sizeof(*ether) + ip_size(f) + sizeof(*tcp) ||
	    ether->ether_type != htons(is_v6(f) ? ETHERTYPE_IPV6 : ETHERTYPE_IP) ||
	    ip_of(f)[is_v6(f) ? 6 : 9] != IPPROTO_TCP ||
	    memcmp(ip_of(f) + ip_size(f) - size, peer, size) ||
	    ntohs(tcp->dest) != address_port(&f->v->peer) || (tcp->th_flags & flags) != flags)
		return false;
	f->seq = ntohl(tcp->seq);
	return true;
}

void forger_await(struct forger *f, uint8_t flags)
{
	do {
		ssize_t size = recv(f->fd, f->frame, sizeof(f->frame), 0);

		if (size < 0 && errno != EINTR && errno != ENOBUFS && errno != ENETDOWN)
			variant_fail(f->v, "packet socket: %s", strerror(errno));
		f->size = size < 0 ? 0 : (size_t)size;
	} while (!is_awaited(f, flags));
}

/* Ethernet and IP headers of a packet to the client. */
static void packet_begin(struct packet *p, const struct forger *f, const void *from, uint8_t ttl,
                         uint8_t protocol)
{
	const struct ether_header *caught = (const void *)f->frame;
	struct ether_header *ether = (void *)p->frame;
	struct iphdr *ip = (void *)(ether + 1);
	struct ip6_hdr *ip6 = (void *)(ether + 1);
	size_t size = is_v6(f) ? 16 : 4;

	*p = (struct packet){.payload = p->frame + sizeof(*ether) + ip_size(f)};
	memcpy(ether->ether_dhost, caught->ether_shost, ETH_ALEN);
	memcpy(ether->ether_shost, caught->ether_dhost, ETH_ALEN);
	ether->ether_type = caught->ether_type;
	memcpy(p->pseudo.from, from, size);
	memcpy(p->pseudo.to, ip_of(f) + ip_size(f) - 2 * size, size);
	p->pseudo.protocol = htonl(protocol);
	memcpy((uint8_t *)ip + ip_size(f) - 2 * size, p->pseudo.from, size);
	memcpy((uint8_t *)ip + ip_size(f) - size, p->pseudo.to, size);
	if (is_v6(f)) {
		ip6->ip6_flow = htonl(6U << 28);
		ip6->ip6_nxt = protocol;
		ip6->ip6_hlim = ttl;
	} else {
		ip->version = 4;
		ip->ihl = sizeof(*ip) / 4;
		ip->ttl = ttl;
		ip->protocol = protocol;
	}
}

static void packet_add(struct packet *p, const void *data, size_t size)
{
	memcpy(p->payload + p->size, data, size);
	p->size += size;
}

/* @check: where in the payload its checksum stands; ICMP has no pseudo header. */
static void packet_send(struct packet *p, const struct forger *f, size_t check)
{
	struct iphdr *ip = (void *)(p->frame + sizeof(struct ether_header));
	struct ip6_hdr *ip6 = (void *)ip;
	uint32_t sum = add_words(0, p->payload, p->size);
	size_t size = (size_t)(p->payload - p->frame) + p->size;
	uint16_t sent;

	p->pseudo.length = htonl((uint32_t)p->size);
	if (p->pseudo.protocol != htonl(IPPROTO_ICMP))
		sum = add_words(sum, &p->pseudo, sizeof(p->pseudo));
	sent = checksum(sum);
	memcpy(p->payload + check, &sent, sizeof(sent));
	if (is_v6(f)) {
		ip6->ip6_plen = htons((uint16_t)p->size);
	} else {
		ip->tot_len = htons((uint16_t)(sizeof(*ip) + p->size));
		ip->check = checksum(add_words(0, ip, sizeof(*ip)));
	}
	if (send(f->fd, p->frame, size, 0) != (ssize_t)size)
		variant_fail(f->v, "packet socket: %s", strerror(errno));
}

void forger_icmp(struct forger *f, const struct forged_icmp *icmp)
{
	struct icmp_header header = {icmp->type, icmp->code, 0, htonl(icmp->info)};
	struct sockaddr_storage router;
	struct tcphdr inner;
	struct packet p;

	make_address(&router, is_v6(f) ? AF_INET6 : AF_INET, is_v6(f) ? ROUTER6 : ROUTER4, 0);
	packet_begin(&p, f,
	             is_v6(f) ? (const void *)&((struct sockaddr_in6 *)&router)->sin6_addr
	                      : &((struct sockaddr_in *)&router)->sin_addr,
	             FORGED_TTL, is_v6(f) ? IPPROTO_ICMPV6 : IPPROTO_ICMP);
	memcpy(&inner, ip_of(f) + ip_size(f), sizeof(inner));
	inner.seq = htonl(f->seq + icmp->seq_shift);
	packet_add(&p, &header, sizeof(header));
	packet_add(&p, ip_of(f), ip_size(f));
	packet_add(&p, &inner, sizeof(inner));
	packet_send(&p, f, offsetof(struct icmp_header, checksum));
}

void forger_segment(struct forger *f, const struct forged_segment *segment)
{
	const struct tcphdr *caught = (const void *)(ip_of(f) + ip_size(f));
	const uint32_t timestamp[] = {htonl(0x0101080a), htonl(1), htonl(segment->tsecr)};
	bool is_first = segment->flags & SEGMENT_SYN;
	struct tcphdr tcp = {.source = caught->dest,
	                     .dest = caught->source,
	                     .seq = htonl(FORGED_SEQ + !is_first),
	                     .window = htons(WINDOW)};
	struct packet p;
	size_t size;

	tcp.th_flags = segment->flags;
	if (segment->flags & SEGMENT_ACK)
		tcp.ack_seq = htonl(f->seq + 1 + segment->ack_shift);
	tcp.doff = (sizeof(tcp) + (segment->tsecr ? TIMESTAMP_SIZE : 0)) / 4;
	packet_begin(&p, f, peer_address(f, &size), segment->ttl ? segment->ttl : FORGED_TTL,
	             IPPROTO_TCP);
	packet_add(&p, &tcp, sizeof(tcp));
	if (segment->tsecr)
		packet_add(&p, timestamp, sizeof(timestamp));
	packet_send(&p, f, offsetof(struct tcphdr, check));
}

/* On the link to the client alone: what leaves for the server is seen twice else. */
static int open_packet_socket(struct variant *v)
{
	struct sockaddr_ll link = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL)};
	int fd, bytes = BUFFER_BYTES;

	namespace_enter(v->world->router);
	fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	if (fd < 0)
		variant_skip(v, "no packet socket: %s", strerror(errno));
	link.sll_ifindex = (int)if_nametoindex("eth0");
	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes));
	if (bind(fd, (struct sockaddr *)&link, sizeof(link)))
		variant_fail(v, "packet socket: %s", strerror(errno));
	return fd;
}

pid_t forger_start(struct variant *v)
{
	struct forger f = {.v = v};
	int ready[2];
	char byte;
	pid_t pid;

	if (pipe(ready))
		variant_fail(v, "pipe: %s", strerror(errno));
	pid = fork_child();
	if (pid == 0) {
		close(ready[0]);
		f.fd = open_packet_socket(v);
		if (write(ready[1], "", 1) != 1)
			_exit(1);
		v->test->forge(&f);
		_exit(0);
	}
	close(ready[1]);
	/* Else it has said why not. */
	if (read(ready[0], &byte, 1) != 1)
		_exit(0);
	close(ready[0]);
	return pid;
}

void forger_stop(struct variant *v, pid_t pid)
{
	kill(pid, SIGKILL);
	wait_child(v, pid);
}

void client_meets_forger(struct variant *v)
{
	pid_t forger = forger_start(v);

	client_connect(v);
	forger_stop(v, forger);
}
