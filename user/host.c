// SPDX-License-Identifier: GPL-2.0-only
#include "host.h"

#include <bpf/btf.h>
#include <ctype.h>
#include <fcntl.h>
#include <limits.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "netns.h"

#define REASON_PREFIX "SKB_DROP_REASON_"
#define FILEID_KERNFS 0xfe
#define NAMES_KEPT 1024

/* A small cache of names by number: the oldest goes first. A record's names outlive the record. */
struct names {
	struct {
		uint64_t a, b;
		char *name, *extra;
	} entry[NAMES_KEPT];
	unsigned int next;
};

struct symbol {
	uint64_t address;
	char *name;
};

struct host {
	const struct btf *btf;
	const struct btf_type *reasons;
	struct symbol *symbols;
	size_t n_symbols;
	bool symbols_read;
	int cgroup_mount;
	struct names cgroups, interfaces;
};

/* Where the cgroup v2 hierarchy is mounted, also at a sub-mount. */
static int open_cgroup_mount(void)
{
	FILE *mounts = fopen("/proc/self/mountinfo", "re");
	char line[PATH_MAX + 512], where[PATH_MAX];
	int fd = -1;

	while (mounts && fd < 0 && fgets(line, sizeof(line), mounts))
		if (strstr(line, " - cgroup2 ") &&
		    sscanf(line, "%*s %*s %*s %*s %4095s", where) == 1)
			fd = open(where, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (mounts)
		fclose(mounts);
	return fd;
}

struct host *host_new(const struct btf *btf)
{
	struct host *host = calloc(1, sizeof(*host));
	int id;

	if (!host)
		return NULL;
	host->btf = btf;
	host->cgroup_mount = open_cgroup_mount();
	id = btf ? btf__find_by_name_kind(btf, "skb_drop_reason", BTF_KIND_ENUM) : -1;
	if (id >= 0)
		host->reasons = btf__type_by_id(btf, id);
	return host;
}

static void names_free(struct names *names)
{
	for (unsigned int i = 0; i < NAMES_KEPT; i++) {
		free(names->entry[i].name);
		free(names->entry[i].extra);
	}
}

void host_free(struct host *host)
{
	if (!host)
		return;
	names_free(&host->cgroups);
	names_free(&host->interfaces);
	for (size_t i = 0; i < host->n_symbols; i++)
		free(host->symbols[i].name);
	free(host->symbols);
	if (host->cgroup_mount >= 0)
		close(host->cgroup_mount);
	free(host);
}

const char *host_drop_reason(const struct host *host, uint32_t reason)
{
	const struct btf_enum *value;

	if (!host->reasons || !reason)
		return NULL;
	value = btf_enum(host->reasons);
	for (int i = 0; i < btf_vlen(host->reasons); i++) {
		const char *name;

		if ((uint32_t)value[i].val != reason)
			continue;
		name = btf__name_by_offset(host->btf, value[i].name_off);
		return strncmp(name, REASON_PREFIX, strlen(REASON_PREFIX)) ? name
		                                                           : name + strlen(REASON_PREFIX);
	}
	return NULL;
}

static int by_address(const void *left, const void *right)
{
	const struct symbol *a = left, *b = right;

	return a->address < b->address ? -1 : a->address > b->address;
}

static void read_symbols(struct host *host)
{
	FILE *file = fopen("/proc/kallsyms", "re");
	char line[512], name[256], kind;
	unsigned long long address;
	size_t size = 0;

	host->symbols_read = true;
	while (file && fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%llx %c %255s", &address, &kind, name) != 3 || !address ||
		    tolower((unsigned char)kind) != 't')
			continue;
		if (host->n_symbols == size) {
			size_t bigger = size ? size * 2 : 65536;
			struct symbol *symbols = realloc(host->symbols, bigger * sizeof(*symbols));

			if (!symbols)
				break;
			host->symbols = symbols;
			size = bigger;
		}
		host->symbols[host->n_symbols].address = address;
		host->symbols[host->n_symbols].name = strdup(name);
		if (host->symbols[host->n_symbols].name)
			host->n_symbols++;
	}
	if (file)
		fclose(file);
	qsort(host->symbols, host->n_symbols, sizeof(*host->symbols), by_address);
}

const char *host_function(struct host *host, uint64_t address)
{
	size_t low = 0, high;

	if (!host->symbols_read)
		read_symbols(host);
	high = host->n_symbols;
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (host->symbols[middle].address <= address)
			low = middle + 1;
		else
			high = middle;
	}
	return low ? host->symbols[low - 1].name : NULL;
}

/* The slot for (a, b): `*found` where it holds them, else emptied for them. */
static unsigned int names_slot(struct names *names, uint64_t a, uint64_t b, bool *found)
{
	unsigned int i;

	for (i = 0; i < NAMES_KEPT; i++) {
		*found = names->entry[i].a == a && names->entry[i].b == b && (a || b);
		if (*found)
			return i;
	}
	i = names->next++ % NAMES_KEPT;
	free(names->entry[i].name);
	free(names->entry[i].extra);
	names->entry[i].name = names->entry[i].extra = NULL;
	names->entry[i].a = a;
	names->entry[i].b = b;
	return i;
}

/* A cgroup's id is the file handle of its directory. */
static char *cgroup_path(const struct host *host, uint64_t id)
{
	struct {
		struct file_handle handle;
		uint64_t id;
	} h = {.handle = {.handle_bytes = sizeof(h.id), .handle_type = FILEID_KERNFS}};
	char link[64], root[PATH_MAX], path[PATH_MAX];
	ssize_t length, root_length;
	int fd;

	memcpy(h.handle.f_handle, &id, sizeof(id));
	fd = open_by_handle_at(host->cgroup_mount, &h.handle, O_PATH | O_CLOEXEC);
	if (fd < 0)
		return NULL;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	length = readlink(link, path, sizeof(path) - 1);
	close(fd);
	snprintf(link, sizeof(link), "/proc/self/fd/%d", host->cgroup_mount);
	root_length = readlink(link, root, sizeof(root) - 1);
	if (length <= 0 || root_length <= 0 || length < root_length)
		return NULL;
	path[length] = '\0';
	return strdup(length == root_length ? "/" : path + root_length);
}

/* Container runtimes put a container's id, 64 hex digits, into the name of its cgroup. */
static char *container_id(const char *path)
{
	size_t digits = 0;

	for (const char *at = path; at && *at; at++) {
		digits = isxdigit((unsigned char)*at) ? digits + 1 : 0;
		if (digits == 64 && !isxdigit((unsigned char)at[1]))
			return strndup(at - 63, 64);
	}
	return NULL;
}

static void describe_cgroup(struct host *host, uint64_t id, struct place *place)
{
	bool found;
	unsigned int i;

	if (!id || host->cgroup_mount < 0)
		return;
	i = names_slot(&host->cgroups, id, 0, &found);
	if (!found) {
		host->cgroups.entry[i].name = cgroup_path(host, id);
		host->cgroups.entry[i].extra = container_id(host->cgroups.entry[i].name);
	}
	place->cgroup_path = host->cgroups.entry[i].name;
	place->container_id = host->cgroups.entry[i].extra;
}

static const char *interface_name(struct host *host, const struct attempt *a, uint32_t ifindex)
{
	char name[IF_NAMESIZE];
	struct netns_visit visit;
	unsigned int i;
	bool found;

	if (!ifindex)
		return NULL;
	i = names_slot(&host->interfaces, ifindex, a->netns, &found);
	if (!found && !netns_enter(&visit, a->netns, a->pid)) {
		if (if_indextoname(ifindex, name))
			host->interfaces.entry[i].name = strdup(name);
		netns_leave(&visit);
	}
	return host->interfaces.entry[i].name;
}

void host_describe(struct host *host, struct record *record)
{
	const struct attempt *a = &record->attempt;

	describe_cgroup(host, a->cgroup_id, &record->place);
	record->place.bound_interface = interface_name(host, a, a->bound_ifindex);
	record->place.route_interface = interface_name(host, a, a->route_ifindex);
	for (unsigned int i = 0; i < record->n_steps; i++) {
		struct step *step = &record->steps[i];

		if (step->kind != STEP_DROPPED)
			continue;
		step->drop_reason = host_drop_reason(host, step->drop.reason);
		step->drop_function = host_function(host, step->drop.location);
	}
}
