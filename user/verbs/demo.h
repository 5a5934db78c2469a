/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * `connwhy demo`: scripted connects in network namespaces of its own, traced like any other, and
 * what was to be expected of each beside what was seen.
 */
#ifndef CONNWHY_DEMO_H
#define CONNWHY_DEMO_H

#include "options.h"

/*
 * Returns the status to exit with: 0 where all was seen as expected, 1 where something differs or
 * the demo cannot run here, which is said on stderr, 128+N where signal N ended it.
 */
int demo(const struct options *options);

#endif
