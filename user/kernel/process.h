/* SPDX-License-Identifier: GPL-2.0-only */
/* What /proc still tells of a process that connected: proc(5). */
#ifndef CONNWHY_PROCESS_H
#define CONNWHY_PROCESS_H

#include <stdint.h>
#include <sys/types.h>

/*
 * The path of its executable, and the first word of its command line. Both are to be freed, NULL
 * where they cannot be read, or the pid is another process by now: one that began after `since_ns`
 * (CLOCK_MONOTONIC).
 */
void process_read(pid_t pid, uint64_t since_ns, char **executable, char **command);

/* Its cgroup where the host has no cgroup v2: that of systemd, else of memory. To be freed. */
char *process_cgroup_v1(pid_t pid);

#endif
