/* SPDX-License-Identifier: GPL-2.0-only */
/* Switches of the kernel that keep programs from running or loading, and its errors in words. */
#ifndef CONNWHY_SWITCHES_H
#define CONNWHY_SWITCHES_H

#include <stdbool.h>
#include <stddef.h>

#define SWITCHES_ENOTSUPP 524 /* linux/errno.h: not for user space, but BPF gives it */

/* The first line of a file, without its end. Returns 0 or -errno. */
int switches_read_line(const char *path, char *line, size_t size);

/* The number in a file of /proc or /sys, or `otherwise`. */
int switches_read_int(const char *path, int otherwise);

/*
 * kernel.ftrace_enabled is 0: nothing that is attached to a function by ftrace runs, as tracing
 * programs are, and on x86-64 kprobes. To attach and detach them then can break ftrace for good
 * (seen on 6.12: a WARNING in ftrace_shutdown() at the next user's end), so that nobody should.
 */
bool switches_ftrace_is_off(void);

/* kprobes/enabled in debugfs is 0; false where it cannot be read. */
bool switches_kprobes_are_off(void);

/* The words of a positive errno, of those too that only the kernel itself has. */
const char *switches_error(int error);

#endif
