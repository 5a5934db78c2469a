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
#include "names.h"
#include "netns.h"
#include "process.h"
#include "units.h"

#define REASON_PREFIX "SKB_DROP_REASON_"
#define FILEID_KERNFS 0xfe
#define NETNS_NAMES "/run/netns"

/* An enumerator of this kernel. */
struct reason {
	uint32_t value;
	char *name;
};

/* @elsewhere: the names are those of another host, and only learnt */
struct host {
	struct reason *reasons;
	unsigned int n_reasons;
	struct kallsyms *kallsyms;
	FILE *kallsyms_file; /* addresses are told to who could see them when it was opened */
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

static void add_reasons(struct host *host, const struct btf *btf, const char *enumeration)
{
	int id = btf ? btf__find_by_name_kind(btf, enumeration, BTF_KIND_ENUM) : -1;
	const struct btf_type *type;
	struct reason *reasons;

	if (id < 0)
		return;
	type = btf__type_by_id(btf, id);
	reasons = realloc(host->reasons, (host->n_reasons + btf_vlen(type)) * sizeof(*reasons));
	if (!reasons)
		return;
	host->reasons = reasons;
	for (int i = 0; i < btf_vlen(type); i++) {
		const char *name = btf__name_by_offset(btf, btf_enum(type)[i].name_off);

		if (!strncmp(name, REASON_PREFIX, strlen(REASON_PREFIX)))
			name += strlen(REASON_PREFIX);
		reasons[host->n_reasons].value = (uint32_t)btf_enum(type)[i].val;
		reasons[host->n_reasons++].name = strdup(name);
	}
}

/* Those of a module that comes later have no names. */
static void add_reasons_of_module(struct host *host, const struct btf *btf, const char *module,
                                  const char *enumeration)
{
	struct btf *own = btf ? btf__load_module_btf(module, (struct btf *)btf) : NULL;

	add_reasons(host, own, enumeration);
	btf__free(own);
}

struct host *host_new(const struct btf *btf)
{
	struct host *host = host_new_elsewhere();

	if (!host)
		return NULL;
	host->elsewhere = false;
	/* Since 7.1 or so queues have an enumeration of their own, whose numbers are apart. */
	add_reasons(host, btf, "skb_drop_reason");
	add_reasons(host, btf, "qdisc_drop_reason");
	add_reasons_of_module(host, btf, "openvswitch", "ovs_drop_reason");
	host->cgroup_mount = open_cgroup_mount();
	host->kallsyms_file = fopen("/proc/kallsyms", "re");
	return host;
}

void host_free(struct host *host)
{
	if (!host)
		return;
	for (int kind = 0; kind < NAME_KINDS; kind++)
		names_free(&host->names[kind]);
	for (unsigned int i = 0; i < host->n_reasons; i++)
		free(host->reasons[i].name);
	free(host->reasons);
	kallsyms_free(host->kallsyms);
	if (host->kallsyms_file)
		fclose(host->kallsyms_file);
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

static char *drop_reason(const struct host *host, uint32_t reason)
{
	for (unsigned int i = 0; reason && i < host->n_reasons; i++)
		if (host->reasons[i].value == reason && host->reasons[i].name)
			return strdup(host->reasons[i].name);
	return NULL;
}

static char *function(struct host *host, uint64_t address)
{
	const char *name;

	if (!host->kallsyms) {
		host->kallsyms = kallsyms_read(host->kallsyms_file);
		host->kallsyms_file = NULL;
	}
	name = kallsyms_find(host->kallsyms, address);
	/* Where it is the return address of the wrong frame (arm64 on 5.10), it says nothing. */
	if (!name || !strncmp(name, "kfree_skb", strlen("kfree_skb")))
		return NULL;
	return strdup(name);
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

/* Takes the name over. */
static struct name *add(struct host *host, enum name_kind kind, uint64_t a, uint64_t b, char *name)
{
	struct name *entry = names_put(&host->names[kind], a, b, name, host->records);

	if (kind == NAME_CGROUP && name && (entry->owner = malloc(sizeof(*entry->owner))))
		cgroup_owner_read(entry->owner, name);
	if (name && host->on_name)
		host->on_name(host->on_name_context, kind, a, b, name);
	return entry;
}

void host_learn(struct host *host, enum name_kind kind, uint64_t a, uint64_t b, const char *name)
{
	if (kind < NAME_KINDS && !names_find(&host->names[kind], a, b))
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
	entry = names_find(&host->names[kind], a, b);
	/* That there is none is no reason to forget one that was learnt. */
	if (!entry && host->elsewhere)
		return &none;
	if (!entry)
		entry = add(host, kind, a, b, look_up(host, kind, a, b, hint));
	entry->record = host->records;
	return entry;
}

/*
 * RTM_GETROUTE makes a segment to look the route up with, a RST, and frees it: what asks for a
 * route, as connwhy does, drops no packet.
 */
static bool is_question(const struct step *step)
{
	return step->kind == STEP_DROPPED && step->drop_function &&
	       !strncmp(step->drop_function, "inet_rtm_getroute", 17);
}

static void forget_questions(struct record *record)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < record->n_steps; i++)
		if (!is_question(&record->steps[i]))
			record->steps[n++] = record->steps[i];
	record->n_steps = n;
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
		entry = names_find(&host->names[NAME_CGROUP], a->cgroup_id, a->header.id);
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

/*
 * Asked while the process is there, only where something went wrong, and once a second of a
 * process: so soon a pid is not used again.
 */
static void describe_process(struct host *host, struct record *record)
{
	const struct attempt *a = &record->attempt;
	const uint64_t second = a->header.id / NS_PER_S;
	struct place *place = &record->place;
	char *executable, *command;

	if (place->process_runs && !names_find(&host->names[NAME_EXECUTABLE], a->pid, second)) {
		process_read(a->pid, a->header.id, &executable, &command);
		add(host, NAME_EXECUTABLE, a->pid, second, executable);
		add(host, NAME_COMMAND, a->pid, second, command);
	}
	if (!place->process_runs && !host->elsewhere)
		return;
	place->executable_path = name_of(host, NAME_EXECUTABLE, a->pid, second, 0)->name;
	place->command = name_of(host, NAME_COMMAND, a->pid, second, 0)->name;
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
	        name_of(host, NAME_INTERFACE, a->route_ifindex ?: record->route.ifindex, a->netns,
	                a->pid)
	                ->name;
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
	forget_questions(record);
}
