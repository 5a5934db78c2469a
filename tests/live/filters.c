/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Filters: the same traffic under several tracers at once, each with another filter; every one must
 * show its part of it and no more.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cgroup.h"
#include "tracer.h"
#include "world.h"

#define AT_ONCE 7 /* tracers */
#define UID 12345
#define SLOW_MS 700
#define PORT_DROPPED 1001

enum flow_name {
	WEB4,
	CLOSED4,
	WEB6,
	CLOSED6,
	MAPPED4,
	USER,
	PORT,
	LOOPBACK,
	CGROUP,
	OTHER_NETNS,
	SLOW,
	RESET,
	DROPPED,
	N_FLOWS
};
#define F(flow) (1U << (flow))
#define ALL_FLOWS (F(N_FLOWS) - 1)
#define ALL_IPV6 (F(WEB6) | F(CLOSED6))
#define ALL_FAILED (F(CLOSED4) | F(CLOSED6) | F(SLOW) | F(RESET) | F(DROPPED))

static const struct {
	const char *to;
	uint16_t port;
} flows[N_FLOWS] = {
        [WEB4] = {SERVER4, 80},
        [CLOSED4] = {SERVER4, PORT_CLOSED},
        [WEB6] = {SERVER6, 80},
        [CLOSED6] = {SERVER6, PORT_CLOSED},
        [MAPPED4] = {SERVER4, 80},
        [USER] = {SERVER4, 81},
        [PORT] = {SERVER4, 85},
        [LOOPBACK] = {"127.0.0.1", 80},
        [CGROUP] = {SERVER4, 82},
        [OTHER_NETNS] = {SERVER4, 80},
        [SLOW] = {SERVER4, PORT_SILENT},
        [RESET] = {SERVER4, PORT_RESET},
        [DROPPED] = {SERVER4, PORT_DROPPED},
};

/* @option, @value: NULL value where it is made at run time; @more: a further option */
static const struct filter {
	const char *name, *option, *value;
	unsigned int wanted;
	const char *more;
} filters[] = {
        {"none", NULL, NULL, ALL_FLOWS, NULL},
        {"pid", "-p", NULL, F(WEB4), NULL},
        {"uid", "-u", "12345", F(USER), NULL},
        {"port", "-P", "85", F(PORT), NULL},
        {"port_list", "-P", "79,85", F(CLOSED4) | F(CLOSED6) | F(PORT), NULL},
        {"port_range", "-P", "81-85", F(USER) | F(PORT) | F(CGROUP), NULL},
        {"ipv4", "-4", NULL, ALL_FLOWS & ~ALL_IPV6, NULL},
        {"ipv6", "-6", NULL, ALL_IPV6, NULL},
        {"net4", "--net", "127.0.0.0/8", F(LOOPBACK), NULL},
        {"net6", "--net", "2001:db8:2::/64", ALL_IPV6, NULL},
        {"cgroup", "--cgroup", NULL, F(CGROUP), NULL},
        {"netns_path", "--netns", NULL, F(OTHER_NETNS), NULL},
        {"netns_pid", "--netns", NULL, F(OTHER_NETNS), NULL},
        {"failed", "-x", NULL, ALL_FAILED, NULL},
        {"failed_ipv4", "-x", NULL, ALL_FAILED & ~ALL_IPV6, "-4"},
        {"slower", "--slower", "500", F(SLOW) | F(DROPPED), NULL},
        {"errno", "--errno", "ECONNREFUSED", F(CLOSED4) | F(CLOSED6), NULL},
        {"cause", "--cause", "refused,closed_by_app",
         F(CLOSED4) | F(CLOSED6) | F(SLOW) | F(DROPPED), NULL},
        {"why", "--cause", "dropped_locally_out", F(DROPPED), NULL},
        {"expression", "dst port 85 or ip6", NULL, ALL_IPV6 | F(PORT), NULL},
};

static char cgroup_path[256];

static void run_flow(enum flow_name name, const struct world *world, int gate)
{
	int family = name == WEB6 || name == CLOSED6 || name == MAPPED4 ? AF_INET6 : AF_INET;
	struct sockaddr_storage peer;
	socklen_t length = make_address(&peer, family, flows[name].to, flows[name].port);
	char byte;
	int fd;

	alarm(60);
	if (name == CGROUP && !cgroup_enter(cgroup_path))
		_exit(1);
	namespace_enter(name == OTHER_NETNS ? world->router : world->client);
	if (name == USER && (setgid(UID) || setuid(UID)))
		_exit(1);
	prctl(PR_SET_PDEATHSIG, SIGKILL); /* setuid() undid it */
	while (read(gate, &byte, 1) < 0 && errno == EINTR)
		;
	fd = socket(family,
	            SOCK_STREAM | SOCK_CLOEXEC |
	                    (name == SLOW || name == DROPPED ? SOCK_NONBLOCK : 0),
	            0);
	if (connect(fd, (struct sockaddr *)&peer, length) < 0 && errno == EINPROGRESS)
		sleep_ms(SLOW_MS);
	sleep_ms(100);
	close(fd);
	_exit(0);
}

static void start_flows(pid_t pids[], const struct world *world, int gate, int opener)
{
	for (size_t i = 0; i < N_FLOWS; i++) {
		pids[i] = fork_child();
		if (pids[i] == 0) {
			close(opener);
			run_flow(i, world, gate);
		}
	}
}

static bool start_tracer(struct tracer *tracer, const struct filter *filter, const pid_t pids[],
                         const struct world *world)
{
	const char *options[8] = {"--max-inflight", "1024", "--buffer", "256K", filter->option};
	char name[64], made[64];

	if (!strcmp(filter->name, "pid"))
		snprintf(made, sizeof(made), "%d", pids[WEB4]);
	else if (!strcmp(filter->name, "netns_pid"))
		snprintf(made, sizeof(made), "%d", pids[OTHER_NETNS]);
	else
		snprintf(made, sizeof(made), "/proc/%d/fd/%d", getpid(), world->router);
	if (filter->value)
		options[5] = filter->value;
	else if (!strcmp(filter->name, "cgroup"))
		options[5] = cgroup_path;
	else if (!strcmp(filter->name, "pid") || strstr(filter->name, "netns"))
		options[5] = made;
	else
		options[5] = filter->more;
	snprintf(name, sizeof(name), "filter-%s", filter->name);
	return tracer_start(tracer, name, -1, options);
}

struct tally {
	const pid_t *pids;
	unsigned int shown, twice;
};

static void count_line(void *context, const json_t *line)
{
	json_int_t pid = json_number(line, "process.pid", 0);
	struct tally *tally = context;

	for (size_t i = 0; i < N_FLOWS; i++) {
		if (pid != tally->pids[i])
			continue;
		tally->twice |= tally->shown & F(i);
		tally->shown |= F(i);
	}
}

static void judge(const char *scenario, const struct filter *filter, struct tracer *tracer,
                  const pid_t pids[])
{
	struct tally tally = {.pids = pids};
	char name[64];

	snprintf(name, sizeof(name), "%s/%s", scenario, filter->name);
	if (tracer->pid == 0 || !tracer_stop(tracer) || !tracer_read(tracer, count_line, &tally)) {
		report(NOT_OK, name, tracer->why);
	} else if (tally.shown != filter->wanted || tally.twice) {
		snprintf(tracer->why, sizeof(tracer->why),
		         "shows %#x of the flows, not %#x; %#x more than once", tally.shown,
		         filter->wanted, tally.twice);
		report(NOT_OK, name, tracer->why);
	} else if (!tracer_check_totals(tracer)) {
		report(NOT_OK, name, tracer->why);
	} else {
		report(OK, name, "");
	}
}

static void run_batch(const char *name, const struct filter *first, size_t n,
                      const struct world *world)
{
	struct tracer tracers[AT_ONCE] = {0};
	pid_t pids[N_FLOWS];
	int gate[2];

	if (pipe2(gate, O_CLOEXEC))
		abort();
	start_flows(pids, world, gate[0], gate[1]);
	close(gate[0]);
	for (size_t i = 0; i < n; i++)
		start_tracer(&tracers[i], &first[i], pids, world);
	for (size_t i = 0; i < n; i++)
		tracer_ready(&tracers[i]);
	close(gate[1]);
	for (size_t i = 0; i < N_FLOWS; i++)
		waitpid(pids[i], NULL, 0);
	tracer_settle();
	for (size_t i = 0; i < n; i++)
		judge(name, &first[i], &tracers[i], pids);
}

/* Without what one filter needs, only that one is skipped. */
static bool is_possible(const struct filter *filter, const char *scenario)
{
	char name[64];

	if (strcmp(filter->name, "cgroup") || *cgroup_path)
		return true;
	snprintf(name, sizeof(name), "%s/%s", scenario, filter->name);
	report(SKIPPED, name, "no control group (v2) can be made");
	return false;
}

void scenario_filters(const char *name)
{
	static struct world world;
	struct filter chosen[ARRAY_SIZE(filters)];
	char why[WHY_SIZE], full_name[64];
	size_t n = 0;

	if (!world_make(&world, name) || !server_start(&world, 1) ||
	    !world_rules(&world, world.router, "forward tcp dport 1000 drop", why) ||
	    !world_rules(&world, world.client, "output tcp dport 1001 drop", why)) {
		report(NOT_OK, name, "its namespaces cannot be set up");
		return;
	}
	if (!cgroup_make("filter", cgroup_path, sizeof(cgroup_path)))
		*cgroup_path = 0;
	for (size_t i = 0; i < ARRAY_SIZE(filters); i++) {
		snprintf(full_name, sizeof(full_name), "%s/%s", name, filters[i].name);
		if (is_selected(full_name) && is_possible(&filters[i], name))
			chosen[n++] = filters[i];
	}
	for (size_t i = 0; i < n; i += AT_ONCE)
		run_batch(name, &chosen[i], n - i < AT_ONCE ? n - i : AT_ONCE, &world);
}
