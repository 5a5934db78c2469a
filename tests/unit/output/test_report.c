// SPDX-License-Identifier: GPL-2.0-only
/* What the page makes of the data is tested in a browser: tests/report/. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "records.h"
#include "report.h"
#include "report_columns.h"

#define COLUMN_MAX 8192

/* The bytes of a column of the page, and how many. */
struct column {
	unsigned char bytes[COLUMN_MAX];
	size_t length, at;
};

static unsigned int digit(char c)
{
	static const char digits[] =
	        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	return (unsigned int)(strchr(digits, c) - digits);
}

static struct column column_of(const char *page, const char *name)
{
	struct column column = {0};
	char start[32];
	const char *text;

	snprintf(start, sizeof(start), "\n%s ", name);
	text = strstr(page, start);
	assert_non_null(text);
	for (text += strlen(start); *text != '\n'; text += 4) {
		unsigned int bits = digit(text[0]) << 18 | digit(text[1]) << 12;

		assert_true(column.length + 3 < COLUMN_MAX);
		bits |= text[2] == '=' ? 0 : digit(text[2]) << 6;
		bits |= text[3] == '=' ? 0 : digit(text[3]);
		column.bytes[column.length++] = (unsigned char)(bits >> 16);
		if (text[2] != '=')
			column.bytes[column.length++] = (unsigned char)(bits >> 8);
		if (text[3] != '=')
			column.bytes[column.length++] = (unsigned char)bits;
	}
	return column;
}

static uint64_t next(struct column *column)
{
	uint64_t number = 0;

	for (unsigned int shift = 0;; shift += 7) {
		unsigned char byte = column->bytes[column->at++];

		assert_true(column->at <= column->length);
		number |= (uint64_t)(byte & 0x7f) << shift;
		if (byte < 0x80)
			return number;
	}
}

static const char *string_of(const char *page, uint64_t place)
{
	static struct column strings;
	const char *text = (const char *)strings.bytes;

	strings = column_of(page, "strings");
	while (place-- > 0)
		text += strlen(text) + 1;
	assert_true(text < (const char *)strings.bytes + strings.length);
	return text;
}

static char *page_of(const struct record *records, size_t n, uint64_t attempts_max)
{
	static const struct loss losses[] = {{"ring_full", 7}, {"map_full", 0}};
	const struct totals totals = {.filtered_kernel = 12};
	struct report *report = report_new(attempts_max);
	struct buffer out = {0};

	assert_non_null(report);
	for (size_t i = 0; i < n; i++)
		report_add(report, &test_run, &records[i]);
	report_write(report, &out, &test_run, &totals, losses, 2);
	report_free(report);
	buffer_char(&out, '\0');
	assert_false(out.failed);
	return out.bytes;
}

static void no_byte_from_outside_stands_in_the_page(void **state)
{
	struct record record = hostile();
	char *with, *without, *data;

	(void)state;
	memcpy(record.attempt.comm, "</script><b>x", 13);
	record.place.cgroup_path = "/<!--<script>";
	record.place.container_id = "@SCRIPT@";
	with = page_of(&record, 1, 10);
	without = page_of(NULL, 0, 10);
	data = strstr(with, "id=\"data\">") + strlen("id=\"data\">");
	/* Nothing but letters, digits and what base64 has beside them. */
	assert_int_equal(strspn(data, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	                              "0123456789+/=_ \n"),
	                 strcspn(data, "<"));
	assert_string_equal(strstr(with, "</script>"), strstr(data, "</script>"));
	assert_string_equal(strstr(with, "</script>"), strstr(without, "</script>"));
	free(with);
	free(without);
}

static void an_attempt_is_told_in_columns(void **state)
{
	const struct record records[] = {timed_out(), ipv6_success()};
	char *page = page_of(records, 2, 10);
	struct column start = column_of(page, "start"), steps = column_of(page, "steps"),
	              process = column_of(page, "process"), peer = column_of(page, "peer"),
	              verdict = column_of(page, "verdict"), verdicts = column_of(page, "verdicts");

	(void)state;
	assert_int_equal(next(&start), 2 * 250000); /* 250 ms behind the tracer's start */
	assert_int_equal(next(&start), 0);
	assert_string_equal(string_of(page, next(&process)), "curl");
	assert_int_equal(next(&process), 4312);
	assert_string_equal(string_of(page, next(&peer)), "192.0.2.7:443");
	assert_string_equal(string_of(page, next(&peer)), "[2001:db8::1:0:0:7]:443");
	assert_int_equal(next(&verdict), 0);
	assert_int_equal(next(&verdict), 1);
	assert_int_equal(next(&verdicts), OUTCOME_FAILURE);
	assert_string_equal(string_of(page, next(&verdicts)), "no_reply");
	assert_string_equal(string_of(page, next(&verdicts)), "ETIMEDOUT");
	assert_int_equal(next(&steps), 4);
	assert_int_equal(next(&steps), STEP_SYN_SENT);
	assert_int_equal(next(&steps), 41000);
	assert_string_equal(string_of(page, next(&steps)), "");
	assert_int_equal(next(&steps), STEP_SYN_RETRY);
	assert_int_equal(next(&steps), 1020 * MS - 41000);
	free(page);
}

/* The words with a digit in them stand apart, so that sentences share their form. */
static void sentences_share_their_form(void **state)
{
	struct record records[] = {timed_out(), timed_out()};
	struct column sentence;
	uint64_t form, word;
	char *page;

	(void)state;
	records[1].attempt.remote.port = records[1].attempt.asked.port = 80;
	page = page_of(records, 2, 10);
	sentence = column_of(page, "sentence");
	form = next(&sentence);
	assert_memory_equal(string_of(page, form), "No reply to \1 SYNs in \1 s; ", 27);
	assert_string_equal(string_of(page, next(&sentence)), "4");
	assert_string_equal(string_of(page, next(&sentence)), "131.1");
	assert_string_equal(string_of(page, next(&sentence)), "192.0.2.7:443,");
	while ((word = next(&sentence)) != form)
		assert_non_null(strpbrk(string_of(page, word), "0123456789"));
	assert_string_equal(string_of(page, next(&sentence)), "4");
	assert_string_equal(string_of(page, next(&sentence)), "131.1");
	assert_string_equal(string_of(page, next(&sentence)), "192.0.2.7:80,");
	free(page);
}

static void what_is_not_shown_is_counted(void **state)
{
	const struct record records[] = {timed_out(), ipv6_success(), timed_out()};
	char *page = page_of(records, 3, 1);
	struct column run = column_of(page, "run"), rest = column_of(page, "rest"),
	              losses = column_of(page, "losses");

	(void)state;
	assert_int_equal(next(&run), 1);
	assert_string_equal(string_of(page, next(&rest)), "filtered in the kernel");
	assert_int_equal(next(&rest), 12);
	assert_string_equal(string_of(page, next(&rest)),
	                    "successes behind the last that is shown");
	assert_int_equal(next(&rest), 1);
	assert_string_equal(string_of(page, next(&rest)), "failures behind the last that is shown");
	assert_int_equal(next(&rest), 1);
	assert_int_equal(rest.at, rest.length);
	assert_string_equal(string_of(page, next(&losses)), "ring_full");
	assert_int_equal(next(&losses), 7);
	assert_int_equal(losses.at, losses.length);
	free(page);
}

/* A kernel whose sysctls nobody read is assumed to have its defaults, and told so. */
static void the_retries_that_were_due_are_told(void **state)
{
	static const uint64_t linear_ms[] = {1000, 2000,  3000,  4000,  5000,
	                                     7000, 11000, 19000, 35000, 67000};
	struct record records[] = {timed_out(), timed_out()};
	struct column plans;
	char *page;

	(void)state;
	records[1].schedule =
	        (struct schedule){.known = true, .syn_retries = 1, .syn_linear_timeouts = -1};
	page = page_of(records, 2, 10);
	plans = column_of(page, "plans");
	assert_int_equal(next(&plans), 0);
	assert_int_equal(next(&plans), 131000);
	assert_int_equal(next(&plans), 10);
	for (size_t i = 0; i < 10; i++)
		assert_int_equal(next(&plans), linear_ms[i]);
	assert_int_equal(next(&plans), 1);
	assert_int_equal(next(&plans), 3000);
	assert_int_equal(next(&plans), 1);
	assert_int_equal(next(&plans), 1000);
	free(page);
}

/* The page allows itself one script and one style, and no place to ask. */
static void the_page_forbids_itself_the_network(void **state)
{
	char *page = page_of(NULL, 0, 10);

	(void)state;
	assert_non_null(strstr(page, "content=\"default-src 'none'; script-src 'sha256-"));
	assert_null(strstr(page, "unsafe"));
	assert_null(strstr(page, "@STYLE"));
	assert_null(strstr(page, "@SCRIPT"));
	assert_null(strstr(page, "@DATA"));
	free(page);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	        cmocka_unit_test(no_byte_from_outside_stands_in_the_page),
	        cmocka_unit_test(an_attempt_is_told_in_columns),
	        cmocka_unit_test(sentences_share_their_form),
	        cmocka_unit_test(what_is_not_shown_is_counted),
	        cmocka_unit_test(the_retries_that_were_due_are_told),
	        cmocka_unit_test(the_page_forbids_itself_the_network),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
