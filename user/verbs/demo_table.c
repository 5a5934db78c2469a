// SPDX-License-Identifier: GPL-2.0-only
#include "demo_table.h"

#include <stdio.h>
#include <string.h>

#include "diagnose.h"
#include "text.h"
#include "words.h"

#define WIDTH 100 /* as wide as a timeline */
#define INDENT 4
#define VERDICT_SIZE 80

#define BOLD "\033[1m"
#define RED "\033[31m"
#define GREEN "\033[32m"
#define RESET "\033[0m"

struct widths {
	int title, expected, seen;
};

bool demo_row_agrees(const struct demo_case *c, const struct demo_row *row)
{
	return row->n_records == 1 && row->record.outcome == c->outcome &&
	       row->record.error == c->error && row->record.cause == c->cause;
}

/* "ETIMEDOUT no_reply": a failure is told by its errno. */
static const char *verdict(char to[VERDICT_SIZE], enum outcome outcome, int error, enum cause cause)
{
	char name[TEXT_ERROR_SIZE];

	if (outcome == OUTCOME_FAILURE)
		snprintf(to, VERDICT_SIZE, "%s %s", text_errno(name, error), words_cause(cause));
	else
		snprintf(to, VERDICT_SIZE, "%s%s%s %s", words_outcome(outcome), error ? " " : "",
		         error ? text_errno(name, error) : "", words_cause(cause));
	return to;
}

static const char *expected(char to[VERDICT_SIZE], const struct demo_case *c)
{
	return verdict(to, c->outcome, c->error, c->cause);
}

static const char *seen(char to[VERDICT_SIZE], const struct demo_row *row)
{
	const struct record *record = &row->record;

	return row->n_records ? verdict(to, record->outcome, record->error, record->cause)
	                      : "nothing";
}

static void widen(int *width, const char *text)
{
	int length = strlen(text);

	if (*width < length)
		*width = length;
}

static struct widths measure(const struct demo_row rows[DEMO_CASES])
{
	struct widths widths = {0};
	char text[VERDICT_SIZE];

	for (size_t i = 0; i < DEMO_CASES; i++) {
		widen(&widths.title, demo_cases[i].title);
		widen(&widths.expected, expected(text, &demo_cases[i]));
		widen(&widths.seen, seen(text, &rows[i]));
	}
	return widths;
}

static const char *color(const struct run *run, const char *sequence)
{
	return run->color ? sequence : "";
}

static void write_row(struct buffer *out, const struct run *run, const struct widths *widths,
                      const struct demo_case *c, const struct demo_row *row)
{
	const char *verdict_color = demo_row_agrees(c, row) ? GREEN : RED;
	char wanted[VERDICT_SIZE], got[VERDICT_SIZE], seconds[TEXT_TIME_SIZE] = "";
	unsigned long long us = row->record.duration_ns / 1000;

	if (row->n_records)
		snprintf(seconds, sizeof(seconds), "%llu.%06llu", us / 1000000, us % 1000000);
	buffer_print(out, "%s%-*s%s  %-*s  ", color(run, BOLD), widths->title, c->title,
	             color(run, RESET), widths->expected, expected(wanted, c));
	buffer_print(out, "%s%-*s%s  %8s", color(run, verdict_color), widths->seen, seen(got, row),
	             color(run, RESET), seconds);
	if (!demo_row_agrees(c, row))
		buffer_print(out, "  %sdiffers%s", color(run, RED), color(run, RESET));
	if (row->n_records > 1)
		buffer_print(out, " (%u records)", row->n_records);
	buffer_char(out, '\n');
}

static void write_detail(struct buffer *out, const struct run *run, const struct record *record,
                         enum demo_detail detail)
{
	struct buffer sentence = {0};

	switch (detail) {
	case DETAIL_NONE: break;
	case DETAIL_SENTENCE:
		diagnose_explain(&sentence, record);
		text_wrap(out, sentence.bytes, sentence.length, INDENT, WIDTH);
		buffer_free(&sentence);
		break;
	case DETAIL_TIMELINE:
		buffer_char(out, '\n');
		output_timeline.record(out, run, record);
		break;
	}
}

void demo_table(struct buffer *out, const struct run *run, const struct demo_row rows[DEMO_CASES],
                enum demo_detail detail)
{
	struct widths widths = measure(rows);
	unsigned int agreeing = 0;

	buffer_print(out, "%-*s  %-*s  %-*s  %8s\n", widths.title, "case", widths.expected,
	             "expected", widths.seen, "seen", "seconds");
	for (size_t i = 0; i < DEMO_CASES; i++) {
		write_row(out, run, &widths, &demo_cases[i], &rows[i]);
		if (rows[i].n_records)
			write_detail(out, run, &rows[i].record, detail);
		agreeing += demo_row_agrees(&demo_cases[i], &rows[i]);
	}
	buffer_print(out, "%u of %u as expected: tier %s, Linux %s\n", agreeing, DEMO_CASES,
	             run->tier, run->kernel);
}
