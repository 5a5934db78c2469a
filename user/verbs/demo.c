// SPDX-License-Identifier: GPL-2.0-only
#include "demo.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "demo_cases.h"
#include "demo_table.h"
#include "demo_world.h"
#include "log.h"
#include "privilege.h"
#include "session.h"
#include "units.h"

#define POLL_MS 50
#define READY_MS 5000
#define LIMIT_NS 12000000000ULL /* what has not ended by then is told as it is */
#define TICK_NS NS_PER_S
#define SERVER DEMO_CASES /* its place among the children */
#define CHILDREN (DEMO_CASES + 1)

/*
 * @options:  what was asked for, of the client's namespace only
 * @children: the clients in the order of the cases, then the server; 0 for none
 * @gate:     this side of it: to read who is ready, to write who may go
 * @caught:   the signal that ends the demo, 0 for none
 */
struct demo {
	struct options options;
	struct session session;
	struct world world;
	struct demo_row rows[DEMO_CASES];
	pid_t children[CHILDREN];
	struct gate gate;
	int signals;
	int caught;
	uint64_t go_ns;
};

static void observe(void *context, const struct record *record)
{
	struct demo *demo = context;

	for (size_t i = 0; i < DEMO_CASES; i++) {
		if ((uint32_t)demo->children[i] != record->attempt.pid)
			continue;
		if (!demo->rows[i].n_records++)
			demo->rows[i].record = *record;
	}
}

static int block_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	/* A reader that goes away is seen at the write. */
	signal(SIGPIPE, SIG_IGN);
	if (sigprocmask(SIG_BLOCK, &set, NULL))
		return -errno;
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static bool is_interrupted(struct demo *demo)
{
	struct signalfd_siginfo info;

	while (read(demo->signals, &info, sizeof(info)) == sizeof(info))
		demo->caught = info.ssi_signo;
	return demo->caught;
}

static int make_firewalls(const struct demo *demo)
{
	char server[512], client[512];
	int server_used = 0, client_used = 0, err;

	server[0] = client[0] = '\0';
	for (size_t i = 0; i < DEMO_CASES; i++) {
		unsigned int port = demo_cases[i].port;

		switch (demo_cases[i].firewall) {
		case FIREWALL_NONE: break;
		case FIREWALL_SERVER:
			server_used += snprintf(server + server_used, sizeof(server) - server_used,
			                        "input tcp dport %u drop\n", port);
			break;
		case FIREWALL_IN:
			client_used += snprintf(client + client_used, sizeof(client) - client_used,
			                        "input tcp sport %u drop\n", port);
			break;
		case FIREWALL_OUT:
			client_used += snprintf(client + client_used, sizeof(client) - client_used,
			                        "output tcp dport %u drop\n", port);
			break;
		}
	}
	err = world_firewall(demo->world.server, server);
	return err ? err : world_firewall(demo->world.client, client);
}

/* Waits until `n` more children have said that they are ready. */
static int await_ready(struct demo *demo, size_t n)
{
	uint64_t until_ns = monotonic_ns() + READY_MS * NS_PER_MS;
	struct pollfd fds[] = {
	        {.fd = demo->gate.ready, .events = POLLIN},
	        {.fd = demo->signals, .events = POLLIN},
	};

	while (n) {
		char said;

		if (monotonic_ns() >= until_ns) {
			log_error("demo: its clients and its server do not come up");
			return -ETIMEDOUT;
		}
		if (poll(fds, 2, POLL_MS) <= 0)
			continue;
		if (is_interrupted(demo))
			return -EINTR;
		if (read(demo->gate.ready, &said, 1) != 1 || said != GATE_READY)
			return -ECHILD; /* it has said why */
		n--;
	}
	return 0;
}

static int start_children(struct demo *demo)
{
	int ready[2], go[2], err;
	struct gate gate;

	if (pipe2(ready, O_CLOEXEC) || pipe2(go, O_CLOEXEC))
		return -errno;
	demo->gate = (struct gate){.ready = ready[0], .go = go[1]};
	gate = (struct gate){.ready = ready[1], .go = go[0]};

	for (int i = SERVER; i >= 0; i--) {
		pid_t pid = world_fork();

		if (pid == 0) {
			close(go[1]);
			if (i == SERVER)
				demo_server(demo->world.server, &gate);
			demo_client(&demo_cases[i], &gate);
		}
		if (pid < 0) {
			log_error("demo: fork: %s", strerror(errno));
			return -errno;
		}
		demo->children[i] = pid;
		/* Clients need it while they get ready. */
		err = i == SERVER ? await_ready(demo, 1) : 0;
		if (err)
			return err;
	}
	close(ready[1]);
	close(go[0]);
	return await_ready(demo, DEMO_CASES);
}

static int release_children(struct demo *demo)
{
	static const char go[CHILDREN];

	demo->go_ns = monotonic_ns();
	return write(demo->gate.go, go, sizeof(go)) == sizeof(go) ? 0 : -EPIPE;
}

static void stop_child(pid_t *child)
{
	if (!*child)
		return;
	kill(*child, SIGKILL);
	while (waitpid(*child, NULL, 0) < 0 && errno == EINTR)
		continue;
	*child = 0;
}

/* Children that were killed stay unreaped until the end, so that their pids stay theirs. */
static void kill_due(struct demo *demo, uint64_t now_ns)
{
	for (size_t i = 0; i < DEMO_CASES; i++)
		if (demo_cases[i].kill_ms &&
		    now_ns >= demo->go_ns + demo_cases[i].kill_ms * NS_PER_MS)
			kill(demo->children[i], SIGKILL);
}

static bool has_all(const struct demo *demo)
{
	for (size_t i = 0; i < DEMO_CASES; i++)
		if (!demo->rows[i].n_records)
			return false;
	return true;
}

static void trace_children(struct demo *demo)
{
	struct session *session = &demo->session;
	uint64_t now_ns = demo->go_ns, next_tick_ns = now_ns + TICK_NS;
	struct pollfd fds[] = {
	        {.fd = tracer_fd(session->tracer), .events = POLLIN},
	        {.fd = demo->signals, .events = POLLIN},
	};

	while (!session->error && !has_all(demo) && now_ns < demo->go_ns + LIMIT_NS &&
	       !is_interrupted(demo)) {
		poll(fds, 2, POLL_MS);
		now_ns = monotonic_ns();
		kill_due(demo, now_ns);
		session_drain(session);
		session_report(session, now_ns, false);
		if (now_ns >= next_tick_ns) {
			session_tick(session, now_ns);
			next_tick_ns = now_ns + TICK_NS;
		}
	}
}

/* All that is to be there before the first connect. */
static int prepare(struct demo *demo)
{
	int err = privilege_check();

	if (err)
		return err;
	demo->signals = block_signals();
	if (demo->signals < 0)
		return demo->signals;
	err = world_make(&demo->world);
	if (!err)
		err = make_firewalls(demo);
	if (!err)
		err = start_children(demo);
	if (err)
		return err;
	/* The children are older than the tracer, so that they hold nothing of it. */
	demo->options.netns = demo->world.client_inode;
	session_describe_run(&demo->session);
	return session_open(&demo->session);
}

static void announce(struct demo *demo)
{
	struct session *session = &demo->session;

	if (!demo->options.quiet)
		fprintf(stderr,
		        "tracing: tier %s, %d connects in network namespaces of their own\n",
		        session->run.tier, DEMO_CASES);
	if (demo->options.output->start)
		demo->options.output->start(&session->out, &session->run);
}

static int print_table(struct demo *demo, const struct options *asked)
{
	struct run run = demo->session.run;
	enum demo_detail detail = DETAIL_SENTENCE;
	struct buffer text = {0};
	FILE *out = stdout;
	int err;

	if (asked->output->for_programs) {
		if (asked->quiet)
			return 0;
		out = stderr;
		run.color = run.color && isatty(STDERR_FILENO);
		detail = DETAIL_NONE;
	} else if (asked->output == &output_timeline) {
		detail = DETAIL_TIMELINE;
	}
	demo_table(&text, &run, demo->rows, detail);
	err = buffer_write(&text, out);
	buffer_free(&text);
	return err;
}

static bool all_agree(const struct demo *demo)
{
	for (size_t i = 0; i < DEMO_CASES; i++)
		if (!demo_row_agrees(&demo_cases[i], &demo->rows[i]))
			return false;
	return true;
}

static int run(struct demo *demo, const struct options *asked)
{
	struct session *session = &demo->session;
	int status;

	announce(demo);
	/* Gives the budgets of the first second. */
	session_tick(session, monotonic_ns());
	if (release_children(demo))
		return 1;
	trace_children(demo);
	session_finish(session);
	if (asked->output->for_programs)
		session_end_output(session, monotonic_ns());
	else if (!asked->quiet)
		session_say_losses(session, monotonic_ns());
	if (!session->error && !demo->caught)
		session->error = print_table(demo, asked);
	status = session_status(session);
	return status || all_agree(demo) ? status : 1;
}

static void clean_up(struct demo *demo)
{
	for (size_t i = 0; i < CHILDREN; i++)
		stop_child(&demo->children[i]);
	session_close(&demo->session);
	world_close(&demo->world);
	if (demo->signals >= 0)
		close(demo->signals);
}

int demo(const struct options *options)
{
	static struct demo demo;
	int err, status = 1;

	demo = (struct demo){
	        .options = *options,
	        .session = {.options = &demo.options, .observe = observe, .observer = &demo},
	        .world = {.client = -1, .router = -1, .server = -1},
	        .signals = -1,
	};
	/* The table comes at the end; until then nothing is printed. */
	if (!options->output->for_programs)
		demo.options.output = &output_none;
	err = prepare(&demo);
	if (!err)
		status = run(&demo, options);
	/* A signal from the terminal ends the programs that the demo runs, too. */
	if (demo.signals >= 0 && is_interrupted(&demo))
		status = 128 + demo.caught;
	else if (err == -EINTR)
		log_error("demo: a program that it needs was ended by a signal");
	clean_up(&demo);
	return status;
}
