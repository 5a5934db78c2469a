/* SPDX-License-Identifier: GPL-2.0-only */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "act.h"
#include "live.h"

#define ACT_SECONDS 30

static void connect_loopback(unsigned int port)
{
	struct sockaddr_storage peer;
	socklen_t length = make_address(&peer, AF_INET, "127.0.0.1", (uint16_t)port);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (connect(fd, (struct sockaddr *)&peer, length))
		_exit(99);
	close(fd);
}

/* A daemon is nobody's child; this process waits for it through a pipe. */
static void connect_as_daemon(unsigned int port)
{
	int done[2];
	char byte;

	if (pipe(done))
		_exit(98);
	if (fork() == 0) {
		setsid();
		if (fork() == 0) {
			close(done[0]);
			connect_loopback(port);
			_exit(0);
		}
		_exit(0);
	}
	close(done[1]);
	wait(NULL);
	if (read(done[0], &byte, 1))
		_exit(97);
}

static void connect_as_family(unsigned int port)
{
	connect_loopback(port);
	if (fork() == 0) {
		connect_loopback(port + 1);
		_exit(0);
	}
	wait(NULL);
	connect_as_daemon(port + 2);
}

int act(char **arguments)
{
	const char *name = arguments[0] ? arguments[0] : "";
	int number = arguments[0] && arguments[1] ? atoi(arguments[1]) : 0;

	alarm(ACT_SECONDS);
	if (!strcmp(name, "connect")) {
		connect_loopback((unsigned int)number);
		return arguments[2] ? atoi(arguments[2]) : 0;
	}
	if (!strcmp(name, "signal"))
		raise(number);
	else if (!strcmp(name, "family"))
		connect_as_family((unsigned int)number);
	else if (!strcmp(name, "wait"))
		pause();
	else
		return 96;
	return 0;
}
