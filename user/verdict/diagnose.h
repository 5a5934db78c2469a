/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef CONNWHY_DIAGNOSE_H
#define CONNWHY_DIAGNOSE_H

#include "record.h"

/*
 * Reads the facts of a record and fills its verdict: outcome, error, duration, number of SYNs,
 * cause, explanation. Pure: no clock, no kernel, no global.
 */
void diagnose(struct record *record);

#endif
