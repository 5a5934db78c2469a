/* SPDX-License-Identifier: GPL-2.0-only */
/* The tier that is complete on this kernel, by fact: opened, loaded, attached, and seen to see. */
#ifndef CONNWHY_TIER_H
#define CONNWHY_TIER_H

#include <stdbool.h>
#include <stddef.h>

#include "options.h"

struct btf;
struct connwhy_bpf;
struct own;
struct probes;

/*
 * Returns 0 with the programs attached, or -errno after saying in one sentence on stderr what is
 * missing and what mends it. A tier that was passed over since the kernel does not run its programs
 * is told as a warning.
 */
int tier_choose(struct connwhy_bpf **skeleton, struct probes *probes, const struct btf *btf,
                const struct options *options, const struct own *own);

/* What the hooks saw of a connect of our own: that it began, its end, the return of the call. */
struct sight {
	bool begins, ends, returns;
};

/* Connects, and looks. Returns whether it could be made, so that there is something to say. */
bool tier_look(struct sight *sight, const struct connwhy_bpf *skeleton, const struct own *own);

/* Why attached programs do not run, as far as the kernel tells, and what mends it. */
void tier_explain_blindness(enum tier tier, char *why, size_t why_size);

#endif
