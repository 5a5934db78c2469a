/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef CONNWHY_TALLY_H
#define CONNWHY_TALLY_H

#include "evidence.h"

/*
 * Adds to record->peer, which holds what was known before, what this attempt tells of its peer:
 * one failure more, one silence more, a sign of life. record->cause must be decided.
 */
void tally(struct record *record, const struct evidence *evidence);

#endif
