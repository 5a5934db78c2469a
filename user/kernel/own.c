/* SPDX-License-Identifier: GPL-2.0-only */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include "own.h"

#define NAMESPACE "/proc/thread-self/ns/net"
#define TIMEOUT_US 200000 /* of a firewall that drops what goes over loopback */

static int new_socket(void)
{
	return socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
}

static void bring_loopback_up(int fd)
{
	struct ifreq loopback = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};

	ioctl(fd, SIOCSIFFLAGS, &loopback);
}

/* In the current namespace. */
static int open_sockets(struct own *own)
{
	struct timeval timeout = {.tv_usec = TIMEOUT_US};
	socklen_t size = sizeof(own->peer), cookie_size = sizeof(own->cookie);
	struct stat netns;

	own->peer =
	        (struct sockaddr_in){.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
	own->fd = new_socket();
	own->holder = new_socket();
	if (own->fd < 0 || own->holder < 0 || stat(NAMESPACE, &netns) ||
	    bind(own->holder, (struct sockaddr *)&own->peer, size) ||
	    getsockname(own->holder, (struct sockaddr *)&own->peer, &size) ||
	    getsockopt(own->fd, SOL_SOCKET, SO_COOKIE, &own->cookie, &cookie_size) ||
	    setsockopt(own->fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout)))
		return -errno;
	own->netns = netns.st_ino;
	return 0;
}

int own_open(struct own *own)
{
	int home = open(NAMESPACE, O_RDONLY | O_CLOEXEC), lo, err;
	bool left;

	*own = (struct own){.fd = -1, .holder = -1};
	if (home < 0)
		return -errno;
	/* Without CAP_SYS_ADMIN it has to be the host's. */
	left = !unshare(CLONE_NEWNET);
	lo = left ? new_socket() : -1;
	if (lo >= 0) {
		bring_loopback_up(lo);
		close(lo);
	}
	err = open_sockets(own);
	/* Coming home cannot fail while its descriptor is open; going on elsewhere would be wrong.
	 */
	if (left && setns(home, CLONE_NEWNET))
		abort();
	close(home);
	if (err)
		own_close(own);
	return err;
}

int own_connect(const struct own *own)
{
	if (own->fd < 0)
		return -EBADF;
	if (!connect(own->fd, (const struct sockaddr *)&own->peer, sizeof(own->peer)))
		return -EISCONN;
	return errno == ECONNREFUSED ? 0 : -errno;
}

void own_close(struct own *own)
{
	if (own->fd >= 0)
		close(own->fd);
	if (own->holder >= 0)
		close(own->holder);
	own->fd = own->holder = -1;
}
