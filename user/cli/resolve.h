/* SPDX-License-Identifier: GPL-2.0-only */
/* Names of the command line to what the kernel calls them. */
#ifndef CONNWHY_RESOLVE_H
#define CONNWHY_RESOLVE_H

#include <stdint.h>
#include <sys/types.h>

/*
 * Whether there is such a process. Returns 0, -ESRCH, or -EINVAL where it is a thread: then *leader
 * is its process.
 */
int resolve_process(pid_t pid, pid_t *leader);

/* A user's name or number. 0, -EINVAL where it can be neither, -ENOENT where there is none. */
int resolve_user(const char *text, uid_t *uid);

/*
 * A process id, a path, or a name under /run/netns to the inode number of a network namespace.
 * Returns 0, -ESRCH where there is no such process, -EINVAL where it is something else, or the
 * -errno of opening it.
 */
int resolve_netns(const char *text, uint32_t *netns);

/*
 * A cgroup v2 directory, by its path or by the path that /proc/PID/cgroup gives, to an allocated
 * path and the cgroup's id. Returns 0, -EINVAL where it is something else, or another -errno.
 */
int resolve_cgroup(const char *text, char **path, uint64_t *id);

#endif
