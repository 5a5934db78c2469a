/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Keeps a program from being interrupted by itself.
 *
 * The kernel skips a program on a CPU on which it is running already. Where the kernel may preempt
 * it (PREEMPT_LAZY, the default of distributions since voluntary preemption is gone), a task that
 * waits for its turn inside a program makes every other task of that CPU be skipped; and everywhere
 * a softirq that comes in the middle of one is. Kernels since 6.14 let programs switch interrupts
 * off: commit c8e2ee1f3df0.
 *
 * Those calls cannot be in an object that is to be loaded with a custom BTF, so this is compiled
 * twice, with GUARDED and without; user/tracer.c takes what the kernel's BTF has.
 */
#ifndef CONNWHY_GUARD_BPF_H
#define CONNWHY_GUARD_BPF_H

#include <bpf/bpf_helpers.h>

#ifdef GUARDED
extern void bpf_local_irq_save(unsigned long *flags) __ksym;
extern void bpf_local_irq_restore(unsigned long *flags) __ksym;

#define RUN(handler)                                                                               \
	({                                                                                         \
		unsigned long irq_flags;                                                           \
		bpf_local_irq_save(&irq_flags);                                                    \
		handler;                                                                           \
		bpf_local_irq_restore(&irq_flags);                                                 \
		0;                                                                                 \
	})
#else
#define RUN(handler)                                                                               \
	({                                                                                         \
		handler;                                                                           \
		0;                                                                                 \
	})
#endif

#endif
