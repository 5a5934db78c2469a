/* SPDX-License-Identifier: GPL-2.0-only */
/* What to hook in which tier: one table, and one loop that loads it. */
#ifndef CONNWHY_PROBES_H
#define CONNWHY_PROBES_H

#include <stdbool.h>
#include <stddef.h>

#include "options.h"

struct bpf_object;
struct bpf_link;
struct btf;

#define HOOKS_MAX 64

/*
 * The outcome of a choice and of an attachment.
 *
 * @links:   one for each attached hook
 * @missing: names of optional hooks that this kernel does not give, NULL-terminated
 */
struct probes {
	enum tier tier;
	struct bpf_link *links[HOOKS_MAX];
	size_t n_links;
	const char *missing[HOOKS_MAX + 1];
	size_t n_missing;
	bool chosen[HOOKS_MAX];
};

enum probes_wish {
	PROBES_FOLLOW = 1 << 0,  /* COMMAND's descendants are to be followed */
	PROBES_CLASSIC = 1 << 1, /* raw tracepoints may be preempted: classic ones beside them */
};

/*
 * Chooses the hooks of a tier by what the kernel's BTF shows, and sets which programs are loaded.
 *
 * @wishes: of enum probes_wish, or-ed
 * Returns 0, or -ENOENT where a necessary hook is not there; its name is then in `why`.
 */
int probes_choose(struct probes *probes, struct bpf_object *object, const struct btf *btf,
                  enum tier tier, unsigned int wishes, char *why, size_t why_size);

/* Attaches what was chosen. Returns 0 or -errno, `why` naming the necessary hook that failed. */
int probes_attach(struct probes *probes, struct bpf_object *object, char *why, size_t why_size);

/* Arguments of a tracepoint as BTF has them, -1 where there is no such tracepoint. */
int probes_tracepoint_args(const struct btf *btf, const char *tracepoint);

/* An optional hook that this kernel does not give. */
bool probes_is_missing(const struct probes *probes, const char *target);

/* A run of this program that is skipped can be an attempt that nobody sees begin. */
bool probes_begins(const struct probes *probes, const char *program);

void probes_detach(struct probes *probes);

#endif
