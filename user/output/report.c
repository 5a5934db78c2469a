/* SPDX-License-Identifier: GPL-2.0-only */
#include "report.h"

#include <stdlib.h>

#include "column.h"
#include "report_columns.h"
#include "report_page.h"
#include "text.h"
#include "units.h"
#include "words.h"

static const char *const column_names[REPORT_COLUMNS] = {
        [REPORT_START] = "start",     [REPORT_DURATION] = "duration", [REPORT_VERDICT] = "verdict",
        [REPORT_PROCESS] = "process", [REPORT_PEER] = "peer",         [REPORT_LOCAL] = "local",
        [REPORT_PLACE] = "place",     [REPORT_CALL] = "call",         [REPORT_SYNS] = "syns",
        [REPORT_SERIES] = "series",   [REPORT_PLAN] = "plan",         [REPORT_STEPS] = "steps",
        [REPORT_FACTS] = "facts",     [REPORT_SENTENCE] = "sentence",
};

static const char *const table_names[REPORT_TABLES] = {
        [REPORT_VERDICTS] = "verdicts",
        [REPORT_PLACES] = "places",
        [REPORT_CALLS] = "calls",
        [REPORT_PLANS] = "plans",
};

struct report {
	uint64_t attempts_max;
	struct report_columns columns;
};

struct report *report_new(uint64_t attempts_max)
{
	struct report *report = calloc(1, sizeof(*report));

	if (report)
		report->attempts_max = attempts_max;
	return report;
}

void report_add(struct report *report, const struct run *run, const struct record *record)
{
	if (report->columns.n < report->attempts_max)
		report_columns_add(&report->columns, run, record);
	else
		report->columns.omitted[record->outcome]++;
}

/* One line of the data: its name, a blank, and the bytes in base64. */
static void write_line(struct buffer *out, const char *name, const struct buffer *column)
{
	buffer_print(out, "%s ", name);
	column_base64(column, out);
	buffer_char(out, '\n');
}

static void free_line(struct buffer *out, const char *name, struct buffer *column, bool *failed)
{
	write_line(out, name, column);
	*failed |= column->failed;
	buffer_free(column);
}

/* Wall clock of the tracer's start (ms, then the rest in us), names, the hooks that are missing. */
static void describe_run(struct report_columns *to, const struct run *run, struct buffer *line)
{
	uint64_t wall_us = text_wall_ns(run, run->start_ns) / NS_PER_US, n_hooks = 0;
	const char *const *hook;

	column_number(line, to->n);
	column_number(line, wall_us / 1000);
	column_number(line, wall_us % 1000);
	column_number(line, report_escaped(to, run->host, SIZE_MAX));
	column_number(line, report_escaped(to, run->kernel, SIZE_MAX));
	column_number(line, report_escaped(to, run->tier, SIZE_MAX));
	column_number(line, report_escaped(to, run->version, SIZE_MAX));
	column_number(line, report_escaped(to, run->filter, SIZE_MAX));
	for (hook = run->hooks_missing; hook && *hook; hook++)
		n_hooks++;
	column_number(line, n_hooks);
	for (hook = run->hooks_missing; hook && *hook; hook++)
		column_number(line, report_text(to, *hook));
}

/* Pairs of a name and a number: what the numbers of attempts are that the page does not show. */
static void describe_rest(struct report_columns *to, const struct totals *totals,
                          struct buffer *line)
{
	const struct {
		const char *name;
		uint64_t count;
	} rest[] = {
	        {"filtered in the kernel", totals->filtered_kernel},
	        {"filtered in user space", totals->filtered_user},
	        {"suppressed by --rate", totals->suppressed},
	        {"lost", totals->lost},
	        {"successes behind the last that is shown", to->omitted[OUTCOME_SUCCESS]},
	        {"failures behind the last that is shown", to->omitted[OUTCOME_FAILURE]},
	        {"abandoned behind the last that is shown", to->omitted[OUTCOME_ABANDONED]},
	        {"unknown behind the last that is shown", to->omitted[OUTCOME_UNKNOWN]},
	};

	for (size_t i = 0; i < sizeof(rest) / sizeof(rest[0]); i++) {
		if (!rest[i].count)
			continue;
		column_number(line, report_text(to, rest[i].name));
		column_number(line, rest[i].count);
	}
}

static void describe_losses(struct report_columns *to, const struct loss *losses, size_t n_losses,
                            struct buffer *line)
{
	for (size_t i = 0; i < n_losses; i++) {
		if (!losses[i].count)
			continue;
		column_number(line, report_text(to, losses[i].reason));
		column_number(line, losses[i].count);
	}
}

/* Of each cause in use: its name, what it means, what to look at next. */
static void describe_causes(struct report_columns *to, struct buffer *line)
{
	for (int cause = 0; cause < CAUSE_MAX; cause++) {
		const struct explanation *explanation = words_explain_cause(cause);

		if (!(to->causes >> cause & 1))
			continue;
		column_number(line, report_text(to, words_cause(cause)));
		column_number(line, report_text(to, explanation->means));
		column_number(line, report_text(to, explanation->check));
	}
}

static void describe_words(struct report_columns *to, struct buffer *steps, struct buffer *outcomes)
{
	for (int kind = 0; kind < STEP_MAX; kind++)
		column_number(steps, report_text(to, words_step(kind)));
	for (int outcome = 0; outcome < OUTCOME_MAX; outcome++)
		column_number(outcomes, report_text(to, words_outcome(outcome)));
}

static void write_data(struct report_columns *from, struct buffer *out, const struct run *run,
                       const struct totals *totals, const struct loss *losses, size_t n_losses)
{
	struct buffer of_run = {0}, rest = {0}, lost = {0}, causes = {0}, steps = {0},
	              outcomes = {0};
	bool failed = false;

	describe_run(from, run, &of_run);
	describe_rest(from, totals, &rest);
	describe_losses(from, losses, n_losses, &lost);
	describe_causes(from, &causes);
	describe_words(from, &steps, &outcomes);
	free_line(out, "run", &of_run, &failed);
	free_line(out, "rest", &rest, &failed);
	free_line(out, "losses", &lost, &failed);
	free_line(out, "causes", &causes, &failed);
	free_line(out, "step_names", &steps, &failed);
	free_line(out, "outcome_names", &outcomes, &failed);
	for (int i = 0; i < REPORT_TABLES; i++) {
		write_line(out, table_names[i], &from->tables[i].all);
		failed |= from->tables[i].failed;
	}
	for (int i = 0; i < REPORT_COLUMNS; i++) {
		write_line(out, column_names[i], &from->columns[i]);
		failed |= from->columns[i].failed;
	}
	write_line(out, "strings", &from->strings.all);
	out->failed |= failed || from->strings.failed;
}

void report_write(struct report *report, struct buffer *out, const struct run *run,
                  const struct totals *totals, const struct loss *losses, size_t n_losses)
{
	buffer_bytes(out, (const char *)report_page_head, sizeof(report_page_head));
	write_data(&report->columns, out, run, totals, losses, n_losses);
	buffer_bytes(out, (const char *)report_page_tail, sizeof(report_page_tail));
}

void report_free(struct report *report)
{
	if (!report)
		return;
	for (int i = 0; i < REPORT_COLUMNS; i++)
		buffer_free(&report->columns.columns[i]);
	for (int i = 0; i < REPORT_TABLES; i++)
		intern_free(&report->columns.tables[i]);
	intern_free(&report->columns.strings);
	free(report);
}
