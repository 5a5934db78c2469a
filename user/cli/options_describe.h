/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef CONNWHY_OPTIONS_DESCRIBE_H
#define CONNWHY_OPTIONS_DESCRIBE_H

#include <stddef.h>

#include "options.h"

/* The filter in force in words, for the `tracing:` line: "pid 12, failed"; "" for none. */
void options_describe_filter(const struct options *options, char *text, size_t size);

#endif
