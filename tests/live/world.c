/* SPDX-License-Identifier: GPL-2.0-only */
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "world.h"

#define PROGRAM_SECONDS 30
#define LOST_MARK "81"

static int home = -1;

static const char client_sysctls[] = "net/ipv6/conf/all/accept_dad=0; "
                                     "net/ipv6/conf/default/accept_dad=0; "
                                     "net/ipv4/tcp_syn_linear_timeouts?=4; "
                                     "net/ipv4/conf/all/rp_filter=0";
static const char router_sysctls[] = "net/ipv4/ip_forward=1; "
                                     "net/ipv6/conf/all/forwarding=1; "
                                     "net/ipv6/conf/all/accept_dad=0; "
                                     "net/ipv6/conf/default/accept_dad=0; "
                                     "net/ipv4/icmp_ratelimit=0; "
                                     "net/ipv6/icmp/ratelimit=0";
static const char server_sysctls[] = "net/ipv6/conf/all/accept_dad=0; "
                                     "net/ipv6/conf/default/accept_dad=0";

/* clang-format off */
static const char router_links[] =
	"link add eth0 type veth peer name eth0 netns /proc/%1$d/fd/%2$d\n"
	"link add eth1 type veth peer name eth0 netns /proc/%1$d/fd/%3$d\n"
	"link set eth0 address " ROUTER_LINK "\n"
	"link set eth0 up\n"
	"link set eth1 up\n"
	"addr add 192.0.2.1/24 dev eth0\n"
	"addr add 2001:db8:1::1/64 dev eth0 nodad\n"
	"addr add 198.51.100.1/24 dev eth1\n"
	"addr add 2001:db8:2::1/64 dev eth1 nodad\n"
	"link set hole up\n"
	"route add default dev hole table " LOST_MARK "\n"
	"route add ::/0 dev hole table " LOST_MARK "\n";
static const char server_links[] =
	"link set eth0 up\n"
	"addr add 198.51.100.2/24 dev eth0\n"
	"addr add 2001:db8:2::2/64 dev eth0 nodad\n"
	"route add 192.0.2.0/24 via 198.51.100.1\n"
	"route add 2001:db8:1::/64 via 2001:db8:2::1\n";
/* 203.0.113.0/24 and 2001:db8:3::/64 are known to the client alone: the router has no route. */
static const char client_links[] =
	"link set eth0 up\n"
	"addr add 192.0.2.2/24 dev eth0\n"
	"addr add 2001:db8:1::2/64 dev eth0 nodad\n"
	"route add 198.51.100.0/24 via 192.0.2.1\n"
	"route add 203.0.113.0/24 via 192.0.2.1\n"
	"route add 2001:db8:2::/64 via 2001:db8:1::1\n"
	"route add 2001:db8:3::/64 via 2001:db8:1::1\n";
static const char base_rules[] =
	"add table inet live\n"
	"add set inet live closed { type inet_service; }\n"
	"add chain inet live input { type filter hook input priority 0; }\n"
	"add chain inet live output { type filter hook output priority 0; }\n"
	"add chain inet live forward { type filter hook forward priority 0; }\n"
	"add chain inet live lost { type filter hook prerouting priority -150; }\n"
	"add rule inet live forward meta mark " LOST_MARK " accept\n";
/* clang-format on */

static void die(const char *what)
{
	fprintf(stderr, "live: %s: %s\n", what, strerror(errno));
	exit(1);
}

void world_init(void)
{
	home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	if (home < 0)
		die("/proc/self/ns/net");
}

void namespace_enter(int ns)
{
	if (setns(ns, CLONE_NEWNET))
		die("setns");
}

void namespace_leave(void)
{
	namespace_enter(home);
}

ino_t namespace_inode(int ns)
{
	struct stat status;

	return fstat(ns, &status) ? 0 : status.st_ino;
}

int namespace_make(void)
{
	struct ifreq request = {.ifr_name = "lo", .ifr_flags = IFF_UP};
	int ns, fd;

	if (unshare(CLONE_NEWNET))
		die("no network namespace can be made (are you root?)");
	ns = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (ns < 0 || fd < 0 || ioctl(fd, SIOCSIFFLAGS, &request))
		die("network namespace");
	close(fd);
	namespace_leave();
	return ns;
}

static void last_line(int fd, char *why, size_t size)
{
	char text[2048] = "", *line;
	ssize_t length = pread(fd, text, sizeof(text) - 1, 0);

	while (length > 0 && text[length - 1] == '\n')
		text[--length] = 0;
	/* nft underlines the culprit below its message: the first line is the one to show. */
	line = strchr(text, '\n');
	if (line)
		*line = 0;
	snprintf(why, size, "%s", text);
}

static int memory_file(const char *content)
{
	int fd = memfd_create("live", MFD_CLOEXEC);

	if (fd < 0 || write(fd, content, strlen(content)) < 0 || lseek(fd, 0, SEEK_SET))
		die("memfd");
	return fd;
}

bool run_program(int ns, const char *input, char *why, const char *const argv[])
{
	int in = memory_file(input ? input : ""), err = memory_file(""), status = -1;
	char said[WHY_SIZE - 64];
	pid_t pid = fork_child();

	if (pid == 0) {
		namespace_enter(ns);
		alarm(PROGRAM_SECONDS);
		dup2(in, STDIN_FILENO);
		dup2(err, STDOUT_FILENO);
		dup2(err, STDERR_FILENO);
		execvp(argv[0], (char *const *)argv);
		dprintf(STDERR_FILENO, "%s", strerror(errno));
		_exit(127);
	}
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	last_line(err, said, sizeof(said));
	close(in);
	close(err);
	if (status)
		snprintf(why, WHY_SIZE, "%s: %s", argv[0], said);
	return status == 0;
}

bool world_batch(int ns, const char *program, const char *lines, char *why)
{
	const char *const argv[] = {program, "-batch", "-", NULL};

	return run_program(ns, lines, why, argv);
}

/*
 * What the router drops is lost, as on a machine that this kernel is not: it goes to a device whose
 * reader throws it away. The kernel would tell of a drop, and that is another test (cases_node.c).
 */
static int add_rule(char *to, size_t size, const struct world *world, int ns, const char *rule)
{
	static const char forward[] = "forward ", drop[] = " drop";
	size_t length = strlen(rule), start = sizeof(forward) - 1, end = sizeof(drop) - 1;

	if (ns != world->router || length < start + end || strncmp(rule, forward, start) ||
	    strcmp(rule + length - end, drop))
		return snprintf(to, size, "add rule inet live %s\n", rule);
	return snprintf(to, size, "add rule inet live lost %.*s meta mark set " LOST_MARK "\n",
	                (int)(length - start - end), rule + start);
}

bool world_rules(struct world *world, int ns, const char *rules, char *why)
{
	static const char *const argv[] = {"nft", "-f", "-", NULL};
	char text[4096], copy[2048], *rest = copy, *rule;
	size_t used = 0;

	if (!world->has_rules && (!run_program(world->client, base_rules, why, argv) ||
	                          !run_program(world->router, base_rules, why, argv)))
		return false;
	world->has_rules = true;
	snprintf(copy, sizeof(copy), "%s", rules);
	while ((rule = strsep(&rest, "\n"))) {
		if (*rule)
			used += (size_t)add_rule(text + used, sizeof(text) - used, world, ns, rule);
		if (used >= sizeof(text))
			abort();
	}
	return run_program(ns, text, why, argv);
}

/* "name=value" is necessary, "name?=value" where there is such a name. */
static bool set_one(char *assignment, char *why)
{
	char path[160], *value = strchr(assignment, '=');
	bool optional;

	if (!value)
		abort();
	*value++ = 0;
	optional = value[-2] == '?';
	if (optional)
		value[-2] = 0;
	snprintf(path, sizeof(path), "/proc/sys/%s", assignment);
	if (write_file(path, value) || optional)
		return true;
	snprintf(why, WHY_SIZE, "no sysctl %s: %s", assignment, strerror(errno));
	return false;
}

bool world_sysctl(int ns, const char *assignments, char *why)
{
	char copy[512], *rest = copy, *assignment;
	bool done = true;

	snprintf(copy, sizeof(copy), "%s", assignments);
	namespace_enter(ns);
	while (done && (assignment = strsep(&rest, ";")))
		done = set_one(assignment + strspn(assignment, " "), why);
	namespace_leave();
	return done;
}

int world_read_sysctl(int ns, const char *name, int otherwise)
{
	char path[160];
	FILE *file;

	snprintf(path, sizeof(path), "/proc/sys/%s", name);
	namespace_enter(ns);
	file = fopen(path, "re");
	if (file) {
		if (fscanf(file, "%d", &otherwise) != 1)
			otherwise = 0;
		fclose(file);
	}
	namespace_leave();
	return otherwise;
}

void world_make_bare(struct world *world, const char *name)
{
	*world = (struct world){.name = name, .router = -1, .server = -1, .hole = -1};
	world->client = namespace_make();
	world->netns = namespace_inode(world->client);
}

/* sysfs shows the devices of the namespace that mounted it. */
bool world_make_far(struct world *world, char *why)
{
	char path[128];
	int status = -1;
	pid_t pid = fork_child();

	if (pid == 0) {
		namespace_enter(world->client);
		snprintf(path, sizeof(path), "%s/class/net/eth0/queues/rx-0/rps_cpus",
		         settings.directory);
		_exit(unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
		      mount("sysfs", settings.directory, "sysfs", 0, NULL) ||
		      !write_file(path, "1"));
	}
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (status)
		snprintf(why, WHY_SIZE, "no receive packet steering here");
	return status == 0;
}

/* The router's device for what it loses. Its descriptor stays open, and server.c reads it. */
static int make_hole(int ns)
{
	struct ifreq request = {.ifr_name = "hole", .ifr_flags = IFF_TUN | IFF_NO_PI};
	int fd;

	namespace_enter(ns);
	fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0 || ioctl(fd, TUNSETIFF, &request))
		die("/dev/net/tun");
	namespace_leave();
	return fd;
}

bool world_make(struct world *world, const char *name)
{
	static const char *const rule4[] = {"ip",      "rule",  "add",     "fwmark",
	                                    LOST_MARK, "table", LOST_MARK, NULL};
	static const char *const rule6[] = {"ip",      "-6",    "rule",    "add", "fwmark",
	                                    LOST_MARK, "table", LOST_MARK, NULL};
	char links[1024];

	*world = (struct world){.name = name};
	world->client = namespace_make();
	world->router = namespace_make();
	world->server = namespace_make();
	world->hole = make_hole(world->router);
	world->netns = namespace_inode(world->client);
	snprintf(links, sizeof(links), router_links, getpid(), world->client, world->server);
	return world_sysctl(world->client, client_sysctls, world->why) &&
	       world_sysctl(world->router, router_sysctls, world->why) &&
	       world_sysctl(world->server, server_sysctls, world->why) &&
	       world_batch(world->router, "ip", links, world->why) &&
	       run_program(world->router, NULL, world->why, rule4) &&
	       run_program(world->router, NULL, world->why, rule6) &&
	       world_batch(world->server, "ip", server_links, world->why) &&
	       world_batch(world->client, "ip", client_links, world->why);
}
