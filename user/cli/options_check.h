/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef CONNWHY_OPTIONS_CHECK_H
#define CONNWHY_OPTIONS_CHECK_H

#include "options.h"

/*
 * Whether values that are fine by themselves can stand together. Returns -1 to go on, else the
 * status to exit with, after one sentence.
 */
int options_check(const struct options *options);

#endif
