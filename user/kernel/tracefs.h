/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef CONNWHY_TRACEFS_H
#define CONNWHY_TRACEFS_H

/*
 * The id of the tracepoint `name` ("sys_exit_connect") of `group` ("syscalls"), for
 * perf_event_open(). Returns it, or -errno. Nothing is left mounted.
 */
int tracefs_id(const char *group, const char *name);

/* "tracefs" or "debugfs", mounted nowhere: it goes with the descriptor that is returned; -errno. */
int tracefs_mount(const char *name);

#endif
