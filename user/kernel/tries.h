/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What kinds of programs this kernel really runs, found out by one small program of each kind and a
 * connect of our own.
 */
#ifndef CONNWHY_TRIES_H
#define CONNWHY_TRIES_H

#include <stdbool.h>

struct btf;
struct own;

enum try_kind {
	TRY_RAW,     /* raw tracepoint inet_sock_set_state; reads kernel memory */
	TRY_CLASSIC, /* the same as a classic tracepoint */
	TRY_FENTRY,  /* tracing program at tcp_v4_connect */
	TRY_KPROBE,  /* kprobe at tcp_v4_connect */
	TRY_SYSCALL, /* classic tracepoint sys_exit_connect */
	TRY_MAX,
};

/*
 * @error:     0 where it could be attached, else the -errno of what refused it
 * @blind:     it was attached, and the kernel did not run it
 * @preempted: the kernel let another task have the CPU in the middle of it. It skips a program on a
 *             CPU on which it is running already, so that what the others do meanwhile goes unseen.
 */
struct try_result {
	int error;
	bool blind, preempted;
};

/*
 * Tries each kind of which the bit is in `kinds`, and leaves nothing behind.
 *
 * @btf: the kernel's, NULL for none
 * @own: makes the connect; NULL: it is only attached
 */
void tries_run(struct try_result results[TRY_MAX], const struct btf *btf, const struct own *own,
               unsigned int kinds);

#endif
