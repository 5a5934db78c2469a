/* SPDX-License-Identifier: GPL-2.0-only */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "json.h"
#include "records.h"

static void write_nested(struct buffer *out)
{
	struct json json = {.out = out};

	json_begin(&json, NULL);
	json_string(&json, "a", "b");
	json_string(&json, "absent", NULL);
	json_begin(&json, "empty");
	json_end(&json);
	json_begin_list(&json, "list");
	json_number(&json, NULL, 0);
	json_number(&json, NULL, UINT64_MAX);
	json_begin(&json, NULL);
	json_bool(&json, "t", true);
	json_bool(&json, "f", false);
	json_end(&json);
	json_end_list(&json);
	json_bytes(&json, "cut", "abcd", 2);
	json_end(&json);
}

static void nests(void **state)
{
	char *text = WRITTEN(write_nested(out));

	(void)state;
	assert_string_equal(text, "{\"a\":\"b\",\"empty\":{},\"list\":[0,18446744073709551615,"
	                          "{\"t\":true,\"f\":false}],\"cut\":\"ab\"}");
	free(text);
}

static void write_known(struct buffer *out)
{
	struct json json = {.out = out};

	json_begin(&json, NULL);
	json_begin_known(&json, "nothing");
	json_begin_known(&json, "nothing inside");
	json_end(&json);
	json_end(&json);
	json_begin_known(&json, "outer");
	json_begin_known(&json, "inner");
	json_number(&json, "n", 1);
	json_end(&json);
	json_begin_known(&json, "nothing");
	json_end(&json);
	json_end(&json);
	json_begin_known(&json, "list");
	json_begin_list(&json, "of");
	json_end_list(&json);
	json_end(&json);
	json_bool(&json, "last", true);
	json_end(&json);
}

static void objects_of_nothing_known_are_absent(void **state)
{
	char *text = WRITTEN(write_known(out));

	(void)state;
	assert_string_equal(text, "{\"outer\":{\"inner\":{\"n\":1}},\"list\":{\"of\":[]},"
	                          "\"last\":true}");
	free(text);
}

static void write_one(struct buffer *out, const char *key, const char *text)
{
	struct json json = {.out = out};

	json_begin(&json, NULL);
	json_string(&json, key, text);
	json_end(&json);
}

static void strings_are_escaped(void **state)
{
	static const struct {
		const char *text, *expected;
	} cases[] = {
	        {"", "{\"k\":\"\"}"},
	        {"\"\\/\n\r\t", "{\"k\":\"\\\"\\\\/\\n\\r\\t\"}"},
	        {"\x01\x1f\x7f", "{\"k\":\"\\u0001\\u001f\\u007f\"}"},
	        {"\xc2\x85", "{\"k\":\"\\u0085\"}"},     /* C1 */
	        {"\xe2\x80\xa8", "{\"k\":\"\\u2028\"}"}, /* line separator */
	        {"\xc3\xa9\xff", "{\"k\":\"\xc3\xa9\xef\xbf\xbd\"}"},
	        {"\xc3", "{\"k\":\"\xef\xbf\xbd\"}"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *text = WRITTEN(write_one(out, "k", cases[i].text));

		assert_string_equal(text, cases[i].expected);
		free(text);
	}
}

static void write_base64(struct buffer *out, const char *bytes, size_t max)
{
	struct json json = {.out = out};

	json_begin(&json, NULL);
	json_base64(&json, "k", bytes, max);
	json_end(&json);
}

/* The first are those of RFC 4648, section 10. */
static void bytes_are_kept_in_base64(void **state)
{
	static const struct {
		const char *bytes, *expected;
		size_t max;
	} cases[] = {
	        {"", "{\"k\":\"\"}", 9},
	        {"f", "{\"k\":\"Zg==\"}", 9},
	        {"fo", "{\"k\":\"Zm8=\"}", 9},
	        {"foo", "{\"k\":\"Zm9v\"}", 9},
	        {"foobar", "{\"k\":\"Zm9vYmFy\"}", 9},
	        {"foobar", "{\"k\":\"Zm9vYg==\"}", 4},
	        {"\xff\xfe\xfd\x80", "{\"k\":\"//79gA==\"}", 9},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *text = WRITTEN(write_base64(out, cases[i].bytes, cases[i].max));

		assert_string_equal(text, cases[i].expected);
		free(text);
	}
}

static void a_string_keeps_utf8_only(void **state)
{
	(void)state;
	assert_true(json_keeps("", 5));
	assert_true(json_keeps("a\xc3\xa9\n", 5));
	assert_true(json_keeps("abc\xff", 3));
	assert_false(json_keeps("abc\xff", 4));
	assert_false(json_keeps("a\xc3\xa9", 2));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(nests),
	        cmocka_unit_test(objects_of_nothing_known_are_absent),
	        cmocka_unit_test(strings_are_escaped),
	        cmocka_unit_test(bytes_are_kept_in_base64),
	        cmocka_unit_test(a_string_keeps_utf8_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
