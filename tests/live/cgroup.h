/* SPDX-License-Identifier: GPL-2.0-only */
/* Control groups (v2) of this run. */
#ifndef CONNWHY_LIVE_CGROUP_H
#define CONNWHY_LIVE_CGROUP_H

#include <stdbool.h>
#include <stddef.h>

/* Finds where they are mounted and takes a name. Call in the process that removes them. */
void cgroup_init(void);

/* Makes one below that; its path into `path`. */
bool cgroup_make(const char *name, char *path, size_t size);
/* Moves the caller into it. */
bool cgroup_enter(const char *path);

void cgroup_remove_all(void);

#endif
