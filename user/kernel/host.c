// SPDX-License-Identifier: GPL-2.0-only
#include "host.h"

#include <bpf/btf.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <net/if.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kallsyms.h"
#include "netns.h"

#define REASON_PREFIX "SKB_DROP_REASON_"
#define FILEID_KERNFS 0xfe
#define NAMES_KEPT 1024

struct name {
	uint64_t a, b;
	bool used;
	uint64_t record; /* the last one that it was needed for */
	char *name;      /* NULL: looked for, and there is none */
	char *container; /* of a cgroup: the id in its path */
};

/* A cache that forgets the oldest, but none that the record at hand points to. */
struct names {
	struct name entry[NAMES_KEPT];
	unsigned int next;
};

/* @elsewhere: the names are those of another host, and only learnt */
struct host {
	const struct btf *btf;
	struct kallsyms *kallsyms;
	int cgroup_mount;
	bool elsewhere;
	uint64_t records;
	struct names names[NAME_KINDS];
	host_name_fn *on_name;
	void *on_name_context;
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

struct host *host_new_elsewhere(void)
{
	struct host *host = calloc(1, sizeof(*host));

	if (!host)
		return NULL;
	host->elsewhere = true;
	host->cgroup_mount = -1;
	return host;
}

struct host *host_new(const struct btf *btf)
{
	struct host *host = host_new_elsewhere();

	if (!host)
		return NULL;
	host->elsewhere = false;
	host->btf = btf;
	host->cgroup_mount = open_cgroup_mount();
	return host;
}

void host_free(struct host *host)
{
	if (!host)
		return;
	for (int kind = 0; kind < NAME_KINDS; kind++) {
		for (unsigned int i = 0; i < NAMES_KEPT; i++) {
			free(host->names[kind].entry[i].name);
			free(host->names[kind].entry[i].container);
		}
	}
	kallsyms_free(host->kallsyms);
	if (host->cgroup_mount >= 0)
		close(host->cgroup_mount);
	free(host);
}

void host_on_name(struct host *host, host_name_fn *on_name, void *context)
{
	host->on_name = on_name;
	host->on_name_context = context;
}

void host_each_name(const struct host *host, host_name_fn *each, void *context)
{
	for (int kind = 0; kind < NAME_KINDS; kind++) {
		for (unsigned int i = 0; i < NAMES_KEPT; i++) {
			const struct name *entry = &host->names[kind].entry[i];

			if (entry->name)
				each(context, kind, entry->a, entry->b, entry->name);
		}
	}
}

static char *enumerator(const struct host *host, const char *enumeration, uint32_t reason)
{
	const struct btf_type *type;
	const struct btf_enum *value;
	int id = btf__find_by_name_kind(host->btf, enumeration, BTF_KIND_ENUM);

	if (id < 0 || !reason)
		return NULL;
	type = btf__type_by_id(host->btf, id);
	value = btf_enum(type);
	for (int i = 0; i < btf_vlen(type); i++) {
		const char *name;

		if ((uint32_t)value[i].val != reason)
			continue;
		name = btf__name_by_offset(host->btf, value[i].name_off);
		if (!strncmp(name, REASON_PREFIX, strlen(REASON_PREFIX)))
			name += strlen(REASON_PREFIX);
		return strdup(name);
	}
	return NULL;
}

/* Since 7.1 or so queues have an enumeration of their own, whose numbers are apart. */
static char *drop_reason(const struct host *host, uint32_t reason)
{
	return enumerator(host, "skb_drop_reason", reason)
	               ?: enumerator(host, "qdisc_drop_reason", reason);
}

static char *function(struct host *host, uint64_t address)
{
	const char *name;

	if (!host->kallsyms)
		host->kallsyms = kallsyms_read();
	name = kallsyms_find(host->kallsyms, address);
	return name ? strdup(name) : NULL;
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

static char *interface(uint32_t ifindex, uint32_t netns, pid_t hint)
{
	char name[IF_NAMESIZE] = "";
	struct netns_visit visit;

	if (netns_enter(&visit, netns, hint))
		return NULL;
	if_indextoname(ifindex, name);
	netns_leave(&visit);
	return *name ? strdup(name) : NULL;
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

static struct name *find(struct names *names, uint64_t a, uint64_t b)
{
	for (unsigned int i = 0; i < NAMES_KEPT; i++)
		if (names->entry[i].used && names->entry[i].a == a && names->entry[i].b == b)
			return &names->entry[i];
	return NULL;
}

/* Takes the name over. */
static struct name *add(struct host *host, enum name_kind kind, uint64_t a, uint64_t b, char *name)
{
	struct names *names = &host->names[kind];
	struct name *entry;

	do
		entry = &names->entry[names->next++ % NAMES_KEPT];
	while (entry->record && entry->record == host->records);
	free(entry->name);
	free(entry->container);
	*entry = (struct name){.a = a, .b = b, .used = true, .name = name};
	if (kind == NAME_CGROUP)
		entry->container = container_id(name);
	if (name && host->on_name)
		host->on_name(host->on_name_context, kind, a, b, name);
	return entry;
}

void host_learn(struct host *host, enum name_kind kind, uint64_t a, uint64_t b, const char *name)
{
	if (kind < NAME_KINDS && !find(&host->names[kind], a, b))
		add(host, kind, a, b, strdup(name));
}

static char *look_up(struct host *host, enum name_kind kind, uint64_t a, uint64_t b, pid_t hint)
{
	if (host->elsewhere)
		return NULL;
	switch (kind) {
	case NAME_DROP_REASON: return drop_reason(host, a);
	case NAME_FUNCTION: return function(host, a);
	case NAME_CGROUP: return cgroup_path(host, a);
	case NAME_INTERFACE: return interface(a, b, hint);
	case NAME_KINDS: break;
	}
	return NULL;
}

static const struct name *name_of(struct host *host, enum name_kind kind, uint64_t a, uint64_t b,
                                  pid_t hint)
{
	static const struct name none;
	struct name *entry;

	if (!a)
		return &none;
	entry = find(&host->names[kind], a, b);
	if (!entry)
		entry = add(host, kind, a, b, look_up(host, kind, a, b, hint));
	entry->record = host->records;
	return entry;
}

/* A pid can be another process by then, but hardly so soon. */
static bool runs(const struct host *host, const struct attempt *a)
{
	return !host->elsewhere && a->pid && (!kill((pid_t)a->pid, 0) || errno == EPERM);
}

void host_describe(struct host *host, struct record *record)
{
	const struct attempt *a = &record->attempt;
	struct place *place = &record->place;
	const struct name *cgroup;

	host->records++;
	cgroup = name_of(host, NAME_CGROUP, a->cgroup_id, 0, 0);
	place->cgroup_path = cgroup->name;
	place->container_id = cgroup->container;
	place->bound_interface =
	        name_of(host, NAME_INTERFACE, a->bound_ifindex, a->netns, a->pid)->name;
	place->route_interface =
	        name_of(host, NAME_INTERFACE, a->route_ifindex, a->netns, a->pid)->name;
	place->process_runs = a->final_state != TCP_STATE_ESTABLISHED && runs(host, a);
	for (unsigned int i = 0; i < record->n_steps; i++) {
		struct step *step = &record->steps[i];

		if (step->kind != STEP_DROPPED)
			continue;
		step->drop_reason = name_of(host, NAME_DROP_REASON, step->drop.reason, 0, 0)->name;
		step->drop_function = name_of(host, NAME_FUNCTION, step->drop.location, 0, 0)->name;
	}
}
