/* SPDX-License-Identifier: GPL-2.0-only */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/tcp.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "expression.h"

#define SNAPLEN 65535
#define HOPS 64

struct expression {
	struct bpf_program program;
};

/* Sum of 16-bit words (RFC 1071), not yet folded; `size` is even. */
static uint32_t sum_words(uint32_t sum, const void *data, size_t size)
{
	const uint8_t *bytes = data;

	for (size_t i = 0; i < size; i += 2)
		sum += (uint32_t)bytes[i] << 8 | bytes[i + 1];
	return sum;
}

static uint16_t checksum(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return htons(~sum & 0xffff);
}

size_t expression_syn(uint8_t packet[SYN_SIZE_MAX], const struct attempt *attempt)
{
	const struct endpoint *to = attempt->remote.family ? &attempt->remote : &attempt->asked;
	struct endpoint from = attempt->local;
	bool ipv4 = to->family == FAMILY_IPV4;
	size_t ip_size = ipv4 ? sizeof(struct iphdr) : sizeof(struct ip6_hdr);
	size_t address_size = ipv4 ? 4 : 16;
	struct tcphdr tcp = {
	        .dest = htons(to->port),
	        .source = htons(from.port),
	        .doff = sizeof(tcp) / 4,
	        .syn = 1,
	        .window = htons(64240),
	};
	uint32_t sum = IPPROTO_TCP + sizeof(tcp); /* of the pseudo-header */

	if (to->family != FAMILY_IPV4 && to->family != FAMILY_IPV6)
		return 0;
	if (from.family != to->family)
		memset(from.address, 0, sizeof(from.address));

	if (ipv4) {
		struct iphdr ip = {
		        .version = 4,
		        .ihl = sizeof(ip) / 4,
		        .tot_len = htons(sizeof(ip) + sizeof(tcp)),
		        .frag_off = htons(IP_DF),
		        .ttl = HOPS,
		        .protocol = IPPROTO_TCP,
		};

		memcpy(&ip.saddr, from.address, address_size);
		memcpy(&ip.daddr, to->address, address_size);
		ip.check = checksum(sum_words(0, &ip, sizeof(ip)));
		memcpy(packet, &ip, sizeof(ip));
	} else {
		struct ip6_hdr ip = {
		        .ip6_flow = htonl(6U << 28),
		        .ip6_plen = htons(sizeof(tcp)),
		        .ip6_nxt = IPPROTO_TCP,
		        .ip6_hlim = HOPS,
		};

		memcpy(&ip.ip6_src, from.address, address_size);
		memcpy(&ip.ip6_dst, to->address, address_size);
		memcpy(packet, &ip, sizeof(ip));
	}
	sum = sum_words(sum, from.address, address_size);
	sum = sum_words(sum, to->address, address_size);
	tcp.check = checksum(sum_words(sum, &tcp, sizeof(tcp)));
	memcpy(packet + ip_size, &tcp, sizeof(tcp));
	return ip_size + sizeof(tcp);
}

/* "inbound" and the like are asked of the capturing kernel; no packet alone can answer them. */
static bool asks_kernel(const struct bpf_program *program)
{
	for (unsigned int i = 0; i < program->bf_len; i++) {
		const struct bpf_insn *insn = &program->bf_insns[i];

		if (BPF_CLASS(insn->code) == BPF_LD && BPF_MODE(insn->code) == BPF_ABS &&
		    (int32_t)insn->k < 0)
			return true;
	}
	return false;
}

int expression_compile(struct expression **expression, const char *text, char *error, size_t size)
{
	pcap_t *pcap = pcap_open_dead(DLT_RAW, SNAPLEN);
	struct expression *compiled = calloc(1, sizeof(*compiled));
	int result = 0;

	if (!pcap || !compiled) {
		snprintf(error, size, "%s", strerror(ENOMEM));
		result = -ENOMEM;
	} else if (pcap_compile(pcap, &compiled->program, text, 1, PCAP_NETMASK_UNKNOWN)) {
		snprintf(error, size, "%s", pcap_geterr(pcap));
		result = -EINVAL;
	} else if (asks_kernel(&compiled->program)) {
		snprintf(error, size, "it asks how a packet was captured, not what is in it");
		pcap_freecode(&compiled->program);
		result = -EINVAL;
	}
	if (pcap)
		pcap_close(pcap);
	if (result)
		free(compiled);
	else
		*expression = compiled;
	return result;
}

bool expression_matches(const struct expression *expression, const struct record *record)
{
	uint8_t packet[SYN_SIZE_MAX];
	size_t size = expression_syn(packet, &record->attempt);
	struct pcap_pkthdr header = {.caplen = size, .len = size};

	return size && pcap_offline_filter(&expression->program, &header, packet) != 0;
}

void expression_free(struct expression *expression)
{
	if (!expression)
		return;
	pcap_freecode(&expression->program);
	free(expression);
}
