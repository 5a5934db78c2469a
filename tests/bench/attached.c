// SPDX-License-Identifier: GPL-2.0-only
/*
 * How long a tracer takes from exec to attached.
 *
 *   attached [-r FILE] COMMAND [ARG…]
 *
 * It is attached where FILE exists; without, where it has an eventpoll, which the tools of
 * libbpf-tools open once all is attached. Looks each millisecond. Prints microseconds, then ends
 * it.
 *
 * Exit: 0 measured, 1 the command ended instead, 64 usage.
 */
#include "bench.h"

#include <dirent.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/wait.h>

static bool has_eventpoll(pid_t pid)
{
	char path[64], target[64];
	struct dirent *entry;
	bool has = false;
	DIR *folder;

	snprintf(path, sizeof(path), "/proc/%d/fd", (int)pid);
	folder = opendir(path);
	if (!folder)
		return false;
	while (!has && (entry = readdir(folder))) {
		ssize_t size = readlinkat(dirfd(folder), entry->d_name, target, sizeof(target) - 1);

		target[size < 0 ? 0 : size] = '\0';
		has = strstr(target, "eventpoll");
	}
	closedir(folder);
	return has;
}

int main(int argc, char **argv)
{
	const char *ready = argc > 3 && !strcmp(argv[1], "-r") ? argv[2] : NULL;
	char **command = argv + (ready ? 3 : 1);
	uint64_t began, took;
	clockid_t cpu;
	pid_t pid;

	if (!*command) {
		fprintf(stderr, "usage: attached [-r FILE] COMMAND [ARG…]\n");
		return 64;
	}
	if (ready)
		unlink(ready);
	began = now_ns(CLOCK_MONOTONIC);
	pid = fork();
	if (pid < 0)
		err(1, "fork");
	if (!pid) {
		signal(SIGINT, SIG_DFL); /* a shell lets what runs in the background ignore it */
		dup2(open("/dev/null", O_WRONLY), STDOUT_FILENO);
		execvp(*command, command);
		err(1, "%s", *command);
	}
	while (ready ? access(ready, F_OK) : !has_eventpoll(pid)) {
		if (waitpid(pid, NULL, WNOHANG))
			errx(1, "%s ended", *command);
		usleep(1000);
	}
	took = now_ns(CLOCK_MONOTONIC) - began;
	if (clock_getcpuclockid(pid, &cpu))
		errx(1, "%s has no clock", *command);
	printf("%llu\t%llu\n", (unsigned long long)took / 1000,
	       (unsigned long long)now_ns(cpu) / 1000);
	kill(pid, SIGINT);
	waitpid(pid, NULL, 0);
	return 0;
}
