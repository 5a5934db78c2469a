/* SPDX-License-Identifier: GPL-2.0-only */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "buffer.h"

const char *__asan_default_options(void);

/* As without the sanitizer: too much is NULL. */
const char *__asan_default_options(void)
{
	return "allocator_may_return_null=1";
}

static void expect(struct buffer *buffer, const char *expected)
{
	assert_false(buffer->failed);
	assert_int_equal(buffer->length, strlen(expected));
	assert_memory_equal(buffer->bytes, expected, buffer->length);
	buffer->length = 0;
}

static void pieces_stand_behind_each_other(void **state)
{
	struct buffer buffer = {0};

	(void)state;
	buffer_string(&buffer, "a");
	buffer_string(&buffer, "");
	buffer_bytes(&buffer, "bcd", 2);
	buffer_char(&buffer, 'd');
	buffer_blanks(&buffer, 0);
	buffer_blanks(&buffer, 2);
	buffer_print(&buffer, "%s=%d", "e", -5);
	expect(&buffer, "abcd  e=-5");
	buffer_free(&buffer);
	assert_null(buffer.bytes);
}

static void numbers_are_decimal(void **state)
{
	static const struct {
		uint64_t number;
		const char *plain, *three;
	} cases[] = {
	        {0, "0", "000"},
	        {7, "7", "007"},
	        {10, "10", "010"},
	        {999, "999", "999"},
	        {1000, "1000", "000"},
	        {65535, "65535", "535"},
	        {UINT64_MAX, "18446744073709551615", "615"},
	};
	struct buffer buffer = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		buffer_number(&buffer, cases[i].number);
		expect(&buffer, cases[i].plain);
		buffer_padded(&buffer, cases[i].number, 3);
		expect(&buffer, cases[i].three);
	}
	buffer_padded(&buffer, UINT64_MAX, 20);
	expect(&buffer, "18446744073709551615");
	buffer_free(&buffer);
}

static void prints_as_printf(void **state)
{
	struct buffer buffer = {0};

	(void)state;
	buffer_print(&buffer, "plain");
	expect(&buffer, "plain");
	buffer_print(&buffer, "%s%u%s", "", UINT32_MAX, "|");
	expect(&buffer, "4294967295|");
	buffer_print(&buffer, "%d,%d,%d", 0, INT32_MIN, INT32_MAX);
	expect(&buffer, "0,-2147483648,2147483647");
	/* What stands behind one that is left to printf itself, too. */
	buffer_print(&buffer, "%s %5.1f%% %s %llu %-4u|", "a", 12.34, "b", 1ULL << 40, 7U);
	expect(&buffer, "a  12.3% b 1099511627776 7   |");
	buffer_free(&buffer);
}

/* Each way of writing, at each distance from the end of the room. */
static void grows_as_needed(void **state)
{
	(void)state;
	for (size_t before = 480; before < 520; before++) {
		struct buffer buffer = {0};

		buffer_blanks(&buffer, before);
		buffer_print(&buffer, "%s", "0123456789");
		buffer_number(&buffer, 42);
		buffer_string(&buffer, "end");
		assert_int_equal(buffer.length, before + 15);
		assert_memory_equal(buffer.bytes + before, "012345678942end", 15);
		assert_true(buffer.room >= buffer.length);
		buffer_free(&buffer);
	}
}

static void a_file_gets_all_and_the_buffer_is_empty(void **state)
{
	struct buffer buffer = {0};
	FILE *file = tmpfile();
	char text[8] = "";

	(void)state;
	assert_non_null(file);
	assert_int_equal(buffer_write(&buffer, file), 0);
	buffer_string(&buffer, "one");
	assert_int_equal(buffer_write(&buffer, file), 0);
	buffer_string(&buffer, "two");
	assert_int_equal(buffer_write(&buffer, file), 0);
	assert_int_equal(buffer.length, 0);
	rewind(file);
	assert_int_equal(fread(text, 1, sizeof(text), file), 6);
	assert_string_equal(text, "onetwo");
	fclose(file);
	buffer_free(&buffer);
}

static void what_went_wrong_is_told_once(void **state)
{
	struct buffer buffer = {0};
	FILE *full = fopen("/dev/full", "w");

	(void)state;
	if (!full)
		skip();
	buffer_string(&buffer, "x");
	assert_int_equal(buffer_write(&buffer, full), -ENOSPC);
	assert_int_equal(buffer.length, 0);
	fclose(full);

	/* More than any address space holds. */
	full = fopen("/dev/null", "w");
	assert_non_null(full);
	buffer_blanks(&buffer, (size_t)1 << 62);
	buffer_string(&buffer, "x");
	assert_true(buffer.failed);
	assert_int_equal(buffer.length, 1);
	assert_int_equal(buffer_write(&buffer, full), -ENOMEM);
	assert_int_equal(buffer_write(&buffer, full), 0);
	fclose(full);
	buffer_free(&buffer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(pieces_stand_behind_each_other),
	        cmocka_unit_test(numbers_are_decimal),
	        cmocka_unit_test(prints_as_printf),
	        cmocka_unit_test(grows_as_needed),
	        cmocka_unit_test(a_file_gets_all_and_the_buffer_is_empty),
	        cmocka_unit_test(what_went_wrong_is_told_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
