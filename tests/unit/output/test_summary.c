/* SPDX-License-Identifier: GPL-2.0-only */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "records.h"
#include "summary.h"

static void add_success(struct summary *summary, uint64_t duration_ns)
{
	struct record record = ipv6_success();

	record.duration_ns = duration_ns;
	summary_add(summary, &record);
}

static const char expected_summary[] =
        "attempts  outcome\n"
        "       4  success\n"
        "       3  failure\n"
        "\n"
        "attempts  cause\n"
        "       3  no_reply\n"
        "       4  established\n"
        "\n"
        "attempts  not established  peer\n"
        "       3                3  192.0.2.7:443\n"
        "       4                0  [2001:db8::1:0:0:7]:443\n"
        "\n"
        "success\n"
        "       usecs                 : count    distribution\n"
        "         256 -> 511          : 3        |****************************************|\n"
        "         512 -> 1023         : 0        |                                        |\n"
        "        1024 -> 2047         : 1        |*************                           |\n"
        "\n"
        "failure\n"
        "       usecs                 : count    distribution\n"
        "           0 -> 1            : 2        |****************************************|\n"
        "           2 -> 3            : 0        |                                        |\n"
        "           4 -> 7            : 1        |********************                    |\n";

static void prints_counts_peers_and_histograms(void **state)
{
	struct summary summary = {0};
	struct record record = timed_out();
	char *text;

	(void)state;
	add_success(&summary, 300000);
	add_success(&summary, 400000);
	add_success(&summary, 511999);
	add_success(&summary, 1024000);
	record.duration_ns = 0;
	summary_add(&summary, &record);
	record.duration_ns = 1999;
	summary_add(&summary, &record);
	record.duration_ns = 4000;
	summary_add(&summary, &record);

	text = WRITTEN(summary_print(&summary, out));
	assert_string_equal(text, expected_summary);
	free(text);
}

static void every_duration_has_a_slot(void **state)
{
	struct summary summary = {0};

	(void)state;
	add_success(&summary, 0);
	add_success(&summary, UINT64_MAX);
	assert_int_equal(summary.latency_us[OUTCOME_SUCCESS][0], 1);
	assert_int_equal(summary.latency_us[OUTCOME_SUCCESS][54], 1); /* 2^64 / 1000 us */
	for (unsigned int i = 0; i < 53; i++) {
		add_success(&summary, (1ULL << i) * 1000);
		assert_int_not_equal(summary.latency_us[OUTCOME_SUCCESS][i], 0);
	}
}

static uint64_t attempts_in(const struct summary *summary)
{
	uint64_t attempts = summary->others.attempts;

	for (unsigned int i = 0; i < summary->n_peers; i++)
		attempts += summary->peers[i].attempts;
	return attempts;
}

static void the_table_of_peers_is_bounded(void **state)
{
	struct summary summary = {0};
	struct record failed = timed_out(), success = ipv6_success();
	char *text;

	(void)state;
	for (int i = 0; i < 5; i++)
		summary_add(&summary, &failed);
	for (int port = 1; port <= 1000; port++) {
		success.attempt.remote.port = (uint16_t)port;
		summary_add(&summary, &success);
	}
	assert_int_equal(summary.n_peers, SUMMARY_PEERS_MAX);
	assert_int_equal(attempts_in(&summary), 1005);

	text = WRITTEN(summary_print(&summary, out));
	assert_non_null(strstr(text, "\n       5                5  192.0.2.7:443\n"));
	assert_non_null(strstr(text, "\n     991                0  (all others)\n"));
	free(text);
	assert_int_equal(attempts_in(&summary), 1005);
}

static void nothing_traced_is_said(void **state)
{
	struct summary summary = {0};
	char *text = WRITTEN(summary_print(&summary, out));

	(void)state;
	assert_string_equal(text, "no attempts\n");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(prints_counts_peers_and_histograms),
	        cmocka_unit_test(every_duration_has_a_slot),
	        cmocka_unit_test(the_table_of_peers_is_bounded),
	        cmocka_unit_test(nothing_traced_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
