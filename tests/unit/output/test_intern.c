// SPDX-License-Identifier: GPL-2.0-only
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "intern.h"

#define MANY 5000

static void the_same_is_there_once(void **state)
{
	struct intern intern = {0};

	(void)state;
	assert_int_equal(intern_string(&intern, NULL), 0);
	assert_int_equal(intern_string(&intern, "curl"), 1);
	assert_int_equal(intern_string(&intern, ""), 0);
	assert_int_equal(intern_string(&intern, "curl"), 1);
	/* The NUL belongs to a string. */
	assert_int_equal(intern_bytes(&intern, "curl", 4), 2);
	assert_int_equal(intern_bytes(&intern, "cur", 3), 3);
	assert_memory_equal(intern.all.bytes, "\0curl\0curlcur", 13);
	assert_int_equal(intern.all.length, 13);
	intern_free(&intern);
}

static void many_keep_their_places(void **state)
{
	struct intern intern = {0};
	char text[16];

	(void)state;
	for (int round = 0; round < 2; round++) {
		for (uint32_t i = 0; i < MANY; i++) {
			snprintf(text, sizeof(text), "%u", i);
			assert_int_equal(intern_string(&intern, text), i);
		}
	}
	assert_int_equal(intern.n, MANY);
	assert_false(intern.failed);
	intern_free(&intern);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	        cmocka_unit_test(the_same_is_there_once),
	        cmocka_unit_test(many_keep_their_places),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
