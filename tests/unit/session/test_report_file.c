// SPDX-License-Identifier: GPL-2.0-only
#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "records.h"
#include "report_file.h"

static char directory[] = "/tmp/connwhy-test-XXXXXX";
static const struct totals totals;

static int enter(void **state)
{
	(void)state;
	return !mkdtemp(directory) || chdir(directory);
}

static int leave(void **state)
{
	(void)state;
	return chdir("/") || rmdir(directory);
}

static unsigned int files_there(void)
{
	DIR *there = opendir(directory);
	unsigned int n = 0;

	assert_non_null(there);
	for (struct dirent *entry; (entry = readdir(there));)
		n += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
	closedir(there);
	return n;
}

static void put(const char *path, const char *text)
{
	FILE *out = fopen(path, "we");

	assert_non_null(out);
	assert_true(fputs(text, out) >= 0);
	assert_int_equal(fclose(out), 0);
}

static void expect_start(const char *path, const char *start)
{
	char text[64] = "";
	FILE *in = fopen(path, "re");

	assert_non_null(in);
	assert_non_null(fgets(text, sizeof(text), in));
	fclose(in);
	assert_memory_equal(text, start, strlen(start));
}

static int write_one(const char *path)
{
	const struct record record = timed_out();
	struct report_file *file;
	int err = report_file_open(&file, path);

	if (!err) {
		report_file_add(file, &test_run, &record);
		err = report_file_write(file, &test_run, &totals, NULL, 0);
	}
	report_file_close(file);
	return err;
}

static void it_takes_its_place_when_it_is_whole(void **state)
{
	struct report_file *file;
	struct stat status;

	(void)state;
	put("page.html", "old");
	assert_int_equal(report_file_open(&file, "page.html"), 0);
	expect_start("page.html", "old");
	/* As one who gives up privileges does. */
	assert_int_equal(chdir("/"), 0);
	assert_int_equal(report_file_write(file, &test_run, &totals, NULL, 0), 0);
	report_file_close(file);
	assert_int_equal(chdir(directory), 0);
	expect_start("page.html", "<!doctype html>");
	assert_int_equal(stat("page.html", &status), 0);
	assert_int_equal(status.st_mode & 07777, 0600);
	assert_int_equal(files_there(), 1);
	assert_int_equal(unlink("page.html"), 0);
}

static void what_was_there_stays_where_nothing_is_written(void **state)
{
	struct report_file *file;

	(void)state;
	put("page.html", "old");
	assert_int_equal(report_file_open(&file, "page.html"), 0);
	report_file_close(file);
	expect_start("page.html", "old");
	assert_int_equal(files_there(), 1);
	assert_int_equal(unlink("page.html"), 0);
}

static void a_link_stays_one(void **state)
{
	struct stat status;

	(void)state;
	put("target.html", "old");
	assert_int_equal(symlink("target.html", "page.html"), 0);
	assert_int_equal(write_one("page.html"), 0);
	assert_int_equal(lstat("page.html", &status), 0);
	assert_true(S_ISLNK(status.st_mode));
	expect_start("target.html", "<!doctype html>");
	assert_int_equal(unlink("page.html"), 0);
	assert_int_equal(unlink("target.html"), 0);
}

static void what_cannot_be_written_is_told(void **state)
{
	(void)state;
	assert_int_equal(write_one("no/such/page.html"), -ENOENT);
	assert_int_equal(write_one("/dev/full"), -ENOSPC);
	assert_int_equal(write_one("/dev/null"), 0);
	assert_int_equal(write_one("/tmp"), -EISDIR);
	assert_int_equal(write_one("/tmp/"), -EISDIR);
	assert_int_equal(write_one("/proc/page.html"), -ENOENT);
	assert_int_equal(files_there(), 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	        cmocka_unit_test(it_takes_its_place_when_it_is_whole),
	        cmocka_unit_test(what_was_there_stays_where_nothing_is_written),
	        cmocka_unit_test(a_link_stays_one),
	        cmocka_unit_test(what_cannot_be_written_is_told),
	};

	return cmocka_run_group_tests(tests, enter, leave);
}
