// SPDX-License-Identifier: GPL-2.0-only
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "habits.h"

#define NETNS 4026531840U
#define MINUTE (60 * NS_PER_S)

static struct habits *habits;
static uint64_t now;

/* What `comm` closed `age_ms` after it had begun, one second after the one before. */
static struct attempt closed(const char *comm, uint64_t age_ms)
{
	struct attempt a = {
	        .flags = ATTEMPT_SYN_SENT | ATTEMPT_FINAL | ATTEMPT_CLOSER,
	        .final_state = TCP_STATE_CLOSE,
	        .shutdown = 3,
	        .netns = NETNS,
	};

	now += NS_PER_S;
	a.final_ns = now;
	a.syn_ns = a.header.id = now - age_ms * NS_PER_MS;
	snprintf(a.comm, sizeof(a.comm), "%s", comm);
	return a;
}

static unsigned int note(const char *comm, uint64_t age_ms)
{
	struct attempt a = closed(comm, age_ms);

	return habits_note(habits, &a);
}

static int begin(void **state)
{
	(void)state;
	now = 5000 * NS_PER_S;
	habits = habits_new();
	return habits ? 0 : -1;
}

static int end(void **state)
{
	(void)state;
	habits_free(habits);
	return 0;
}

static void the_same_age_again_and_again_is_counted(void **state)
{
	(void)state;
	assert_int_equal(note("nginx", 700), 0);
	assert_int_equal(note("nginx", 701), 1);
	assert_int_equal(note("nginx", 718), 2);
	assert_int_equal(note("nginx", 300), 0);
	assert_int_equal(note("nginx", 700), 3);
	assert_int_equal(note("nginx", 302), 1);
	assert_int_equal(note("curl", 700), 0);
}

static void ages_that_differ_are_no_habit(void **state)
{
	(void)state;
	for (uint64_t ms = 50; ms < 1000; ms += ms / 4)
		assert_int_equal(note("browser", ms), 0);
}

static void what_lost_a_race_is_not_counted(void **state)
{
	struct attempt a;

	(void)state;
	for (int i = 0; i < 50; i++) {
		a = closed("curl", 262);
		a.flags |= ATTEMPT_OTHER_WON;
		assert_int_equal(habits_note(habits, &a), 0);
	}
	/* Some are closed late: that makes no time-out of it. */
	for (int i = 0; i < 4; i++)
		assert_int_equal(note("curl", 262), 0);
}

static void a_success_now_and_then_hides_no_time_out(void **state)
{
	struct attempt a;

	(void)state;
	assert_int_equal(note("nginx", 700), 0);
	for (int i = 0; i < 4; i++) {
		a = closed("nginx", 700);
		a.flags |= ATTEMPT_OTHER_WON;
		assert_int_equal(habits_note(habits, &a), 1);
	}
	assert_int_equal(note("nginx", 700), 1);
}

static void only_what_was_closed_without_an_answer_counts(void **state)
{
	struct attempt a;

	(void)state;
	note("nginx", 700);
	note("nginx", 700);

	a = closed("nginx", 700);
	a.final_state = TCP_STATE_ESTABLISHED;
	assert_int_equal(habits_note(habits, &a), 0);
	a = closed("nginx", 700);
	a.error = 111;
	assert_int_equal(habits_note(habits, &a), 0);
	a = closed("nginx", 700);
	a.closer.exiting = 1;
	assert_int_equal(habits_note(habits, &a), 0);
	a = closed("nginx", 700);
	a.flags |= ATTEMPT_UNSPEC;
	assert_int_equal(habits_note(habits, &a), 0);
	a = closed("nginx", 700);
	a.flags |= ATTEMPT_RETURNED; /* connect() gave 0 and sent nothing */
	a.syn_ns = 0;
	assert_int_equal(habits_note(habits, &a), 0);
	a = closed("nginx", 700);
	a.netns++;
	assert_int_equal(habits_note(habits, &a), 0);

	assert_int_equal(note("nginx", 700), 2);
	assert_int_equal(note("nginx", 1), 0);
	assert_int_equal(note("nginx", 1), 0);
}

static void habits_are_forgotten(void **state)
{
	(void)state;
	note("nginx", 700);
	note("nginx", 700);
	now += HABITS_AGE_NS - MINUTE;
	assert_int_equal(note("nginx", 700), 2);
	now += HABITS_AGE_NS + MINUTE;
	assert_int_equal(note("nginx", 700), 0);
}

static void many_programs_have_room_for_some(void **state)
{
	char comm[COMM_SIZE];

	(void)state;
	for (int i = 0; i < 5000; i++) {
		snprintf(comm, sizeof(comm), "p%d", i);
		note(comm, 700);
		note(comm, 700);
		assert_int_equal(note(comm, 700), 2);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup_teardown(the_same_age_again_and_again_is_counted, begin,
	                                        end),
	        cmocka_unit_test_setup_teardown(ages_that_differ_are_no_habit, begin, end),
	        cmocka_unit_test_setup_teardown(what_lost_a_race_is_not_counted, begin, end),
	        cmocka_unit_test_setup_teardown(a_success_now_and_then_hides_no_time_out, begin,
	                                        end),
	        cmocka_unit_test_setup_teardown(only_what_was_closed_without_an_answer_counts,
	                                        begin, end),
	        cmocka_unit_test_setup_teardown(habits_are_forgotten, begin, end),
	        cmocka_unit_test_setup_teardown(many_programs_have_room_for_some, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
