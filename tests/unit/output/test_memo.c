// SPDX-License-Identifier: GPL-2.0-only
/* With a memo, and without: the same bytes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "memo.h"
#include "records.h"

static void expect_the_same(struct memo *memo, const struct record *record)
{
	struct run with = test_run;
	char *plain = WRITTEN(output_json.record(out, &test_run, record)), *text;

	with.memo = memo;
	text = WRITTEN(output_json.record(out, &with, record));
	assert_string_equal(text, plain);
	free(text);
	free(plain);
}

/* Each of what a text is made of, alone and back again. */
static void what_differs_is_written_anew(void **state)
{
	struct memo *memo = memo_new();
	struct record record = everything();
	struct attempt *attempt = &record.attempt;

	(void)state;
	assert_non_null(memo);
	for (int round = 0; round < 2; round++) {
		expect_the_same(memo, &record);
		expect_the_same(memo, &record);
		attempt->uid ^= 1;
		expect_the_same(memo, &record);
		attempt->pid ^= 1;
		expect_the_same(memo, &record);
		attempt->netns ^= 1;
		expect_the_same(memo, &record);
		attempt->cgroup_id ^= 1;
		expect_the_same(memo, &record);
		attempt->comm[0] ^= 1;
		expect_the_same(memo, &record);
		attempt->tid += 64;
		expect_the_same(memo, &record);
		record.place.netns_name = round ? "blue" : NULL;
		expect_the_same(memo, &record);
		record.place.container_id = NULL; /* is told by the path */
		record.place.cgroup_path = round ? "/x" : NULL;
		expect_the_same(memo, &record);
	}
	memo_free(memo);
}

static void each_second_is_its_own(void **state)
{
	struct memo *memo = memo_new();
	char to[TEXT_TIME_SIZE], expected[TEXT_TIME_SIZE];

	(void)state;
	assert_non_null(memo);
	for (uint64_t ns = 0; ns < 100 * SECOND; ns += 333333333) {
		text_time_iso(expected, ns, 9);
		assert_string_equal(memo_time(memo, to, ns), expected);
		assert_string_equal(memo_time(NULL, to, ns), expected);
	}
	text_time_iso(expected, UINT64_MAX, 9);
	assert_string_equal(memo_time(memo, to, UINT64_MAX), expected);
	memo_free(memo);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(what_differs_is_written_anew),
	        cmocka_unit_test(each_second_is_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
