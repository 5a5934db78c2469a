// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a host does that has nothing to do with connecting out, in a network namespace of its own.
 *
 *   bystander getpid|send|receive|accept|drop COUNT
 *
 *   getpid         a system call that does nothing
 *   send, receive  one byte over an established connection, over loopback
 *   accept         takes a connection of a foreign host, is told of its end, and closes it
 *   drop           a foreign host's UDP packet to a closed port, while an attempt of this host is
 * in flight; the kernel sends no ICMP error
 *
 * Prints, on one line: nanoseconds of CPU time, and the median of what one took, also in
 * nanoseconds.
 *
 * Exit: 0 done, 1 something went wrong, 64 usage.
 */
#include "bench.h"

#include <errno.h>
#include <linux/ip.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#define PORT 7
#define CLOSED_PORT 9
#define COUNT_MAX 1000000
#define PORTS_PER_PEER 60000
#define FIRST_PORT 1024

struct packet {
	struct iphdr ip;
	union {
		struct tcphdr tcp;
		struct udphdr udp;
	};
};

/* A load: begun once, then done so many times. */
struct load {
	const char *name;
	void (*begin)(void);
	/* Does the i-th; returns how long that took. */
	uint64_t (*once)(long i);
};

static int tun, listener, sender, receiver;

static uint64_t since(uint64_t before)
{
	return now_ns(CLOCK_MONOTONIC) - before;
}

static uint64_t once_getpid(long i)
{
	uint64_t before = now_ns(CLOCK_MONOTONIC);

	(void)i;
	syscall(SYS_getpid);
	return since(before);
}

static int tcp_socket(int flags)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | flags, 0);

	if (fd < 0)
		err(1, "socket");
	return fd;
}

static int listen_at(uint32_t address)
{
	const struct sockaddr_in at = {
	        .sin_family = AF_INET, .sin_port = htons(PORT), .sin_addr.s_addr = htonl(address)};
	int fd = tcp_socket(0);

	if (bind(fd, (const void *)&at, sizeof(at)) || listen(fd, 16))
		err(1, "listen");
	return fd;
}

static void begin_connection(void)
{
	const struct sockaddr_in at = {.sin_family = AF_INET,
	                               .sin_port = htons(PORT),
	                               .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};

	listener = listen_at(INADDR_LOOPBACK);
	sender = tcp_socket(0);
	if (connect(sender, (const void *)&at, sizeof(at)))
		err(1, "connect");
	receiver = accept(listener, NULL, NULL);
	if (receiver < 0)
		err(1, "accept");
}

/* Sends a byte and takes it; returns what the one or the other took. */
static uint64_t one_byte(bool of_send)
{
	uint64_t before = now_ns(CLOCK_MONOTONIC), sent;
	char byte = 0;

	if (send(sender, &byte, 1, 0) != 1)
		err(1, "send");
	sent = now_ns(CLOCK_MONOTONIC);
	if (recv(receiver, &byte, 1, 0) != 1)
		err(1, "recv");
	return of_send ? sent - before : since(sent);
}

static uint64_t once_send(long i)
{
	(void)i;
	return one_byte(true);
}

static uint64_t once_receive(long i)
{
	(void)i;
	return one_byte(false);
}

static uint32_t sum(const void *data, size_t size)
{
	const uint16_t *word = data;
	uint32_t all = 0;

	for (size_t i = 0; i < size / 2; i++)
		all += word[i];
	return all;
}

static uint16_t folded(uint32_t all)
{
	while (all >> 16)
		all = (all & 0xffff) + (all >> 16);
	return ~all;
}

/* A packet of the foreign host, whose i-th port it is from. */
static struct packet from_peer(long i, uint8_t protocol, size_t size)
{
	return (struct packet){.ip = {
	                               .version = 4,
	                               .ihl = 5,
	                               .tot_len = htons(sizeof(struct iphdr) + size),
	                               .ttl = 64,
	                               .protocol = protocol,
	                               .saddr = htonl(OWN_ADDRESS + 1 + i / PORTS_PER_PEER),
	                               .daddr = htonl(OWN_ADDRESS),
	                       }};
}

static void deliver(struct packet *packet)
{
	const size_t size = ntohs(packet->ip.tot_len);

	packet->ip.check = folded(sum(&packet->ip, sizeof(packet->ip)));
	if (write(tun, packet, size) != (ssize_t)size)
		err(1, "write to tun");
}

static void deliver_tcp(struct packet packet, bool syn, bool ack, bool fin, uint32_t seq,
                        uint32_t ack_seq)
{
	struct tcphdr *tcp = &packet.tcp;

	tcp->doff = sizeof(*tcp) / 4;
	tcp->syn = syn;
	tcp->ack = ack;
	tcp->fin = fin;
	tcp->seq = htonl(seq);
	tcp->ack_seq = htonl(ack_seq);
	tcp->window = htons(65535);
	tcp->check = folded(sum(&packet.ip.saddr, 8) + htons(IPPROTO_TCP) + htons(sizeof(*tcp)) +
	                    sum(tcp, sizeof(*tcp)));
	deliver(&packet);
}

/* The next packet of this host, which has that flag: its sequence number. */
static uint32_t sent_with(bool syn, bool fin)
{
	struct packet packet;
	char data[2048];
	ssize_t size;

	for (;;) {
		size = read(tun, data, sizeof(data));
		if (size < 0)
			err(1, "read from tun");
		if (size < (ssize_t)sizeof(packet))
			continue;
		memcpy(&packet, data, sizeof(packet));
		if (packet.ip.version == 4 && packet.ip.protocol == IPPROTO_TCP &&
		    ((syn && packet.tcp.syn) || (fin && packet.tcp.fin)))
			return ntohl(packet.tcp.seq);
	}
}

static void begin_accept(void)
{
	tun = tun_open();
	listener = listen_at(OWN_ADDRESS);
}

static uint64_t once_accept(long i)
{
	const uint32_t isn = 1000;
	struct packet packet = from_peer(i, IPPROTO_TCP, sizeof(struct tcphdr));
	uint64_t before = now_ns(CLOCK_MONOTONIC);
	uint32_t theirs;
	int accepted;
	char byte;

	packet.tcp.source = htons(FIRST_PORT + i % PORTS_PER_PEER);
	packet.tcp.dest = htons(PORT);
	deliver_tcp(packet, true, false, false, isn, 0);
	theirs = sent_with(true, false);
	deliver_tcp(packet, false, true, false, isn + 1, theirs + 1);
	accepted = accept(listener, NULL, NULL);
	if (accepted < 0)
		err(1, "accept");
	deliver_tcp(packet, false, true, true, isn + 1, theirs + 1);
	if (read(accepted, &byte, 1))
		err(1, "no end came");
	close(accepted);
	theirs = sent_with(false, true);
	deliver_tcp(packet, false, true, false, isn + 2, theirs + 1);
	return since(before);
}

static void no_icmp_errors(void)
{
	int fd = open("/proc/sys/net/ipv4/icmp_ratelimit", O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, "1000000", 7) != 7)
		err(1, "icmp_ratelimit");
	close(fd);
}

static void begin_drop(void)
{
	const struct sockaddr_in silent = {.sin_family = AF_INET,
	                                   .sin_port = htons(PORT),
	                                   .sin_addr.s_addr = htonl(OWN_ADDRESS + 0xff00)};

	tun = tun_open();
	no_icmp_errors();
	if (!connect(tcp_socket(SOCK_NONBLOCK), (const void *)&silent, sizeof(silent)) ||
	    errno != EINPROGRESS)
		err(1, "connect");
}

static uint64_t once_drop(long i)
{
	struct packet packet = from_peer(i, IPPROTO_UDP, sizeof(struct udphdr));
	uint64_t before;

	packet.udp.source = htons(FIRST_PORT + i % PORTS_PER_PEER);
	packet.udp.dest = htons(CLOSED_PORT);
	packet.udp.len = htons(sizeof(packet.udp));
	before = now_ns(CLOCK_MONOTONIC);
	deliver(&packet);
	return since(before);
}

static const struct load loads[] = {
        {"getpid", NULL, once_getpid},
        {"send", begin_connection, once_send},
        {"receive", begin_connection, once_receive},
        {"accept", begin_accept, once_accept},
        {"drop", begin_drop, once_drop},
};

static void run(const struct load *load, long count)
{
	uint64_t *took = room_for(count);
	uint64_t cpu;

	own_network();
	if (load->begin)
		load->begin();
	for (long i = 0; i < count / 10; i++) /* caches */
		load->once(i);
	cpu = now_ns(CLOCK_THREAD_CPUTIME_ID);
	for (long i = 0; i < count; i++)
		took[i] = load->once(count / 10 + i);
	cpu = now_ns(CLOCK_THREAD_CPUTIME_ID) - cpu;
	printf("%llu %llu\n", (unsigned long long)cpu, (unsigned long long)median(took, count));
}

int main(int argc, char **argv)
{
	long count = argc == 3 ? number(argv[2], COUNT_MAX) : 0;

	for (size_t i = 0; count && i < sizeof(loads) / sizeof(*loads); i++) {
		if (!strcmp(argv[1], loads[i].name)) {
			run(&loads[i], count);
			return 0;
		}
	}
	fprintf(stderr, "usage: bystander getpid|send|receive|accept|drop COUNT\n");
	return 64;
}
