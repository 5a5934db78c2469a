// SPDX-License-Identifier: GPL-2.0-only
/*
 * Each file of tests/cases/ is a script of events and, behind it, what each output prints of them.
 *
 * CONNWHY_CASES         the directory, where it is not tests/cases
 * CONNWHY_CASES_UPDATE  set: write what is seen into the files instead of comparing it
 * CONNWHY_CASES_SEEDS   a directory: write each case's events into it, as seeds for fuzzing
 */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <jansson.h>

#include "attempts.h"
#include "decode.h"
#include "diagnose.h"
#include "script_read.h"
#include "text.h"

#define GRACE_NS (200 * MS)
#define CASES_MAX 256
#define EXPECTATION "\n-- "

static const struct output_ops *const formats[] = {&output_line, &output_timeline, &output_json};
static uint64_t causes_seen;

static void read_file(const char *path, char **text)
{
	FILE *in = fopen(path, "re");
	size_t size = 0;

	if (!in)
		fail_msg("%s: %s", path, strerror(errno));
	if (getdelim(text, &size, '\0', in) < 0)
		fail_msg("%s: empty", path);
	fclose(in);
}

static void describe(const struct script *script, struct record *record)
{
	record->place = script->place;
	record->schedule = script->schedule;
	for (unsigned int i = 0; i < record->n_steps; i++) {
		struct step *step = &record->steps[i];

		if (step->kind != STEP_DROPPED)
			continue;
		step->drop_reason = script_name(script, step->drop.reason);
		step->drop_function = script_name(script, step->drop.location);
	}
}

static struct attempts *feed(const struct script *script)
{
	struct attempts *attempts = attempts_new(GRACE_NS);

	assert_non_null(attempts);
	for (size_t i = 0; i < script->n_events; i++) {
		const struct event_header *header = &script->events[i].header;

		if (!decode(header, header->size))
			fail_msg("%s: event %zu is none", script->file, i + 1);
		assert_int_equal(attempts_feed(attempts, header), 0);
	}
	attempts_drained(attempts);
	return attempts;
}

/* What each output prints, with the line that begins it. */
static void run(const struct script *script, char **all)
{
	struct attempts *attempts = feed(script);
	char *of_format[sizeof(formats) / sizeof(formats[0])] = {0};
	FILE *out[sizeof(formats) / sizeof(formats[0])];
	size_t sizes[sizeof(formats) / sizeof(formats[0])], size;
	struct record record;
	FILE *joined;

	for (size_t i = 0; i < 3; i++) {
		out[i] = open_memstream(&of_format[i], &sizes[i]);
		assert_non_null(out[i]);
	}
	while (attempts_take(attempts, UINT64_MAX, false, &record)) {
		describe(script, &record);
		diagnose(&record);
		causes_seen |= 1ULL << record.cause;
		for (size_t i = 0; i < 3; i++)
			assert_int_equal(formats[i]->record(out[i], &test_run, &record), 0);
	}
	attempts_free(attempts);

	joined = open_memstream(all, &size);
	assert_non_null(joined);
	for (size_t i = 0; i < 3; i++) {
		fclose(out[i]);
		fprintf(joined, "%s%s\n%s", EXPECTATION, formats[i]->name, of_format[i]);
		free(of_format[i]);
	}
	fclose(joined);
}

/* What holds whatever the expectation says: whole lines of plain UTF-8, and JSON where it is. */
static void check_form(const char *file, const char *text)
{
	const char *json = strstr(text, EXPECTATION "json\n") + strlen(EXPECTATION "json\n");
	uint32_t code_point;

	for (size_t n; *text; text += n) {
		n = text_utf8(text, strlen(text), &code_point);
		if (!n || (text_is_control(code_point) && code_point != '\n'))
			fail_msg("%s: a byte %#x in the output", file, (unsigned char)*text);
	}
	while (*json) {
		size_t length = strcspn(json, "\n");
		json_error_t error;
		json_t *object = json_loadb(json, length, JSON_REJECT_DUPLICATES, &error);

		if (!json_is_object(object))
			fail_msg("%s: %s", file, error.text);
		json_decref(object);
		json += length + 1;
	}
}

static void compare(const char *file, const char *expected, const char *seen)
{
	while (*expected || *seen) {
		size_t wanted = strcspn(expected, "\n"), got = strcspn(seen, "\n");

		if (wanted != got || strncmp(expected, seen, got))
			fail_msg("%s\nexpected: %.*s\n    seen: %.*s", file, (int)wanted, expected,
			         (int)got, seen);
		expected += wanted + (expected[wanted] == '\n');
		seen += got + (seen[got] == '\n');
	}
}

static void write_file(const char *path, const char *script, const char *expectation)
{
	FILE *out = fopen(path, "we");

	if (!out)
		fail_msg("%s: %s", path, strerror(errno));
	fprintf(out, "%s%s", script, expectation);
	assert_int_equal(fclose(out), 0);
}

static void write_seed(const struct script *script, const char *directory)
{
	const char *name = strrchr(script->file, '/') + 1;
	char path[512];
	FILE *out;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	out = fopen(path, "we");
	if (!out)
		fail_msg("%s: %s", path, strerror(errno));
	for (size_t i = 0; i < script->n_events; i++)
		fwrite(&script->events[i], script->events[i].header.size, 1, out);
	assert_int_equal(fclose(out), 0);
}

static void is_told_as_expected(void **state)
{
	struct script script = {.file = *state};
	const char *seeds = getenv("CONNWHY_CASES_SEEDS");
	char *text = NULL, *seen = NULL, *expectation, *events;

	read_file(script.file, &text);
	expectation = strstr(text, EXPECTATION);
	events = strndup(text, expectation ? (size_t)(expectation - text) : strlen(text));
	script_read(&script, events);
	free(events);
	run(&script, &seen);
	check_form(script.file, seen);
	if (seeds)
		write_seed(&script, seeds);
	if (getenv("CONNWHY_CASES_UPDATE")) {
		if (expectation)
			*expectation = '\0';
		write_file(script.file, text, seen);
	} else {
		compare(script.file, expectation ? expectation : "", seen);
	}
	script_free(&script);
	free(seen);
	free(text);
}

static void each_cause_has_a_case(void **state)
{
	(void)state;
	for (int cause = 0; cause < CAUSE_MAX; cause++)
		if (!(causes_seen & 1ULL << cause))
			fail_msg("no case ends as %s", words_cause(cause));
}

static int is_case(const struct dirent *entry)
{
	const char *end = strrchr(entry->d_name, '.');

	return end && !strcmp(end, ".case");
}

int main(void)
{
	const char *directory = getenv("CONNWHY_CASES") ?: "tests/cases";
	static struct CMUnitTest tests[CASES_MAX + 1];
	struct dirent **entries;
	int n = scandir(directory, &entries, is_case, alphasort), failed;

	if (n <= 0 || n > CASES_MAX) {
		fprintf(stderr, "not ok: %s: %d cases; run it from the top of the tree\n",
		        directory, n);
		return 1;
	}
	for (int i = 0; i < n; i++) {
		char *path;

		if (asprintf(&path, "%s/%s", directory, entries[i]->d_name) < 0)
			return 1;
		tests[i].name = strrchr(path, '/') + 1;
		tests[i].test_func = is_told_as_expected;
		tests[i].initial_state = path;
		free(entries[i]);
	}
	free(entries);
	tests[n].name = "each_cause_has_a_case";
	tests[n].test_func = each_cause_has_a_case;
	failed = _cmocka_run_group_tests("cases", tests, n + 1, NULL, NULL);
	for (int i = 0; i < n; i++)
		free(tests[i].initial_state);
	return failed;
}
