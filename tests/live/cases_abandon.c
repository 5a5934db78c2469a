/* SPDX-License-Identifier: GPL-2.0-only */
/* Attempts that somebody on this host ends before there is an answer. */
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "world.h"

#ifndef TCP_RTO_MAX_MS
#define TCP_RTO_MAX_MS 44
#endif

#define ALL_WAYS .families = ALL_FAMILIES, .modes = BOTH_MODES
#define POLLING .families = ALL_FAMILIES, .modes = NONBLOCKING
#define SILENT .port = PORT_SILENT, .router_nft = "forward tcp dport 1000 drop"

static void close_after(struct variant *v, unsigned int ms)
{
	int fd = open_socket(v);
	struct seen *seen = start(v, fd);

	sleep_ms(ms);
	close(fd);
	note_end(seen);
}

static void client_closes(struct variant *v)
{
	close_after(v, 150);
}

static void client_closes_late(struct variant *v)
{
	close_after(v, 1250);
}

/* Linux 6.15: no wait between two SYNs is longer. */
static void client_limits_waits(struct variant *v)
{
	int fd = open_socket(v), ms = 2000;
	struct seen *seen;

	if (setsockopt(fd, IPPROTO_TCP, TCP_RTO_MAX_MS, &ms, sizeof(ms)))
		variant_skip(v, "TCP_RTO_MAX_MS: %s", strerror(errno));
	seen = start(v, fd);
	sleep_ms(1250);
	close(fd);
	note_end(seen);
}

static void client_resets(struct variant *v)
{
	int fd = open_socket(v);
	struct seen *seen = start(v, fd);

	sleep_ms(150);
	close_quietly(fd);
	note_end(seen);
}

/* A child connects; what it saw is noted before, for it will not come back. */
static pid_t start_child(struct variant *v)
{
	struct seen *seen = &v->seen[v->n_seen++];
	int about[2];
	pid_t pid;
	char byte;

	if (pipe2(about, O_CLOEXEC))
		variant_fail(v, "pipe: %s", strerror(errno));
	pid = fork_child();
	if (pid == 0) {
		int fd = open_socket(v);

		*seen = (struct seen){.pid = getpid(),
		                      .tid = gettid(),
		                      .returned = NOT_SEEN,
		                      .error = NOT_SEEN,
		                      .from_ns = now_ns(),
		                      .peer = v->peer};
		if (v->mode == NONBLOCKING)
			connect_peer(v, fd);
		close(about[1]);
		if (v->mode == BLOCKING)
			connect_peer(v, fd);
		return 0;
	}
	close(about[1]);
	if (read(about[0], &byte, 1))
		variant_fail(v, "the child wrote");
	sleep_ms(300);
	return pid;
}

static void client_exits(struct variant *v)
{
	pid_t pid = start_child(v);

	if (pid == 0) {
		sleep_ms(150);
		_exit(3);
	}
	wait_child(v, pid);
	note_end(&v->seen[0]);
}

static void client_is_killed(struct variant *v)
{
	pid_t pid = start_child(v);

	if (pid == 0) {
		pause();
		_exit(0);
	}
	kill(pid, SIGKILL);
	wait_child(v, pid);
	note_end(&v->seen[0]);
}

static void client_is_terminated(struct variant *v)
{
	pid_t pid = start_child(v);

	if (pid == 0) {
		pause();
		_exit(0);
	}
	kill(pid, SIGTERM);
	wait_child(v, pid);
	note_end(&v->seen[0]);
}

static void client_send_timeout(struct variant *v)
{
	struct timeval limit = {.tv_usec = 400000};
	int fd = open_socket(v);
	struct seen *seen;

	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	seen = start(v, fd);
	close(fd);
	note_end(seen);
}

static void note_signal(int number)
{
	(void)number;
}

static void alarm_after(unsigned int ms, int flags)
{
	struct sigaction action = {.sa_handler = note_signal, .sa_flags = flags};
	struct itimerval timer = {.it_value = {ms / 1000, (int)(ms % 1000) * 1000}};

	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &timer, NULL);
}

static void client_is_interrupted(struct variant *v)
{
	int fd = open_socket(v);
	struct seen *seen;

	alarm_after(300, 0);
	seen = start(v, fd);
	if (seen->returned != EINTR)
		variant_fail(v, "connect() gave %s, not EINTR", errno_name(seen->returned));
	close(fd);
	note_end(seen);
}

static void client_is_restarted(struct variant *v)
{
	alarm_after(300, SA_RESTART);
	client_connect(v);
}

static void client_shuts_down(struct variant *v)
{
	int fd = open_socket(v), error = 0;
	socklen_t length = sizeof(error);
	struct seen *seen = start(v, fd);

	sleep_ms(150);
	if (shutdown(fd, SHUT_RDWR) || getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) ||
	    error != ECONNRESET)
		variant_fail(v, "shutdown() left %s", errno_name(error ? error : errno));
	note_end(seen);
	close(fd);
}

static void client_disconnects(struct variant *v)
{
	struct sockaddr unspec = {.sa_family = AF_UNSPEC};
	int fd = open_socket(v), error = 0;
	socklen_t length = sizeof(error);
	struct seen *seen = start(v, fd);

	sleep_ms(150);
	if (connect(fd, &unspec, sizeof(unspec)) ||
	    getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) || error != ECONNRESET)
		variant_fail(v, "AF_UNSPEC left %s", errno_name(error ? error : errno));
	note_end(seen);
	close(fd);
}

static void client_is_aborted(struct variant *v)
{
	char port[16];
	const char *const argv[] = {"ss",    "-K", "-t", "state", "syn-sent",
	                            "dport", "=",  port, NULL};
	int fd = open_socket(v);
	struct seen *seen;
	pid_t pid;

	client_needs(v, "ss");
	snprintf(port, sizeof(port), ":%u", address_port(&v->peer));
	pid = run_later(v, 300, argv);
	seen = attempt(v, fd);
	wait_child(v, pid);
	if (seen->error == ETIMEDOUT)
		variant_skip(v, "ss -K cannot end sockets here");
	close(fd);
}

#define ABANDONED(cause_) .outcome = "abandoned", .cause = cause_, .syn = SYN_BY_TIME

const struct test tests_abandon[] = {
        {
                .name = "closed",
                POLLING,
                SILENT,
                .client = client_closes,
                .expect = {{ABANDONED(CLOSED), .min_ms = 140}},
        },
        {
                .name = "deadline",
                POLLING,
                SILENT,
                .client = client_closes_late,
                .expect = {{.outcome = "abandoned",
                            .cause = "deadline_of_app",
                            .syn = SYN_BY_TIME,
                            .min_ms = 1240}},
        },
        {
                .name = "deadline_with_rto_max",
                POLLING,
                SILENT,
                .client = client_limits_waits,
                .expect = {{ABANDONED("deadline_of_app"), .min_ms = 1240,
                            .explained = "given up at about 13.0 s"}},
        },
        {
                .name = "closed_with_linger",
                POLLING,
                SILENT,
                .client = client_resets,
                .expect = {{.outcome = "abandoned",
                            .cause = CLOSED,
                            .syn = SYN_BY_TIME,
                            .any_error = true,
                            .min_ms = 140}},
        },
        {
                .name = "exited",
                POLLING,
                SILENT,
                .client = client_exits,
                .expect = {{ABANDONED("process_exited")}},
        },
        {
                .name = "killed",
                ALL_WAYS,
                SILENT,
                .client = client_is_killed,
                .expect = {{ABANDONED("killed"), .explained = "SIGKILL"}},
        },
        {
                .name = "killed_dropped",
                ALL_WAYS,
                .port = 1007,
                .client_nft = "output tcp dport 1007 drop",
                .client = client_is_killed,
                .expect = {{.outcome = "abandoned",
                            .cause = "killed",
                            .syn = 0,
                            .why = "dropped_locally_out",
                            .why_fact = FACT_DROP_OUT,
                            .explained = "nft list ruleset",
                            .explained_fact = FACT_DROP_REASON}},
        },
        {
                .name = "closed_unanswered",
                POLLING,
                .port = 1008,
                .client_nft = "input tcp sport 1008 drop",
                .client = client_closes,
                .expect = {{.outcome = "abandoned",
                            .cause = CLOSED,
                            .syn = SYN_BY_TIME,
                            .why = "dropped_locally_in",
                            .why_fact = FACT_DROP_IN,
                            .min_ms = 140}},
        },
        {
                .name = "terminated",
                ALL_WAYS,
                SILENT,
                .client = client_is_terminated,
                .expect = {{ABANDONED("killed"), .explained = "SIGTERM"}},
        },
        {
                .name = "send_timeout",
                .families = ALL_FAMILIES,
                .modes = BLOCKING,
                SILENT,
                .client = client_send_timeout,
                .expect = {{ABANDONED("send_timeout"), .min_ms = 390}},
        },
        {
                .name = "interrupted",
                .families = ALL_FAMILIES,
                .modes = BLOCKING,
                SILENT,
                .client = client_is_interrupted,
                .expect = {{ABANDONED(CLOSED), .unlike_seen = true, .min_ms = 290,
                            .steps = {{"interrupted", FACT_RETURN, .at_most = 1}}}},
        },
        {
                .name = "restarted",
                .families = ALL_FAMILIES,
                .modes = BLOCKING,
                SILENT,
                .syncnt = 1,
                .client = client_is_restarted,
                .expect = {{.outcome = "failure",
                            .error = ETIMEDOUT,
                            .cause = "no_reply",
                            .syn = SYN_ANY,
                            .scheduled = "syn_retry",
                            .steps = {{"interrupted", FACT_RETURN, .at_most = 1}}}},
        },
        {
                .name = "shut_down",
                POLLING,
                SILENT,
                .client = client_shuts_down,
                .expect = {{ABANDONED("shut_down"), .error = ECONNRESET, .min_ms = 140}},
        },
        {
                .name = "disconnected",
                POLLING,
                SILENT,
                .client = client_disconnects,
                .expect = {{ABANDONED("disconnected"), .error = ECONNRESET, .min_ms = 140}},
        },
        {
                .name = "aborted_by_admin",
                ALL_WAYS,
                .port = PORT_PER_VARIANT,
                .router_nft = "forward tcp dport 2000-3999 drop",
                .syncnt = 2,
                .client = client_is_aborted,
                .expect = {{ABANDONED("aborted_by_admin"), .error = ECONNABORTED, .min_ms = 290,
                            .explained = "ss"}},
        },
        {0},
};
