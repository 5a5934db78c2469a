/* SPDX-License-Identifier: GPL-2.0-only */
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "command.h"
#include "log.h"
#include "parse.h"

#define CANNOT_EXECUTE 126
#define NOT_FOUND 127

/* Who the command runs as; looked up before the fork, since a look-up may itself connect. */
struct identity {
	bool changes;
	uid_t uid;
	gid_t gid;
	int n_groups;
	gid_t *groups;
	char *name;
	char *home;
};

static int identity_of_sudo(struct identity *identity)
{
	const char *uid_text = getenv("SUDO_UID"), *gid_text = getenv("SUDO_GID");
	const struct passwd *user;
	uint64_t uid, gid;

	if (geteuid() != 0 || !uid_text)
		return 0;
	if (parse_number(uid_text, 0, UINT32_MAX - 1, &uid) || !gid_text ||
	    parse_number(gid_text, 0, UINT32_MAX - 1, &gid)) {
		log_error("SUDO_UID '%s' with SUDO_GID '%s' is no user to run the command as: "
		          "use --as-root to run it as root",
		          uid_text, gid_text ? gid_text : "");
		return -EINVAL;
	}
	identity->changes = uid != 0;
	identity->uid = uid;
	identity->gid = gid;
	user = getpwuid(uid);
	if (!user)
		return 0;

	identity->name = strdup(user->pw_name);
	identity->home = strdup(user->pw_dir);
	getgrouplist(user->pw_name, gid, NULL, &identity->n_groups);
	identity->groups = calloc(identity->n_groups, sizeof(gid_t));
	if (!identity->name || !identity->home || !identity->groups)
		return -ENOMEM;
	if (getgrouplist(identity->name, gid, identity->groups, &identity->n_groups) < 0)
		return -ERANGE;
	return 0;
}

static void identity_free(struct identity *identity)
{
	free(identity->groups);
	free(identity->name);
	free(identity->home);
}

static int become(const struct identity *identity)
{
	if (!identity->changes)
		return 0;
	if (setgroups(identity->n_groups, identity->groups) || setgid(identity->gid) ||
	    setuid(identity->uid))
		return -errno;
	if (identity->name &&
	    (setenv("USER", identity->name, 1) || setenv("LOGNAME", identity->name, 1) ||
	     setenv("HOME", identity->home, 1)))
		return -errno;
	return 0;
}

static void reset_signals(void)
{
	struct sigaction now;
	sigset_t none;

	for (int number = 1; number < NSIG; number++) {
		if (number == SIGHUP && sigaction(number, NULL, &now) == 0 &&
		    now.sa_handler == SIG_IGN)
			continue;
		signal(number, SIG_DFL);
	}
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

_Noreturn static void run_child(char **argv, const struct identity *identity, int channel)
{
	int error;
	char go;

	reset_signals();
	error = -become(identity);
	/* The end of the file: the tracer went away. */
	if (recv(channel, &go, 1, 0) != 1)
		_exit(CANNOT_EXECUTE);
	if (!error) {
		execvp(argv[0], argv);
		error = errno;
	}
	send(channel, &error, sizeof(error), MSG_NOSIGNAL);
	_exit(error == ENOENT ? NOT_FOUND : CANNOT_EXECUTE);
}

static int start_child(struct command *command, char **argv, const struct identity *identity)
{
	int channel[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, channel))
		return -errno;
	command->channel = channel[0];
	command->pid = fork();
	if (command->pid == 0) {
		close(channel[0]);
		run_child(argv, identity, channel[1]);
	}
	close(channel[1]);
	if (command->pid < 0)
		return -errno;
	command->fd = syscall(SYS_pidfd_open, command->pid, 0);
	return command->fd < 0 ? -errno : 0;
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

int command_prepare(struct command *command, char **argv, bool as_root)
{
	struct identity identity = {0};
	int error = 0;

	*command = (struct command){.fd = -1, .channel = -1, .name = argv[0]};
	if (!as_root)
		error = identity_of_sudo(&identity);
	if (!error)
		error = start_child(command, argv, &identity);
	if (error && error != -EINVAL) /* that was said where it was found */
		log_error("cannot prepare '%s': %s", argv[0], strerror(-error));
	if (error)
		command_close(command);
	identity_free(&identity);
	return error;
}

int command_release(struct command *command)
{
	int error = 0;
	ssize_t size;

	if (send(command->channel, "", 1, MSG_NOSIGNAL) == 1) {
		/* The end of the file: exec closed it. */
		do
			size = recv(command->channel, &error, sizeof(error), MSG_WAITALL);
		while (size < 0 && errno == EINTR);
		if (size < 0)
			error = errno;
	} else {
		error = errno;
	}
	close_fd(&command->channel);
	/* It is ending: whoever reaps it next shall find its status. */
	while (error && waitid(P_PID, command->pid, NULL, WEXITED | WNOWAIT) && errno == EINTR)
		;
	if (error == EPIPE)
		log_error("'%s' was ended before it could run", command->name);
	else if (error)
		log_error("cannot run '%s': %s", command->name, strerror(error));
	return -error;
}

int command_reap(struct command *command, int *status)
{
	pid_t pid;

	if (command->pid <= 0)
		return -ECHILD;
	do
		pid = waitpid(command->pid, status, WNOHANG);
	while (pid < 0 && errno == EINTR);
	if (pid < 0)
		return -errno;
	if (pid == 0)
		return 0;
	command->pid = 0;
	return 1;
}

int command_terminate(struct command *command, int signal)
{
	/* Not yet reaped, so the number is still its own. */
	if (command->pid <= 0)
		return -ESRCH;
	return kill(command->pid, signal) ? -errno : 0;
}

void command_close(struct command *command)
{
	bool waits = command->channel >= 0 && command->pid > 0;

	close_fd(&command->channel);
	close_fd(&command->fd);
	if (waits) {
		while (waitpid(command->pid, NULL, 0) < 0 && errno == EINTR)
			;
		command->pid = 0;
	}
}

int command_status(int wait_status)
{
	if (WIFSIGNALED(wait_status))
		return 128 + WTERMSIG(wait_status);
	return WEXITSTATUS(wait_status);
}
