/* SPDX-License-Identifier: GPL-2.0-only */
/* The data of a report's page, as it grows. */
#ifndef CONNWHY_REPORT_COLUMNS_H
#define CONNWHY_REPORT_COLUMNS_H

#include "intern.h"
#include "record.h"
#include "run.h"

/* One number, or a few, for each attempt. */
enum report_column {
	REPORT_START,
	REPORT_DURATION,
	REPORT_VERDICT,
	REPORT_PROCESS,
	REPORT_PEER,
	REPORT_LOCAL,
	REPORT_PLACE,
	REPORT_CALL,
	REPORT_SYNS,
	REPORT_SERIES,
	REPORT_PLAN,
	REPORT_STEPS,
	REPORT_FACTS,
	REPORT_SENTENCE,
	REPORT_COLUMNS,
};

/* What many attempts share: rows of numbers, each row once. */
enum report_table {
	REPORT_VERDICTS,
	REPORT_PLACES,
	REPORT_CALLS,
	REPORT_PLANS,
	REPORT_TABLES,
};

/*
 * @n, @omitted:  attempts that are kept, and by outcome those that are not
 * @last_start_us: of the attempt before
 * @strings:      every text, named by its place
 * @causes:       bit set of those in use
 */
struct report_columns {
	uint64_t n;
	uint64_t omitted[OUTCOME_MAX];
	int64_t last_start_us;
	struct buffer columns[REPORT_COLUMNS];
	struct intern tables[REPORT_TABLES];
	struct intern strings;
	uint64_t causes;
};

void report_columns_add(struct report_columns *to, const struct run *run,
                        const struct record *record);

/* The place of a text that needs no escape. */
uint32_t report_text(struct report_columns *to, const char *text);

/* The place of bytes from outside, escaped; at most `max`, up to a NUL; NULL is the empty text. */
uint32_t report_escaped(struct report_columns *to, const char *bytes, size_t max);

#endif
