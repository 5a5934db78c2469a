/* SPDX-License-Identifier: GPL-2.0-only */
/* What this kernel allows, found out by doing it. */
#ifndef CONNWHY_SUPPORT_H
#define CONNWHY_SUPPORT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/utsname.h>

#include "options.h"
#include "tries.h"

enum lockdown {
	LOCKDOWN_UNKNOWN,
	LOCKDOWN_NONE,
	LOCKDOWN_INTEGRITY,
	LOCKDOWN_CONFIDENTIALITY,
};

/*
 * What was found. Each of the tries is 0 where it worked, else the -errno of what refused it; it
 * was undone at once.
 *
 * @capabilities:     effective, bit by CAP_*
 * @initial_userns:   they count in the host's own user namespace
 * @perf_paranoid:    kernel.perf_event_paranoid, -2 where unknown
 * @jit:              net.core.bpf_jit_enable, -1 where unknown (as where it cannot be switched off)
 * @memlock_raisable: the limit of locked memory, which BPF counts against before 5.11, can be
 * raised
 * @btf:              reading /sys/kernel/btf/vmlinux
 * @ring_buffer:      a map of type BPF_MAP_TYPE_RINGBUF (5.8 and later)
 * @trampoline_image: trampolines outlive the sleepers in them; before 5.12, not all do
 * @tried:            a program of each kind
 * @ftrace_off:       kernel.ftrace_enabled is 0
 * @kprobes_off:      kprobes/enabled in debugfs is 0
 */
struct support {
	struct utsname kernel;
	uid_t euid;
	uint64_t capabilities;
	bool initial_userns;
	enum lockdown lockdown;
	int perf_paranoid;
	int jit;
	bool memlock_raisable;
	int btf;
	int ring_buffer;
	bool trampoline_image;
	struct try_result tried[TRY_MAX];
	bool ftrace_off, kprobes_off;
};

/* Raises this process's limit of locked memory, and leaves nothing else behind. */
void support_collect(struct support *facts);

/* The best tier that these facts allow, or -ENOTSUP where they allow none. Pure. */
int support_tier(const struct support *facts);

#endif
