/* SPDX-License-Identifier: GPL-2.0-only */
/* A caller that waits in connect(), and what other threads and signals do meanwhile. */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "world.h"

#define WAITING .families = ALL_FAMILIES, .modes = BLOCKING
#define MIDWAY_MS 300
#define TICK_MS 10
#define TICKS_LEAST 40 /* more than any limit of steps, and much less than 3 s have */

/* The error came while connect() held the socket: kept there, and the caller sleeps on. */
#define REJECTED                                                                                   \
	.port = 1215, .client_nft = "output tcp dport 1215 reject with icmpx type "                \
	                            "port-unreachable"

#define SILENT .port = PORT_SILENT, .router_nft = "forward tcp dport 1000 drop"

/* What the other thread is told. */
struct other {
	struct variant *v;
	int fd;
	int error; /* of what it did, 0 for none */
};

static void *shut_down(void *context)
{
	struct other *other = context;

	sleep_ms(MIDWAY_MS);
	other->error = shutdown(other->fd, SHUT_RDWR) ? errno : 0;
	return NULL;
}

static void *close_it(void *context)
{
	struct other *other = context;

	sleep_ms(MIDWAY_MS / 2);
	close(other->fd);
	return NULL;
}

/* A child connects and does not come back; what is known of it is noted before. */
static void connect_and_wait(struct variant *v, void *(*thread)(void *), struct other *other)
{
	struct seen *seen = begin(v);
	pthread_t id;

	other->v = v;
	other->fd = open_socket(v);
	if (thread)
		pthread_create(&id, NULL, thread, other);
	seen->from_ns = now_ns();
	connect_peer(v, other->fd);
	_exit(0);
}

static void kill_child_midway(struct variant *v, void *(*thread)(void *))
{
	struct other other = {0};
	pid_t pid = fork_child();

	if (pid == 0)
		connect_and_wait(v, thread, &other);
	sleep_ms(MIDWAY_MS);
	kill(pid, SIGKILL);
	wait_child(v, pid);
	if (!v->n_seen)
		variant_fail(v, "the child did not connect");
	note_end(&v->seen[0]);
}

static void client_is_killed(struct variant *v)
{
	kill_child_midway(v, NULL);
}

static void client_is_closed_and_killed(struct variant *v)
{
	kill_child_midway(v, close_it);
}

static void client_is_shut_down(struct variant *v)
{
	struct other other = {.v = v, .fd = open_socket(v)};
	struct seen *seen;
	pthread_t id;

	pthread_create(&id, NULL, shut_down, &other);
	seen = start(v, other.fd);
	pthread_join(id, NULL);
	/* Some kernels before 6.7 let nobody disturb a caller that waits. */
	if (other.error)
		variant_skip(v, "shutdown: %s", strerror(other.error));
	note_end(seen);
	close(other.fd);
}

static void ignore_signal(int number)
{
	(void)number;
}

/* Each tick breaks the call off, and the kernel restarts it. */
static void client_is_ticked(struct variant *v)
{
	static const struct itimerval ticks = {{.tv_usec = TICK_MS * 1000},
	                                       {.tv_usec = TICK_MS * 1000}};
	static const struct itimerval none;
	struct sigaction action = {.sa_handler = ignore_signal, .sa_flags = SA_RESTART};

	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &ticks, NULL);
	client_connect(v);
	setitimer(ITIMER_REAL, &none, NULL);
}

/* One step stands for all, and what tells of the cause is beside it. */
static void judge_ticks(struct variant *v, const json_t *records)
{
	const json_t *record, *step;
	json_int_t ticks = 0;
	size_t i, j;

	expect_records(v, records);
	json_array_foreach(records, i, record)
	{
		if (json_number(record, "process.pid", 0) != v->pid)
			continue;
		json_array_foreach(json_at(record, "connect.steps"), j, step)
		{
			if (!strcmp(json_text(step, "step"), "interrupted"))
				ticks += json_number(step, "count", 1);
		}
	}
	/* Most of them: a busy machine is late. */
	if (v->result == OK && facts_expected(FACT_EVERY_RETURN) && ticks < TICKS_LEAST) {
		snprintf(v->why, sizeof(v->why), "interrupted %lld times only", (long long)ticks);
		v->result = NOT_OK;
	}
}

/* The signal broke the call off: nothing was returned to anybody. */
static void judge_never_returned(struct variant *v, const json_t *records)
{
	const json_t *record;
	size_t i;

	expect_records(v, records);
	json_array_foreach(records, i, record)
	{
		if (!v->n_seen || json_number(record, "process.pid", 0) != v->seen[0].pid ||
		    !json_at(record, "connect.return"))
			continue;
		snprintf(v->why, sizeof(v->why), "connect() returned %s",
		         json_text(record, "connect.return"));
		v->result = NOT_OK;
	}
}

#define KILLED .outcome = "abandoned", .cause = "killed", .explained = "SIGKILL"
#define BY_REJECT .syn = 0, .why = "rejected_locally"

const struct test tests_threads[] = {
        {
                .name = "rejected_and_killed",
                WAITING,
                REJECTED,
                .client = client_is_killed,
                .judge = judge_never_returned,
                .expect = {{KILLED, BY_REJECT}},
        },
        {
                .name = "rejected_and_shut_down",
                WAITING,
                REJECTED,
                .client = client_is_shut_down,
                .expect = {{.outcome = "abandoned",
                            .error = ECONNRESET,
                            .cause = "shut_down",
                            .unlike_seen = true,
                            .min_ms = MIDWAY_MS - 10,
                            BY_REJECT}},
        },
        {
                /* The descriptor is gone, but the waiting caller still holds the socket. */
                .name = "closed_and_killed",
                WAITING,
                SILENT,
                .client = client_is_closed_and_killed,
                .judge = judge_never_returned,
                .expect = {{KILLED, .syn = 1}},
        },
        {
                .name = "ticked",
                WAITING,
                .port = 1216,
                .client_nft = "input tcp sport 1216 drop",
                .syncnt = 1,
                .client = client_is_ticked,
                .judge = judge_ticks,
                .expect = {{.outcome = "failure",
                            .error = ETIMEDOUT,
                            .cause = "dropped_locally_in",
                            .syn = SYN_ANY,
                            .scheduled = "syn_retry",
                            .steps = {{"interrupted", FACT_EVERY_RETURN, .at_most = 1},
                                      {"dropped", FACT_DROP_IN, .at_least = 2,
                                       .direction = "in"}}}},
        },
        {0},
};
