/* SPDX-License-Identifier: GPL-2.0-only */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "buffer.h"
#include "flatten.h"

static void note(void *context, const char *path, const char *value, size_t length)
{
	buffer_print(context, "%s=%.*s\n", path, (int)length, value);
}

static void expect(const char *json, const char *expected)
{
	struct buffer seen = {0};

	flatten(json, note, &seen);
	buffer_char(&seen, '\0');
	assert_string_equal(seen.bytes, expected);
	buffer_free(&seen);
}

static void members_by_their_path(void **state)
{
	(void)state;
	expect("{}\n", "");
	expect("{\"a\":1}\n", "a=1\n");
	expect("{\"a\":{},\"b\":{\"c\":{}}}\n", "");
	expect("{\"a\":\"x\",\"b\":{\"c\":true,\"d\":{\"e\":18446744073709551615}},\"f\":false}\n",
	       "a=\"x\"\nb.c=true\nb.d.e=18446744073709551615\nf=false\n");
}

static void lists_are_whole(void **state)
{
	(void)state;
	expect("{\"a\":[],\"b\":[{\"c\":[1,2]},\"]}\"],\"d\":{\"e\":[{}]}}",
	       "a=[]\nb=[{\"c\":[1,2]},\"]}\"]\nd.e=[{}]\n");
}

static void strings_may_hold_anything(void **state)
{
	(void)state;
	expect("{\"a\":\"}\",\"b\":\"\\\"\",\"c\":\"\\\\\",\"d\":\",\\\\\\\"{[\"}",
	       "a=\"}\"\nb=\"\\\"\"\nc=\"\\\\\"\nd=\",\\\\\\\"{[\"\n");
}

/* None of ours is that long; what is must not run over. */
static void long_paths_are_cut(void **state)
{
	char json[512] = "{\"", key[200];
	struct buffer seen = {0};

	(void)state;
	memset(key, 'k', sizeof(key) - 1);
	key[sizeof(key) - 1] = '\0';
	strcat(strcat(json, key), "\":{\"");
	strcat(strcat(json, key), "\":1}}");
	flatten(json, note, &seen);
	assert_int_equal(seen.length, FLATTEN_PATH_SIZE - 1 + strlen("=1\n"));
	buffer_free(&seen);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(members_by_their_path),
	        cmocka_unit_test(lists_are_whole),
	        cmocka_unit_test(strings_may_hold_anything),
	        cmocka_unit_test(long_paths_are_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
