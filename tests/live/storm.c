/* SPDX-License-Identifier: GPL-2.0-only */
/* Many connects at once, with the tracer's default sizes: every one has its record, the right one.
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tracer.h"
#include "world.h"

#define THREADS 4
#define STORM_SECONDS 120
#define FIRST_PORT 8000 /* the server does on each what `ending` says */
#define REFUSED_PORT 7999

enum ending {
	SERVER_CLOSES,
	SERVER_SHUTS,
	SERVER_RESETS,
	CLIENT_CLOSES,
	CLIENT_SHUTS,
	CLIENT_RESETS,
	N_ENDINGS
};

/*
 * @refused_every: each N-th connect of a thread goes to a closed port
 * @all_endings:   the open ports take turns; else the client resets
 */
struct plan {
	const char *name;
	unsigned int connects, threads, refused_every;
	bool all_endings;
};
static const struct plan plans[] = {
        {"loopback", 40000, THREADS, 2, false},
        {"short_lived", 10000, THREADS, 0, true},
        {"pointer_reuse", 10000, 1, 2, false},
};

/* In memory that the storm's process shares: what its connects returned. */
struct storm {
	struct plan plan;
	pid_t pid;
	unsigned int blocking_failures; /* blocking connects to an open port that gave an errno */
	unsigned int broken;            /* connects that went as no connect should */
};

static void end_connection(int fd, enum ending ending)
{
	struct pollfd poller = {.fd = fd, .events = POLLIN};
	char byte;

	switch (ending) {
	case SERVER_CLOSES:
	case CLIENT_CLOSES: close(fd); break;
	case SERVER_SHUTS:
	case CLIENT_SHUTS:
		shutdown(fd, SHUT_RDWR);
		close(fd);
		break;
	case SERVER_RESETS:
	case CLIENT_RESETS: close_quietly(fd); break;
	case N_ENDINGS: /* the other side ends it first */
		while (poll(&poller, 1, 1000) == 1 && read(fd, &byte, 1) > 0)
			;
		close_quietly(fd);
	}
}

static int listen_on_loopback(uint16_t port)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;
	struct sockaddr_storage address;
	socklen_t length = make_address(&address, AF_INET, "0.0.0.0", port);

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, (struct sockaddr *)&address, length) || listen(fd, SOMAXCONN))
		_exit(1);
	return fd;
}

static void serve_storm(int ready)
{
	struct pollfd listeners[N_ENDINGS];

	for (size_t i = 0; i < N_ENDINGS; i++) {
		listeners[i].fd = listen_on_loopback((uint16_t)(FIRST_PORT + i));
		listeners[i].events = POLLIN;
	}
	if (write(ready, "", 1) != 1)
		_exit(1);
	while (poll(listeners, N_ENDINGS, -1) > 0) {
		for (unsigned int i = 0; i < N_ENDINGS; i++) {
			if (!(listeners[i].revents & POLLIN))
				continue;
			end_connection(accept4(listeners[i].fd, NULL, NULL, SOCK_CLOEXEC),
			               i < CLIENT_CLOSES ? i : N_ENDINGS);
		}
	}
}

/* Alternately blocking and not; addresses of 127/8 take turns, so that ports do not run out. */
static void connect_once(struct storm *storm, unsigned int i)
{
	const struct plan *plan = &storm->plan;
	bool refused = plan->refused_every && i % plan->refused_every == 0, blocks = i & 1;
	enum ending ending = plan->all_endings ? i / 2 % N_ENDINGS : CLIENT_RESETS;
	struct sockaddr_storage peer;
	char address[32];
	socklen_t length, size = sizeof(int);
	int fd, error;

	if (plan->refused_every)
		blocks = i / 2 & 1;
	snprintf(address, sizeof(address), "127.0.0.%u", i / 1000 % 200 + 1);
	length = make_address(&peer, AF_INET, address,
	                      refused ? REFUSED_PORT : (uint16_t)(FIRST_PORT + ending));
	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | (blocks ? 0 : SOCK_NONBLOCK), 0);
	error = connect(fd, (struct sockaddr *)&peer, length) ? errno : 0;
	if (error == EINPROGRESS && !blocks) {
		struct pollfd poller = {.fd = fd, .events = POLLOUT};

		poll(&poller, 1, 10000);
		getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
		/* A reset that came right behind the handshake. */
		if (!refused && error == ECONNRESET)
			error = 0;
	} else if (error && !refused) {
		__atomic_fetch_add(&storm->blocking_failures, 1, __ATOMIC_RELAXED);
	}
	if (refused ? error != ECONNREFUSED : error && error != ECONNRESET)
		__atomic_fetch_add(&storm->broken, 1, __ATOMIC_RELAXED);
	end_connection(fd, ending < CLIENT_CLOSES ? N_ENDINGS : ending);
}

struct worker {
	struct storm *storm;
	unsigned int number;
	pthread_t thread;
};

static void *connect_many(void *context)
{
	struct worker *worker = context;
	const struct plan *plan = &worker->storm->plan;
	unsigned int each = plan->connects / plan->threads;

	for (unsigned int i = 0; i < each; i++)
		connect_once(worker->storm, worker->number * each + i);
	return NULL;
}

static void run_clients(struct storm *storm)
{
	struct worker workers[THREADS];

	alarm(STORM_SECONDS);
	for (unsigned int i = 0; i < storm->plan.threads; i++) {
		workers[i] = (struct worker){.storm = storm, .number = i};
		pthread_create(&workers[i].thread, NULL, connect_many, &workers[i]);
	}
	for (unsigned int i = 0; i < storm->plan.threads; i++)
		pthread_join(workers[i].thread, NULL);
	_exit(0);
}

struct counts {
	pid_t pid;
	unsigned int success, refused, reset, unexplained, wrong;
	json_int_t skipped;
	char first_wrong[160];
};

/* Nothing is said but that the end, or what explains it, was not seen. */
static bool is_unexplained(const json_t *line)
{
	return !strcmp(json_text(line, "connect.cause"), "unknown") &&
	       json_is_false(json_at(line, "connect.complete"));
}

static void count_line(void *context, const json_t *line)
{
	struct counts *counts = context;
	const char *outcome = json_text(line, "event.outcome"),
	           *error = json_text(line, "error.type");
	json_int_t port = json_number(line, "network.peer.port", 0);
	bool is_success = !strcmp(outcome, "success") && !*error;
	bool is_failure = !strcmp(outcome, "failure");

	if (!strcmp(json_text(line, "event.name"), "connwhy.losses"))
		counts->skipped = json_number(line, "losses.program_runs_missed", 0);
	if (json_number(line, "process.pid", 0) != counts->pid)
		return;
	if (port == REFUSED_PORT && is_failure && !strcmp(error, "ECONNREFUSED") &&
	    !strcmp(json_text(line, "connect.cause"), "refused"))
		counts->refused++;
	else if (port != REFUSED_PORT && is_success)
		counts->success++;
	else if (port != REFUSED_PORT && is_failure && !strcmp(error, "ECONNRESET") &&
	         !strcmp(json_text(line, "connect.return"), "ECONNRESET"))
		counts->reset++;
	else if (is_unexplained(line))
		counts->unexplained++;
	else if (!counts->wrong++)
		snprintf(counts->first_wrong, sizeof(counts->first_wrong),
		         "port %lld %s %s return %s cause %s", (long long)port, outcome, error,
		         json_text(line, "connect.return"), json_text(line, "connect.cause"));
}

/*
 * A kernel that preempts programs skips those of other tasks meanwhile, and says how often: such
 * attempts may be missing or unexplained, but no more of them, and none is told wrong.
 */
static bool is_all(const struct storm *storm, const struct counts *counts, unsigned int refused,
                   unsigned int reset)
{
	unsigned int told = counts->success + counts->refused + counts->reset;

	if (counts->skipped)
		return told <= storm->plan.connects &&
		       told + counts->unexplained + counts->skipped >= storm->plan.connects;
	return !counts->unexplained && counts->refused == refused && counts->reset <= reset &&
	       (counts->reset == reset || !facts_expected(FACT_EVERY_RETURN)) &&
	       counts->success + counts->reset == storm->plan.connects - refused;
}

static void judge(const struct storm *storm, struct tracer *tracer)
{
	const struct plan *plan = &storm->plan;
	unsigned int refused = plan->refused_every ? plan->connects / plan->refused_every : 0;
	unsigned int reset = storm->blocking_failures;
	struct counts counts = {.pid = storm->pid};

	tracer_settle();
	if (!tracer_stop(tracer) || !tracer_read(tracer, count_line, &counts) ||
	    !tracer_check_totals(tracer))
		return;
	if (storm->broken)
		snprintf(tracer->why, sizeof(tracer->why), "%u connects went wrong for themselves",
		         storm->broken);
	else if (counts.wrong)
		snprintf(tracer->why, sizeof(tracer->why), "%u wrong records, the first: %s",
		         counts.wrong, counts.first_wrong);
	else if (!is_all(storm, &counts, refused, reset))
		snprintf(tracer->why, sizeof(tracer->why),
		         "%u success, %u refused, %u reset, %u unexplained; not %u, %u, %u",
		         counts.success, counts.refused, counts.reset, counts.unexplained,
		         plan->connects - refused - reset, refused, reset);
}

static void wait_for_byte(int fd)
{
	char byte;

	while (read(fd, &byte, 1) < 0 && errno == EINTR)
		;
}

static void run_storm(struct storm *storm, struct tracer *tracer, const struct world *world)
{
	int ready[2];
	pid_t server, clients;

	if (pipe2(ready, O_CLOEXEC))
		abort();
	server = fork_child();
	if (server == 0) {
		namespace_enter(world->client);
		serve_storm(ready[1]);
		_exit(1);
	}
	close(ready[1]);
	wait_for_byte(ready[0]);
	close(ready[0]);
	clients = fork_child();
	if (clients == 0) {
		namespace_enter(world->client);
		run_clients(storm);
	}
	storm->pid = clients;
	waitpid(clients, NULL, 0);
	judge(storm, tracer);
	kill(server, SIGKILL);
	waitpid(server, NULL, 0);
}

static void test_storm(const char *name, const struct plan *plan, const struct world *world)
{
	struct storm *storm = mmap(NULL, sizeof(*storm), PROT_READ | PROT_WRITE,
	                           MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct tracer tracer = {0};
	char file[64];

	if (storm == MAP_FAILED)
		abort();
	storm->plan = *plan;
	if (settings.storm && storm->plan.connects > settings.storm)
		storm->plan.connects = settings.storm;
	snprintf(file, sizeof(file), "storm-%s", plan->name);
	if (tracer_run(&tracer, file, -1, NULL)) {
		run_storm(storm, &tracer, world);
		tracer_thin(&tracer);
	}
	report(tracer.why[0] ? NOT_OK : OK, name, tracer.why);
	munmap(storm, sizeof(*storm));
}

void scenario_storm(const char *name)
{
	struct world world;
	char full_name[64];

	world_make_bare(&world, name);
	for (size_t i = 0; i < ARRAY_SIZE(plans); i++) {
		snprintf(full_name, sizeof(full_name), "%s/%s", name, plans[i].name);
		if (is_selected(full_name))
			test_storm(full_name, &plans[i], &world);
	}
}
