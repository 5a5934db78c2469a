/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef CONNWHY_REPLAY_H
#define CONNWHY_REPLAY_H

#include "options.h"

/* Reads the file of -r back: no root, no BPF. Returns the status to exit with. */
int replay(const struct options *options);

#endif
