/* SPDX-License-Identifier: GPL-2.0-only */
/* `connwhy doctor`: what this kernel allows, the tier it gives, and the fix for what is missing. */
#ifndef CONNWHY_DOCTOR_H
#define CONNWHY_DOCTOR_H

#include <stdio.h>

#include "options.h"
#include "support.h"

/*
 * A line for each fact, and one for the tier.
 *
 * @hooks_missing: NULL-terminated names of the optional hooks that the tier lacks here; NULL where
 *                 they are not known
 * Returns the status to exit with: 0 where tracing is possible, else 1, also where this could not
 * be written.
 */
int doctor_print(FILE *out, const struct support *facts, const char *const *hooks_missing);

/* The verb: collects, prints. Returns the status to exit with. */
int doctor(const struct options *options);

#endif
