// SPDX-License-Identifier: GPL-2.0-only
#include "preexisting.h"

#include <ctype.h>
#include <dirent.h>
#include <limits.h>
#include <linux/inet_diag.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "diag.h"
#include "log.h"
#include "netns.h"

#define STATE_BIT(state) (1u << (state))
#define SYN_SENT 2
#define FOUND_MAX 4096 /* as many as the map of the kernel side takes */

struct found {
	uint64_t cookie;
	uint32_t inode;
	bool still;
	struct attempt attempt;
};

struct preexisting {
	const struct options *options;
	struct found *found;
	size_t n;
	uint32_t netns;
	uint64_t start_ns;
};

static void on_socket(const struct inet_diag_msg *socket, void *context)
{
	struct preexisting *search = context;
	struct found *found;
	struct attempt *a;

	if (!search->found || search->n == FOUND_MAX)
		return;
	found = &search->found[search->n++];
	memset(found, 0, sizeof(*found));
	found->cookie = socket->id.idiag_cookie[0] | (uint64_t)socket->id.idiag_cookie[1] << 32;
	found->inode = socket->idiag_inode;
	a = &found->attempt;
	a->header.type = EVENT_END;
	a->header.size = sizeof(*a);
	/* Unique: in user space the cookie stands for the socket until its first event. */
	a->header.socket = found->cookie;
	a->header.id = search->start_ns;
	a->header.at_ns = search->start_ns;
	a->flags = ATTEMPT_PREEXISTING | ATTEMPT_SYN_SENT;
	a->netns = search->netns;
	a->uid = socket->idiag_uid;
	diag_endpoint(&a->local, socket->idiag_family, socket->id.idiag_src,
	              socket->id.idiag_sport);
	diag_endpoint(&a->remote, socket->idiag_family, socket->id.idiag_dst,
	              socket->id.idiag_dport);
}

static void search_netns(uint32_t inode, void *context)
{
	struct preexisting *search = context;

	search->netns = inode;
	diag_each(AF_INET, STATE_BIT(SYN_SENT), on_socket, search);
	diag_each(AF_INET6, STATE_BIT(SYN_SENT), on_socket, search);
}

static void set_owner(struct attempt *a, pid_t pid)
{
	char path[64];
	FILE *file;

	a->pid = a->tid = pid;
	snprintf(path, sizeof(path), "/proc/%d/comm", pid);
	file = fopen(path, "re");
	if (!file)
		return;
	if (fgets(a->comm, sizeof(a->comm), file))
		a->comm[strcspn(a->comm, "\n")] = '\0';
	fclose(file);
}

/* Which process has which socket open: every descriptor of the host, so only where one is wanted.
 */
static void find_owners(struct preexisting *search)
{
	DIR *processes = search->n ? opendir("/proc") : NULL;
	struct dirent *process, *entry;

	while (processes && (process = readdir(processes))) {
		char path[PATH_MAX], link[64];
		DIR *descriptors;

		if (!isdigit((unsigned char)process->d_name[0]))
			continue;
		snprintf(path, sizeof(path), "/proc/%s/fd", process->d_name);
		descriptors = opendir(path);
		while (descriptors && (entry = readdir(descriptors))) {
			ssize_t length = readlinkat(dirfd(descriptors), entry->d_name, link,
			                            sizeof(link) - 1);
			unsigned int inode;

			if (length <= 0)
				continue;
			link[length] = '\0';
			if (sscanf(link, "socket:[%u]", &inode) != 1)
				continue;
			for (size_t i = 0; i < search->n; i++)
				if (search->found[i].inode == inode &&
				    !search->found[i].attempt.pid)
					set_owner(&search->found[i].attempt, atoi(process->d_name));
		}
		if (descriptors)
			closedir(descriptors);
	}
	if (processes)
		closedir(processes);
}

/* The kernel side filters what begins; these began before it. COMMAND has none. */
static bool is_wanted(const struct attempt *a, const struct options *options)
{
	bool port = !options->n_ports, network = !options->n_networks;

	if ((options->pid && a->pid != (uint32_t)options->pid) ||
	    (options->has_uid && a->uid != options->uid) || options->command || options->cgroup ||
	    (options->family && a->remote.family != options->family) ||
	    (options->netns && a->netns != options->netns))
		return false;
	for (unsigned int i = 0; i < options->n_ports; i++)
		port |= a->remote.port >= options->ports[i].low &&
		        a->remote.port <= options->ports[i].high;
	for (unsigned int i = 0; i < options->n_networks; i++)
		network |= network_holds(&options->networks[i], &a->remote);
	return port && network;
}

struct preexisting *preexisting_list(const struct options *options, uint64_t start_ns)
{
	struct preexisting *list = calloc(1, sizeof(*list));

	if (!list)
		return NULL;
	list->options = options;
	list->start_ns = start_ns;
	list->found = calloc(FOUND_MAX, sizeof(*list->found));
	if (list->found)
		netns_each(search_netns, list);
	find_owners(list);
	if (list->n == FOUND_MAX)
		log_warn("more than %d attempts were in flight at the start: the rest is not "
		         "followed",
		         FOUND_MAX);
	return list;
}

static void on_socket_again(const struct inet_diag_msg *socket, void *context)
{
	struct preexisting *list = context;
	uint64_t cookie = socket->id.idiag_cookie[0] | (uint64_t)socket->id.idiag_cookie[1] << 32;

	for (size_t i = 0; i < list->n; i++)
		if (list->found[i].cookie == cookie)
			list->found[i].still = true;
}

static void search_netns_again(uint32_t inode, void *context)
{
	(void)inode;
	diag_each(AF_INET, STATE_BIT(SYN_SENT), on_socket_again, context);
	diag_each(AF_INET6, STATE_BIT(SYN_SENT), on_socket_again, context);
}

size_t preexisting_add(struct preexisting *list, struct tracer *tracer)
{
	size_t added = 0;

	if (!list)
		return 0;
	if (list->n)
		netns_each(search_netns_again, list);
	for (size_t i = 0; i < list->n; i++)
		if (list->found[i].still && is_wanted(&list->found[i].attempt, list->options) &&
		    !tracer_add_preexisting(tracer, list->found[i].cookie, &list->found[i].attempt))
			added++;
	free(list->found);
	free(list);
	return added;
}
