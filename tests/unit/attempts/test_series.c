// SPDX-License-Identifier: GPL-2.0-only
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "series.h"

#define MS 1000000ULL

/* @start_ms, @end_ms: of the attempt; an index of 0: in no series */
struct
try {
	uint32_t pid;
	uint16_t port;
	uint64_t start_ms, end_ms;
	uint8_t final_state;
	uint64_t id;
	unsigned int index;
};

#define FAILED TCP_STATE_CLOSE
#define WORKED TCP_STATE_ESTABLISHED

static struct attempt attempt_of(const struct try *try)
{
	return (struct attempt){
	        .header.id = try->start_ms * MS,
	        .final_ns = try->end_ms * MS,
	        .pid = try->pid,
	        .netns = 1,
	        .remote.port = try->port,
	        .final_state = try->final_state,
	};
}

/* All are taken in, in this order, then each is asked for its place. Numbers are 1, 2, 3, … */
static void check(const struct try *tries)
{
	struct series *series = series_new();
	struct attempt attempt;
	unsigned int index;
	uint64_t id;

	assert_non_null(series);
	for (unsigned int i = 0; tries[i].start_ms; i++) {
		attempt = attempt_of(&tries[i]);
		series_add(series, &attempt, i + 1);
	}
	for (unsigned int i = 0; tries[i].start_ms; i++) {
		attempt = attempt_of(&tries[i]);
		series_place(series, &attempt, i + 1, &id, &index);
		assert_int_equal(id, tries[i].id);
		assert_int_equal(index, tries[i].index);
	}
	series_free(series);
}

static void loop_over_addresses(void **state)
{
	(void)state;
	check((const struct try[]){
	        {7, 443, 10, 20, FAILED, 1, 1},
	        {7, 443, 21, 30, FAILED, 1, 2},
	        {7, 443, 31, 40, WORKED, 1, 3},
	        {7, 443, 41, 50, WORKED, 0, 0},
	        {},
	});
}

/* The winner's end comes first, and it began second. */
static void happy_eyeballs(void **state)
{
	(void)state;
	check((const struct try[]){
	        {7, 443, 260, 270, WORKED, 2, 2},
	        {7, 443, 10, 271, FAILED, 2, 1},
	        {},
	});
}

static void first_address_wins_late(void **state)
{
	(void)state;
	check((const struct try[]){
	        {7, 443, 10, 400, WORKED, 1, 1},
	        {7, 443, 260, 401, FAILED, 1, 2},
	        {},
	});
}

static void connections_in_parallel_are_none(void **state)
{
	(void)state;
	check((const struct try[]){
	        {7, 443, 10, 40, WORKED, 0, 0},
	        {7, 443, 11, 41, WORKED, 0, 0},
	        {7, 443, 12, 42, WORKED, 0, 0},
	        {},
	});
}

static void another_process_or_port_is_another_series(void **state)
{
	(void)state;
	check((const struct try[]){
	        {7, 443, 10, 20, FAILED, 1, 1},
	        {8, 443, 21, 30, FAILED, 2, 1},
	        {7, 80, 31, 40, FAILED, 3, 1},
	        {0, 443, 41, 50, FAILED, 0, 0},
	        {},
	});
}

static void a_long_pause_ends_it(void **state)
{
	(void)state;
	check((const struct try[]){
	        {7, 443, 10, 20, FAILED, 1, 1},
	        {7, 443, 10021, 10030, FAILED, 2, 1},
	        {7, 443, 20030, 20040, FAILED, 2, 2},
	        {},
	});
}

/* More than are kept: the numbers go on where they were. */
static void a_long_series(void **state)
{
	struct series *series = series_new();

	(void)state;
	for (unsigned int i = 1; i <= 40; i++) {
		struct try try = {7, 443, i * 10, i * 10 + 5, FAILED, 1, i};
		struct attempt attempt = attempt_of(&try);
		unsigned int index;
		uint64_t id;

		series_add(series, &attempt, i);
		series_place(series, &attempt, i, &id, &index);
		assert_int_equal(id, 1);
		assert_int_equal(index, i);
	}
	series_free(series);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(loop_over_addresses),
	        cmocka_unit_test(happy_eyeballs),
	        cmocka_unit_test(first_address_wins_late),
	        cmocka_unit_test(connections_in_parallel_are_none),
	        cmocka_unit_test(another_process_or_port_is_another_series),
	        cmocka_unit_test(a_long_pause_ends_it),
	        cmocka_unit_test(a_long_series),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
