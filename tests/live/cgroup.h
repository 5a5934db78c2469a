/* SPDX-License-Identifier: GPL-2.0-only */
/* Control groups (v2) of this run. */
#ifndef CONNWHY_LIVE_CGROUP_H
#define CONNWHY_LIVE_CGROUP_H

#include <stdbool.h>
#include <stddef.h>
#include <linux/bpf.h>

#include "live.h"

/* Finds where they are mounted and takes a name. Call in the process that removes them. */
void cgroup_init(void);

/* Makes one below that; its path into `path`. */
bool cgroup_make(const char *name, char *path, size_t size);
/* Moves the caller into it. */
bool cgroup_enter(const char *path);

/* Moves the caller into one of its own with this program; skips where that cannot be had. */
void cgroup_enter_with(struct variant *v, enum bpf_prog_type type, enum bpf_attach_type where,
                       const struct bpf_insn *program, size_t length);

/* "return 0": no call, no packet. */
extern const struct bpf_insn cgroup_refuse[2];

void cgroup_remove_all(void);

#endif
