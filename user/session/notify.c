// SPDX-License-Identifier: GPL-2.0-only
#include "notify.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "parse.h"
#include "units.h"

/* Of the interval that the manager waits: sd_watchdog_enabled(3) says to tell at half of it. */
#define WATCHDOG_SHARE 2

static int connect_to(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	size_t length = strlen(path);
	int fd;

	if (length >= sizeof(address.sun_path) || (*path != '/' && *path != '@'))
		return -1;
	memcpy(address.sun_path, path, length);
	if (*path == '@') /* an abstract one */
		address.sun_path[0] = '\0';
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd >= 0 && connect(fd, (struct sockaddr *)&address,
	                       offsetof(struct sockaddr_un, sun_path) + length)) {
		close(fd);
		fd = -1;
	}
	return fd;
}

void notify_open(struct notify *notify)
{
	const char *path = getenv("NOTIFY_SOCKET"), *usec = getenv("WATCHDOG_USEC");
	const char *pid = getenv("WATCHDOG_PID");
	uint64_t value;

	*notify = (struct notify){.fd = path ? connect_to(path) : -1};
	if (notify->fd < 0 || !usec || parse_number(usec, 1, UINT64_MAX / NS_PER_US, &value))
		return;
	notify->every_ns = value * NS_PER_US / WATCHDOG_SHARE;
	if (pid && (parse_number(pid, 1, INT32_MAX, &value) || value != (uint64_t)getpid()))
		notify->every_ns = 0;
}

void notify_say(const struct notify *notify, const char *state)
{
	if (notify->fd >= 0 && write(notify->fd, state, strlen(state)) < 0)
		return;
}

void notify_alive(struct notify *notify, uint64_t now_ns)
{
	if (!notify->every_ns || now_ns < notify->next_ns)
		return;
	notify_say(notify, "WATCHDOG=1");
	notify->next_ns = now_ns + notify->every_ns;
}

void notify_close(struct notify *notify)
{
	if (notify->fd >= 0)
		close(notify->fd);
	notify->fd = -1;
}
