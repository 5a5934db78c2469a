/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef CONNWHY_MEMORY_H
#define CONNWHY_MEMORY_H

#include <stddef.h>

#include "options.h"

/* Why there was no memory for the kernel side: which cgroup limits it, and what makes it smaller.
 */
void memory_explain(const struct options *options, char *why, size_t why_size);

#endif
