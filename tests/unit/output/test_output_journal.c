/* SPDX-License-Identifier: GPL-2.0-only */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <ctype.h>

#include "samples.h"

#define FIELD_MAX 64 /* of journald: longer names are dropped */

static void expect_field(const char *entry, const char *field)
{
	char line[1024];

	snprintf(line, sizeof(line), "\n%s\n", field);
	if (!strstr(entry, line))
		fail_msg("no %s in:\n%s", field, entry);
}

static void an_entry(void **state)
{
	static const char *const fields[] = {
	        "PRIORITY=4",
	        "OBJECT_PID=4312",
	        "ERRNO=110",
	        "CONNECT_OUTCOME=failure",
	        "CONNECT_CAUSE=no_reply",
	        "CONNECT_ERROR_TYPE=ETIMEDOUT",
	        "CONNECT_DURATION=131072000000",
	        "CONNECT_START=2026-11-23T10:18:19.051456789Z",
	        "CONNECT_PEER_ADDRESS=192.0.2.7",
	        "CONNECT_PEER_PORT=443",
	        "CONNECT_LOCAL_PORT=43210",
	        "CONNECT_EXECUTABLE_NAME=curl",
	        "CONNECT_BLOCKING=true",
	        "MESSAGE=curl[4312] > 192.0.2.7:443: ETIMEDOUT after 131.072 s, no_reply. No reply "
	        "to 4 SYNs in 131.1 s; nothing that the kernel accepts came back from "
	        "192.0.2.7:443, not even an ICMP error. Look for a firewall that drops silently, "
	        "and with `tcpdump -ni any host 192.0.2.7 and port 443` on both sides."};
	struct record record = timed_out();
	char *entry = WRITTEN(output_journal.record(out, &test_run, &record));
	size_t length = strlen(entry);

	(void)state;
	assert_int_equal(strncmp(entry, "MESSAGE_ID=", 11), 0);
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		expect_field(entry, fields[i]);
	assert_string_equal(entry + length - 2, "\n\n");
	assert_null(strstr(entry, "HOST_NAME"));
	free(entry);
}

static void priorities_follow_the_outcome(void **state)
{
	static const char *const fields[] = {
	        [OUTCOME_SUCCESS] = "PRIORITY=6",
	        [OUTCOME_FAILURE] = "PRIORITY=4",
	        [OUTCOME_ABANDONED] = "PRIORITY=5",
	        [OUTCOME_UNKNOWN] = "PRIORITY=5",
	};
	char ids[OUTCOME_MAX][44];

	(void)state;
	for (int outcome = 0; outcome < OUTCOME_MAX; outcome++) {
		struct record record = timed_out();
		char *entry;

		record.outcome = outcome;
		entry = WRITTEN(output_journal.record(out, &test_run, &record));
		expect_field(entry, fields[outcome]);
		snprintf(ids[outcome], sizeof(ids[outcome]), "%.43s", entry);
		for (int other = 0; other < outcome; other++)
			assert_string_not_equal(ids[outcome], ids[other]);
		free(entry);
	}
}

/* An entry ends at an empty line, and a field at the end of its line. */
static void nothing_breaks_out_of_its_field(void **state)
{
	struct buffer out = {0};
	unsigned int entries = 0;
	char *rest, *line;

	(void)state;
	write_samples(&output_journal, &out);
	buffer_char(&out, '\0');
	rest = out.bytes;
	while ((line = strsep(&rest, "\n")) && rest) {
		size_t name = strcspn(line, "=");

		if (!*line) {
			entries++;
			continue;
		}
		if (name > FIELD_MAX || !isupper((unsigned char)*line) || line[name] != '=' ||
		    strspn(line, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") != name)
			fail_msg("no field: %s", line);
		for (char *at = line; *at; at++)
			assert_true((unsigned char)*at >= ' ' && *at != 0x7f);
	}
	assert_int_equal(entries, 5 + CAUSE_MAX + 1 + 4);
	buffer_free(&out);
}

/* Paths are shortened, and must stay apart. */
static void each_field_is_there_once(void **state)
{
	struct record record = everything();
	char *entry = WRITTEN(output_journal.record(out, &test_run, &record)), *rest = entry, *line;
	char seen[8192] = "\n";

	(void)state;
	while ((line = strsep(&rest, "\n")) && *line) {
		char key[80];

		snprintf(key, sizeof(key), "\n%.*s=", (int)strcspn(line, "="), line);
		if (strstr(seen, key))
			fail_msg("twice: %s", line);
		strcat(strcat(seen, key + 1), "\n");
	}
	free(entry);
}

static void quotes_are_readable(void **state)
{
	struct record record = timed_out();
	char *entry;

	(void)state;
	record.cause = CAUSE_KILLED;
	record.attempt.flags |= ATTEMPT_CLOSER;
	strcpy(record.attempt.closer.comm, "say \"no\\\"");
	entry = WRITTEN(output_journal.record(out, &test_run, &record));
	assert_non_null(strstr(entry, "\nCONNECT_EXPLANATION=say \"no\\\" (pid 0) was killed"));
	free(entry);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(an_entry),
	        cmocka_unit_test(priorities_follow_the_outcome),
	        cmocka_unit_test(nothing_breaks_out_of_its_field),
	        cmocka_unit_test(each_field_is_there_once),
	        cmocka_unit_test(quotes_are_readable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
