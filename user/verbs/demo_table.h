/* SPDX-License-Identifier: GPL-2.0-only */
/* What was to be expected of each case beside what was seen. */
#ifndef CONNWHY_DEMO_TABLE_H
#define CONNWHY_DEMO_TABLE_H

#include <stdbool.h>

#include "demo_cases.h"
#include "output.h"

/*
 * @n_records: how many records its client gave; one is as expected
 * @record:    the first of them
 */
struct demo_row {
	unsigned int n_records;
	struct record record;
};

/* The outcome, the errno and the cause are those that were expected. */
bool demo_row_agrees(const struct demo_case *demo_case, const struct demo_row *row);

/* What is written under each row. */
enum demo_detail { DETAIL_NONE, DETAIL_SENTENCE, DETAIL_TIMELINE };

void demo_table(struct buffer *out, const struct run *run, const struct demo_row rows[DEMO_CASES],
                enum demo_detail detail);

#endif
