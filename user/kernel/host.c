// SPDX-License-Identifier: GPL-2.0-only
#include "host.h"

#include <bpf/btf.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <net/if.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cgroup_owner.h"
#include "kallsyms.h"
#include "netns.h"
#include "process.h"

#define REASON_PREFIX "SKB_DROP_REASON_"
#define FILEID_KERNFS 0xfe
#define NAMES_KEPT 1024
#define NETNS_NAMES "/run/netns"

struct name {
	uint64_t a, b;
	bool used;
	uint64_t record;            /* the last one that it was needed for */
	char *name;                 /* NULL: looked for, and there is none */
	struct cgroup_owner *owner; /* of a cgroup */
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
			free(host->names[kind].entry[i].owner);
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

/* As `ip netns` names it; NULL where it has no name. */
static char *netns_name(uint32_t inode)
{
	DIR *directory = opendir(NETNS_NAMES);
	const struct dirent *entry;
	char *found = NULL;

	while (directory && !found && (entry = readdir(directory))) {
		struct stat status;

		if (*entry->d_name != '.' &&
		    !fstatat(dirfd(directory), entry->d_name, &status, 0) && status.st_ino == inode)
			found = strdup(entry->d_name);
	}
	if (directory)
		closedir(directory);
	return found;
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
	free(entry->owner);
	*entry = (struct name){.a = a, .b = b, .used = true, .name = name};
	if (kind == NAME_CGROUP && name && (entry->owner = malloc(sizeof(*entry->owner))))
		cgroup_owner_read(entry->owner, name);
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
	case NAME_NETNS: return netns_name(a);
	case NAME_EXECUTABLE:
	case NAME_COMMAND: /* see describe_process() */
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

static const char *if_any(const char *text)
{
	return *text ? text : NULL;
}

/* Where the host has no cgroup v2 all tasks have one id there, so that each attempt has a path. */
static const struct name *cgroup_of(struct host *host, const struct record *record)
{
	const struct attempt *a = &record->attempt;
	struct name *entry = NULL;

	if (host->cgroup_mount < 0)
		entry = find(&host->names[NAME_CGROUP], a->cgroup_id, a->header.id);
	if (host->cgroup_mount < 0 && !entry && record->place.process_runs)
		entry = add(host, NAME_CGROUP, a->cgroup_id, a->header.id,
		            process_cgroup_v1(a->pid));
	if (!entry)
		return name_of(host, NAME_CGROUP, a->cgroup_id, 0, 0);
	entry->record = host->records;
	return entry;
}

static void describe_cgroup(struct host *host, struct record *record)
{
	const struct name *cgroup = cgroup_of(host, record);
	struct place *place = &record->place;

	place->cgroup_path = cgroup->name;
	if (!cgroup->owner)
		return;
	place->container_id = if_any(cgroup->owner->container_id);
	place->container_runtime = cgroup->owner->runtime;
	place->pod_uid = if_any(cgroup->owner->pod_uid);
	place->unit = if_any(cgroup->owner->unit);
}

/* Asked while the process is there, and only where something went wrong. */
static void describe_process(struct host *host, struct record *record)
{
	const struct attempt *a = &record->attempt;
	struct place *place = &record->place;
	char *executable, *command;

	if (place->process_runs && !find(&host->names[NAME_EXECUTABLE], a->pid, a->header.id)) {
		process_read(a->pid, a->header.id, &executable, &command);
		add(host, NAME_EXECUTABLE, a->pid, a->header.id, executable);
		add(host, NAME_COMMAND, a->pid, a->header.id, command);
	}
	if (!place->process_runs && !host->elsewhere)
		return;
	place->executable_path = name_of(host, NAME_EXECUTABLE, a->pid, a->header.id, 0)->name;
	place->command = name_of(host, NAME_COMMAND, a->pid, a->header.id, 0)->name;
}

void host_describe(struct host *host, struct record *record)
{
	const struct attempt *a = &record->attempt;
	struct place *place = &record->place;

	host->records++;
	place->netns_name = name_of(host, NAME_NETNS, a->netns, 0, 0)->name;
	place->bound_interface =
	        name_of(host, NAME_INTERFACE, a->bound_ifindex, a->netns, a->pid)->name;
	place->route_interface =
	        name_of(host, NAME_INTERFACE, a->route_ifindex, a->netns, a->pid)->name;
	place->process_runs = a->final_state != TCP_STATE_ESTABLISHED && runs(host, a);
	describe_cgroup(host, record);
	describe_process(host, record);
	for (unsigned int i = 0; i < record->n_steps; i++) {
		struct step *step = &record->steps[i];

		if (step->kind != STEP_DROPPED)
			continue;
		step->drop_reason = name_of(host, NAME_DROP_REASON, step->drop.reason, 0, 0)->name;
		step->drop_function = name_of(host, NAME_FUNCTION, step->drop.location, 0, 0)->name;
	}
}
