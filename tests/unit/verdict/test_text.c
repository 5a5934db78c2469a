/* SPDX-License-Identifier: GPL-2.0-only */
#include <errno.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <time.h>

#include <cmocka.h>

#include "records.h"
#include "text.h"

static void utf8_follows_rfc_3629(void **state)
{
	static const struct {
		const char *bytes;
		size_t length;
		uint32_t code_point;
	} cases[] = {
	        {"a", 1, 'a'},
	        {"\xc3\xa9", 2, 0xe9},
	        {"\xe2\x82\xac", 3, 0x20ac},
	        {"\xef\xbf\xbf", 3, 0xffff},
	        {"\xf0\x9f\x98\x80", 4, 0x1f600},
	        {"\xf4\x8f\xbf\xbf", 4, 0x10ffff},
	        {"\x80", 0, 0},             /* continuation */
	        {"\xc0\x80", 0, 0},         /* overlong */
	        {"\xe0\x9f\xbf", 0, 0},     /* overlong */
	        {"\xf0\x8f\xbf\xbf", 0, 0}, /* overlong */
	        {"\xed\xa0\x80", 0, 0},     /* surrogate */
	        {"\xf4\x90\x80\x80", 0, 0}, /* past U+10FFFF */
	        {"\xf8\x88\x80\x80", 0, 0},
	        {"\xc3", 0, 0}, /* cut off */
	        {"\xe2\x82", 0, 0},
	        {"\xff", 0, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint32_t code_point = 0;

		assert_int_equal(text_utf8(cases[i].bytes, strlen(cases[i].bytes), &code_point),
		                 cases[i].length);
		assert_int_equal(code_point, cases[i].code_point);
	}
	assert_int_equal(text_utf8("a", 0, &(uint32_t){0}), 0);
}

/* Each byte at each place of a text that is longer than what is looked at in one go. */
static void plain_needs_no_escape(void **state)
{
	char text[20];

	(void)state;
	for (size_t at = 0; at < sizeof(text); at++) {
		for (int byte = 0; byte < 256; byte++) {
			bool plain = byte >= ' ' && byte < 0x7f && byte != '"' && byte != '\\';

			memset(text, 'x', sizeof(text));
			text[at] = (char)byte;
			assert_int_equal(text_plain(text, sizeof(text)), plain ? sizeof(text) : at);
			assert_int_equal(text_plain(text, at), at);
		}
	}
}

static void escape_leaves_nothing_that_acts(void **state)
{
	char to[64];

	(void)state;
	assert_string_equal(text_escape(to, sizeof(to), "a b=c\\", 99, TEXT_TOKEN),
	                    "a\\x20b\\x3dc\\x5c");
	assert_string_equal(text_escape(to, sizeof(to), "a b=c\\", 99, TEXT_SENTENCE),
	                    "a b=c\\x5c");
	assert_string_equal(text_escape(to, sizeof(to), "\x1b\n\x7f\xff", 99, TEXT_SENTENCE),
	                    "\\x1b\\x0a\\x7f\\xff");
	/* C1, and a bidirectional override */
	assert_string_equal(text_escape(to, sizeof(to), "\xc2\x9b|\xe2\x80\xae", 99, TEXT_TOKEN),
	                    "\\xc2\\x9b|\\xe2\\x80\\xae");
	assert_string_equal(text_escape(to, sizeof(to), "caf\xc3\xa9", 99, TEXT_TOKEN),
	                    "caf\xc3\xa9");
	assert_string_equal(text_escape(to, sizeof(to), "caf\xc3\xa9", 4, TEXT_TOKEN), "caf\\xc3");
	assert_string_equal(text_escape(to, sizeof(to), "", 99, TEXT_TOKEN), "");
}

static void escape_cuts_between_characters(void **state)
{
	char to[6];

	(void)state;
	assert_string_equal(text_escape(to, sizeof(to), "abc\x01", 99, TEXT_TOKEN), "abc");
	assert_string_equal(text_escape(to, sizeof(to), "a\x01\x02", 99, TEXT_TOKEN), "a\\x01");
	assert_string_equal(text_escape(to, 3, "ab\xc3\xa9", 99, TEXT_TOKEN), "ab");
	assert_string_equal(text_escape(to, 4, "ab\xc3\xa9", 99, TEXT_TOKEN), "ab");
}

static void addresses_follow_rfc_5952(void **state)
{
	char to[TEXT_ENDPOINT_SIZE];
	struct endpoint endpoint = endpoint_of("192.0.2.7", 443);

	(void)state;
	assert_string_equal(text_endpoint(to, &endpoint), "192.0.2.7:443");
	assert_string_equal(text_address(to, &endpoint), "192.0.2.7");
	endpoint.port = 0;
	assert_string_equal(text_endpoint(to, &endpoint), "192.0.2.7:*");
	endpoint = endpoint_of("2001:DB8:0:0:1:0:0:1", 65535);
	assert_string_equal(text_endpoint(to, &endpoint), "[2001:db8::1:0:0:1]:65535");
	endpoint = endpoint_of("2001:db8:0:1:1:1:1:1", 1);
	assert_string_equal(text_address(to, &endpoint), "2001:db8:0:1:1:1:1:1");
	endpoint = (struct endpoint){.port = 80};
	assert_string_equal(text_endpoint(to, &endpoint), "*:80");
	endpoint = (struct endpoint){0};
	assert_string_equal(text_endpoint(to, &endpoint), "*:*");
}

static void process_is_one_token(void **state)
{
	char to[TEXT_PROCESS_SIZE];

	(void)state;
	assert_string_equal(text_process(to, "curl", 4312), "curl[4312]");
	assert_string_equal(text_process(to, "a b", 1), "a\\x20b[1]");
	assert_string_equal(text_process(to, "\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1", UINT32_MAX),
	                    "\\x01\\x01\\x01\\x01\\x01\\x01\\x01\\x01"
	                    "\\x01\\x01\\x01\\x01\\x01\\x01\\x01\\x01[4294967295]");
	assert_string_equal(text_process(to, "", 0), "-");
}

static void times_in_three_styles(void **state)
{
	struct run run = test_run;
	char to[TEXT_TIME_SIZE];

	(void)state;
	assert_string_equal(text_time(to, &run, ATTEMPT_START_NS), "2026-11-23T10:18:19.051Z");
	assert_string_equal(text_time_iso(to, text_wall_ns(&run, ATTEMPT_START_NS), 9),
	                    "2026-11-23T10:18:19.051456789Z");
	assert_string_equal(text_time_iso(to, 7, 9), "1970-01-01T00:00:00.000000007Z");
	assert_string_equal(text_time_iso(to, UINT64_MAX, 9), "2554-07-21T23:34:33.709551615Z");

	run.time_style = TIME_SINCE_START;
	assert_string_equal(text_time(to, &run, ATTEMPT_START_NS + 1999), "0.250001");
	assert_string_equal(text_time(to, &run, run.start_ns - 500 * MS), "-0.500000");

	assert_int_equal(setenv("TZ", "XXX-1", 1), 0);
	tzset();
	run.time_style = TIME_CLOCK;
	assert_string_equal(text_time(to, &run, ATTEMPT_START_NS), "11:18:19.051");
}

static void durations(void **state)
{
	char to[TEXT_TIME_SIZE];

	(void)state;
	assert_string_equal(text_offset(to, 0), "0");
	assert_string_equal(text_offset(to, 999), "0");
	assert_string_equal(text_offset(to, 312456), "0.000312");
	assert_string_equal(text_offset(to, 300000), "0.0003");
	assert_string_equal(text_offset(to, SECOND - 1), "0.999999");
	assert_string_equal(text_offset(to, SECOND), "1.00");
	assert_string_equal(text_offset(to, 1029 * MS), "1.02");
	assert_string_equal(text_offset(to, UINT64_MAX), "18446744073.70");

	assert_string_equal(text_duration(to, 312456), "0.000312s");
	assert_string_equal(text_duration(to, 131072 * MS), "131.072s");

	assert_string_equal(text_duration_words(to, 312456), "312 us");
	assert_string_equal(text_duration_words(to, 45 * MS + 300000), "45.300 ms");
	assert_string_equal(text_duration_words(to, 131072 * MS), "131.072 s");
}

static void errors_have_a_name_or_a_number(void **state)
{
	char to[TEXT_ERROR_SIZE];

	(void)state;
	assert_string_equal(text_errno(to, ETIMEDOUT), "ETIMEDOUT");
	assert_string_equal(text_errno(to, 4000), "4000");
	assert_string_equal(text_return(to, 0), "0");
	assert_string_equal(text_return(to, 12), "0");
	assert_string_equal(text_return(to, -EINPROGRESS), "EINPROGRESS");
	assert_string_equal(text_return(to, -512), "EINTR");
	assert_string_equal(text_return(to, INT_MIN), "2147483647");
	assert_null(text_send_error(to, 0));
	assert_string_equal(text_send_error(to, -EPERM), "EPERM");
	assert_string_equal(text_send_error(to, 1), "NET_XMIT_DROP");
	assert_string_equal(text_send_error(to, 2), "NET_XMIT_CN");
	assert_string_equal(text_send_error(to, 3), "NET_XMIT_3");
}

static void the_closers_signal(void **state)
{
	char to[TEXT_ERROR_SIZE];

	(void)state;
	assert_string_equal(
	        text_closer_signal(to, &(struct closer){.exiting = 1, .exit_code = 0x80 | 11}),
	        "SIGSEGV");
	assert_string_equal(text_closer_signal(to, &(struct closer){.exiting = 1, .exit_code = 40}),
	                    "40");
	assert_null(text_closer_signal(to, &(struct closer){.exiting = 1, .exit_code = 1 << 8}));
	assert_null(text_closer_signal(to, &(struct closer){.exit_code = 9}));
}

static void wraps_at_the_width(void **state)
{
	static const struct {
		const char *text, *expected;
	} cases[] = {
	        {"", ""},
	        {"  ", ""},
	        {"one two three", "  one two\n  three\n"},
	        {" one  two ", "  one two\n"},
	        {"longer-than-the-line x", "  longer-than-the-line\n  x\n"},
	        {"\xc3\xa9\xc3\xa9\xc3\xa9 two three", "  \xc3\xa9\xc3\xa9\xc3\xa9 two\n  three\n"},
	        {"a\nb", "  a\\x0ab\n"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *text = WRITTEN(text_wrap(out, cases[i].text, strlen(cases[i].text), 2, 9));

		assert_string_equal(text, cases[i].expected);
		free(text);
	}
}

static void dates_are_those_of_the_calendar(void **state)
{
	char to[TEXT_TIME_SIZE], expected[TEXT_TIME_SIZE];

	(void)state;
	/* To the last second that 64 bits of nanoseconds hold. */
	for (uint64_t s = 0; s < UINT64_MAX / SECOND; s += 86399 * 3) {
		time_t seconds = (time_t)s;
		struct tm tm;

		gmtime_r(&seconds, &tm);
		strftime(expected, sizeof(expected), "%Y-%m-%dT%H:%M:%S.000000007Z", &tm);
		assert_string_equal(text_time_iso(to, s * SECOND + 7, 9), expected);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(utf8_follows_rfc_3629),
	        cmocka_unit_test(plain_needs_no_escape),
	        cmocka_unit_test(escape_leaves_nothing_that_acts),
	        cmocka_unit_test(dates_are_those_of_the_calendar),
	        cmocka_unit_test(escape_cuts_between_characters),
	        cmocka_unit_test(addresses_follow_rfc_5952),
	        cmocka_unit_test(process_is_one_token),
	        cmocka_unit_test(times_in_three_styles),
	        cmocka_unit_test(durations),
	        cmocka_unit_test(errors_have_a_name_or_a_number),
	        cmocka_unit_test(the_closers_signal),
	        cmocka_unit_test(wraps_at_the_width),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
