/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * --report: all attempts of a run as one page (HTML) that asks nothing of anywhere.
 *
 * The page is user/output/report/, put together at build time; what is added here is its data:
 * columns of numbers, each in base64, so that no byte from outside ever stands in the page as text.
 * user/output/report/data.js reads them; the order of the fields is told in report_record.c and
 * report.c, where they are written. Pure.
 */
#ifndef CONNWHY_REPORT_H
#define CONNWHY_REPORT_H

#include "buffer.h"
#include "record.h"
#include "run.h"

/* What comes behind them is counted by its outcome, and the page says so. */
#define REPORT_ATTEMPTS_MAX 500000

struct report;

/* @attempts_max: how many attempts are kept. NULL without memory. */
struct report *report_new(uint64_t attempts_max);

/* Takes one record in. Where memory is short, report_write() tells it. */
void report_add(struct report *report, const struct run *run, const struct record *record);

/* Writes the page. Where memory was short at any time, `out` has failed. */
void report_write(struct report *report, struct buffer *out, const struct run *run,
                  const struct totals *totals, const struct loss *losses, size_t n_losses);

void report_free(struct report *report);

#endif
