// SPDX-License-Identifier: GPL-2.0-only
/*
 * Attaches the programs of neighbours.bpf.c whose names begin with GROUP and an underscore, until
 * SIGTERM; then says how often they did something.
 *
 *   neighbours OBJECT kprobe | fentry | tracepoint
 *   neighbours OBJECT xdp DEVICE generic | native
 *   neighbours OBJECT sockops CGROUP
 *   neighbours OBJECT sk_lookup PORT BACKLOG   and a listener there; its queue is full with BACKLOG
 * 0 neighbours OBJECT server PORT              no program: serves that port
 *
 * Writes "ready" once all of them are attached. Network namespace: the one that it is in.
 */
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

static struct bpf_object *object;
static const char *group;

static void die(const char *what)
{
	fprintf(stderr, "neighbours: %s: %s\n", what, strerror(errno));
	exit(1);
}

static bool is_of_group(const struct bpf_program *program)
{
	size_t length = strlen(group);

	return !strncmp(bpf_program__name(program), group, length) &&
	       bpf_program__name(program)[length] == '_';
}

/* "fentry/tcp_connect": a function that this kernel has. */
static bool has_target(const struct bpf_program *program, const struct btf *btf)
{
	const char *section = bpf_program__section_name(program), *target = strchr(section, '/');

	if (strncmp(section, "k", 1) && strncmp(section, "f", 1))
		return true;
	return target && btf__find_by_name_kind(btf, target + 1, BTF_KIND_FUNC) >= 0;
}

static void load(const char *path)
{
	struct btf *btf = btf__load_vmlinux_btf();
	struct bpf_program *program;

	object = bpf_object__open_file(path, NULL);
	if (!object || !btf)
		die(path);
	bpf_object__for_each_program (program, object)
		bpf_program__set_autoload(program,
		                          is_of_group(program) && has_target(program, btf));
	if (bpf_object__load(object))
		die("load");
	btf__free(btf);
}

static int program_fd(const char *name)
{
	return bpf_program__fd(bpf_object__find_program_by_name(object, name));
}

static int map_fd(const char *name)
{
	return bpf_object__find_map_fd_by_name(object, name);
}

static void attach_tracers(char **arguments)
{
	struct bpf_program *program;

	(void)arguments;
	bpf_object__for_each_program (program, object)
		if (bpf_program__autoload(program) && !bpf_program__attach(program))
			die(bpf_program__name(program));
}

static __u32 xdp_mode(char **arguments)
{
	return strcmp(arguments[1], "native") ? XDP_FLAGS_SKB_MODE : XDP_FLAGS_DRV_MODE;
}

static void attach_xdp(char **arguments)
{
	if (bpf_xdp_attach((int)if_nametoindex(arguments[0]), program_fd("xdp_drop"),
	                   xdp_mode(arguments), NULL))
		die(arguments[0]);
}

static void attach_sockops(char **arguments)
{
	int cgroup = open(arguments[0], O_RDONLY | O_CLOEXEC), map = map_fd("sockets");

	if (bpf_prog_attach(program_fd("sockops_sent"), map, BPF_SK_MSG_VERDICT, 0) ||
	    bpf_prog_attach(program_fd("sockops_received"), map, BPF_SK_SKB_STREAM_VERDICT, 0) ||
	    bpf_prog_attach(program_fd("sockops_keep"), cgroup, BPF_CGROUP_SOCK_OPS, 0))
		die(arguments[0]);
}

/* On all addresses; its descriptor stays open. */
static int listen_on(const char *port, int backlog)
{
	int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_in6 any = {.sin6_family = AF_INET6,
	                           .sin6_port = htons((uint16_t)atoi(port))};

	if (bind(fd, (struct sockaddr *)&any, sizeof(any)) || listen(fd, backlog))
		die(port);
	return fd;
}

/* A queue of length 0 takes one. */
static void fill(const char *port)
{
	int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_in6 self = {.sin6_family = AF_INET6,
	                            .sin6_addr = IN6ADDR_LOOPBACK_INIT,
	                            .sin6_port = htons((uint16_t)atoi(port))};

	if (connect(fd, (struct sockaddr *)&self, sizeof(self)))
		die("connect");
}

static void attach_sk_lookup(char **arguments)
{
	int namespace = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	int backlog = atoi(arguments[1]);
	__u64 fd = (__u64)listen_on(arguments[0], backlog);
	__u32 zero = 0;

	if (backlog == 0)
		fill(arguments[0]);
	if (bpf_map_update_elem(map_fd("listener"), &zero, &fd, BPF_ANY) ||
	    bpf_link_create(program_fd("sk_lookup_steer"), namespace, BPF_SK_LOOKUP, NULL) < 0)
		die("sk_lookup");
}

/* Who sends a byte is reset. */
static void serve(char **arguments)
{
	const struct linger reset = {.l_onoff = 1};
	int listener = listen_on(arguments[0], 16);
	char byte;

	if (fork())
		return;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;) {
		int fd = accept(listener, NULL, NULL);

		if (read(fd, &byte, 1) == 1)
			setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
		close(fd);
	}
}

static const struct {
	const char *group;
	int n_arguments;
	void (*attach)(char **arguments);
} groups[] = {
        {"kprobe", 0, attach_tracers},
        {"fentry", 0, attach_tracers},
        {"tracepoint", 0, attach_tracers},
        {"xdp", 2, attach_xdp},
        {"sockops", 1, attach_sockops},
        {"sk_lookup", 2, attach_sk_lookup},
        {"server", 1, serve},
};

static __u64 read_hits(void)
{
	__u64 hits = 0;
	__u32 zero = 0;

	if (bpf_map_lookup_elem(map_fd(".bss"), &zero, &hits))
		die("hits");
	return hits;
}

static void until_terminated(void)
{
	sigset_t signals;
	int signal;

	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	puts("ready");
	fflush(stdout);
	sigwait(&signals, &signal);
}

/* What was not attached by a link stays when its owner ends. */
static void detach(char **arguments)
{
	if (!strcmp(group, "xdp"))
		bpf_xdp_detach((int)if_nametoindex(arguments[0]), xdp_mode(arguments), NULL);
	if (!strcmp(group, "sockops"))
		bpf_prog_detach2(program_fd("sockops_keep"), open(arguments[0], O_RDONLY),
		                 BPF_CGROUP_SOCK_OPS);
}

int main(int argc, char **argv)
{
	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
		if (argc < 3 || strcmp(argv[2], groups[i].group) ||
		    argc != 3 + groups[i].n_arguments)
			continue;
		group = argv[2];
		load(argv[1]);
		groups[i].attach(argv + 3);
		until_terminated();
		printf("%llu\n", (unsigned long long)read_hits());
		detach(argv + 3);
		return 0;
	}
	fprintf(stderr, "neighbours: see the comment at the head of its source\n");
	return 1;
}
