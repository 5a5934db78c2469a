/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What others on this host send changes no verdict: attempts of which this host drops each answer,
 * or that get none, while forged SYN-ACKs are dropped by the ten thousand.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tracer.h"
#include "world.h"

#define ATTEMPTS 8
#define FORGED 60000 /* by each stranger, in bursts of 20 a millisecond */
#define BURST 20
#define PORT_DROPPED 83 /* open, and the client drops what comes from it */
#define LOCAL_PORT 41000
#define END_MS 10000

/* @to: where the forged answers go; @from_port: that they seem to come from, beside the server */
struct stranger {
	const char *name, *to;
	uint16_t from_port, to_port;
};

/* Into a namespace of nobody, from nobody known and from the very peer; to the attempts' own ports.
 */
static const struct stranger elsewhere[] = {
        {"others", "127.0.0.1", 7, 5000},
        {"peer", "127.0.0.1", PORT_DROPPED, 5000},
};
static const struct stranger here = {"forged", CLIENT4, PORT_SILENT, LOCAL_PORT};

static const char drop_syn_acks[] = "table ip flood {\n"
                                    "chain input { type filter hook input priority 0\n"
                                    "tcp flags & (syn | ack) == syn | ack drop\n"
                                    "}\n"
                                    "}\n";

static void forge(const struct stranger *s, int ns)
{
	struct {
		struct iphdr ip;
		struct tcphdr tcp;
	} packet = {
	        .ip = {.version = 4, .ihl = 5, .ttl = 64, .protocol = IPPROTO_TCP},
	        .tcp = {.doff = 5, .syn = 1, .ack = 1, .source = htons(s->from_port)},
	};
	struct sockaddr_in to = {.sin_family = AF_INET};
	int fd;

	namespace_enter(ns);
	fd = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);
	inet_pton(AF_INET, s->to, &to.sin_addr);
	inet_pton(AF_INET, SERVER4, &packet.ip.saddr);
	packet.ip.daddr = to.sin_addr.s_addr;
	for (unsigned int i = 0; i < FORGED; i++) {
		packet.tcp.dest = htons((uint16_t)(s->to_port + i % ATTEMPTS));
		packet.tcp.ack_seq = htonl(i * 2654435761U);
		if (sendto(fd, &packet, sizeof(packet), 0, (struct sockaddr *)&to, sizeof(to)) < 0)
			_exit(1);
		if (i % BURST == 0)
			sleep_ms(1);
	}
	_exit(0);
}

static pid_t start_stranger(const struct stranger *s, int ns)
{
	pid_t pid = fork_child();

	if (pid == 0)
		forge(s, ns);
	return pid;
}

/* All at once, without waiting for each other; they end by the kernel's time-out. */
static void connect_all(const struct world *world, uint16_t port)
{
	struct sockaddr_storage peer;
	socklen_t length = make_address(&peer, AF_INET, SERVER4, port);
	int fds[ATTEMPTS], one = 1;

	namespace_enter(world->client);
	for (uint16_t i = 0; i < ATTEMPTS; i++) {
		struct sockaddr_storage local;
		socklen_t size = make_address(&local, AF_INET, CLIENT4, LOCAL_PORT + i);

		fds[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
		setsockopt(fds[i], IPPROTO_TCP, TCP_SYNCNT, &one, sizeof(one));
		if (port == PORT_SILENT && bind(fds[i], (struct sockaddr *)&local, size))
			_exit(1);
		connect(fds[i], (struct sockaddr *)&peer, length);
	}
	for (int i = 0; i < ATTEMPTS; i++) {
		struct pollfd poller = {.fd = fds[i], .events = POLLOUT};

		poll(&poller, 1, END_MS);
	}
	_exit(0);
}

static bool wait_all(const pid_t *pids, size_t n)
{
	bool good = true;
	int status;

	for (size_t i = 0; i < n; i++)
		good &= pids[i] > 0 && waitpid(pids[i], &status, 0) == pids[i] && !status;
	return good;
}

static void judge(const char *scenario, const char *name, const json_t *records, uint16_t port,
                  const char *cause)
{
	char full_name[64], why[WHY_SIZE] = "";
	unsigned int n = 0;
	const json_t *record;
	size_t at;

	json_array_foreach(records, at, record)
	{
		if (json_number(record, "network.peer.port", 0) != port)
			continue;
		n++;
		if (strcmp(json_text(record, "connect.cause"), cause))
			snprintf(why, sizeof(why), "a record says %s: %.300s",
			         json_text(record, "connect.cause"),
			         json_text(record, "connect.explanation"));
		else if (!strcmp(cause, "no_reply") && json_find(record, "drop"))
			snprintf(why, sizeof(why), "a forged answer is told as one of the peer's");
	}
	if (!*why && n != ATTEMPTS)
		snprintf(why, sizeof(why), "%u records, not %d", n, ATTEMPTS);
	snprintf(full_name, sizeof(full_name), "%s/%s", scenario, name);
	report(*why ? NOT_OK : OK, full_name, why);
}

/* The strangers begin first: their packets are there before the first attempt is. */
static void run(const char *scenario, const struct world *world, int nowhere)
{
	static const uint16_t ports[] = {PORT_DROPPED, PORT_SILENT};
	struct tracer tracer = {0};
	json_t *records = NULL;
	pid_t pids[5];
	size_t n = 0;

	if (!tracer_run(&tracer, scenario, -1, NULL)) {
		report(NOT_OK, scenario, tracer.why);
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(elsewhere); i++)
		pids[n++] = start_stranger(&elsewhere[i], nowhere);
	pids[n++] = start_stranger(&here, world->client);
	sleep_ms(200);
	for (size_t i = 0; i < ARRAY_SIZE(ports); i++) {
		pids[n] = fork_child();
		if (pids[n] == 0)
			connect_all(world, ports[i]);
		n++;
	}
	if (!wait_all(pids, n))
		report(NOT_OK, scenario, "its packets cannot be sent");
	tracer_settle();
	if (tracer_stop(&tracer))
		records = tracer_records(&tracer);
	if (!records)
		report(NOT_OK, scenario, tracer.why);
	judge(scenario, "answers_dropped_here", records, PORT_DROPPED, "dropped_locally_in");
	judge(scenario, "answers_forged", records, PORT_SILENT, "no_reply");
	json_decref(records);
}

void scenario_flood(const char *name)
{
	static const char *const nft[] = {"nft", "-f", "-", NULL};
	static struct world world;
	int nowhere = namespace_make();
	char why[WHY_SIZE] = "";

	if (!world_make(&world, name) || !server_start(&world, 1) ||
	    !world_rules(&world, world.router, "forward tcp dport 1000 drop", why) ||
	    !run_program(world.client, drop_syn_acks, why, nft) ||
	    !run_program(nowhere, drop_syn_acks, why, nft)) {
		report(SKIPPED, name, *why ? why : "its namespaces cannot be set up");
		return;
	}
	run(name, &world, nowhere);
	close(nowhere);
}
