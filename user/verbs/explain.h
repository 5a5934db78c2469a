/* SPDX-License-Identifier: GPL-2.0-only */
/* `connwhy explain [NAME]`: an errno or a cause in words. */
#ifndef CONNWHY_EXPLAIN_H
#define CONNWHY_EXPLAIN_H

#include "options.h"

/*
 * What the errno or cause of that name means and what to look at next, or a list of all of them.
 * Returns the status to exit with: 0, or, after one sentence on stderr, EXIT_USAGE, or 1 where it
 * could not be written.
 */
int explain(const struct options *options);

#endif
