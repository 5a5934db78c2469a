// SPDX-License-Identifier: GPL-2.0-only
#include "netns.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "array.h"

#define NAMED "/run/netns"

/* Opens the namespace at a path if its inode is the wanted one, or any where `inode` is 0. */
static int open_if(const char *path, uint32_t inode, uint32_t *is)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat status;

	if (fd < 0)
		return -1;
	if (fstat(fd, &status) || (inode && status.st_ino != inode)) {
		close(fd);
		return -1;
	}
	if (is)
		*is = status.st_ino;
	return fd;
}

/* Calls back with each path that may be a namespace until that returns 1. */
static void walk(int (*visit)(const char *path, void *context), void *context)
{
	static const struct {
		const char *directory, *suffix;
	} places[] = {{"/proc", "/ns/net"}, {NAMED, ""}};

	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		DIR *directory = opendir(places[i].directory);
		struct dirent *entry;
		bool done = false;

		while (directory && !done && (entry = readdir(directory))) {
			char path[PATH_MAX];

			if (entry->d_name[0] == '.' ||
			    (!i && !isdigit((unsigned char)entry->d_name[0])))
				continue;
			snprintf(path, sizeof(path), "%s/%s%s", places[i].directory, entry->d_name,
			         places[i].suffix);
			done = visit(path, context);
		}
		if (directory)
			closedir(directory);
		if (done)
			return;
	}
}

struct search {
	uint32_t inode;
	int fd;
};

static int found(const char *path, void *context)
{
	struct search *search = context;

	search->fd = open_if(path, search->inode, NULL);
	return search->fd >= 0;
}

static int find(uint32_t inode, pid_t hint)
{
	struct search search = {.inode = inode, .fd = -1};
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/ns/net", hint);
	if (hint)
		search.fd = open_if(path, inode, NULL);
	if (search.fd < 0)
		walk(found, &search);
	return search.fd;
}

int netns_enter(struct netns_visit *visit, uint32_t inode, pid_t hint)
{
	uint32_t own = 0;
	int target, err = 0;

	visit->home = open_if("/proc/thread-self/ns/net", 0, &own);
	if (visit->home < 0)
		return -errno;
	if (own == inode) {
		close(visit->home);
		visit->home = -1;
		return 0;
	}
	target = find(inode, hint);
	if (target < 0)
		err = -ENOENT;
	else if (setns(target, CLONE_NEWNET))
		err = -errno;
	if (target >= 0)
		close(target);
	if (err)
		close(visit->home);
	return err;
}

void netns_leave(struct netns_visit *visit)
{
	if (visit->home < 0)
		return;
	/* Coming home cannot fail while its descriptor is open; going on elsewhere would be wrong.
	 */
	if (setns(visit->home, CLONE_NEWNET))
		abort();
	close(visit->home);
}

struct tour {
	void (*each)(uint32_t inode, void *context);
	void *context;
	uint32_t *seen;
	size_t n_seen;
	uint32_t own;
	bool left;
};

static int visit_new(const char *path, void *context)
{
	struct tour *tour = context;
	uint32_t inode = 0, *seen;
	int fd = open_if(path, 0, &inode);

	if (fd < 0)
		return 0;
	for (size_t i = 0; i < tour->n_seen; i++) {
		if (tour->seen[i] == inode) {
			close(fd);
			return 0;
		}
	}
	seen = realloc(tour->seen, (tour->n_seen + 1) * sizeof(*seen));
	if (seen) {
		tour->seen = seen;
		seen[tour->n_seen++] = inode;
		/* Not allowed to: then its own namespace is all that can be asked. */
		if (inode == tour->own || !setns(fd, CLONE_NEWNET)) {
			tour->left |= inode != tour->own;
			tour->each(inode, tour->context);
		}
	}
	close(fd);
	return 0;
}

void netns_each(void (*each)(uint32_t inode, void *context), void *context)
{
	struct tour tour = {.each = each, .context = context};
	struct netns_visit visit = {.home = open_if("/proc/thread-self/ns/net", 0, &tour.own)};

	if (visit.home < 0)
		return;
	/* Its own first, before others are entered. */
	visit_new("/proc/thread-self/ns/net", &tour);
	walk(visit_new, &tour);
	if (tour.left)
		netns_leave(&visit);
	else
		close(visit.home);
	free(tour.seen);
}
