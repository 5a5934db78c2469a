/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Events as text, as tests/cases/ has them: words apart by blanks, a word without `=` begins an
 * event, each KEY=VALUE behind it sets a field of event.h. From `#` on a line is a comment.
 *
 * Times are seconds since the start of the case, errors are names, endpoints 10.0.0.5:443 or
 * [2001:db8::1]:443, lists of flags apart by commas, and \xNN is a byte. What is not said is 0; an
 * event belongs to socket 1 and start 0 where it does not say otherwise.
 */
#ifndef CONNWHY_TESTS_SCRIPT_H
#define CONNWHY_TESTS_SCRIPT_H

#include <stdio.h>

#include "records.h"
#include "words.h"

#define SCRIPT_EVENTS_MAX 128
#define SCRIPT_NAMES_MAX 32
#define SCRIPT_VALUE_SIZE 256

union script_event {
	struct event_header header;
	struct attempt attempt;
	struct step_event step;
};

/*
 * @place: what the host would tell of each attempt of the case
 * @names: of drop reasons and functions; the number in the event is the index plus 1
 */
struct script {
	const char *file;
	union script_event events[SCRIPT_EVENTS_MAX];
	size_t n_events;
	struct place place;
	char *names[SCRIPT_NAMES_MAX];
	size_t n_names;
};

enum script_value {
	VALUE_U8,
	VALUE_U16,
	VALUE_U32,
	VALUE_U64,
	VALUE_INT,
	VALUE_TIME,
	VALUE_ERROR,
	VALUE_ENDPOINT,
	VALUE_COMM,
	VALUE_STRING,
	VALUE_WORD,     /* __u8: index in the words of the key */
	VALUE_BITS8,    /* __u8: a bit for each word */
	VALUE_BITS32,   /* __u32: the same */
	VALUE_REASON,   /* __u32: index in the names of the script, plus 1 */
	VALUE_FUNCTION, /* __u64: the same */
};

struct script_key {
	const char *name;
	enum script_value value;
	size_t offset;
	const char *const *words;
};

static const char *const script_states[] = {
        "", "ESTABLISHED", "SYN_SENT", "SYN_RECV", "FIN_WAIT1", "", "", "CLOSE", NULL,
};
static const char *const script_apis[] = {
        "unknown", "connect", "fastopen", "io_uring", "kernel", "mptcp", NULL,
};
static const char *const script_ends[] = {
        "nothing", "state", "return", "destroy", "replaced", "reaper", NULL,
};
static const char *const script_directions[] = {"out", "in", NULL};
static const char *const script_tcp_flags[] = {"FIN", "SYN", "RST", "PSH", "ACK", NULL};
static const char *const script_links[] = {
        "KNOWN", "UP", "RUNNING", "TENTATIVE", "DUPLICATE", NULL,
};
static const char *const script_flags[] = {
        "CALL_RUNNING", "RETURNED",   "FINAL",        "BLOCKING",      "PREEXISTING", "REJECTED",
        "SIMULTANEOUS", "SYN_SENT",   "SYN_UNSENT",   "UNSPEC",        "SNDTIMEO",    "LSM",
        "SUBFLOW",      "RST_SEEN",   "RST_ACCEPTED", "IN_FINAL_CALL", "CLOSER",      "NO_CALL",
        "ICMP",         "KEPT_BACK",  "OLD_ERRORS",   "V6ONLY",        "DONTROUTE",   "OTHER_WON",
        "BEGIN_MISSED", "END_MISSED", "PUT_OFF",      "UNPLACED",      "SIGNED",      NULL,
};
static_assert(ATTEMPT_SIGNED == 1 << (sizeof(script_flags) / sizeof(script_flags[0]) - 2),
              "a name for each flag");

#define HEADER_KEYS(type)                                                                          \
	{"socket", VALUE_U64, offsetof(type, header.socket), NULL},                                \
	        {"start", VALUE_TIME, offsetof(type, header.id), NULL},                            \
	        {"at", VALUE_TIME, offsetof(type, header.at_ns), NULL},
#define KEY(type, name, field, value)                                                              \
	{                                                                                          \
		name, VALUE_##value, offsetof(type, field), NULL                                   \
	}
#define END_KEY(field, value) KEY(struct attempt, #field, field, value)
#define STEP_KEY(name, field, value) KEY(struct step_event, name, field, value)
#define END_OF_KEYS                                                                                \
	{                                                                                          \
		NULL, 0, 0, NULL                                                                   \
	}

static const struct script_key end_keys[] = {
        HEADER_KEYS(struct attempt){"flags", VALUE_BITS32, offsetof(struct attempt, flags),
                                    script_flags},
        {"state", VALUE_WORD, offsetof(struct attempt, final_state), script_states},
        {"api", VALUE_WORD, offsetof(struct attempt, api), script_apis},
        {"ended_by", VALUE_WORD, offsetof(struct attempt, ended_by), script_ends},
        {"rst_flags", VALUE_BITS8, offsetof(struct attempt, rst.flags), script_tcp_flags},
        KEY(struct attempt, "final", final_ns, TIME),
        KEY(struct attempt, "returned", return_ns, TIME),
        KEY(struct attempt, "syn", syn_ns, TIME),
        KEY(struct attempt, "rst", rst.at_ns, TIME),
        KEY(struct attempt, "rst_ttl", rst.ttl, U8),
        KEY(struct attempt, "rst_from", rst.from, ENDPOINT),
        KEY(struct attempt, "closer_pid", closer.pid, U32),
        KEY(struct attempt, "closer_tid", closer.tid, U32),
        KEY(struct attempt, "closer_comm", closer.comm, COMM),
        KEY(struct attempt, "closer_exiting", closer.exiting, U16),
        KEY(struct attempt, "closer_execing", closer.execing, U16),
        KEY(struct attempt, "closer_exit_code", closer.exit_code, INT),
        END_KEY(ret, ERROR),
        END_KEY(error, ERROR),
        END_KEY(error_soft, ERROR),
        END_KEY(cgroup_id, U64),
        END_KEY(pid, U32),
        END_KEY(tid, U32),
        END_KEY(uid, U32),
        END_KEY(sock_uid, U32),
        END_KEY(netns, U32),
        END_KEY(comm, COMM),
        END_KEY(local, ENDPOINT),
        END_KEY(remote, ENDPOINT),
        END_KEY(asked, ENDPOINT),
        END_KEY(retransmits, U32),
        END_KEY(user_timeout_ms, U32),
        END_KEY(steps, U32),
        END_KEY(mark, U32),
        END_KEY(bound_ifindex, U32),
        END_KEY(route_ifindex, U32),
        END_KEY(shutdown, U8),
        END_KEY(syn_retries, U8),
        END_KEY(synack_ttl, U8),
        KEY(struct attempt, "retries", tallies[TALLY_RETRY], U16),
        KEY(struct attempt, "interruptions", tallies[TALLY_INTERRUPTED], U16),
        END_KEY(isn, U32),
        END_KEY(old_error_soft, U8),
        END_KEY(early_error_soft, U8),
        END_OF_KEYS,
};

static const struct script_key retry_keys[] = {
        HEADER_KEYS(struct step_event) STEP_KEY("error", retry.error, ERROR),
        STEP_KEY("xmit", retry.error, INT),
        STEP_KEY("retransmits", retry.retransmits, U32),
        END_OF_KEYS,
};
static const struct script_key icmp_keys[] = {
        HEADER_KEYS(struct step_event) STEP_KEY("version", icmp.version, U8),
        STEP_KEY("type", icmp.type, U8),
        STEP_KEY("code", icmp.code, U8),
        STEP_KEY("hard", icmp.hard, U8),
        STEP_KEY("ttl", icmp.ttl, U8),
        STEP_KEY("error", icmp.error, ERROR),
        STEP_KEY("from", icmp.from, ENDPOINT),
        END_OF_KEYS,
};
static const struct script_key drop_keys[] = {
        HEADER_KEYS(struct step_event){"direction", VALUE_WORD,
                                       offsetof(struct step_event, drop.direction),
                                       script_directions},
        {"flags", VALUE_BITS8, offsetof(struct step_event, drop.flags), script_tcp_flags},
        STEP_KEY("reason", drop.reason, REASON),
        STEP_KEY("function", drop.location, FUNCTION),
        STEP_KEY("netns", drop.netns, U32),
        STEP_KEY("unsent", drop.unsent, U8),
        STEP_KEY("from", drop.from, ENDPOINT),
        STEP_KEY("to", drop.to, ENDPOINT),
        STEP_KEY("isn", drop.isn, U32),
        STEP_KEY("via_peer", drop.via.peer, ENDPOINT),
        STEP_KEY("via_local", drop.via.local, ENDPOINT),
        END_OF_KEYS,
};
static const struct script_key translation_keys[] = {
        HEADER_KEYS(struct step_event) STEP_KEY("via_peer", translation.via.peer, ENDPOINT),
        STEP_KEY("via_local", translation.via.local, ENDPOINT),
        STEP_KEY("by", translation.by, U32),
        STEP_KEY("serverless", translation.serverless, U32),
        END_OF_KEYS,
};
static const struct script_key segment_keys[] = {
        HEADER_KEYS(struct step_event){
                "flags", VALUE_BITS8, offsetof(struct step_event, segment.flags), script_tcp_flags},
        STEP_KEY("ttl", segment.ttl, U8),
        STEP_KEY("from", segment.from, ENDPOINT),
        END_OF_KEYS,
};
static const struct script_key reset_keys[] = {
        HEADER_KEYS(struct step_event) STEP_KEY("received", reset.received, U64),
        STEP_KEY("closed", reset.closed, U64),
        STEP_KEY("established", reset.established_ns, TIME),
        END_OF_KEYS,
};
static const struct script_key interrupted_keys[] = {
        HEADER_KEYS(struct step_event) STEP_KEY("ret", interrupted.ret, ERROR),
        END_OF_KEYS,
};
static const struct script_key route_keys[] = {
        HEADER_KEYS(struct step_event) STEP_KEY("error", route.error, ERROR),
        STEP_KEY("type", route.type, U32),
        STEP_KEY("by_source", route.by_source, U32),
        STEP_KEY("neighbour", route.neighbour, U32),
        STEP_KEY("ipsec", route.ipsec, U32),
        STEP_KEY("next_hop", route.next_hop, ENDPOINT),
        STEP_KEY("ifindex", route.ifindex, U32),
        {"link", VALUE_BITS32, offsetof(struct step_event, route.link), script_links},
        END_OF_KEYS,
};
static const struct script_key listener_keys[] = {
        HEADER_KEYS(struct step_event) STEP_KEY("queued", listener.queued, U32),
        STEP_KEY("limit", listener.limit, U32),
        END_OF_KEYS,
};
static const struct script_key ports_keys[] = {
        HEADER_KEYS(struct step_event) STEP_KEY("low", ports.low, U32),
        STEP_KEY("high", ports.high, U32),
        STEP_KEY("used", ports.used, U32),
        END_OF_KEYS,
};

static const struct script_key schedule_keys[] = {
        HEADER_KEYS(struct step_event) STEP_KEY("syn_retries", schedule.syn_retries, INT),
        STEP_KEY("syn_linear_timeouts", schedule.syn_linear_timeouts, INT),
        STEP_KEY("rto_max_ms", schedule.rto_max_ms, U32),
        END_OF_KEYS,
};

static const struct script_key peer_keys[] = {
        HEADER_KEYS(struct step_event) STEP_KEY("socket_at", peer.socket_ns, TIME),
        STEP_KEY("socket_port", peer.socket_port, U16),
        STEP_KEY("metrics_at", peer.metrics_ns, TIME),
        STEP_KEY("rtt_us", peer.rtt_us, U32),
        STEP_KEY("sockets_known", peer.sockets_known, U8),
        END_OF_KEYS,
};

static const struct script_key next_hop_keys[] = {
        HEADER_KEYS(struct step_event) STEP_KEY("gateway", next_hop.gateway, ENDPOINT),
        STEP_KEY("ifindex", next_hop.ifindex, U32),
        STEP_KEY("answering", next_hop.answering, U32),
        END_OF_KEYS,
};

static const struct script_key kept_keys[] = {
        HEADER_KEYS(struct step_event) STEP_KEY("last", kept.last_ns, TIME),
        STEP_KEY("successes", kept.successes, U32),
        STEP_KEY("other", kept.other_ns, TIME),
        STEP_KEY("other_port", kept.other_port, U16),
        STEP_KEY("forgotten", kept.forgotten_ns, TIME),
        END_OF_KEYS,
};

/* Not events, but what the host tells of each attempt of the case. */
static const struct script_key host_keys[] = {
        KEY(struct script, "cgroup_path", place.cgroup_path, STRING),
        KEY(struct script, "bound_interface", place.bound_interface, STRING),
        KEY(struct script, "route_interface", place.route_interface, STRING),
        END_OF_KEYS,
};

#define HOST EVENT_MAX

static const struct {
	const char *name;
	enum event_type type;
	const struct script_key *keys;
} script_words[] = {
        {"end", EVENT_END, end_keys},
        {"retry", EVENT_RETRY, retry_keys},
        {"icmp", EVENT_ICMP, icmp_keys},
        {"drop", EVENT_DROP, drop_keys},
        {"rst_sent", EVENT_RST_SENT, segment_keys},
        {"rst_ignored", EVENT_RST_IGNORED, segment_keys},
        {"rst_established", EVENT_RST_ESTABLISHED, reset_keys},
        {"interrupted", EVENT_INTERRUPTED, interrupted_keys},
        {"route", EVENT_ROUTE, route_keys},
        {"listener", EVENT_LISTENER, listener_keys},
        {"ports", EVENT_PORTS, ports_keys},
        {"schedule", EVENT_SCHEDULE, schedule_keys},
        {"peer", EVENT_PEER, peer_keys},
        {"next_hop", EVENT_NEXT_HOP, next_hop_keys},
        {"kept", EVENT_KEPT, kept_keys},
        {"lost", EVENT_LOST, kept_keys},
        {"skipped", EVENT_SKIPPED, schedule_keys},
        {"omitted", EVENT_OMITTED, schedule_keys},
        {"no_listener", EVENT_NO_LISTENER, drop_keys},
        {"nat_reset", EVENT_NAT_RESET, drop_keys},
        {"translation", EVENT_TRANSLATION, translation_keys},
        {"host", HOST, host_keys},
};

#endif
