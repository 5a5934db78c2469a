/* SPDX-License-Identifier: GPL-2.0-only */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>

#include "metrics.h"
#include "records.h"

#define HOUR (3600 * SECOND)

static const struct totals totals = {
        .begun = 9, .preexisting = 2, .in_flight = 4, .filtered_kernel = 5, .filtered_user = 6};
static const struct loss losses[] = {{"ring_full", 0}, {"map_full", 7}};

/* All that is told, terminated. */
static char *told(const struct metrics *metrics)
{
	struct buffer out = {0};

	metrics_print(metrics, &out, &test_run, &totals, losses, 2);
	assert_false(out.failed);
	buffer_char(&out, '\0');
	return out.bytes;
}

static void expect_lines(const struct metrics *metrics, const char *const lines[])
{
	char *text = told(metrics), line[256];

	for (; *lines; lines++) {
		snprintf(line, sizeof(line), "\n%s\n", *lines);
		if (!strstr(text, line))
			fail_msg("no '%s' in:\n%s", *lines, text);
	}
	free(text);
}

static void expect_absent(const struct metrics *metrics, const char *part)
{
	char *text = told(metrics);

	if (strstr(text, part))
		fail_msg("'%s' in:\n%s", part, text);
	free(text);
}

static void attempts_by_ending(void **state)
{
	static const char *const lines[] = {
	        "tcp_connect_attempts_total{outcome=\"success\",error_type=\"\","
	        "cause=\"established\"} 2",
	        "tcp_connect_attempts_total{outcome=\"failure\",error_type=\"ETIMEDOUT\","
	        "cause=\"no_reply\"} 1",
	        "tcp_connect_duration_seconds_bucket{outcome=\"success\",le=\"0.0005\"} 1",
	        "tcp_connect_duration_seconds_bucket{outcome=\"success\",le=\"0.95\"} 1",
	        "tcp_connect_duration_seconds_bucket{outcome=\"success\",le=\"1.5\"} 2",
	        "tcp_connect_duration_seconds_bucket{outcome=\"success\",le=\"+Inf\"} 2",
	        "tcp_connect_duration_seconds_sum{outcome=\"success\"} 1.020312456",
	        "tcp_connect_duration_seconds_count{outcome=\"success\"} 2",
	        "tcp_connect_duration_seconds_bucket{outcome=\"failure\",le=\"120\"} 0",
	        "tcp_connect_duration_seconds_bucket{outcome=\"failure\",le=\"135\"} 1",
	        "tcp_connect_duration_seconds_count{outcome=\"abandoned\"} 0",
	        "tcp_connect_syn_retransmits_total 3",
	        "tcp_connect_inflight 4",
	        "connwhy_attempts_begun_total 9",
	        "connwhy_attempts_preexisting_total 2",
	        "connwhy_attempts_filtered_total{by=\"kernel\"} 5",
	        "connwhy_attempts_filtered_total{by=\"user\"} 6",
	        "connwhy_lost_total{reason=\"ring_full\"} 0",
	        "connwhy_lost_total{reason=\"map_full\"} 7",
	        "connwhy_build_info{version=\"0.1.0\",kernel=\"6.12.0\",tier=\"kprobe\"} 1",
	        "# TYPE tcp_connect_attempts_total counter",
	        "# TYPE tcp_connect_duration_seconds histogram",
	        NULL};
	static const struct split split;
	struct metrics *metrics = metrics_new(&split);
	struct record record = ipv6_success();

	(void)state;
	metrics_add(metrics, &record);
	record.duration_ns = 1020 * MS;
	metrics_add(metrics, &record);
	record = timed_out();
	metrics_add(metrics, &record);
	expect_lines(metrics, lines);
	metrics_free(metrics);
}

/* Beyond the last bound, and SYNs of which only the steps tell. */
static void what_is_past_all_bounds(void **state)
{
	static const char *const lines[] = {
	        "tcp_connect_duration_seconds_bucket{outcome=\"failure\",le=\"135\"} 0",
	        "tcp_connect_duration_seconds_bucket{outcome=\"failure\",le=\"+Inf\"} 1",
	        "tcp_connect_syn_retransmits_total 3", NULL};
	static const struct split split;
	struct metrics *metrics = metrics_new(&split);
	struct record record = timed_out();

	(void)state;
	record.duration_ns = HOUR;
	record.syn_sent = -1;
	metrics_add(metrics, &record);
	expect_lines(metrics, lines);
	metrics_free(metrics);
}

/* What an attempt that succeeded was reset with later is no error of its. */
static void a_success_has_no_error(void **state)
{
	static const struct split split;
	struct metrics *metrics = metrics_new(&split);
	struct record record = ipv6_success();

	(void)state;
	record.cause = CAUSE_RESET_AFTER_ESTABLISHED;
	record.error = ECONNRESET;
	metrics_add(metrics, &record);
	expect_absent(metrics, "ECONNRESET");
	metrics_free(metrics);
}

static void split_by_port(void **state)
{
	static const char *const lines[] = {
	        "tcp_connect_attempts_total{outcome=\"failure\",port=\"443\",error_type="
	        "\"ETIMEDOUT\",cause=\"no_reply\"} 1",
	        "tcp_connect_attempts_total{outcome=\"failure\",port=\"0\",error_type="
	        "\"ETIMEDOUT\",cause=\"no_reply\"} 1",
	        "tcp_connect_attempts_total{outcome=\"unknown\",port=\"other\",error_type=\"\","
	        "cause=\"unknown\"} 1",
	        "tcp_connect_duration_seconds_bucket{outcome=\"failure\",port=\"443\",le=\"135\"} "
	        "1",
	        "tcp_connect_syn_retransmits_total{port=\"443\"} 3",
	        NULL};
	static const struct split split = {.by = SPLIT_BY_PORT};
	struct metrics *metrics = metrics_new(&split);
	struct record record = timed_out();

	(void)state;
	metrics_add(metrics, &record);
	record.attempt.remote.port = 0;
	metrics_add(metrics, &record);
	record = bare_record(); /* its peer is not known */
	metrics_add(metrics, &record);
	expect_lines(metrics, lines);
	metrics_free(metrics);
}

static void split_by_network(void **state)
{
	static const char *const lines[] = {
	        "tcp_connect_syn_retransmits_total{net=\"192.0.2.0/25\"} 3",
	        "tcp_connect_syn_retransmits_total{net=\"2001:db8::/32\"} 0",
	        "tcp_connect_syn_retransmits_total{net=\"other\"} 3", NULL};
	struct split split = {.by = SPLIT_BY_NET, .n_networks = 3};
	struct metrics *metrics = metrics_new(&split);
	struct record record = timed_out();

	(void)state;
	split.networks[0] = (struct network){{192, 0, 2, 0}, 25, FAMILY_IPV4};
	split.networks[1] = (struct network){{0}, 0, FAMILY_IPV4}; /* the first that fits counts */
	split.networks[2] = (struct network){{0x20, 1, 0xd, 0xb8}, 32, FAMILY_IPV6};
	metrics_add(metrics, &record);
	split.networks[1].family = FAMILY_IPV6;
	split.networks[1].prefix = 128;
	record.attempt.remote.address[3] = 128; /* right behind that network */
	metrics_add(metrics, &record);
	record = ipv6_success();
	metrics_add(metrics, &record);
	expect_lines(metrics, lines);
	metrics_free(metrics);
}

static void split_by_cgroup(void **state)
{
	static const char *const lines[] = {
	        "tcp_connect_syn_retransmits_total{cgroup=\"/a \\\"b\\\\x5c\\\\x0a\\\\xff\"} 3",
	        "tcp_connect_syn_retransmits_total{cgroup=\"other\"} 3", NULL};
	static const struct split split = {.by = SPLIT_BY_CGROUP};
	struct metrics *metrics = metrics_new(&split);
	struct record record = timed_out();

	(void)state;
	metrics_add(metrics, &record);
	record.place.cgroup_path = "/a \"b\\\n\xff";
	metrics_add(metrics, &record);
	expect_lines(metrics, lines);
	metrics_free(metrics);
}

static void long_values_stay_apart(void **state)
{
	static const struct split split = {.by = SPLIT_BY_CGROUP};
	struct metrics *metrics = metrics_new(&split);
	struct record record = timed_out();
	char path[4096], *text, *first;

	(void)state;
	memset(path, 'x', sizeof(path));
	path[sizeof(path) - 1] = '\0';
	record.place.cgroup_path = path;
	metrics_add(metrics, &record);
	path[sizeof(path) - 2] = 'y';
	metrics_add(metrics, &record);
	text = told(metrics);
	first = strstr(text, "xx\"} 3");
	assert_non_null(first);
	assert_non_null(strstr(text, "xy\"} 3"));
	free(text);
	metrics_free(metrics);
}

/* One value too many is "other", until one of those before it has been idle for an hour. */
static void values_have_a_cap(void **state)
{
	static const char *const full[] = {"tcp_connect_syn_retransmits_total{port=\"1\"} 3",
	                                   "tcp_connect_syn_retransmits_total{port=\"100\"} 3",
	                                   "tcp_connect_syn_retransmits_total{port=\"other\"} 3",
	                                   NULL};
	static const char *const later[] = {"tcp_connect_syn_retransmits_total{port=\"1\"} 3",
	                                    "tcp_connect_syn_retransmits_total{port=\"102\"} 3",
	                                    "tcp_connect_syn_retransmits_total{port=\"other\"} 3",
	                                    NULL};
	static const struct split split = {.by = SPLIT_BY_PORT};
	struct metrics *metrics = metrics_new(&split);
	struct record record = timed_out();

	(void)state;
	for (unsigned int port = 1; port <= METRICS_GROUPS_MAX + 1; port++) {
		record.attempt.header.id = ATTEMPT_START_NS + (port == 2 ? SECOND : HOUR);
		record.attempt.remote.port = port;
		metrics_add(metrics, &record);
	}
	expect_lines(metrics, full);
	expect_absent(metrics, "port=\"101\"");
	record.attempt.remote.port = 102;
	record.attempt.header.id = ATTEMPT_START_NS + HOUR + 2 * SECOND;
	metrics_add(metrics, &record);
	expect_lines(metrics, later);
	expect_absent(metrics, "port=\"2\"");
	metrics_free(metrics);
}

/* Endings are many, and none is counted nowhere. */
static void endings_have_a_cap(void **state)
{
	static const struct split split;
	struct metrics *metrics = metrics_new(&split);
	struct record record = timed_out();
	unsigned long long sum = 0, count;
	char *text, *rest, *line;

	(void)state;
	for (record.error = 1; record.error <= 120; record.error++)
		metrics_add(metrics, &record);
	text = rest = told(metrics);
	while ((line = strsep(&rest, "\n")))
		if (sscanf(line, "tcp_connect_attempts_total{%*[^}]} %llu", &count) == 1)
			sum += count;
	assert_int_equal(sum, 120);
	free(text);
	metrics_free(metrics);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(attempts_by_ending),     cmocka_unit_test(what_is_past_all_bounds),
	        cmocka_unit_test(a_success_has_no_error), cmocka_unit_test(split_by_port),
	        cmocka_unit_test(split_by_network),       cmocka_unit_test(split_by_cgroup),
	        cmocka_unit_test(long_values_stay_apart), cmocka_unit_test(values_have_a_cap),
	        cmocka_unit_test(endings_have_a_cap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
