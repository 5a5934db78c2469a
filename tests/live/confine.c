/* SPDX-License-Identifier: GPL-2.0-only */
/* What a tracer that is attached has given up, and that its own work goes on. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <linux/bpf.h>
#include <linux/capability.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "inject.h"
#include "tracer.h"
#include "world.h"

#define AWAIT_MS 10000
#define CONNECTS 40
#define BIT(capability) (1ULL << (capability))
#define NOWHERE 0 /* a pointer: a call that is allowed looks there, and gives EFAULT */

/* Each as it would be without a filter: -1 for any descriptor, else an errno. */
static const struct call {
	const char *name;
	long number, arguments[6];
	bool allowed;
	int otherwise;
} calls[] = {
        {"reading", SYS_openat, {AT_FDCWD, NOWHERE, O_RDONLY}, true, EFAULT},
        {"writing", SYS_openat, {AT_FDCWD, NOWHERE, O_WRONLY}, false, EFAULT},
        {"reading and writing", SYS_openat, {AT_FDCWD, NOWHERE, O_RDWR}, false, EFAULT},
        {"making a file", SYS_openat, {AT_FDCWD, NOWHERE, O_CREAT}, false, EFAULT},
        {"making a nameless file", SYS_openat, {AT_FDCWD, NOWHERE, O_TMPFILE}, false, EFAULT},
        {"truncating", SYS_openat, {AT_FDCWD, NOWHERE, O_TRUNC}, false, EFAULT},
        {"execve", SYS_execve, {NOWHERE}, false, EFAULT},
        {"clone", SYS_clone, {CLONE_VM}, false, EINVAL},
        {"netlink", SYS_socket, {AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, 0}, true, -1},
        {"socket AF_INET", SYS_socket, {AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0}, false, -1},
        {"socket AF_INET6", SYS_socket, {AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0}, false, -1},
        {"socket AF_PACKET", SYS_socket, {AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0}, false, -1},
        {"bpf BPF_PROG_LOAD", SYS_bpf, {BPF_PROG_LOAD, NOWHERE, 0}, false, EINVAL},
        {"bpf BPF_MAP_CREATE", SYS_bpf, {BPF_MAP_CREATE, NOWHERE, 0}, false, EINVAL},
        {"bpf BPF_LINK_CREATE", SYS_bpf, {BPF_LINK_CREATE, NOWHERE, 0}, false, EINVAL},
        {"perf_event_open", SYS_perf_event_open, {NOWHERE}, false, EFAULT},
        {"ptrace", SYS_ptrace, {0}, false, 0},
        {"mount", SYS_mount, {NOWHERE, NOWHERE}, false, EFAULT},
        {"setns into what is no network", SYS_setns, {-1, CLONE_NEWNS}, false, EBADF},
        {"memory to be executed",
         SYS_mmap,
         {0, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0},
         false,
         -1},
        {"memory", SYS_madvise, {0, 0, MADV_NORMAL}, true, 0},
};

/* The value of a line of /proc/PID/status, -1 where there is none. */
static long long status_of(pid_t pid, const char *key, int base)
{
	char path[64], line[256];
	size_t length = strlen(key);
	long long value = -1;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	file = fopen(path, "re");
	while (file && value < 0 && fgets(line, sizeof(line), file))
		if (!strncmp(line, key, length) && line[length] == ':')
			value = strtoll(line + length + 1, NULL, base);
	if (file)
		fclose(file);
	return value;
}

/* It is ready before it confines itself. */
static bool await_confined(struct tracer *tracer)
{
	for (unsigned int ms = 0; ms < AWAIT_MS; ms += 10) {
		if (status_of(tracer->pid, "Seccomp", 10) == 2)
			return true;
		sleep_ms(10);
	}
	snprintf(tracer->why, sizeof(tracer->why), "Seccomp is %lld",
	         status_of(tracer->pid, "Seccomp", 10));
	return false;
}

static void check_status(struct tracer *tracer)
{
	const unsigned long long kept = BIT(CAP_BPF) | BIT(CAP_SYS_ADMIN) | BIT(CAP_NET_ADMIN) |
	                                BIT(CAP_SYS_PTRACE) | BIT(CAP_DAC_READ_SEARCH);
	unsigned long long has = status_of(tracer->pid, "CapEff", 16);
	char path[64], directory[64] = "";

	snprintf(path, sizeof(path), "/proc/%d/cwd", tracer->pid);
	if (readlink(path, directory, sizeof(directory) - 1) < 0)
		directory[0] = '\0';
	if (has != kept || status_of(tracer->pid, "CapPrm", 16) != (long long)kept)
		snprintf(tracer->why, sizeof(tracer->why), "capabilities %llx, not %llx", has,
		         kept);
	else if (status_of(tracer->pid, "CapBnd", 16) || status_of(tracer->pid, "CapInh", 16))
		snprintf(tracer->why, sizeof(tracer->why), "more can be got");
	else if (status_of(tracer->pid, "NoNewPrivs", 10) != 1)
		snprintf(tracer->why, sizeof(tracer->why), "no no_new_privs");
	else if (strcmp(directory, "/"))
		snprintf(tracer->why, sizeof(tracer->why), "its directory is %s", directory);
}

/* The thread that answers scrapers may do less than the tracer. */
static void check_threads(struct tracer *tracer)
{
	char path[64];
	struct dirent *entry;
	unsigned int threads = 0;
	DIR *directory;

	snprintf(path, sizeof(path), "/proc/%d/task", tracer->pid);
	directory = opendir(path);
	while (directory && (entry = readdir(directory))) {
		pid_t tid = atoi(entry->d_name);

		if (tid <= 0)
			continue;
		threads++;
		if (status_of(tid, "Seccomp", 10) != 2 || status_of(tid, "NoNewPrivs", 10) != 1)
			snprintf(tracer->why, sizeof(tracer->why), "thread %d is not confined",
			         tid);
		else if (tid != tracer->pid && status_of(tid, "CapPrm", 16))
			snprintf(tracer->why, sizeof(tracer->why), "thread %d has capabilities",
			         tid);
	}
	if (directory)
		closedir(directory);
	if (!tracer->why[0] && threads != 2)
		snprintf(tracer->why, sizeof(tracer->why), "%u threads", threads);
}

static void check_calls(struct tracer *tracer)
{
	for (size_t i = 0; i < ARRAY_SIZE(calls) && !tracer->why[0]; i++) {
		const struct call *call = &calls[i];
		long got = inject_call(tracer->pid, call->number, call->arguments);

		if (call->allowed ? got == -EPERM || got == -ENOTRECOVERABLE : got != -EPERM)
			snprintf(tracer->why, sizeof(tracer->why),
			         "%s gave %ld, without a filter %d", call->name, got,
			         call->otherwise);
	}
}

static void test_given_up(const char *name)
{
	const char *const options[] = {"--metrics", "127.0.0.1:9479", NULL};
	char full_name[64];
	struct tracer tracer = {0};

	snprintf(full_name, sizeof(full_name), "%s/given_up", name);
	if (tracer_run(&tracer, "confine-given-up", -1, options) && await_confined(&tracer)) {
		check_status(&tracer);
		if (!tracer.why[0])
			check_threads(&tracer);
	}
	report(tracer.why[0] ? NOT_OK : OK, full_name, tracer.why);

	snprintf(full_name, sizeof(full_name), "%s/refused", name);
	if (!inject_known()) {
		report(SKIPPED, full_name, "the registers of this machine are not known");
	} else if (!tracer.why[0]) {
		if (!inject_begin(tracer.pid)) {
			snprintf(tracer.why, sizeof(tracer.why), "ptrace: %s", strerror(errno));
		} else {
			check_calls(&tracer);
			inject_end(tracer.pid);
		}
		report(tracer.why[0] ? NOT_OK : OK, full_name, tracer.why);
	}
	if (!tracer_stop(&tracer))
		report(NOT_OK, full_name, tracer.why);
}

static void connect_in(int ns)
{
	struct sockaddr_storage peer;
	socklen_t length = make_address(&peer, AF_INET, "127.0.0.1", PORT_CLOSED);
	pid_t pid = fork_child();

	if (pid == 0) {
		namespace_enter(ns);
		for (int i = 0; i < CONNECTS; i++) {
			int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

			connect(fd, (struct sockaddr *)&peer, length);
			close(fd);
		}
		_exit(0);
	}
	waitpid(pid, NULL, 0);
}

static bool holds(const char *path, const char *text)
{
	char buffer[65536];
	FILE *file = fopen(path, "re");
	size_t length = file ? fread(buffer, 1, sizeof(buffer) - 1, file) : 0;

	if (file)
		fclose(file);
	buffer[length] = '\0';
	return strstr(buffer, text);
}

/* What has to be written is: further files of -w, metrics, the page of --report. */
static void test_writing(const char *name, const struct world *world)
{
	char full_name[64], saved[256], pattern[260], metrics[256], page[256];
	const char *const options[] = {"-w",    saved,      "-C", "4K", "--metrics-file",
	                               metrics, "--report", page, NULL};
	struct tracer tracer = {0};
	glob_t files = {0};

	snprintf(full_name, sizeof(full_name), "%s/writing", name);
	snprintf(saved, sizeof(saved), "%s/confine.saved", settings.directory);
	snprintf(pattern, sizeof(pattern), "%s*", saved);
	snprintf(metrics, sizeof(metrics), "%s/confine.prom", settings.directory);
	snprintf(page, sizeof(page), "%s/confine.html", settings.directory);
	if (tracer_run(&tracer, "confine-writing", -1, options) && await_confined(&tracer)) {
		connect_in(world->client);
		tracer_settle();
		tracer_stop(&tracer);
	}
	if (!tracer.why[0] && (glob(pattern, 0, NULL, &files) || files.gl_pathc < 3))
		snprintf(tracer.why, sizeof(tracer.why), "%zu files of -w", files.gl_pathc);
	else if (!tracer.why[0] && !holds(metrics, "cause=\"refused\"}"))
		snprintf(tracer.why, sizeof(tracer.why), "no metrics in %s", metrics);
	else if (!tracer.why[0] && !holds(page, "<html"))
		snprintf(tracer.why, sizeof(tracer.why), "no page in %s", page);
	globfree(&files);
	report(tracer.why[0] ? NOT_OK : OK, full_name, tracer.why);
}

void scenario_confine(const char *name)
{
	static struct world world;

	world_make_bare(&world, name);
	test_given_up(name);
	if (*world.why)
		report(NOT_OK, name, world.why);
	else
		test_writing(name, &world);
}
