/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef CONNWHY_TRACE_H
#define CONNWHY_TRACE_H

#include "options.h"

/* Traces as the options say until it is over. Returns the status to exit with. */
int trace(const struct options *options);

#endif
