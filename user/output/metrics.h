/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Ended attempts as metrics in the text format of Prometheus (version 0.0.4). Pure.
 *
 * Labels are words of ours, errnos, and what a split adds: never an address, a pid or the name of a
 * program, so that the number of series has a bound whatever the host does.
 */
#ifndef CONNWHY_METRICS_H
#define CONNWHY_METRICS_H

#include <stddef.h>
#include <stdint.h>

#include "buffer.h"
#include "record.h"
#include "run.h"
#include "split.h"

#define METRICS_GROUPS_MAX 100

struct metrics;

/* Returns NULL without memory. @split must outlive it. */
struct metrics *metrics_new(const struct split *split);

/*
 * Counts an ended attempt. There are METRICS_GROUPS_MAX values of the further label; what has one
 * more takes the place of one that has had no attempt for an hour, else it counts as "other".
 */
void metrics_add(struct metrics *metrics, const struct record *record);

/* Everything. @losses: each reason, also where its count is 0. */
void metrics_print(const struct metrics *metrics, struct buffer *out, const struct run *run,
                   const struct totals *totals, const struct loss *losses, size_t n_losses);

/* NULL is fine. */
void metrics_free(struct metrics *metrics);

#endif
