/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a host knows of its peers: the same attempts, one after another, under tracers of their own.
 *
 * What is to stay without an answer goes into a tun device of the router that nobody reads: no
 * kernel drops it, so that nothing but the silence can be seen.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tracer.h"
#include "world.h"

#define DEADLINE_MS 1200
#define SILENT4 "198.51.100.7" /* 70 to 79 */
#define SILENT6 "2001:db8:2::7"
#define PORT_FALLS_SILENT 87
#define N_FAMILIES 2

/* clang-format off */
static const char sink_link[] = "link set sink up\n";
static const char sink_routes[] =
	"route add default dev sink table 7\n"
	"rule add ipproto 6 dport 1000 lookup 7\n";
static const char sink_host4[] = "route add 198.51.100.64/27 dev sink\n";
static const char sink_host6[] = "route add 2001:db8:2::70/124 dev sink\n";
static const char fall_silent[] = "rule add ipproto 6 dport 87 lookup 7\n";

/* What the peer does before: a connection of its own to the client, which it ends, or holds. */
enum before { NOTHING, PEER_CONNECTED, PEER_IS_CONNECTED, FALLS_SILENT };

#define ANY_PORT UINT16_MAX

/*
 * An attempt of the client, and what its record says of the peer.
 *
 * @program: the name of the thread that makes it
 * @before: FALLS_SILENT: from now on PORT_FALLS_SILENT gives no answer
 * @failures: 0 for a success, whose record says nothing
 * @succeeded: there is a last success
 * @how, @alive_port: of the sign of life; NULL where there is none
 */
static const struct known {
	const char *to[N_FAMILIES];
	uint16_t port;
	const char *program;
	enum before before;
	unsigned int failures;
	bool succeeded;
	const char *how;
	uint16_t alive_port;
	const char *words;
} attempts[] = {
	{{SILENT4 "7", SILENT6 "7"}, 80, "one", NOTHING, 1, false, NULL, 0, NULL},
	{{SILENT4 "8", SILENT6 "8"}, 80, "one", NOTHING, 1, false, NULL, 0, NULL},
	{{SILENT4 "9", SILENT6 "9"}, 80, "one", NOTHING, 1, false, NULL, 0,
	 "1 on eth0 has answered since "},
	{{SERVER4, SERVER6}, PORT_SILENT, "one", PEER_CONNECTED, 1, false, "metrics", 0,
	 " that had worked ended "},
	{{SERVER4, SERVER6}, PORT_SILENT, "one", PEER_IS_CONNECTED, 2, false, "socket", ANY_PORT,
	 " ago, so the host is up: look at what filters port 1000."},
	{{SERVER4, SERVER6}, PORT_FALLS_SILENT, "one", NOTHING, 0, false, NULL, 0, NULL},
	{{SERVER4, SERVER6}, PORT_FALLS_SILENT, "one", NOTHING, 0, false, NULL, 0, NULL},
	{{SERVER4, SERVER6}, PORT_SILENT, "one", NOTHING, 3, false, "attempt", PORT_FALLS_SILENT,
	 " ago, so the host is up: look at what filters port 1000."},
	{{SERVER4, SERVER6}, PORT_FALLS_SILENT, "one", FALLS_SILENT, 1, true, "attempt",
	 PORT_FALLS_SILENT, " It is the first failure after 2 successes, the last "},
	{{SERVER4, SERVER6}, PORT_CLOSED, "one", NOTHING, 1, false, "attempt", PORT_FALLS_SILENT,
	 " answered on port 87 "},
	{{SERVER4, SERVER6}, PORT_CLOSED, "one", NOTHING, 2, false, "attempt", PORT_CLOSED,
	 " It is failure 2 in a row there, since "},
	{{SERVER4, SERVER6}, PORT_FALLS_SILENT, "one", NOTHING, 2, true, "attempt", PORT_CLOSED,
	 " answered on port 79 "},
	{{SILENT4 "7", SILENT6 "7"}, 80, "one", NOTHING, 2, false, NULL, 0,
	 "1 on eth0 works: 1 other peer behind it answered lately."},
	{{SILENT4 "7", SILENT6 "7"}, 81, "two", NOTHING, 1, false, NULL, 0,
	 " (3 attempts of 2 programs), nor has any other socket here. The way "},
};
/* clang-format on */
#define N_ATTEMPTS ARRAY_SIZE(attempts)

/* Lines for `ip`, for both families. */
static bool configure(const struct world *world, const char *lines4, const char *lines6, char *why)
{
	static const char *const ip6[] = {"ip", "-6", "-batch", "-", NULL};

	return world_batch(world->router, "ip", lines4, why) &&
	       run_program(world->router, lines6, why, ip6);
}

static int open_sink(const struct world *world)
{
	struct ifreq request = {.ifr_name = "sink", .ifr_flags = IFF_TUN | IFF_NO_PI};
	int fd;

	namespace_enter(world->router);
	fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
	if (fd >= 0 && ioctl(fd, TUNSETIFF, &request)) {
		close(fd);
		fd = -1;
	}
	namespace_leave();
	return fd;
}

static void connect_once(const struct known *attempt, size_t family)
{
	struct sockaddr_storage peer;
	socklen_t length = make_address(&peer, family ? AF_INET6 : AF_INET, attempt->to[family],
	                                attempt->port);
	int fd = socket(family ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	prctl(PR_SET_NAME, attempt->program);
	if (connect(fd, (struct sockaddr *)&peer, length) < 0 && errno != EINPROGRESS)
		_exit(1);
	/* What answers does so at once; what does not gets a retry. */
	sleep_ms(attempt->failures && attempt->port != PORT_CLOSED ? DEADLINE_MS : 50);
	close_quietly(fd);
}

/* The peer's own connection, -1 for none: the client's side of it closes after the peer's. */
static int begin_peer(const struct world *world, enum before before, size_t family)
{
	int domain = family ? AF_INET6 : AF_INET, fd;
	struct sockaddr_storage client;
	socklen_t length = make_address(&client, domain, family ? CLIENT6 : CLIENT4, PORT_OPEN);

	if (before != PEER_CONNECTED && before != PEER_IS_CONNECTED)
		return -1;
	namespace_enter(world->server);
	fd = socket(domain, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (connect(fd, (struct sockaddr *)&client, length) || write(fd, "", 1) != 1)
		_exit(1);
	if (before == PEER_IS_CONNECTED)
		return fd;
	close(fd);
	sleep_ms(100);
	return -1;
}

/* Both families side by side: each line of the table is done before the next begins. */
static bool make_attempts(const struct world *world, char *why)
{
	for (size_t i = 0; i < N_ATTEMPTS; i++) {
		pid_t pids[N_FAMILIES];
		int failed = 0, status;

		/* The questions about what failed before have been asked. */
		if (attempts[i].before != NOTHING)
			tracer_settle();
		if (attempts[i].before == FALLS_SILENT &&
		    !configure(world, fall_silent, fall_silent, why))
			return false;
		for (size_t family = 0; family < N_FAMILIES; family++) {
			pids[family] = fork_child();
			if (pids[family] == 0) {
				int peer = begin_peer(world, attempts[i].before, family);

				namespace_enter(world->client);
				connect_once(&attempts[i], family);
				if (peer >= 0)
					tracer_settle();
				close_quietly(peer);
				_exit(0);
			}
		}
		for (size_t family = 0; family < N_FAMILIES; family++)
			failed |= waitpid(pids[family], &status, 0) < 0 || status;
		if (failed) {
			snprintf(why, WHY_SIZE, "attempt %zu could not be made", i + 1);
			return false;
		}
	}
	return true;
}

static bool check(const struct known *attempt, const json_t *record, char *why)
{
	const json_t *peer = json_at(record, "connect.peer");
	const char *words = json_text(record, "connect.explanation");
	json_int_t alive_port = json_number(peer, "host_alive.port", 0);
	const char *wrong = NULL;

	if (!attempt->failures && peer)
		wrong = "something is told beside a success";
	else if (attempt->failures &&
	         json_number(peer, "failures", 0) != (json_int_t)attempt->failures)
		wrong = "another number of failures";
	else if (attempt->failures && !*json_text(peer, "failing_since"))
		wrong = "no failing_since";
	else if (!*json_text(peer, "last_success") == attempt->succeeded)
		wrong = "last_success is there, or is not";
	else if (strcmp(json_text(peer, "host_alive.how"), attempt->how ? attempt->how : ""))
		wrong = "another sign of life";
	else if (attempt->alive_port == ANY_PORT ? !alive_port : alive_port != attempt->alive_port)
		wrong = "another port shows that the host is alive";
	else if (attempt->words && !strstr(words, attempt->words))
		wrong = "other words";
	if (!wrong)
		return true;
	snprintf(why, WHY_SIZE, "%s port %u, %s: %s", json_text(record, "network.peer.address"),
	         attempt->port, wrong, words);
	return false;
}

static int by_start(const void *left, const void *right)
{
	const json_t *const *a = left, *const *b = right;

	return strcmp(json_text(*a, "event.start"), json_text(*b, "event.start"));
}

/* The records of one family, in the order of their starts, are the lines of the table. */
static void check_family(struct tracer *tracer, const json_t *records, const char *type,
                         const struct world *world, bool only_failed)
{
	const json_t *record, *found[2 * N_ATTEMPTS];
	size_t n = 0, next = 0, at;

	json_array_foreach(records, at, record)
	{
		if (n < ARRAY_SIZE(found) && !strcmp(json_text(record, "network.type"), type) &&
		    json_number(record, "netns", 0) == (json_int_t)world->netns)
			found[n++] = record;
	}
	qsort(found, n, sizeof(*found), by_start);
	for (size_t i = 0; i < N_ATTEMPTS && !tracer->why[0]; i++) {
		if (only_failed && !attempts[i].failures)
			continue;
		if (next < n && !check(&attempts[i], found[next], tracer->why))
			return;
		next++;
	}
	if (next != n)
		snprintf(tracer->why, sizeof(tracer->why), "%zu records of %s, not %zu", n, type,
		         next);
}

static void judge(const char *scenario, const char *name, struct tracer *tracer,
                  const struct world *world, bool only_failed)
{
	char full_name[64];
	json_t *records = tracer->why[0] ? NULL : tracer_records(tracer);

	if (records) {
		check_family(tracer, records, "ipv4", world, only_failed);
		if (!tracer->why[0])
			check_family(tracer, records, "ipv6", world, only_failed);
	}
	json_decref(records);
	snprintf(full_name, sizeof(full_name), "%s/%s", scenario, name);
	report(tracer->why[0] ? NOT_OK : OK, full_name, tracer->why);
}

/* What was saved with -x is read back: it must tell the same. */
static void judge_replay(const char *scenario, const char *file, const struct world *world)
{
	struct tracer reader = {0};

	tracer_replay(&reader, "peers-replayed", file);
	judge(scenario, "replayed", &reader, world, true);
}

void scenario_peers(const char *name)
{
	static struct world world;
	struct tracer traced = {0}, failed = {0}, saving = {0};
	char file[128], why[WHY_SIZE] = "";
	const char *const save[] = {"-x", "-w", file, NULL}, *const only_failed[] = {"-x", NULL};
	int sink;

	if (!world_make(&world, name) || !server_start(&world, 1)) {
		report(NOT_OK, name, "its namespaces cannot be set up");
		return;
	}
	sink = open_sink(&world);
	if (sink < 0 || !world_batch(world.router, "ip", sink_link, why) ||
	    !configure(&world, sink_routes, sink_routes, why) ||
	    !configure(&world, sink_host4, sink_host6, why)) {
		report(SKIPPED, name, sink < 0 ? "no tun device can be made" : why);
		return;
	}
	snprintf(file, sizeof(file), "%s/peers.saved", settings.directory);
	if (tracer_run(&traced, "peers-traced", -1, NULL) &&
	    tracer_run(&failed, "peers-failed", -1, only_failed) &&
	    tracer_run(&saving, "peers-saved", -1, save) && !make_attempts(&world, why))
		snprintf(traced.why, sizeof(traced.why), "%s", why);
	tracer_settle();
	tracer_stop(&traced);
	tracer_stop(&failed);
	tracer_stop(&saving);
	judge(name, "traced", &traced, &world, false);
	judge(name, "failed", &failed, &world, true);
	judge_replay(name, file, &world);
	close(sink);
}
