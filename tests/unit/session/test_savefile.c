/* SPDX-License-Identifier: GPL-2.0-only */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "savefile.h"

#define AT 1795429098 /* 2026-11-23 10:18:18 UTC */

static void expect_name(const char *expected, const struct options *options, const char *name,
                        unsigned int number)
{
	char *made = savefile_name(options, name, AT, number);

	assert_string_equal(made, expected);
	free(made);
}

/* As tcpdump names them. */
static void names(void **state)
{
	struct options options = {0};

	(void)state;
	setenv("TZ", "UTC", 1);
	expect_name("f%H", &options, "f%H", 0);
	options.rotate_bytes = 1;
	expect_name("f", &options, "f", 0);
	expect_name("f1", &options, "f", 1);
	expect_name("f%H12", &options, "f%H", 12);
	options.file_count = 1;
	expect_name("f", &options, "f", 0);
	options.file_count = 10;
	expect_name("f0", &options, "f", 0);
	expect_name("f9", &options, "f", 9);
	options.file_count = 11;
	expect_name("f00", &options, "f", 0);
	expect_name("f10", &options, "f", 10);
	options.rotate_s = 60;
	expect_name("10:18:1807", &options, "%H:%M:%S", 7);
	options.rotate_bytes = 0;
	expect_name("1018", &options, "%H%M", 0);
}

static void enter_scratch(char *directory)
{
	assert_non_null(mkdtemp(directory));
	assert_int_equal(chdir(directory), 0);
}

static void leave_scratch(const char *directory)
{
	assert_int_equal(chdir("/"), 0);
	assert_int_equal(rmdir(directory), 0);
}

static void open_next(struct savefile *save, const char *expected)
{
	struct stat status;

	assert_int_equal(savefile_open(save), 0);
	assert_int_equal(stat(expected, &status), 0);
	assert_int_equal(status.st_mode & 07777, 0600);
	assert_int_equal(unlink(expected), 0);
}

static void a_ring_comes_round(void **state)
{
	const struct options options = {
	        .write_file = "ring", .rotate_bytes = 10, .file_count = 2, .rotate_s = 60};
	char directory[] = "/tmp/connwhy-test-XXXXXX";
	struct savefile save;

	(void)state;
	enter_scratch(directory);
	assert_int_equal(savefile_init(&save, &options, AT), 0);
	open_next(&save, "ring0");
	assert_false(savefile_is_full(&save));
	assert_true(fputs("more than ten", save.file) > 0);
	assert_false(savefile_is_full(&save)); /* these are names */
	save.has_event = true;
	assert_true(savefile_is_full(&save));
	savefile_next_size(&save);
	open_next(&save, "ring1");
	assert_false(savefile_is_full(&save));
	savefile_next_size(&save);
	open_next(&save, "ring0");
	savefile_next_size(&save);
	assert_false(savefile_is_over(&save, AT + 59));
	assert_true(savefile_is_over(&save, AT + 60));
	assert_false(savefile_is_last(&save)); /* -W is about the ring */
	savefile_next_interval(&save, AT + 61);
	open_next(&save, "ring0");
	savefile_close(&save);
	assert_int_equal(save.error, 0);
	leave_scratch(directory);
}

static void intervals_do_not_drift(void **state)
{
	const struct options options = {.write_file = "%s", .rotate_s = 10, .file_count = 2};
	char directory[] = "/tmp/connwhy-test-XXXXXX";
	struct savefile save;

	(void)state;
	enter_scratch(directory);
	assert_int_equal(savefile_init(&save, &options, AT), 0);
	open_next(&save, "1795429098");
	assert_false(savefile_is_last(&save));
	savefile_next_interval(&save, AT + 13);
	open_next(&save, "1795429108");
	assert_true(savefile_is_last(&save));
	assert_false(savefile_is_over(&save, AT + 19));
	assert_false(savefile_is_over(&save, AT - 3600)); /* a clock that was set back */
	assert_true(savefile_is_over(&save, AT + 20));
	savefile_close(&save);
	leave_scratch(directory);
}

/* What it ran in is not asked again: connwhy goes to / later. */
static void a_directory_is_held(void **state)
{
	const struct options options = {.write_file = "file"};
	char directory[] = "/tmp/connwhy-test-XXXXXX";
	struct savefile save;

	(void)state;
	enter_scratch(directory);
	assert_int_equal(savefile_init(&save, &options, AT), 0);
	assert_int_equal(chdir("/"), 0);
	assert_int_equal(savefile_open(&save), 0);
	assert_int_equal(access("/file", F_OK), -1);
	assert_int_equal(chdir(directory), 0);
	assert_int_equal(unlink("file"), 0);
	savefile_close(&save);
	leave_scratch(directory);
}

static void what_cannot_be_opened(void **state)
{
	const struct options absent = {.write_file = "/no/such/file"};
	const struct options full = {.write_file = "/dev/full"};
	struct savefile save;

	(void)state;
	assert_int_equal(savefile_init(&save, &absent, AT), -ENOENT);
	savefile_close(&save);
	assert_int_equal(savefile_init(&save, &full, AT), 0);
	if (access("/dev/full", W_OK))
		skip();
	assert_int_equal(savefile_open(&save), 0);
	assert_true(fputs("x", save.file) > 0);
	savefile_flush(&save);
	assert_int_equal(save.error, -ENOSPC);
	savefile_close(&save);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(names),
	        cmocka_unit_test(a_ring_comes_round),
	        cmocka_unit_test(intervals_do_not_drift),
	        cmocka_unit_test(a_directory_is_held),
	        cmocka_unit_test(what_cannot_be_opened),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
