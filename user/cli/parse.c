/* SPDX-License-Identifier: GPL-2.0-only */
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#include "parse.h"

#define BUFFER_MAX (1ULL << 31)
#define FILE_MAX (1ULL << 62)

/* Reads digits at *text and moves it behind them; -EINVAL where there are none. */
static int read_digits(const char **text, uint64_t *value)
{
	const char *at = *text;
	int error = 0;

	*value = 0;
	for (; *at >= '0' && *at <= '9'; at++)
		if (__builtin_mul_overflow(*value, 10, value) ||
		    __builtin_add_overflow(*value, (uint64_t)(*at - '0'), value))
			error = -ERANGE;
	if (at == *text)
		return -EINVAL;
	*text = at;
	return error;
}

int parse_number(const char *text, uint64_t low, uint64_t high, uint64_t *value)
{
	int error = read_digits(&text, value);

	if (*text)
		return -EINVAL;
	if (!error && (*value < low || *value > high))
		return -ERANGE;
	return error;
}

int parse_decimal(const char *text, uint64_t unit_ns, uint64_t *ns)
{
	int error = read_digits(&text, ns);

	if (error == -EINVAL)
		return error;
	if (__builtin_mul_overflow(*ns, unit_ns, ns))
		error = -ERANGE;
	if (*text == '.') {
		const char *fraction = ++text;

		for (; *text >= '0' && *text <= '9'; text++) {
			unit_ns /= 10;
			if (__builtin_add_overflow(*ns, (uint64_t)(*text - '0') * unit_ns, ns))
				error = -ERANGE;
		}
		if (text == fraction)
			return -EINVAL;
	}
	return *text ? -EINVAL : error;
}

int parse_size(const char *text, uint64_t *bytes)
{
	int error = read_digits(&text, bytes);
	uint64_t unit = 1;

	if (error == -EINVAL)
		return error;
	if (*text == 'K' || *text == 'k')
		unit = 1 << 10;
	else if (*text == 'M' || *text == 'm')
		unit = 1 << 20;
	if (unit > 1)
		text++;
	if (*text)
		return -EINVAL;
	if (error || __builtin_mul_overflow(*bytes, unit, bytes) || *bytes > BUFFER_MAX)
		return -ERANGE;
	return 0;
}

int parse_file_size(const char *text, uint64_t *bytes)
{
	int error = read_digits(&text, bytes);
	uint64_t unit;

	if (error == -EINVAL)
		return error;
	switch (*text) {
	case '\0': unit = 1000000; break;
	case 'K':
	case 'k': unit = 1 << 10; break;
	case 'M':
	case 'm': unit = 1 << 20; break;
	case 'G':
	case 'g': unit = 1 << 30; break;
	default: return -EINVAL;
	}
	if (*text && text[1])
		return -EINVAL;
	if (error || __builtin_mul_overflow(*bytes, unit, bytes) || *bytes > FILE_MAX)
		return -ERANGE;
	return 0;
}

int parse_ports(const char *text, struct port_range *range)
{
	uint64_t low, high;

	if (read_digits(&text, &low))
		return -EINVAL;
	high = low;
	if (*text == '-') {
		text++;
		if (read_digits(&text, &high))
			return -EINVAL;
	}
	if (*text || low < 1 || high > UINT16_MAX || low > high)
		return -EINVAL;
	range->low = low;
	range->high = high;
	return 0;
}

int parse_listen(const char *text, struct endpoint *endpoint)
{
	const char *colon = strrchr(text, ':'), *begin = text;
	char address[INET6_ADDRSTRLEN] = "127.0.0.1";
	uint64_t port;

	*endpoint = (struct endpoint){.family = FAMILY_IPV4};
	if (parse_number(colon ? colon + 1 : text, 1, UINT16_MAX, &port))
		return -EINVAL;
	endpoint->port = port;
	if (colon && colon > text) {
		size_t length = colon - text;

		if (*text == '[' && colon[-1] == ']') {
			endpoint->family = FAMILY_IPV6;
			begin++;
			length -= 2;
		}
		if (length >= sizeof(address))
			return -EINVAL;
		memcpy(address, begin, length);
		address[length] = '\0';
	}
	if (inet_pton(endpoint->family == FAMILY_IPV4 ? AF_INET : AF_INET6, address,
	              endpoint->address) != 1)
		return -EINVAL;
	return 0;
}

/* Clears the bits behind the prefix; true where one was set. */
static bool clear_host_bits(struct network *network, unsigned int size)
{
	bool any = false;

	for (unsigned int i = 0; i < size; i++) {
		unsigned int kept = i * 8 >= network->prefix ? 0 : network->prefix - i * 8;
		uint8_t mask = kept >= 8 ? 0xff : (uint8_t)(0xff00 >> kept);

		any = any || (network->address[i] & ~mask);
		network->address[i] &= mask;
	}
	return any;
}

int parse_network(const char *text, struct network *network)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
	const char *slash = strchrnul(text, '/');
	char address[INET6_ADDRSTRLEN];
	size_t length = slash - text;
	uint64_t prefix;
	bool ipv4;

	*network = (struct network){0};
	if (length >= sizeof(address))
		return -EINVAL;
	memcpy(address, text, length);
	address[length] = '\0';

	ipv4 = inet_pton(AF_INET, address, network->address) == 1;
	if (!ipv4 && inet_pton(AF_INET6, address, network->address) != 1)
		return -EINVAL;
	prefix = ipv4 ? 32 : 128;
	if (*slash && parse_number(slash + 1, 0, prefix, &prefix))
		return -EINVAL;
	if (!ipv4 && prefix >= 96 && memcmp(network->address, mapped, sizeof(mapped)) == 0) {
		memmove(network->address, network->address + 12, 4);
		memset(network->address + 4, 0, 12);
		prefix -= 96;
		ipv4 = true;
	}
	network->family = ipv4 ? FAMILY_IPV4 : FAMILY_IPV6;
	network->prefix = prefix;
	return clear_host_bits(network, ipv4 ? 4 : 16) ? -EDOM : 0;
}
