// SPDX-License-Identifier: GPL-2.0-only
/*
 * Every command in every sentence must be able to work as it stands: what stands between backticks
 * in the explanations of tests/cases and of the endings in diagnose_cases.h, of every drop reason,
 * and in `connwhy explain`. Those that only look are run.
 *
 * CONNWHY        the program, where it is not build/connwhy
 * CONNWHY_CASES  the directory, where it is not tests/cases
 */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

#include "commands.h"
#include "diagnose.h"
#include "diagnose_cases.h"
#include "drop_reasons.h"
#include "explained.h"
#include "words.h"

/* Nobody can look at a process that has gone. */
static void check_ended(const char *where, const char *cause, const char *text)
{
	if (strcmp(cause, words_cause(CAUSE_KILLED)) &&
	    strcmp(cause, words_cause(CAUSE_PROCESS_EXITED)))
		return;
	if (strstr(text, " -p "))
		fail_msg("%s: the process has gone: %s", where, text);
}

static void check_record(const char *where, struct record *record)
{
	char *explanation;

	diagnose(record);
	explanation = explained(record);
	check_text(where, explanation);
	check_ended(where, words_cause(record->cause), explanation);
	free(explanation);
}

/* The endings of diagnose_cases.h, and each with less that is known and with all that can be. */
static void endings_name_what_is_known(void **state)
{
	static const struct endpoint link_local = {
	        .address = {0xfe, 0x80, [15] = 7}, .port = 443, .family = FAMILY_IPV6};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct record record = cases[i].record;

		check_record(cases[i].name, &record);

		record.attempt.local.port = record.attempt.remote.port = 0;
		check_record(cases[i].name, &record);

		memset(&record.attempt.remote, 0, sizeof(record.attempt.remote));
		check_record(cases[i].name, &record);

		memset(&record.attempt.local, 0, sizeof(record.attempt.local));
		record.attempt.pid = 0;
		check_record(cases[i].name, &record);

		record.attempt.remote = record.attempt.local = link_local;
		record.attempt.mark = 7;
		record.attempt.pid = 100;
		record.place.process_runs = true;
		record.attempt.sock_uid = 1000;
		record.place.bound_interface = record.place.route_interface = "lo";
		check_record(cases[i].name, &record);
	}
}

static void drops_name_what_is_known(void **state)
{
	(void)state;
	for (size_t i = 0; i < 4 * n_drop_reasons; i++) {
		struct record record = {
		        .attempt = {V4, ENDED(3050, ETIMEDOUT)},
		        STEPS(1, DROP(5, i & 1 ? DROP_IN : DROP_OUT, 0, drop_reasons[i / 4].name,
		                      NULL)),
		};

		record.place.route_interface = i & 2 ? "lo" : NULL;
		check_record(drop_reasons[i / 4].name, &record);
	}
}

static void check_case(const char *path)
{
	FILE *in = fopen(path, "re");
	json_error_t error;
	char *line = NULL;
	size_t size = 0;
	unsigned int n = 0;

	assert_non_null(in);
	while (getline(&line, &size, in) > 0) {
		json_t *object, *connect;

		if (line[0] != '{')
			continue;
		object = json_loads(line, 0, &error);
		connect = json_object_get(object, "connect");
		assert_non_null(connect);
		check_text(path, json_string_value(json_object_get(connect, "explanation")));
		check_ended(path, json_string_value(json_object_get(connect, "cause")),
		            json_string_value(json_object_get(connect, "explanation")));
		json_decref(object);
		n++;
	}
	if (!n)
		fail_msg("%s: no record", path);
	free(line);
	fclose(in);
}

static int is_case(const struct dirent *entry)
{
	const char *end = strrchr(entry->d_name, '.');

	return end && !strcmp(end, ".case");
}

static void cases_name_what_is_known(void **state)
{
	const char *directory = getenv("CONNWHY_CASES") ?: "tests/cases";
	struct dirent **entries;
	int n = scandir(directory, &entries, is_case, alphasort);

	(void)state;
	assert_true(n > 0);
	for (int i = 0; i < n; i++) {
		char path[COMMAND_SIZE];

		snprintf(path, sizeof(path), "%s/%s", directory, entries[i]->d_name);
		check_case(path);
		free(entries[i]);
	}
	free(entries);
}

/* With an example for what the text leaves open. */
static void check_explanation(const struct explanation *explanation)
{
	const char *texts[] = {explanation->means, explanation->check};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		char *text = NULL;
		size_t size;
		FILE *out = open_memstream(&text, &size);

		assert_non_null(out);
		for (const char *c = texts[i]; *c;) {
			size_t word = 0;

			while (word < ARRAY_SIZE(placeholders) &&
			       !starts_with(c, placeholders[word].name))
				word++;
			if (word < ARRAY_SIZE(placeholders)) {
				fputs(placeholders[word].example, out);
				c += strlen(placeholders[word].name);
			} else {
				fputc(*c++, out);
			}
		}
		fclose(out);
		check_text(explanation->name, text);
		free(text);
	}
}

static void explain_has_commands_that_work(void **state)
{
	(void)state;
	for (int cause = 0; cause < CAUSE_MAX; cause++)
		check_explanation(words_explain_cause(cause));
	for (int error = 1; error < 4096; error++)
		if (words_explain_errno(error))
			check_explanation(words_explain_errno(error));
}

/* nstat keeps what it has shown. */
static char history[] = "/tmp/connwhy-nstat.XXXXXX";

static int make_history(void **state)
{
	int fd = mkstemp(history);

	(void)state;
	return fd < 0 ? -1 : close(fd) || setenv("NSTAT_HISTORY", history, 1);
}

static int remove_history(void **state)
{
	(void)state;
	return unlink(history);
}

static void commands_that_only_look_are_understood(void **state)
{
	const char *connwhy = getenv("CONNWHY") ?: "build/connwhy";
	unsigned int n = 0;
	char path[4096];

	(void)state;
	snprintf(path, sizeof(path), "%.*s:%s:/usr/sbin:/sbin",
	         (int)(strrchr(connwhy, '/') - connwhy), connwhy, getenv("PATH"));
	setenv("PATH", path, 1);
	for (size_t i = 0; i < n_to_run; i++) {
		if (run(to_run[i]))
			n++;
		else
			print_message("not installed here: `%s`\n", to_run[i]);
	}
	print_message("%u of %zu commands were run\n", n, n_to_run);
	assert_true(n > 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(endings_name_what_is_known),
	        cmocka_unit_test(drops_name_what_is_known),
	        cmocka_unit_test(cases_name_what_is_known),
	        cmocka_unit_test(explain_has_commands_that_work),
	        cmocka_unit_test(commands_that_only_look_are_understood),
	};

	return cmocka_run_group_tests(tests, make_history, remove_history);
}
