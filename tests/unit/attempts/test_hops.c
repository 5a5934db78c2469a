// SPDX-License-Identifier: GPL-2.0-only
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "hops.h"

#define S NS_PER_S
#define NETNS 1

static struct hops hops;

static struct peer_hop gateway(uint8_t last, uint32_t ifindex)
{
	return (struct peer_hop){.gateway = {.address = {192, 0, 2, last}, .family = FAMILY_IPV4},
	                         .ifindex = ifindex};
}

static struct peer_hop seen(uint8_t last, uint32_t ifindex, uint64_t key, uint64_t now_s)
{
	struct peer_hop hop = gateway(last, ifindex);

	hops_view(&hops, NETNS, key, now_s * S, &hop);
	return hop;
}

static unsigned int silent(uint8_t last, uint64_t key, uint64_t since_s, uint64_t now_s)
{
	const struct silence silence = {.since_ns = since_s * S, .attempts = 1};
	const struct peer_hop hop = gateway(last, 2);

	return hops_learn(&hops, NETNS, key, now_s * S, &hop, &silence);
}

static int forget_all(void **state)
{
	(void)state;
	memset(&hops, 0, sizeof(hops));
	return 0;
}

static void silent_hosts_are_counted_beside_the_peer(void **state)
{
	(void)state;
	assert_int_equal(seen(1, 2, 100, 10).silent, 0);
	silent(1, 100, 9, 10);
	silent(1, 101, 8, 11);
	silent(1, 101, 8, 12);
	silent(1, 102, 7, 13);
	assert_int_equal(seen(1, 2, 100, 14).silent, 2);
	assert_int_equal(seen(1, 2, 100, 14).since_ns, 7 * S);
	assert_int_equal(seen(1, 2, 102, 14).since_ns, 8 * S);
	assert_int_equal(seen(1, 2, 999, 14).silent, 3);
	/* Another gateway, another link, another namespace */
	assert_int_equal(seen(3, 2, 100, 14).silent, 0);
	assert_int_equal(seen(1, 3, 100, 14).silent, 0);
	{
		struct peer_hop hop = gateway(1, 2);

		hops_view(&hops, NETNS + 1, 100, 14 * S, &hop);
		assert_int_equal(hop.silent, 0);
	}
}

static void an_answer_ends_the_silence_of_all(void **state)
{
	const struct peer_hop hop = gateway(1, 2);
	unsigned int number;

	(void)state;
	number = silent(1, 100, 9, 10);
	silent(3, 100, 9, 10);
	assert_in_range(number, 1, HOPS);
	hops_answered(&hops, number);
	assert_int_equal(seen(1, 2, 999, 14).silent, 0);
	assert_int_equal(seen(3, 2, 999, 14).silent, 1);
	silent(1, 100, 9, 10);
	assert_int_equal(hops_learn(&hops, NETNS, 101, 11 * S, &hop, NULL), number);
	assert_int_equal(seen(1, 2, 999, 14).silent, 0);
}

static void memory_has_an_age_and_is_bounded(void **state)
{
	const uint64_t age_s = HOP_AGE_NS / S;

	(void)state;
	silent(1, 100, 9, 10);
	assert_int_equal(seen(1, 2, 999, 10 + age_s).silent, 1);
	assert_int_equal(seen(1, 2, 999, 11 + age_s).silent, 0);
	for (uint64_t key = 1; key <= 3 * HOP_HOSTS; key++)
		silent(1, key, 20, 20 + key);
	assert_int_equal(seen(1, 2, 999, 300).silent, HOP_HOSTS);
	for (unsigned int last = 2; last < 2 + HOPS; last++)
		silent(last, 1, 20, 400 + last);
	assert_int_equal(seen(1, 2, 999, 300).silent, 0);
	assert_int_equal(seen(1 + HOPS, 2, 999, 300).silent, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup(silent_hosts_are_counted_beside_the_peer, forget_all),
	        cmocka_unit_test_setup(an_answer_ends_the_silence_of_all, forget_all),
	        cmocka_unit_test_setup(memory_has_an_age_and_is_bounded, forget_all),
	};

	return cmocka_run_group_tests_name("hops", tests, NULL, NULL);
}
