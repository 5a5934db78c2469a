/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef CONNWHY_ENDPOINT_H
#define CONNWHY_ENDPOINT_H

#include <stdbool.h>
#include <string.h>

#include <stdint.h>

#include "event.h"

static inline bool endpoint_same_address(const struct endpoint *a, const struct endpoint *b)
{
	return a->family == b->family && !memcmp(a->address, b->address, sizeof(a->address));
}

static inline bool endpoint_same(const struct endpoint *a, const struct endpoint *b)
{
	return a->port == b->port && endpoint_same_address(a, b);
}

/* @address: network order; @prefix: bits; @family: FAMILY_IPV4 or FAMILY_IPV6 */
struct network {
	uint8_t address[16];
	uint8_t prefix;
	uint8_t family;
};

static inline bool network_holds(const struct network *network, const struct endpoint *endpoint)
{
	unsigned int whole = network->prefix / 8, rest = network->prefix % 8;

	return network->family == endpoint->family &&
	       !memcmp(network->address, endpoint->address, whole) &&
	       (!rest || !((network->address[whole] ^ endpoint->address[whole]) >> (8 - rest)));
}

static inline bool endpoint_is_loopback(const struct endpoint *endpoint)
{
	static const uint8_t loopback[16] = {[15] = 1};

	return (endpoint->family == FAMILY_IPV4 && endpoint->address[0] == 127) ||
	       (endpoint->family == FAMILY_IPV6 &&
	        !memcmp(endpoint->address, loopback, sizeof(loopback)));
}

/* The upper half of a product with the golden ratio depends on every bit. */
static inline uint32_t endpoint_mix(uint64_t key)
{
	return (key * 0x9E3779B97F4A7C15ULL) >> 32;
}

static inline uint32_t endpoint_hash_address(const struct endpoint *a)
{
	uint64_t halves[2];

	memcpy(halves, a->address, sizeof(halves));
	return endpoint_mix(halves[0] ^ (uint64_t)endpoint_mix(halves[1]) << 16);
}

static inline uint32_t endpoint_hash(const struct endpoint *a)
{
	return endpoint_mix((uint64_t)endpoint_hash_address(a) << 16 ^ a->port);
}

#endif
