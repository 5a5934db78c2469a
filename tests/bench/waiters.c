// SPDX-License-Identifier: GPL-2.0-only
/*
 * Attempts that wait: connects to addresses of which none answers, in a network namespace of its
 * own.
 *
 *   waiters COUNT       prints "ready" once all have begun; SIGTERM, or the end of its parent, ends
 * it
 */
#include "bench.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>

#define PORT 7
#define COUNT_MAX 1000000
#define CONNECTS_PER_ADDRESS 16384 /* fewer than there are ports */
#define CONNECTS_PER_PROCESS 15000 /* fewer than a process may have files */

static void end_with_parent(void)
{
	if (prctl(PR_SET_PDEATHSIG, SIGTERM) || getppid() == 1)
		exit(1);
}

/* The kernel's time-outs double from the first on, as before Linux 6.5; older ones have no such
 * file. */
static void no_linear_timeouts(void)
{
	int fd = open("/proc/sys/net/ipv4/tcp_syn_linear_timeouts", O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	if (write(fd, "0", 1) != 1)
		warn("tcp_syn_linear_timeouts");
	close(fd);
}

static void begin(long i)
{
	struct sockaddr_in address = {
	        .sin_family = AF_INET,
	        .sin_port = htons(PORT),
	        .sin_addr.s_addr = htonl(OWN_ADDRESS + 1 + i / CONNECTS_PER_ADDRESS),
	};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		err(1, "socket");
	if (!connect(fd, (const void *)&address, sizeof(address)) || errno != EINPROGRESS)
		err(1, "connect");
}

/* The connects of one process, from `first` on; it writes to `done` once they have begun. */
static void wait_for_all(long first, long count, int done)
{
	const struct rlimit files = {CONNECTS_PER_PROCESS + 100, CONNECTS_PER_PROCESS + 100};

	end_with_parent();
	if (setrlimit(RLIMIT_NOFILE, &files))
		err(1, "RLIMIT_NOFILE");
	for (long i = first; i < first + count; i++)
		begin(i);
	if (write(done, "", 1) != 1)
		err(1, "pipe");
	for (;;)
		pause();
}

/* The network: takes all packets, answers none. */
static void swallow(int tun)
{
	char packet[2048];

	end_with_parent();
	while (read(tun, packet, sizeof(packet)) > 0)
		;
	exit(1);
}

static pid_t start(void)
{
	pid_t pid = fork();

	if (pid < 0)
		err(1, "fork");
	return pid;
}

int main(int argc, char **argv)
{
	long count = argc == 2 ? number(argv[1], COUNT_MAX) : 0;
	int done[2], tun;
	char byte;

	if (!count) {
		fprintf(stderr, "usage: waiters COUNT\n");
		return 64;
	}
	if (prctl(PR_SET_PDEATHSIG, SIGTERM) || pipe(done))
		err(1, "pipe");
	own_network();
	no_linear_timeouts();
	tun = tun_open();
	if (!start())
		swallow(tun);
	for (long first = 0; first < count; first += CONNECTS_PER_PROCESS) {
		const long rest = count - first;

		if (!start())
			wait_for_all(first,
			             rest < CONNECTS_PER_PROCESS ? rest : CONNECTS_PER_PROCESS,
			             done[1]);
	}
	close(done[1]);
	for (long first = 0; first < count; first += CONNECTS_PER_PROCESS)
		if (read(done[0], &byte, 1) != 1)
			errx(1, "not all could begin");
	puts("ready");
	fflush(stdout);
	wait(NULL); /* none ends by itself */
	return 1;
}
