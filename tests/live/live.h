/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Live tests: real sockets in private network namespaces, the JSON of connwhy beside what the
 * applications saw.
 *
 *   client 192.0.2.2 ── 192.0.2.1 router 198.51.100.1 ── 198.51.100.2 server
 *   2001:db8:1::/64 on the client's link, 2001:db8:2::/64 on the server's
 *
 * A test is a line of a table: where to connect, what the application does, what the records must
 * say. It becomes a variant for each address family and each mode. All variants run at once, each
 * in a process of its own, under one connwhy; `seen` is what the application saw.
 * Namespaces have no name: they vanish with the last process that holds them.
 */
#ifndef CONNWHY_LIVE_H
#define CONNWHY_LIVE_H

#include <jansson.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include "facts.h"

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))
#define WHY_SIZE 512
#define SEEN_MAX 4
#define EXPECT_MAX 3
#define STEPS_EXPECTED 4
#define NOT_SEEN (-1)
#define CLOSED "closed_by_app or deadline_of_app"
#define LOST "no_reply or dropped_by_node"
#define SYN_ANY (-1)
#define VIA_ANY_PORT 65535
#define SYN_BY_TIME (-2) /* what the schedule says of the attempt's duration */

enum family { V4 = 1, V6 = 2, MAPPED = 4, ALL_FAMILIES = 7 };
enum mode { BLOCKING = 1, NONBLOCKING = 2, BOTH_MODES = 3 };
enum place { ANYWHERE, SELF, ROUTER, SERVER, ITSELF, NOBODY };

/* Open on the server, and on loopback at the client. */
#define PORT_OPEN 80
#define PORT_OPEN_LAST 89
#define PORT_CLOSED 79
#define PORT_RESET 70      /* accepts and resets */
#define PORT_SILENT 1000   /* the router drops it */
#define PORT_PER_VARIANT 0 /* one of its own, silent: PORT_OWN + the variant's number */
#define PORT_OWN 2000
#define PORT_OWN_LAST 3999

/*
 * One attempt as the application saw it; errnos, 0 for success, NOT_SEEN where it did not look.
 * It waited `elapsed_ns` from `from_ns` on.
 *
 * @returned: what the first connect() returned
 * @error:    what it got in the end, from connect() or SO_ERROR
 * @asked:    what it asked for, where that is not the peer
 */
struct seen {
	pid_t pid, tid;
	int returned, error;
	uint16_t local_port;
	uint64_t from_ns, elapsed_ns;
	bool ended; /* by the application: it knows when, though no errno */
	struct sockaddr_storage peer, asked;
};

enum hardness { ANY_HARDNESS, HARD, SOFT };

/*
 * Steps of one kind; zero and NULL mean "any".
 *
 * @fact:     what a tier must be able to see for the step to be there
 * @at_least, @at_most: how many; one at least
 * @none:     there must be no such step
 * @type, @code, @hard, @name: of the ICMP error, where has_icmp
 * @from, @ttl: of the ICMP error or the reset
 * @elsewhere: dropped in another network namespace
 */
struct expect_step {
	const char *kind;
	enum fact fact;
	unsigned int at_least, at_most;
	bool none, has_icmp;
	uint8_t type, code, ttl;
	enum hardness hard;
	enum place from;
	const char *name, *direction, *reason, *segment;
	bool elsewhere;
};

/*
 * What a record must say.
 *
 * @error:      errno of the attempt, 0 for none
 * @any_error:  the errno is the kernel's own business
 * @cause:      CLOSED is what fits the duration, for the application may be slower than it wants;
 * LOST either, for whether another namespace of this kernel lost all of it is chance
 * @cause_fact: evidence that the cause needs; where a tier lacks it the cause is not asked for
 * @why, @why_fact: connect.why_no_answer, NULL for none, and the evidence that it needs
 * @syn, @syn_fact: exactly this many SYNs; SYN_ANY, or as many as the schedule says where scheduled
 * @scheduled:  kind of the steps that must keep to the kernel's schedule for the test's TCP_SYNCNT
 * @min_ms, @max_ms: of the duration
 * @api:        connect.api, where the tier tells it
 * @return_fact: what `return` and `blocking` need, where that is not FACT_RETURN
 * @explained, @explained_fact: words that the explanation must have, and what they need
 * @via, @via_port, @via_local, @via_fact: what this host's NAT makes of the peer and of the local
 * end
 * @incomplete: something of the attempt may have been lost
 * @has_no_peer: the call gave no address that could be used
 * @unlike_seen: what the application saw of this attempt is another errno, or nothing
 */
struct expect {
	const char *outcome;
	int error;
	bool any_error;
	const char *cause;
	enum fact cause_fact;
	const char *why;
	enum fact why_fact;
	int syn;
	enum fact syn_fact;
	const char *scheduled;
	enum fact scheduled_fact;
	unsigned int min_ms, max_ms;
	const char *api;
	enum fact return_fact;
	const char *explained;
	enum fact explained_fact;
	bool unlike_seen;
	bool has_no_peer;
	bool incomplete;
	enum place via;
	uint16_t via_port;
	const char *via_local;
	enum fact via_fact;
	struct expect_step steps[STEPS_EXPECTED];
};

struct variant;
struct forger;

/*
 * An ICMP error that a forger sends.
 *
 * @info:      the word behind the checksum: the MTU, or what RFC 792 and RFC 4443 say
 * @seq_shift: added to the sequence number of the segment that it quotes
 */
struct forged_icmp {
	uint8_t type, code;
	uint32_t info, seq_shift;
};

/*
 * @world:    tests that name the same one share its namespaces; NULL is the common one
 * @to4, @to6: NULL is the server
 * @needs:    a fact without which there is no record to look at
 * @sysctl:   "net/ipv4/x=y", separated by "; ", in the client's namespace; one that does not exist
 *            skips the test; @server_sysctl the same in the server's
 * @far:      what comes to the client comes a little later, on another CPU, as from a real network;
 *            else it can come while connect() still runs
 * @early:    starts before connwhy: client() calls variant_wait_for_tracer()
 * @by_kernel: a thread of the kernel connects: its records are those to the variant's port
 * @client_ip, @router_ip: lines for `ip -batch`; @client_tc, @router_tc the same for tc;
 * @client_nft, @router_nft: rules, each "CHAIN RULE", of the chains input, output and forward; what
 *            the router drops of what it forwards is lost without a word
 * @client_ruleset, @router_ruleset: what nft is given as it is
 * @forge:    what the forger does beside client_meets_forger(); @icmp: what it sends
 * @judge:    looks at the records in the place of expect_records()
 */
struct test {
	const char *name;
	unsigned int families, modes;
	void (*client)(struct variant *v);
	const char *world;
	const char *to4, *to6;
	uint16_t port;
	int syncnt;
	enum fact needs;
	bool early, far, by_kernel;
	const char *sysctl, *server_sysctl;
	const char *client_ip, *router_ip, *client_tc, *router_tc;
	const char *client_nft, *router_nft;
	const char *client_ruleset, *router_ruleset;
	void (*forge)(struct forger *f);
	struct forged_icmp icmp;
	void (*judge)(struct variant *v, const json_t *records);
	struct expect expect[EXPECT_MAX];
};

enum result { UNDECIDED, OK, NOT_OK, SKIPPED };

struct variant {
	const struct test *test;
	const struct world *world;
	enum family family;
	enum mode mode;
	unsigned int number;
	char name[64];
	struct sockaddr_storage peer;
	pid_t pid;
	enum result result;
	char why[WHY_SIZE], before[WHY_SIZE]; /* @before: why the first try failed */
	unsigned int n_seen;
	struct seen seen[SEEN_MAX];
};

extern const struct test tests_basic[], tests_route[], tests_icmp[], tests_drop[], tests_abandon[],
        tests_calls[], tests_front[], tests_mptcp[], tests_fastopen[], tests_policy[],
        tests_cgroup[], tests_kernel[], tests_apps[], tests_netem[], tests_forged[],
        tests_segments[], tests_soft[], tests_threads[], tests_deadline[], tests_nat[],
        tests_node[], tests_held[]; /* end with a nameless one */

/* main.c: the run as a whole. */
struct settings {
	const char *self, *connwhy, *tier, *out;
	int tries;
	unsigned int late_ms;    /* how much later than it should something may happen */
	unsigned int stagger_ms; /* between the starts of two clients, 0: measure it */
	unsigned int storm;      /* connects of a storm at most, 0: no limit */
	char directory[64];      /* temporary, removed at the end */
};
extern struct settings settings;

void report(enum result result, const char *name, const char *why);
bool is_selected(const char *name);

/* filters.c, command.c, lifetime.c, storm.c, peers.c, flood.c: scenarios, each reports its cases as
 * NAME/CASE. */
void scenario_filters(const char *name);
void scenario_command(const char *name);
void scenario_lifetime(const char *name);
void scenario_storm(const char *name);
void scenario_peers(const char *name);
void scenario_flood(const char *name);
void scenario_confine(const char *name);

/* variants.c: the tables of tests, run at once. */
void variants_list(void);
void variants_endings(void);
void variants_run(void);

/* client.c: what the processes of a variant use; they do not return from fail and skip. */
void variant_fail(struct variant *v, const char *format, ...)
        __attribute__((format(printf, 2, 3), noreturn));
void variant_skip(struct variant *v, const char *format, ...)
        __attribute__((format(printf, 2, 3), noreturn));
void variant_wait_for_tracer(void);
void set_peer(struct variant *v, const char *address, uint16_t port);
unsigned int slot(const struct variant *v);  /* 0 to 5 by family and mode */
uint16_t open_port(const struct variant *v); /* one for each slot, 84 to 89 */
int open_socket(struct variant *v);
int connect_peer(struct variant *v, int fd); /* 0 or the errno */
uint16_t bind_local(struct variant *v, int fd, const char *address, uint16_t port);
/* Returns 0 or a positive errno. */
typedef int connect_fn(struct variant *v, int fd);
struct seen *begin(struct variant *v);
struct seen *start(struct variant *v, int fd);   /* the first connect() and no more */
struct seen *attempt(struct variant *v, int fd); /* connect() to the end */
struct seen *attempt_by(struct variant *v, int fd, connect_fn *connects);
void await(struct seen *seen, int fd); /* poll and SO_ERROR */
void note_end(struct seen *seen);      /* the application has ended it now */
void close_quietly(int fd);            /* a reset: leaves no TIME_WAIT */
pid_t fork_child(void);                /* dies with its parent */
int wait_child(struct variant *v, pid_t pid);
void client_connect(struct variant *v);
void client_connect_far(struct variant *v);
void client_needs(struct variant *v, const char *program); /* skips where it is not installed */
pid_t run_later(struct variant *v, unsigned int ms, const char *const argv[]);

/* cases_fastopen.c */
void client_fast_open(struct variant *v);

/* util.c */
uint64_t now_ns(void);
void sleep_ms(unsigned int ms);
bool write_file(const char *path, const char *text);
void address_text(const struct sockaddr_storage *address, char *text, size_t size);
uint16_t address_port(const struct sockaddr_storage *address);
socklen_t make_address(struct sockaddr_storage *address, int family, const char *text,
                       uint16_t port);
bool find_program(const char *name, char *path, size_t size);
const char *errno_name(int error);
const json_t *json_at(const json_t *object, const char *path); /* "event.name" */
const char *json_text(const json_t *object, const char *path); /* "" where there is none */
json_int_t json_number(const json_t *object, const char *path, json_int_t otherwise);

/* expect.c */
void expect_records(struct variant *v, const json_t *records);

#endif
