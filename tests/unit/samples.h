/* SPDX-License-Identifier: GPL-2.0-only */
/* A line of each kind, cause and step in a format for programs, and its schema. */
#ifndef CONNWHY_TESTS_SAMPLES_H
#define CONNWHY_TESTS_SAMPLES_H

#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "records.h"

static const struct loss some_losses[] = {{"ring_full", 3}, {"map_full", 0}};

static inline struct totals some_totals(void)
{
	struct totals totals = {1, 2, 3, 4, 5, 6, 7, 8, 9, {0}, {0}, 10, 11};

	totals.by_outcome[OUTCOME_SUCCESS] = 3;
	totals.by_cause[CAUSE_ESTABLISHED] = 3;
	return totals;
}

static inline void write_samples(const struct output_ops *format, struct buffer *out)
{
	struct totals totals = some_totals();
	struct record records[] = {timed_out(), ipv6_success(), everything(), hostile(),
	                           bare_record()};
	struct step *elsewhere;

	format->start(out, &test_run);
	for (size_t i = 0; i < sizeof(records) / sizeof(records[0]); i++)
		format->record(out, &test_run, &records[i]);
	/* Each cause can be said of this one. */
	elsewhere = add_step(&records[2], STEP_DROPPED, 3091 * MS);
	elsewhere->elsewhere = true;
	elsewhere->drop.netns = 4026532177;
	elsewhere->drop_reason = "NETFILTER_DROP";
	for (int cause = 0; cause < CAUSE_MAX; cause++) {
		totals.by_cause[cause] = 1;
		records[2].cause = cause;
		records[2].attempt.api = cause % API_MAX;
		format->record(out, &test_run, &records[2]);
	}
	for (int kind = 0; kind < STEP_MAX; kind++)
		add_step(&records[4], kind, 0);
	records[4].steps[STEP_ICMP_RECEIVED].icmp.version = 4;
	records[4].steps[STEP_INTERRUPTED].interrupted.ret = -EINTR;
	format->record(out, &test_run, &records[4]);
	format->losses(out, &test_run, some_losses, 2, ATTEMPT_START_NS);
	format->losses(out, &test_run, some_losses, 0, ATTEMPT_START_NS);
	format->end(out, &test_run, &totals, ATTEMPT_START_NS);
}

/* `form` is the option of tests/schema/validate. Skips where that cannot run. */
static inline void expect_samples_fit(const struct output_ops *format, const char *form)
{
	char path[] = "/tmp/connwhy-test-XXXXXX", command[128];
	int fd = mkstemp(path), status;
	FILE *file = fdopen(fd, "w");
	struct buffer out = {0};

	assert_non_null(file);
	write_samples(format, &out);
	assert_int_equal(buffer_write(&out, file), 0);
	assert_int_equal(fclose(file), 0);
	buffer_free(&out);
	snprintf(command, sizeof(command), "tests/schema/validate %s %s", form, path);
	status = system(command);
	unlink(path);
	assert_true(WIFEXITED(status));
	/* 77: no jsonschema here; 126 and 127: not run from the top of the tree */
	if (WEXITSTATUS(status) == 77 || WEXITSTATUS(status) >= 126)
		skip();
	assert_int_equal(WEXITSTATUS(status), 0);
}

#endif
