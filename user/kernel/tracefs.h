/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef CONNWHY_TRACEFS_H
#define CONNWHY_TRACEFS_H

/*
 * The id of the tracepoint `name` ("sys_exit_connect") of the group syscalls, for
 * perf_event_open(). Returns it, or -errno. Nothing is left mounted.
 */
int tracefs_syscall_id(const char *name);

#endif
