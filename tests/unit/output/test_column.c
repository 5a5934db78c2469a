// SPDX-License-Identifier: GPL-2.0-only
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "column.h"

static void expect(struct buffer *column, const char *base64)
{
	struct buffer out = {0};

	column_base64(column, &out);
	buffer_char(&out, '\0');
	assert_string_equal(out.bytes, base64);
	buffer_free(&out);
	buffer_free(column);
}

static void numbers_take_as_many_bytes_as_they_need(void **state)
{
	struct buffer column = {0};
	static const unsigned char expected[] = {
	        0,    0x7f, 0x80, 1,    0xff, 0xff, 3,    0xff, 0xff,
	        0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1,
	};

	(void)state;
	column_number(&column, 0);
	column_number(&column, 127);
	column_number(&column, 128);
	column_number(&column, 65535);
	column_number(&column, UINT64_MAX);
	assert_int_equal(column.length, sizeof(expected));
	assert_memory_equal(column.bytes, expected, sizeof(expected));
	buffer_free(&column);
}

static void small_negative_numbers_are_short(void **state)
{
	struct buffer column = {0};
	static const unsigned char expected[] = {0, 1, 2, 0x7f, 0x80, 1};

	(void)state;
	column_signed(&column, 0);
	column_signed(&column, -1);
	column_signed(&column, 1);
	column_signed(&column, -64);
	column_signed(&column, 64);
	assert_int_equal(column.length, sizeof(expected));
	assert_memory_equal(column.bytes, expected, sizeof(expected));
	column.length = 0;
	column_signed(&column, INT64_MIN);
	assert_int_equal(column.length, 10);
	buffer_free(&column);
}

/* The vectors of RFC 4648, section 10. */
static void base64_is_that_of_the_rfc(void **state)
{
	static const char *const vectors[][2] = {
	        {"", ""},
	        {"f", "Zg=="},
	        {"fo", "Zm8="},
	        {"foo", "Zm9v"},
	        {"foob", "Zm9vYg=="},
	        {"fooba", "Zm9vYmE="},
	        {"foobar", "Zm9vYmFy"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
		struct buffer column = {0};

		buffer_string(&column, vectors[i][0]);
		expect(&column, vectors[i][1]);
	}
}

static void every_byte_goes_into_base64(void **state)
{
	struct buffer column = {0};

	(void)state;
	buffer_bytes(&column, "\xff\xfe\xfb\x00\x10", 5);
	expect(&column, "//77ABA=");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	        cmocka_unit_test(numbers_take_as_many_bytes_as_they_need),
	        cmocka_unit_test(small_negative_numbers_are_short),
	        cmocka_unit_test(base64_is_that_of_the_rfc),
	        cmocka_unit_test(every_byte_goes_into_base64),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
