/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * COMMAND: a child that waits until it is released, so that it is traced from its first
 * instruction.
 */
#ifndef CONNWHY_COMMAND_H
#define CONNWHY_COMMAND_H

#include <stdbool.h>
#include <sys/types.h>

/*
 * @pid:     0 once it was reaped
 * @fd:      a pidfd: readable once the command has ended; -1 where there is no command
 * @name:    argv[0]
 * @channel: lets it go, and brings back why it could not start; -1 once it runs
 */
struct command {
	pid_t pid;
	int fd;
	const char *name;
	int channel;
};

/*
 * Forks the child. It runs with default signal dispositions (but a SIGHUP that is ignored stays
 * so, as nohup wants) and an empty mask, and, unless `as_root`, as the user that sudo names.
 * Limits that are raised before are inherited by it.
 *
 * Returns 0 or -errno, after one sentence on stderr.
 */
int command_prepare(struct command *command, char **argv, bool as_root);

/*
 * Lets it go, and waits until its program runs. Returns 0, or -errno after one sentence on stderr
 * where it could not start: then it has ended, and command_reap() gives the 126 or 127 of it.
 */
int command_release(struct command *command);

/* Does not wait. 1 with *status of wait(2) once it has ended, 0 while it runs, -errno. */
int command_reap(struct command *command, int *status);

/* Passes a signal on. 0 or -errno; -ESRCH once it was reaped. */
int command_terminate(struct command *command, int signal);

/* Closes what is open. A command that was never released ends without having run. */
void command_close(struct command *command);

/* A status of wait(2) as a shell gives it: the command's own, or 128+N. */
int command_status(int wait_status);

#endif
