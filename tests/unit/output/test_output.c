/* SPDX-License-Identifier: GPL-2.0-only */
/* The formats for people: line and timeline. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "explained.h"
#include "records.h"
#include "text.h"

static void expect(const struct output_ops *format, const struct run *run,
                   const struct record *record, const char *expected)
{
	char *text = WRITTEN(format->record(out, run, record));

	assert_string_equal(text, expected);
	free(text);
}

/* @expected: with %s where `words` stand */
static void expect_with(const struct output_ops *format, const struct run *run,
                        const struct record *record, const char *expected, const char *words)
{
	const char *at = strstr(expected, "%s");
	char *text;

	assert_non_null(at);
	text = WRITTEN({
		buffer_bytes(out, expected, at - expected);
		buffer_string(out, words);
		buffer_string(out, at + 2);
	});
	expect(format, run, record, text);
	free(text);
}

static void formats_are_found_by_name(void **state)
{
	(void)state;
	assert_ptr_equal(output_find("timeline"), &output_timeline);
	assert_ptr_equal(output_find("line"), &output_line);
	assert_ptr_equal(output_find("json"), &output_json);
	assert_null(output_find("xml"));
	assert_null(output_find(""));
}

static void line_of_a_timeout(void **state)
{
	struct record record = timed_out();

	(void)state;
	expect(&output_line, &test_run, &record,
	       "2026-11-23T10:20:30.123Z curl[4312] 10.0.0.5:43210 > 192.0.2.7:443 ETIMEDOUT "
	       "131.072s cause=no_reply syn=0,+1.02,+2.04,+3.07 ret=ETIMEDOUT\n");
}

static void line_of_a_success(void **state)
{
	struct record record = ipv6_success();

	(void)state;
	expect(&output_line, &test_run, &record,
	       "2026-11-23T10:18:19.051Z nc[99] [2001:db8::5]:40000 > [2001:db8::1:0:0:7]:443 OK "
	       "0.000312s cause=established syn=0 ret=EINPROGRESS\n");
}

static void line_of_every_step(void **state)
{
	struct record record = everything();

	(void)state;
	expect(&output_line, &test_run, &record,
	       "2026-11-23T10:20:30.123Z curl[4312] 10.0.0.5:43210 > 192.0.2.7:443 ECONNRESET "
	       "131.072s cause=shut_down why=dropped_locally_out "
	       "syn_sent=4 drop=out/NETFILTER_DROP/nf_hook_slow+0 "
	       "syn_retry_failed=EPERM+1.02 syn_retry_failed=NET_XMIT_DROP+1.03 "
	       "interrupted=EINTR+1.50x304 rst_ignored=ttl57+2.00 stale_peer_state=+2.10 "
	       "rst_sent=192.0.2.7/ttl57+2.10 icmp=3/1@10.0.0.1+3.05 icmp6=1/4/soft+3.06 "
	       "listener=129/128+3.07 drop=in+3.08 rst=192.0.2.7/ttl57+3.09 ret=EINTR "
	       "asked=10.96.0.1:80 closer=kill\\x20er[50]/SIGKILL series=5/2 preexisting=1 "
	       "complete=0\n");
}

static void line_of_the_unknown(void **state)
{
	struct record record = bare_record();

	(void)state;
	expect(&output_line, &test_run, &record,
	       "2026-11-23T10:18:19.551Z - *:* > *:* UNKNOWN 0.500000s cause=unknown\n");
	record.outcome = OUTCOME_ABANDONED;
	record.cause = CAUSE_CLOSED_BY_APP;
	record.attempt.flags = ATTEMPT_PREEXISTING;
	record.attempt.local.family = FAMILY_IPV4; /* 0.0.0.0: none chosen */
	record.attempt.asked = endpoint_of("192.0.2.7", 443);
	expect(&output_line, &test_run, &record,
	       "2026-11-23T10:18:19.551Z - *:* > 192.0.2.7:443 ABANDONED 0.500000s "
	       "cause=closed_by_app preexisting=1\n");
}

static void line_keeps_hostile_bytes_in_one_field(void **state)
{
	struct record record = hostile();
	struct step *step = add_step(&record, STEP_DROPPED, 4 * SECOND);

	(void)state;
	step->drop_function = "f cause=x\n";
	expect(&output_line, &test_run, &record,
	       "2026-11-23T10:20:30.123Z "
	       "\\x1b[2J\\x20\"\\x5c\\xff\xc3\xa9\\x0a\\x3d\\xc2\\x9b\\xe2\\x80[4312] "
	       "10.0.0.5:43210 > 192.0.2.7:443 ETIMEDOUT 131.072s cause=no_reply "
	       "syn=0,+1.02,+2.04,+3.07 drop=out/-/f\\x20cause\\x3dx\\x0a+4.00 ret=ETIMEDOUT\n");
}

static void timeline_of_a_timeout(void **state)
{
	struct record record = timed_out();

	(void)state;
	expect(&output_timeline, &test_run, &record,
	       "2026-11-23T10:18:19.051Z curl[4312] 10.0.0.5:43210 > 192.0.2.7:443\n"
	       "     +0.000041  syn_sent\n"
	       "     +1.020000  syn_retry\n"
	       "     +2.040000  syn_retry\n"
	       "     +3.070000  syn_retry\n"
	       "   +131.072000  ETIMEDOUT (Connection timed out) after 131.072 s, "
	       "cause: no_reply\n"
	       "  No reply to 4 SYNs in 131.1 s; nothing that the kernel accepts came back from "
	       "192.0.2.7:443, not\n"
	       "  even an ICMP error. Look for a firewall that drops silently, and with `tcpdump "
	       "-ni any host\n"
	       "  192.0.2.7 and port 443` on both sides.\n"
	       "\n");
}

static void timeline_of_a_clean_success_is_one_line(void **state)
{
	struct record record = ipv6_success();
	struct run run = test_run;

	(void)state;
	expect(&output_timeline, &run, &record,
	       "2026-11-23T10:18:19.051Z nc[99] [2001:db8::5]:40000 > "
	       "[2001:db8::1:0:0:7]:443 OK 312 us\n");

	run.time_style = TIME_SINCE_START;
	expect(&output_timeline, &run, &record,
	       "0.250000 nc[99] [2001:db8::5]:40000 > [2001:db8::1:0:0:7]:443 OK 312 us\n");

	run.color = true;
	expect(&output_timeline, &run, &record,
	       "\033[2m0.250000\033[0m \033[1mnc[99]\033[0m [2001:db8::5]:40000 > "
	       "[2001:db8::1:0:0:7]:443 \033[32mOK\033[0m 312 us\n");
}

static void timeline_of_a_success_with_a_retry(void **state)
{
	struct record record = ipv6_success();

	(void)state;
	add_step(&record, STEP_SYN_RETRY, 1020 * MS);
	record.duration_ns = 1021 * MS;
	expect(&output_timeline, &test_run, &record,
	       "2026-11-23T10:18:19.051Z nc[99] [2001:db8::5]:40000 > [2001:db8::1:0:0:7]:443\n"
	       "     +0.000041  syn_sent\n"
	       "     +0.000060  connect() returned EINPROGRESS\n"
	       "     +1.020000  syn_retry\n"
	       "     +1.021000  OK after 1.021 s, cause: established\n"
	       "  Established in 312 us. It took 2 SYNs: a SYN or its answer was lost, or the "
	       "listener was too busy.\n"
	       "\n");
}

static void timeline_of_every_step(void **state)
{
	struct record record = everything();
	char *sentence = explained(&record);
	char *wrapped = WRITTEN(text_wrap(out, sentence, strlen(sentence), 2, 100));

	(void)state;
	free(sentence);
	expect_with(
	        &output_timeline, &test_run, &record,
	        "2026-11-23T10:18:19.051Z curl[4312] 10.0.0.5:43210 > 192.0.2.7:443 "
	        "(asked for 10.96.0.1:80) (began before the tracer), attempt 2 of its series\n"
	        "     +0.000000  dropped           on the way out: NETFILTER_DROP in nf_hook_slow\n"
	        "     +1.020000  syn_retry_failed  EPERM\n"
	        "     +1.030000  syn_retry_failed  NET_XMIT_DROP\n"
	        "     +1.500000  interrupted       EINTR, 304 times\n"
	        "     +1.500000  connect() returned EINTR\n"
	        "     +2.000000  rst_ignored       from the peer, ttl 57, no ACK\n"
	        "     +2.100000  stale_peer_state  the peer still knew an old connection\n"
	        "     +2.100000  rst_sent\n"
	        "     +3.050000  icmp_received     host unreachable (3/1) from 10.0.0.1, ttl 63\n"
	        "     +3.060000  icmp_received     port unreachable (ICMPv6 1/4), kept trying\n"
	        "     +3.070000  listener_full     129 in the queue, its limit is 128\n"
	        "     +3.080000  dropped           on the way in\n"
	        "     +3.090000  rst_received      from 192.0.2.7, ttl 57\n"
	        "                and more that was not seen\n"
	        "   +131.072000  ABANDONED, ECONNRESET (Connection reset by peer) after 131.072 s, "
	        "cause: shut_down, why no answer: dropped_locally_out\n"
	        "%s\n",
	        wrapped);
	free(wrapped);
}

static void timeline_says_that_something_was_lost(void **state)
{
	struct record record = bare_record();

	(void)state;
	record.complete = false;
	expect(&output_timeline, &test_run, &record,
	       "2026-11-23T10:18:19.051Z - *:* > *:*\n"
	       "                and more that was not seen\n"
	       "     +0.500000  UNKNOWN after 500.000 ms, cause: unknown\n"
	       "  Still trying after 500.0 ms, when the tracer stopped.\n"
	       "\n");
}

static void timeline_lets_no_control_byte_through(void **state)
{
	struct record record = hostile();
	char *text;

	(void)state;
	record.cause = CAUSE_CLOSED_BY_APP;
	record.attempt.flags |= ATTEMPT_CLOSER;
	memcpy(record.attempt.closer.comm, "\x1b[31m\n\"no\"\\\xfe", 13);
	text = WRITTEN(output_timeline.record(out, &test_run, &record));
	assert_non_null(strstr(text, "\n  \\x1b[31m\\x0a\"no\"\\x5c\\xfe (pid 0) closed the "));
	for (const char *byte = text; *byte; byte++)
		assert_true(*byte == '\n' || (unsigned char)*byte >= ' ');
	free(text);
}

static void losses_are_one_line_or_none(void **state)
{
	static const struct loss losses[] = {{"ring_full", 3}, {"map_full", 0}, {"map_busy", 1}};
	char *text = WRITTEN(output_line.losses(out, &test_run, losses, 3, 0));

	(void)state;
	assert_string_equal(text, "lost: ring_full 3, map_busy 1\n");
	free(text);
	text = WRITTEN(output_timeline.losses(out, &test_run, losses + 1, 1, 0));
	assert_string_equal(text, "");
	free(text);
}

static void totals_are_one_line(void **state)
{
	struct totals totals = {.begun = 15, .reported = 12, .filtered_kernel = 3};
	char *text;

	(void)state;
	totals.by_outcome[OUTCOME_SUCCESS] = 9;
	totals.by_outcome[OUTCOME_FAILURE] = 2;
	totals.by_outcome[OUTCOME_ABANDONED] = 1;
	text = WRITTEN(output_line.end(out, &test_run, &totals, 0));
	assert_string_equal(text, "begun 15: reported 12 (success 9, failure 2, abandoned 1), "
	                          "filtered 3 in the kernel and 0 in user space, in flight 0, "
	                          "lost 0\n");
	free(text);

	totals = (struct totals){1, 2, 0, 4, 5, 6, 7, 8, 9, {0}, {0}, 10, 11};
	text = WRITTEN(output_timeline.end(out, &test_run, &totals, 0));
	assert_string_equal(text, "begun 1, preexisting 2: reported 0, filtered 4 in the kernel "
	                          "and 5 in user space, suppressed 6, in flight 7, queued 8, "
	                          "lost 9, late steps 10, unseen at most 11\n");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(formats_are_found_by_name),
	        cmocka_unit_test(line_of_a_timeout),
	        cmocka_unit_test(line_of_a_success),
	        cmocka_unit_test(line_of_every_step),
	        cmocka_unit_test(line_of_the_unknown),
	        cmocka_unit_test(line_keeps_hostile_bytes_in_one_field),
	        cmocka_unit_test(timeline_of_a_timeout),
	        cmocka_unit_test(timeline_of_a_clean_success_is_one_line),
	        cmocka_unit_test(timeline_of_a_success_with_a_retry),
	        cmocka_unit_test(timeline_of_every_step),
	        cmocka_unit_test(timeline_says_that_something_was_lost),
	        cmocka_unit_test(timeline_lets_no_control_byte_through),
	        cmocka_unit_test(losses_are_one_line_or_none),
	        cmocka_unit_test(totals_are_one_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
