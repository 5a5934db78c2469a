/* SPDX-License-Identifier: GPL-2.0-only */
/* A caller that waits in connect(), and what other threads and signals do meanwhile. */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "world.h"

#define WAITING .families = ALL_FAMILIES, .modes = BLOCKING
#define MIDWAY_MS 300

/* The error came while connect() held the socket: kept there, and the caller sleeps on. */
#define REJECTED                                                                                   \
	.port = 1205, .client_nft = "output tcp dport 1205 reject with icmpx type "                \
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

#define KILLED .outcome = "abandoned", .cause = "killed", .explained = "SIGKILL"
#define BY_REJECT .syn = 0, .why = "rejected_locally"

const struct test tests_threads[] = {
        {
                .name = "rejected_and_killed",
                WAITING,
                REJECTED,
                .client = client_is_killed,
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
                .expect = {{KILLED, .syn = 1}},
        },
        {0},
};
