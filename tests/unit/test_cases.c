// SPDX-License-Identifier: GPL-2.0-only
/*
 * Each file of tests/cases/ is a script of events and, behind it, what each output prints of them.
 *
 * CONNWHY_CASES         the directory, where it is not tests/cases
 * CONNWHY_CASES_UPDATE  set: write what is seen into the files instead of comparing it
 * CONNWHY_CASES_SEEDS   a directory: write each case's events into it, as seeds for fuzzing, and
 *                       compare nothing
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
#include "host.h"
#include "memo.h"
#include "save.h"
#include "script_read.h"
#include "text.h"

#define GRACE_NS (200 * MS)
#define CASES_MAX 256
#define EXPECTATION "\n-- "

static const struct output_ops *const formats[] = {&output_line, &output_timeline, &output_json};
static struct memo *memo; /* of all cases */
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

/* A SYN that is a step was sent. */
static void check_syns(const struct script *script, const struct record *record)
{
	for (unsigned int i = 0; i < record->n_steps; i++)
		if (record->steps[i].kind == STEP_SYN_SENT && !record->syn_sent)
			fail_msg("%s: a step syn_sent, and syn_sent is 0", script->file);
}

/* A host that knows what the script says of it. */
static struct host *host_of(const struct script *script)
{
	struct host *host = host_new_elsewhere();
	const struct place *place = &script->place;

	assert_non_null(host);
	for (size_t i = 0; i < script->n_names; i++) {
		host_learn(host, NAME_DROP_REASON, i + 1, 0, script->names[i]);
		host_learn(host, NAME_FUNCTION, i + 1, 0, script->names[i]);
	}
	for (size_t i = 0; i < script->n_events; i++) {
		const struct attempt *a = &script->events[i].attempt;

		if (a->header.type != EVENT_END)
			continue;
		if (place->cgroup_path)
			host_learn(host, NAME_CGROUP, a->cgroup_id, 0, place->cgroup_path);
		if (place->bound_interface)
			host_learn(host, NAME_INTERFACE, a->bound_ifindex, a->netns,
			           place->bound_interface);
		if (place->route_interface)
			host_learn(host, NAME_INTERFACE, a->route_ifindex, a->netns,
			           place->route_interface);
	}
	return host;
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
	struct host *host = host_of(script);
	struct buffer out[sizeof(formats) / sizeof(formats[0])] = {0}, joined = {0};
	struct run run_of_all = test_run;
	struct record record;

	/* What is used again must not show. */
	run_of_all.memo = memo;
	while (attempts_take(attempts, UINT64_MAX, false, &record)) {
		record.realtime_offset_ns = test_run.realtime_offset_ns;
		host_describe(host, &record);
		diagnose(&record);
		attempts_learn(attempts, &record);
		causes_seen |= 1ULL << record.cause;
		check_syns(script, &record);
		for (size_t i = 0; i < 3; i++)
			formats[i]->record(&out[i], &run_of_all, &record);
	}
	attempts_free(attempts);
	host_free(host);

	for (size_t i = 0; i < 3; i++) {
		buffer_print(&joined, "%s%s\n", EXPECTATION, formats[i]->name);
		buffer_bytes(&joined, out[i].bytes, out[i].length);
		buffer_free(&out[i]);
	}
	buffer_char(&joined, '\0');
	assert_false(joined.failed);
	*all = joined.bytes;
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

/* Fails with what stands around the first difference. */
static void compare(const char *file, const char *expected, const char *seen)
{
	const int width = 60;
	unsigned int line = 1;
	size_t at = 0, from = 0;

	if (strcmp(expected, seen) == 0)
		return;
	for (; expected[at] == seen[at]; at++) {
		if (seen[at] == '\n') {
			from = at + 1;
			line++;
		}
	}
	if (at - from > (size_t)width)
		from = at - width;
	fail_msg("%s, line %u of the output\nexpected: %.*s\n    seen: %.*s", file, line, 2 * width,
	         expected + from, 2 * width, seen + from);
}

static void write_file(const char *path, const char *script, const char *expectation)
{
	FILE *out = fopen(path, "we");

	if (!out)
		fail_msg("%s: %s", path, strerror(errno));
	fprintf(out, "%s%s", script, expectation);
	assert_int_equal(fclose(out), 0);
}

static void save_found(void *file, enum name_kind kind, uint64_t a, uint64_t b, const char *name)
{
	assert_int_equal(save_name(file, kind, a, b, name), 0);
}

/* The frames of a saved file behind a byte of 0: see tests/fuzz/replay.c. */
static void write_seed(const struct script *script, const char *directory)
{
	const char *name = strrchr(script->file, '/') + 1;
	struct host *host = host_of(script);
	char path[512];
	FILE *out;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	out = fopen(path, "we");
	if (!out)
		fail_msg("%s: %s", path, strerror(errno));
	fputc('\0', out);
	for (size_t i = 0; i < script->n_events; i++)
		assert_int_equal(save_event(out, &script->events[i].header), 0);
	host_each_name(host, save_found, out);
	assert_int_equal(fclose(out), 0);
	host_free(host);
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
	if (seeds) {
		write_seed(&script, seeds);
	} else if (getenv("CONNWHY_CASES_UPDATE")) {
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
	memo = memo_new();
	failed = _cmocka_run_group_tests("cases", tests, n + 1, NULL, NULL);
	memo_free(memo);
	for (int i = 0; i < n; i++)
		free(tests[i].initial_state);
	return failed;
}
