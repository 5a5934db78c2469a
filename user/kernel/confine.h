/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Gives up what a tracer needs no more once its hooks are attached: capabilities, new privileges,
 * system calls, the working directory, core dumps. The tables in privilege.c and confine_calls.c
 * say what stays, and why.
 */
#ifndef CONNWHY_CONFINE_H
#define CONNWHY_CONFINE_H

#include <stdbool.h>

#define CONFINE_DIRECTORIES_MAX 4

/*
 * What the options of a run add.
 *
 * @has_command: a COMMAND runs, which is waited for, and may be told to end
 * @directories: descriptors, -1 for none: files may be made, renamed and removed in these, with
 *               openat(2) and its like
 * @own_socket: the descriptor that may connect(2), again and again (own.h); -1 for none
 */
struct confine {
	bool has_command;
	int directories[CONFINE_DIRECTORIES_MAX];
	int own_socket;
};

/*
 * Confines all threads of this process for good. What the host does not allow to give up is said
 * with log_warn(), but capabilities that cannot be given up are an error. 0, or -errno that has
 * been said.
 */
int confine(const struct confine *confine);

/* Takes all capabilities from the calling thread, which is to be none of the tracer's. */
void confine_thread(void);

/* confine_calls.c: allows the system calls of the table to all threads, and no other. 0 or -errno.
 */
int confine_calls(const struct confine *confine);

#endif
