/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef CONNWHY_DIAGNOSE_H
#define CONNWHY_DIAGNOSE_H

#include "buffer.h"
#include "record.h"

/*
 * Reads the facts of a record and fills its verdict: outcome, error, duration, number of SYNs,
 * cause. Pure: no clock, no kernel, no global.
 */
void diagnose(struct record *record);

/* The verdict of a diagnosed record in sentences: what was seen, and where to look next. */
void diagnose_explain(struct buffer *to, const struct record *record);

#endif
