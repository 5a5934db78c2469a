/* SPDX-License-Identifier: GPL-2.0-only */
/* `connwhy top`: what fails, waits and is slow now, by peer, on the whole of a terminal. */
#ifndef CONNWHY_TOP_H
#define CONNWHY_TOP_H

#include "options.h"

/* Returns the status to exit with: 0, also where a signal ended it; 1 after one sentence. */
int top(const struct options *options);

#endif
