// SPDX-License-Identifier: GPL-2.0-only
#include "demo_world.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "log.h"

#define NOT_FOUND 127

/* clang-format off */
static const char router_links[] =
	"link add eth0 type veth peer name eth0 netns /proc/%1$d/fd/%2$d\n"
	"link add eth1 type veth peer name eth0 netns /proc/%1$d/fd/%3$d\n"
	"link set lo up\n"
	"link set eth0 up\n"
	"link set eth1 up\n"
	"addr add 192.0.2.1/24 dev eth0\n"
	"addr add 198.51.100.1/24 dev eth1\n"
	"neigh add " WORLD_SILENT_HOST " lladdr 02:00:5e:00:53:98 dev eth1 nud permanent\n";
static const char server_links[] =
	"link set lo up\n"
	"link set eth0 up\n"
	"addr add 198.51.100.2/24 dev eth0\n"
	"route add 192.0.2.0/24 via 198.51.100.1\n";
static const char client_links[] =
	"link set lo up\n"
	"link set eth0 up\n"
	"addr add 192.0.2.2/24 dev eth0\n"
	"route add 198.51.100.0/24 via 192.0.2.1\n";
static const char chains[] =
	"add table ip demo\n"
	"add chain ip demo input { type filter hook input priority 0; }\n"
	"add chain ip demo output { type filter hook output priority 0; }\n";
/* clang-format on */

static const struct {
	const char *name, *package;
	const char *const argv[4];
} programs[] = {
        {"ip", "iproute2", {"ip", "-batch", "-", NULL}},
        {"nft", "nftables", {"nft", "-f", "-", NULL}},
};
enum program { IP, NFT };

pid_t world_fork(void)
{
	pid_t parent = getpid(), pid = fork();
	sigset_t none;

	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(1);
	signal(SIGPIPE, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	return 0;
}

static int memory_file(const char *content)
{
	int fd = memfd_create("connwhy", MFD_CLOEXEC);
	ssize_t size = strlen(content);

	if (fd >= 0 && (write(fd, content, size) != size || lseek(fd, 0, SEEK_SET))) {
		close(fd);
		fd = -1;
	}
	return fd;
}

_Noreturn static void run_child(enum program program, int ns, int in, int out)
{
	if (setns(ns, CLONE_NEWNET) || dup2(in, STDIN_FILENO) < 0 || dup2(out, STDOUT_FILENO) < 0 ||
	    dup2(out, STDERR_FILENO) < 0)
		_exit(1);
	execvp(programs[program].name, (char *const *)programs[program].argv);
	_exit(errno == ENOENT ? NOT_FOUND : 1);
}

/* The first line is the one that names what is wrong; nft underlines it below. */
static void say_failed(enum program program, int out)
{
	char said[256] = "";

	if (pread(out, said, sizeof(said) - 1, 0) > 0)
		said[strcspn(said, "\n")] = '\0';
	log_error("the demo's networks cannot be set up: %s: %s", programs[program].name,
	          *said ? said : "it failed and did not say why");
}

/* Runs a program in a namespace on these lines. */
static int run(enum program program, int ns, const char *lines)
{
	int in = memory_file(lines), out = memory_file(""), status = 0, err = 0;
	pid_t pid = in >= 0 && out >= 0 ? world_fork() : -1;

	if (pid == 0)
		run_child(program, ns, in, out);
	if (pid < 0) {
		err = -errno;
		log_error("cannot run '%s': %s", programs[program].name, strerror(errno));
	}
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		continue;
	if (WIFSIGNALED(status)) {
		err = -EINTR;
	} else if (WEXITSTATUS(status) == NOT_FOUND) {
		err = -ENOENT;
		log_error("the demo sets its networks up with `ip` and `nft`, and '%s' (package "
		          "%s) is not found",
		          programs[program].name, programs[program].package);
	} else if (status) {
		err = -EIO;
		say_failed(program, out);
	}
	if (in >= 0)
		close(in);
	if (out >= 0)
		close(out);
	return err;
}

/* Of this thread's namespace. */
static int set_sysctl(const char *path, const char *value)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC), err = 0;
	ssize_t size = strlen(value);

	if (fd < 0 || write(fd, value, size) != size) {
		err = -errno;
		log_error("the demo's networks cannot be set up: %s: %s", path, strerror(errno));
	}
	if (fd >= 0)
		close(fd);
	return err;
}

/* Leaves this process in it. */
static int make_namespace(void)
{
	int fd;

	if (unshare(CLONE_NEWNET) || (fd = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC)) < 0) {
		int err = -errno;

		log_error("no network namespace can be made: %s", strerror(errno));
		return err;
	}
	return fd;
}

static int make_links(const struct world *world)
{
	char lines[sizeof(router_links) + 64];
	int err;

	snprintf(lines, sizeof(lines), router_links, getpid(), world->client, world->server);
	err = run(IP, world->router, lines);
	if (!err)
		err = run(IP, world->server, server_links);
	if (!err)
		err = run(IP, world->client, client_links);
	return err;
}

int world_make(struct world *world)
{
	struct stat status;
	int err;

	*world = (struct world){.client = -1, .router = -1, .server = -1};
	if ((world->server = make_namespace()) < 0)
		return world->server;
	if ((world->router = make_namespace()) < 0)
		return world->router;
	err = set_sysctl("/proc/sys/net/ipv4/ip_forward", "1");
	if (err)
		return err;
	if ((world->client = make_namespace()) < 0)
		return world->client;
	err = set_sysctl("/proc/sys/net/ipv4/ip_local_port_range", WORLD_LOCAL_PORTS);
	if (err)
		return err;
	if (fstat(world->client, &status))
		return -errno;
	world->client_inode = status.st_ino;
	return make_links(world);
}

int world_firewall(int ns, const char *rules)
{
	char lines[2048];
	size_t used = snprintf(lines, sizeof(lines), "%s", chains);

	while (*rules) {
		size_t length = strcspn(rules, "\n");

		used += snprintf(lines + used, sizeof(lines) - used, "add rule ip demo %.*s\n",
		                 (int)length, rules);
		if (used >= sizeof(lines))
			return -E2BIG;
		rules += length + (rules[length] == '\n');
	}
	return run(NFT, ns, lines);
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

void world_close(struct world *world)
{
	close_fd(&world->client);
	close_fd(&world->router);
	close_fd(&world->server);
}
