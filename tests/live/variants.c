/* SPDX-License-Identifier: GPL-2.0-only */
/* The tables of tests: every variant in a process of its own, all at once, under one connwhy. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tracer.h"
#include "world.h"

#define VARIANTS_MAX 1024
#define CLIENTS_SECONDS 60
#define LATE_MS 1500
#define LATE_MS_MAX 8000
#define ATTACH_SECONDS 120
#define PACE_TRIES 8
#define PACE_MIN_US 5000
#define AGAIN_MAX 60 /* failed variants that get a second try */

static const struct test *const tables[] = {
        tests_basic,    tests_route, tests_icmp,     tests_drop,     tests_abandon, tests_calls,
        tests_front,    tests_mptcp, tests_fastopen, tests_policy,   tests_cgroup,  tests_kernel,
        tests_apps,     tests_netem, tests_forged,   tests_segments, tests_soft,    tests_threads,
        tests_deadline, tests_nat,   tests_node,     tests_held,
};

static const struct {
	unsigned int bit;
	const char *name;
} families[] = {{V4, "v4"}, {V6, "v6"}, {MAPPED, "mapped"}},
  modes[] = {{BLOCKING, "blocking"}, {NONBLOCKING, "nonblocking"}};

static struct variant *variants; /* shared with the clients */
static size_t n_variants;
static struct world worlds[WORLDS_MAX];
static size_t n_worlds;
static int gate = -1;
/*
 * Between the starts of two clients: what is late should be late by the kernel's doing. Shared with
 * the clients, for it is measured under the tracer.
 */
static unsigned int *pace_us;

static void add_variant(const struct test *test, size_t family, size_t mode)
{
	struct variant *v = &variants[n_variants];
	bool many_families = test->families & (test->families - 1);
	bool many_modes = test->modes & (test->modes - 1);

	if (n_variants == VARIANTS_MAX)
		abort();
	*v = (struct variant){.test = test,
	                      .family = families[family].bit,
	                      .mode = modes[mode].bit,
	                      .number = (unsigned int)n_variants};
	snprintf(v->name, sizeof(v->name), "%s%s%s%s%s", test->name, many_families ? "/" : "",
	         many_families ? families[family].name : "", many_modes ? "/" : "",
	         many_modes ? modes[mode].name : "");
	if (is_selected(v->name))
		n_variants++;
}

static void add_variants(void)
{
	variants = mmap(NULL, VARIANTS_MAX * sizeof(*variants), PROT_READ | PROT_WRITE,
	                MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pace_us = mmap(NULL, sizeof(*pace_us), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
	               -1, 0);
	if (variants == MAP_FAILED || pace_us == MAP_FAILED)
		abort();
	for (size_t i = 0; i < ARRAY_SIZE(tables); i++)
		for (const struct test *test = tables[i]; test->name; test++)
			for (size_t f = 0; f < ARRAY_SIZE(families); f++)
				for (size_t m = 0; m < ARRAY_SIZE(modes); m++)
					if ((test->families & families[f].bit) &&
					    (test->modes & modes[m].bit))
						add_variant(test, f, m);
}

void variants_list(void)
{
	add_variants();
	for (size_t i = 0; i < n_variants; i++)
		puts(variants[i].name);
}

/* NAME, cause and errno of what each test makes happen, separated by tabs. */
void variants_endings(void)
{
	add_variants();
	for (size_t i = 0; i < n_variants; i++) {
		const struct variant *v = &variants[i];

		for (const struct expect *e = v->test->expect;
		     e < v->test->expect + EXPECT_MAX && e->outcome; e++)
			if (e->cause)
				printf("%s\t%s\t%s\n", v->name, e->cause,
				       e->error ? strerrorname_np(e->error) : "");
	}
}

static struct world *world_of(const struct test *test)
{
	const char *name = test->world ? test->world : "common";

	for (size_t i = 0; i < n_worlds; i++)
		if (!strcmp(worlds[i].name, name))
			return &worlds[i];
	if (n_worlds == WORLDS_MAX)
		abort();
	world_make(&worlds[n_worlds], name);
	return &worlds[n_worlds++];
}

/* What cannot be had here skips the test; what is wrongly written fails it. */
static enum result set_up(const struct test *test, struct world *world, char *why)
{
	static const char *const nft[] = {"nft", "-f", "-", NULL};

	if (*world->why) {
		snprintf(why, WHY_SIZE, "%s", world->why);
		return NOT_OK;
	}
	if ((!test->sysctl || world_sysctl(world->client, test->sysctl, why)) &&
	    (!test->server_sysctl || world_sysctl(world->server, test->server_sysctl, why)) &&
	    (!test->client_ip || world_batch(world->client, "ip", test->client_ip, why)) &&
	    (!test->router_ip || world_batch(world->router, "ip", test->router_ip, why)) &&
	    (!test->client_tc || world_batch(world->client, "tc", test->client_tc, why)) &&
	    (!test->router_tc || world_batch(world->router, "tc", test->router_tc, why)) &&
	    (!test->far || world_make_far(world, why)) &&
	    (!test->client_nft || world_rules(world, world->client, test->client_nft, why)) &&
	    (!test->router_nft || world_rules(world, world->router, test->router_nft, why)) &&
	    (!test->client_ruleset || run_program(world->client, test->client_ruleset, why, nft)) &&
	    (!test->router_ruleset || run_program(world->router, test->router_ruleset, why, nft)))
		return UNDECIDED;
	return strstr(why, "syntax error") || strstr(why, "garbage") ? NOT_OK : SKIPPED;
}

static void set_up_all(void)
{
	const struct test *test = NULL;
	enum result result = UNDECIDED;
	char why[WHY_SIZE] = "";

	for (size_t i = 0; i < n_variants; i++) {
		struct variant *v = &variants[i];
		struct world *world = world_of(v->test);

		/* Variants of one test are neighbours. */
		if (v->test != test)
			result = set_up(v->test, world, why);
		test = v->test;
		v->world = world;
		v->result = result;
		if (result != UNDECIDED)
			snprintf(v->why, sizeof(v->why), "%s", why);
	}
	for (size_t i = 0; i < n_worlds; i++)
		worlds[i].linear_timeouts =
		        world_read_sysctl(worlds[i].client, "net/ipv4/tcp_syn_linear_timeouts", 0);
}

void variant_wait_for_tracer(void)
{
	char byte;

	while (read(gate, &byte, 1) < 0 && errno == EINTR)
		;
}

static void choose_peer(struct variant *v)
{
	const char *to4 = v->test->to4 ? v->test->to4 : SERVER4;
	const char *to6 = v->test->to6 ? v->test->to6 : SERVER6;
	uint16_t port = v->test->port ? v->test->port : (uint16_t)(PORT_OWN + v->number);

	set_peer(v, v->family == V6 ? to6 : to4, port);
}

/* What a client costs on this machine: a process that connects once, without success. */
static void measure_pace(const struct world *world)
{
	struct sockaddr_storage peer;
	socklen_t length = make_address(&peer, AF_INET, "127.0.0.1", PORT_CLOSED);
	uint64_t from = now_ns();

	for (int i = 0; i < PACE_TRIES; i++) {
		pid_t pid = fork_child();

		if (pid == 0) {
			namespace_enter(world->client);
			connect(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0),
			        (struct sockaddr *)&peer, length);
			_exit(0);
		}
		while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
			;
	}
	*pace_us = (unsigned int)((now_ns() - from) / 1000 / PACE_TRIES);
	if (*pace_us < PACE_MIN_US)
		*pace_us = PACE_MIN_US;
	if (settings.stagger_ms)
		*pace_us = settings.stagger_ms * 1000;
	settings.late_ms = LATE_MS + *pace_us / 10;
	if (settings.late_ms > LATE_MS_MAX)
		settings.late_ms = LATE_MS_MAX;
}

static void run_client(struct variant *v, unsigned int rank)
{
	char name[16];

	/* Each is a program of its own: what one does again and again says nothing of another. */
	snprintf(name, sizeof(name), "live-%u", v->number);
	prctl(PR_SET_NAME, name);
	alarm(ATTACH_SECONDS);
	namespace_enter(v->world->client);
	if (!v->test->early) {
		variant_wait_for_tracer();
		usleep(rank * *pace_us);
		alarm(CLIENTS_SECONDS);
	}
	v->test->client(v);
	_exit(0);
}

static void start_clients(bool early, int opener)
{
	unsigned int rank = 0;

	for (size_t i = 0; i < n_variants; i++) {
		struct variant *v = &variants[i];
		pid_t pid;

		if (v->result != UNDECIDED || v->test->early != early)
			continue;
		choose_peer(v);
		pid = fork_child();
		if (pid == 0) {
			close(opener);
			run_client(v, rank);
		}
		v->pid = pid;
		rank++;
	}
}

/* Without a tracer there is nothing to wait for. */
static void end_clients(void)
{
	for (size_t i = 0; i < n_variants; i++)
		if (variants[i].pid)
			kill(variants[i].pid, SIGKILL);
}

static void wait_clients(void)
{
	for (size_t i = 0; i < n_variants; i++) {
		struct variant *v = &variants[i];
		int status;

		if (!v->pid)
			continue;
		while (waitpid(v->pid, &status, 0) < 0 && errno == EINTR)
			;
		if (WIFSIGNALED(status) && v->result == UNDECIDED) {
			v->result = NOT_OK;
			snprintf(v->why, sizeof(v->why), "signal %d ended the application",
			         WTERMSIG(status));
		}
	}
}

static void judge_variant(struct variant *v, const json_t *records, const char *why)
{
	enum fact needs = v->test->needs;

	if (!records) {
		v->result = NOT_OK;
		snprintf(v->why, sizeof(v->why), "%s", why);
	} else if (!facts_expected(needs)) {
		v->result = SKIPPED;
		snprintf(v->why, sizeof(v->why), "the %s tier does not see %s", facts_tier(),
		         facts_name(needs));
	} else if (v->test->judge) {
		v->test->judge(v, records);
	} else {
		expect_records(v, records);
	}
}

static void judge(struct tracer *tracer, const char *name, bool stopped)
{
	json_t *records = stopped ? tracer_records(tracer) : NULL;
	char totals[64];

	for (size_t i = 0; i < n_variants; i++)
		if (variants[i].result == UNDECIDED)
			judge_variant(&variants[i], records, tracer->why);
	snprintf(totals, sizeof(totals), "%s/totals", name);
	if (records && tracer_check_totals(tracer))
		report(OK, totals, "");
	else
		report(NOT_OK, totals, tracer->why);
	json_decref(records);
}

/* All variants that are undecided, at once. */
static void run_round(const char *name)
{
	struct tracer tracer = {0};
	bool ready, stopped;
	int opening[2];

	if (pipe2(opening, O_CLOEXEC))
		abort();
	gate = opening[0];
	start_clients(true, opening[1]);
	ready = tracer_start(&tracer, name, -1, NULL);
	start_clients(false, opening[1]);
	ready = ready && tracer_ready(&tracer);
	if (ready)
		measure_pace(&worlds[0]);
	else
		end_clients();
	close(opening[1]);
	wait_clients();
	close(gate);
	tracer_settle();
	stopped = ready && tracer_stop(&tracer);
	judge(&tracer, name, stopped);
}

/* Noise hits a few variants; a fault hits the same ones again. */
static bool take_failed_again(void)
{
	size_t failed = 0;

	for (size_t i = 0; i < n_variants; i++)
		failed += variants[i].result == NOT_OK;
	if (!failed || failed > AGAIN_MAX)
		return false;
	for (size_t i = 0; i < n_variants; i++) {
		struct variant *v = &variants[i];

		v->pid = 0;
		if (v->result != NOT_OK)
			continue;
		snprintf(v->before, sizeof(v->before), "%s", v->why);
		v->result = UNDECIDED;
		v->why[0] = 0;
		v->n_seen = 0;
	}
	return true;
}

static void report_variants(void)
{
	char why[2 * WHY_SIZE];

	for (size_t i = 0; i < n_variants; i++) {
		const struct variant *v = &variants[i];

		snprintf(why, sizeof(why), v->before[0] ? "%s(the first time: %s)" : "%s", v->why,
		         v->before);
		report(v->result, v->name, why);
	}
}

void variants_run(void)
{
	add_variants();
	if (!n_variants)
		return;
	set_up_all();
	if (!server_start(worlds, n_worlds)) {
		report(NOT_OK, "common", "the servers did not start");
		return;
	}
	run_round("common");
	if (settings.tries > 1 && take_failed_again())
		run_round("again");
	report_variants();
}
