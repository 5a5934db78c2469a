/* SPDX-License-Identifier: GPL-2.0-only */
/* System calls made by another process: what it is refused is seen where it counts. */
#ifndef CONNWHY_LIVE_INJECT_H
#define CONNWHY_LIVE_INJECT_H

#include <stdbool.h>
#include <sys/types.h>

/* Whether this machine's registers are known here. */
bool inject_known(void);

/* Stops a thread where it waits in a system call, by ptrace(2). False with errno. */
bool inject_begin(pid_t tid);

/* What the call gives, -errno for an error; -ENOTRECOVERABLE where it could not be made. */
long inject_call(pid_t tid, long number, const long arguments[6]);

/* Lets it go on as if nothing had been. */
void inject_end(pid_t tid);

#endif
