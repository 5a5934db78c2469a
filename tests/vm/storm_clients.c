// SPDX-License-Identifier: GPL-2.0-only
/*
 * storm_clients CONNECTS PROCESSES: connects of that many processes to this host itself, every
 * second of which is refused. They take turns between calls that block and calls that do not, and
 * reset what was accepted.
 *
 * Exit: 0 all went as they should, 1 some did not.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define OPEN_PORT 8000
#define CLOSED_PORT 7999

/* Addresses of 127/8 take turns, so that ports do not run out. */
static struct sockaddr_in peer_of(unsigned int number, in_port_t port)
{
	return (struct sockaddr_in){
	        .sin_family = AF_INET,
	        .sin_port = htons(port),
	        .sin_addr = {htonl(INADDR_LOOPBACK + number / 1000 % 200)},
	};
}

static void close_with_reset(int fd)
{
	struct linger reset = {.l_onoff = 1};

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
	close(fd);
}

static int error_of(int fd)
{
	struct pollfd poller = {.fd = fd, .events = POLLOUT};
	socklen_t size = sizeof(int);
	int error = 0;

	poll(&poller, 1, 10000);
	getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
	return error;
}

/* Returns whether it ended as it should. */
static int connect_once(unsigned int number)
{
	int refused = number % 2, blocks = number / 2 % 2, error = 0;
	struct sockaddr_in peer = peer_of(number, refused ? CLOSED_PORT : OPEN_PORT);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | (blocks ? 0 : SOCK_NONBLOCK), 0);

	if (connect(fd, (struct sockaddr *)&peer, sizeof(peer)))
		error = errno;
	if (error == EINPROGRESS && !blocks)
		error = error_of(fd);
	close_with_reset(fd);
	return error == (refused ? ECONNREFUSED : 0);
}

static int listen_on(in_port_t port)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;
	struct sockaddr_in any = {.sin_family = AF_INET, .sin_port = htons(port)};

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, (struct sockaddr *)&any, sizeof(any)) || listen(fd, SOMAXCONN)) {
		perror("storm_clients: listen");
		exit(1);
	}
	return fd;
}

/* The client ends each: one that is reset too soon fails. */
static void accept_all(int listener)
{
	for (;;) {
		int fd = accept(listener, NULL, NULL);
		char byte;

		while (fd >= 0 && read(fd, &byte, 1) > 0)
			;
		close(fd);
	}
}

int main(int argc, char **argv)
{
	unsigned int connects = argc > 1 ? strtoul(argv[1], NULL, 10) : 0;
	unsigned int processes = argc > 2 ? strtoul(argv[2], NULL, 10) : 1;
	int listener = listen_on(OPEN_PORT), failed = 0;
	pid_t server = fork();

	if (!server)
		accept_all(listener);
	for (unsigned int process = 0; process < processes; process++) {
		unsigned int each = connects / processes, wrong = 0;

		if (fork())
			continue;
		for (unsigned int i = 0; i < each; i++)
			wrong += !connect_once(process * each + i);
		if (wrong)
			fprintf(stderr, "storm_clients: %u connects went wrong for themselves\n",
			        wrong);
		_exit(wrong != 0);
	}
	for (unsigned int process = 0, status; process < processes; process++) {
		wait((int *)&status);
		failed |= status != 0;
	}
	kill(server, SIGKILL);
	wait(NULL);
	return failed;
}
