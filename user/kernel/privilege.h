/* SPDX-License-Identifier: GPL-2.0-only */
/* What a process must be allowed to do before it can trace. */
#ifndef CONNWHY_PRIVILEGE_H
#define CONNWHY_PRIVILEGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A capability that is of use while it traces, beside what loading and attaching takes. */
struct privilege {
	unsigned int capability;
	const char *name;
	const char *why;
};

extern const struct privilege privileges_kept[];
extern const size_t n_privileges_kept;

/* Effective capabilities of this process, bit by CAP_*. */
uint64_t privilege_capabilities(void);

/* They count in the host's own user namespace, as BPF demands. */
bool privilege_initial_userns(void);

/* CAP_BPF with CAP_PERFMON, or CAP_SYS_ADMIN, is what loading and attaching takes. Pure. */
bool privilege_enough(uint64_t capabilities, bool initial_userns);

/* 0, or -EPERM after one sentence on stderr that says what is lacking and the command that has it.
 */
int privilege_check(void);

#endif
