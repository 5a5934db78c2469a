/* SPDX-License-Identifier: GPL-2.0-only */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "expression.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct endpoint endpoint(const char *address, uint16_t port)
{
	struct endpoint endpoint = {.port = port};

	endpoint.family = strchr(address, ':') ? FAMILY_IPV6 : FAMILY_IPV4;
	assert_int_equal(inet_pton(endpoint.family, address, endpoint.address), 1);
	return endpoint;
}

static struct record record_ipv4(void)
{
	return (struct record){.attempt = {.local = endpoint("10.0.0.5", 1000),
	                                   .remote = endpoint("192.0.2.7", 443)}};
}

static struct record record_ipv6(void)
{
	return (struct record){.attempt = {.local = endpoint("2001:db8::5", 43210),
	                                   .remote = endpoint("2001:db8:1::7", 80)}};
}

static bool matches(const char *text, const struct record *record)
{
	struct expression *expression;
	char error[256];
	bool result;

	if (expression_compile(&expression, text, error, sizeof(error)))
		fail_msg("'%s': %s", text, error);
	result = expression_matches(expression, record);
	expression_free(expression);
	return result;
}

static void test_matches(void **state)
{
	static const struct {
		const char *text;
		bool ipv4, ipv6;
	} rows[] = {
	        {"tcp", true, true},
	        {"ip", true, false},
	        {"ip6", false, true},
	        {"tcp port 443", true, false},
	        {"tcp port 80", false, true},
	        {"port 443 or port 80", true, true},
	        {"not port 443", false, true},
	        {"src port 1000", true, false},
	        {"dst port 1000", false, false},
	        {"portrange 75-85", false, true},
	        {"dst net 192.0.2.0/24", true, false},
	        {"src net 192.0.2.0/24", false, false},
	        {"net 10", true, false},
	        {"host 192.0.2.7 and dst port 443", true, false},
	        {"dst host 2001:db8:1::7", false, true},
	        {"dst net 2001:db8:1::/48", false, true},
	        {"tcp[tcpflags] & tcp-syn != 0", true, false}, /* libpcap: IPv4 only */
	        {"tcp[tcpflags] == tcp-syn", true, false},
	        {"tcp[tcpflags] & tcp-ack != 0", false, false},
	        {"tcp[2:2] > 400", true, false},
	        {"ip6[6] == 6", false, true},
	        {"ip[8] == 64", true, false},
	        {"udp", false, false},
	        {"icmp", false, false},
	        {"udp port 443", false, false},
	        {"less 64", true, true},
	};
	struct record ipv4 = record_ipv4(), ipv6 = record_ipv6();

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		if (matches(rows[i].text, &ipv4) != rows[i].ipv4)
			fail_msg("'%s' on IPv4", rows[i].text);
		if (matches(rows[i].text, &ipv6) != rows[i].ipv6)
			fail_msg("'%s' on IPv6", rows[i].text);
	}
}

static void test_refused(void **state)
{
	static const char *const texts[] = {
	        "tcp prot 443",           "host",      "port 65536", "net 1.2.3.4/33",
	        "ether host 0:0:0:0:0:1", "tcp and (", "inbound",    "port http-nonsense",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		struct expression *expression;
		char error[256] = "";

		if (expression_compile(&expression, texts[i], error, sizeof(error)) != -EINVAL)
			fail_msg("'%s' was taken", texts[i]);
		assert_true(*error);
	}
	expression_free(NULL);
}

static void test_addresses_unknown(void **state)
{
	struct record record = record_ipv4();

	(void)state;
	/* Refused before a local address was chosen. */
	record.attempt.local = (struct endpoint){0};
	assert_true(matches("dst host 192.0.2.7", &record));
	assert_true(matches("src host 0.0.0.0 and src port 0", &record));
	/* A local address of the other family is none. */
	record.attempt.local = endpoint("2001:db8::5", 5);
	assert_true(matches("src host 0.0.0.0 and src port 5", &record));
	/* Only what was asked for is known. */
	record.attempt.asked = record.attempt.remote;
	record.attempt.remote = (struct endpoint){0};
	assert_true(matches("dst port 443", &record));
	record.attempt.asked.family = 1;
	assert_false(matches("tcp or not tcp", &record));
}

static uint32_t sum(uint32_t start, const uint8_t *bytes, size_t size)
{
	for (size_t i = 0; i < size; i += 2)
		start += bytes[i] << 8 | bytes[i + 1];
	while (start >> 16)
		start = (start & 0xffff) + (start >> 16);
	return start;
}

/* RFC 1071: over a right checksum, the sum is all ones. */
static void test_checksums(void **state)
{
	struct record ipv4 = record_ipv4(), ipv6 = record_ipv6();
	uint8_t packet[SYN_SIZE_MAX];

	(void)state;
	assert_int_equal(expression_syn(packet, &ipv4.attempt), 40);
	assert_int_equal(packet[3], 40);
	assert_int_equal(sum(0, packet, 20), 0xffff);
	assert_int_equal(sum(sum(6 + 20, packet + 12, 8), packet + 20, 20), 0xffff);

	assert_int_equal(expression_syn(packet, &ipv6.attempt), 60);
	assert_int_equal(packet[5], 20);
	assert_int_equal(sum(sum(6 + 20, packet + 8, 32), packet + 40, 20), 0xffff);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_matches),
	        cmocka_unit_test(test_refused),
	        cmocka_unit_test(test_addresses_unknown),
	        cmocka_unit_test(test_checksums),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
