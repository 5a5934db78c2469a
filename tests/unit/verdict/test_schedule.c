/* SPDX-License-Identifier: GPL-2.0-only */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "schedule.h"

#define MS 1000000ULL
#define NONE -1

/* When each retry is sent and when the kernel gives up, as measured on 5.10, 6.12 and 6.18. */
static const struct {
	int sysctl_retries, linear;
	uint8_t own_retries;
	uint32_t user_timeout_ms;
	unsigned int retries_ms[12];
	unsigned int end_ms;
	uint32_t rto_max_ms;
} schedules[] = {
        {6, NONE, 0, 0, {1000, 3000, 7000, 15000, 31000, 63000}, 127000, 0},
        {6, 4, 0, 0, {1000, 2000, 3000, 4000, 5000, 7000, 11000, 19000, 35000, 67000}, 131000, 0},
        {6, 0, 0, 0, {1000, 3000, 7000, 15000, 31000, 63000}, 127000, 0},
        {6, NONE, 1, 0, {1000}, 3000, 0},
        {6, NONE, 2, 0, {1000, 3000}, 7000, 0},
        {6, NONE, 3, 0, {1000, 3000, 7000}, 15000, 0},
        {6, 4, 1, 0, {1000, 2000}, 3000, 0},
        {6, 4, 2, 0, {1000, 2000, 3000, 4000, 5000}, 7000, 0},
        {6, 4, 3, 0, {1000, 2000, 3000, 4000, 5000, 7000, 11000}, 19000, 0},
        {6, 4, 4, 0, {1000, 2000, 3000, 4000, 5000, 7000, 11000, 19000}, 35000, 0},
        {2, 4, 0, 0, {1000, 2000, 3000, 4000, 5000}, 7000, 0},
        /* TCP_USER_TIMEOUT does not shorten the first wait, and does not lengthen the whole. */
        {6, 4, 0, 500, {1000}, 1000, 0},
        {6, 4, 0, 2500, {1000, 2000}, 2500, 0},
        {6, NONE, 0, 2500, {1000}, 2500, 0},
        {6, NONE, 1, 600000, {1000}, 3000, 0},
        /* TCP_RTO_MAX_MS cuts each wait, and what the whole may last. */
        {6, 4, 0, 0, {1000, 2000, 3000, 4000, 5000, 7000, 9000, 11000}, 13000, 2000},
};

static void the_whole_plan_is_the_same(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(schedules) / sizeof(schedules[0]); i++) {
		const struct attempt attempt = {
		        .syn_retries = schedules[i].own_retries,
		        .user_timeout_ms = schedules[i].user_timeout_ms,
		};
		const struct schedule sysctls = {.syn_retries = schedules[i].sysctl_retries,
		                                 .syn_linear_timeouts = schedules[i].linear,
		                                 .rto_max_ms = schedules[i].rto_max_ms};
		struct schedule_plan plan;

		schedule_plan(&attempt, &sysctls, &plan);
		assert_int_equal(plan.end_ms, schedules[i].end_ms);
		for (unsigned int k = 0; k < plan.n_retries; k++)
			assert_int_equal(plan.retries_ms[k], schedules[i].retries_ms[k]);
		assert_int_equal(schedules[i].retries_ms[plan.n_retries], 0);
	}
}

static void a_release_has_its_defaults(void **state)
{
	static const struct {
		const char *release;
		int linear;
	} kernels[] = {{"5.10.0-28-cloud-amd64", NONE},
	               {"6.4.16", NONE},
	               {"6.5.0", 4},
	               {"6.12.1", 4},
	               {"7.2", 4},
	               {"odd", NONE}};

	(void)state;
	for (size_t i = 0; i < sizeof(kernels) / sizeof(kernels[0]); i++) {
		struct schedule sysctls = schedule_default(kernels[i].release);

		assert_false(sysctls.known);
		assert_int_equal(sysctls.syn_retries, 6);
		assert_int_equal(sysctls.syn_linear_timeouts, kernels[i].linear);
	}
}

static void the_kernel_is_followed(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(schedules) / sizeof(schedules[0]); i++) {
		struct record record = {
		        .attempt.syn_retries = schedules[i].own_retries,
		        .attempt.user_timeout_ms = schedules[i].user_timeout_ms,
		        .schedule = {true, schedules[i].sysctl_retries, schedules[i].linear,
		                     schedules[i].rto_max_ms},
		};
		struct outlook outlook;
		uint64_t now_ns = 0;

		for (const unsigned int *at_ms = schedules[i].retries_ms; *at_ms; at_ms++) {
			assert_true(schedule_outlook(&record, now_ns, &outlook));
			assert_int_equal(outlook.next_ns / MS, *at_ms);
			assert_int_equal(outlook.end_ns / MS, schedules[i].end_ms);
			now_ns = outlook.next_ns;
		}
		assert_true(schedule_outlook(&record, now_ns, &outlook));
		assert_int_equal(outlook.next_ns, 0);
	}
}

static void nothing_is_said_without_the_sysctls(void **state)
{
	struct record record = {.schedule = {false, 6, 4, 0}};
	struct outlook outlook;

	(void)state;
	assert_false(schedule_outlook(&record, 0, &outlook));
	record.schedule = (struct schedule){true, -1, 4, 0};
	assert_false(schedule_outlook(&record, 0, &outlook));
}

static void absurd_sysctls_come_to_an_end(void **state)
{
	struct record record = {
	        .attempt = {.syn_retries = 255, .user_timeout_ms = UINT32_MAX},
	        .schedule = {true, 2147483647, 2147483647},
	};
	struct outlook outlook;

	(void)state;
	assert_true(schedule_outlook(&record, UINT64_MAX, &outlook));
	assert_int_equal(outlook.next_ns, 0);
	record.attempt.syn_retries = 0;
	record.attempt.user_timeout_ms = 0;
	assert_true(schedule_outlook(&record, 0, &outlook));
	assert_true(outlook.end_ns > outlook.next_ns);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(the_kernel_is_followed),
	        cmocka_unit_test(the_whole_plan_is_the_same),
	        cmocka_unit_test(a_release_has_its_defaults),
	        cmocka_unit_test(nothing_is_said_without_the_sysctls),
	        cmocka_unit_test(absurd_sysctls_come_to_an_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
