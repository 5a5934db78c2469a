// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ask.h"

#define NETNS 7

static const struct attempt attempt = {
        .header = {.socket = 1, .id = 2, .at_ns = 3},
        .netns = NETNS,
        .remote = {.address = {192, 0, 2, 7}, .port = 443, .family = FAMILY_IPV4},
};

/* As the kernel side fills a slot. */
static struct kept_slot slot_of(const char *address, uint32_t netns, uint16_t port, uint64_t at_ns)
{
	struct endpoint host = {.family = FAMILY_IPV4};

	for (size_t i = 0; i < 4; i++)
		host.address[i] = address[i];
	return (struct kept_slot){.key = kept_key(kept_host_key(&host, netns), port),
	                          .last_ns = at_ns,
	                          .successes = 5,
	                          .port = port};
}

static void nothing_is_kept(void **state)
{
	static const struct kept_bucket empty;
	struct step_event answer;

	(void)state;
	assert_int_equal(ask_kept(&empty, &attempt, &answer), -ENOENT);
}

static void slots_of_the_peer_are_told(void **state)
{
	struct kept_bucket bucket = {.forgotten_ns = 9};
	struct step_event answer;

	(void)state;
	bucket.slots[0] = slot_of("\xc0\x00\x02\x08", NETNS, 443, 1000);
	bucket.slots[1] = slot_of("\xc0\x00\x02\x07", NETNS + 1, 443, 1001);
	assert_int_equal(ask_kept(&bucket, &attempt, &answer), 0);
	assert_int_equal(answer.kept.last_ns, 0);
	assert_int_equal(answer.kept.other_ns, 0);
	assert_int_equal(answer.kept.forgotten_ns, 9);
	bucket.slots[3] = slot_of("\xc0\x00\x02\x07", NETNS, 443, 50);
	bucket.slots[4] = slot_of("\xc0\x00\x02\x07", NETNS, 22, 60);
	bucket.slots[7] = slot_of("\xc0\x00\x02\x07", NETNS, 80, 70);
	assert_int_equal(ask_kept(&bucket, &attempt, &answer), 0);
	assert_int_equal(answer.header.type, EVENT_KEPT);
	assert_int_equal(answer.header.socket, 1);
	assert_int_equal(answer.header.id, 2);
	assert_int_equal(answer.kept.last_ns, 50);
	assert_int_equal(answer.kept.successes, 5);
	assert_int_equal(answer.kept.other_ns, 70);
	assert_int_equal(answer.kept.other_port, 80);
}

/* The key of one peer beside the port of another. */
static void a_slot_that_two_wrote_at_once_is_none(void **state)
{
	struct kept_bucket bucket = {0};
	struct step_event answer;

	(void)state;
	bucket.slots[0] = slot_of("\xc0\x00\x02\x07", NETNS, 80, 50);
	bucket.slots[0].port = 443;
	assert_int_equal(ask_kept(&bucket, &attempt, &answer), -ENOENT);
	bucket.slots[0].key = 0;
	assert_int_equal(ask_kept(&bucket, &attempt, &answer), -ENOENT);
}

static void buckets_are_used_evenly(void **state)
{
	static unsigned int used[KEPT_BUCKETS];
	const unsigned int each = 16;
	unsigned int most = 0;

	(void)state;
	for (unsigned int i = 0; i < each * KEPT_BUCKETS; i++) {
		struct endpoint host = {.address = {10, 0, i >> 8, i}, .family = FAMILY_IPV4};
		uint32_t index = kept_index(kept_host_key(&host, NETNS));

		assert_in_range(index, 0, KEPT_BUCKETS - 1);
		used[index]++;
		if (used[index] > most)
			most = used[index];
	}
	assert_in_range(most, each, 4 * each);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(nothing_is_kept),
	        cmocka_unit_test(slots_of_the_peer_are_told),
	        cmocka_unit_test(a_slot_that_two_wrote_at_once_is_none),
	        cmocka_unit_test(buckets_are_used_evenly),
	};

	return cmocka_run_group_tests_name("ask_kept", tests, NULL, NULL);
}
