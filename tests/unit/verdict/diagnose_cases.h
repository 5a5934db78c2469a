/* SPDX-License-Identifier: GPL-2.0-only */
/* The endings of outcomes.md as records, each with the verdict that its evidence carries. */
#ifndef CONNWHY_TESTS_DIAGNOSE_CASES_H
#define CONNWHY_TESTS_DIAGNOSE_CASES_H

#include <errno.h>
#include <signal.h>

#include "record.h"

#define MS 1000000ULL
#define START 5000000000000ULL
#define AT(ms) (START + (ms)*MS)

#define IP4(a, b, c, d, port_)                                                                     \
	{                                                                                          \
		.address = {a, b, c, d}, .port = port_, .family = FAMILY_IPV4                      \
	}
#define IP6(last, port_)                                                                           \
	{                                                                                          \
		.address = {0x20, 0x01, 0x0d, 0xb8, [15] = last}, .port = port_,                   \
		.family = FAMILY_IPV6                                                              \
	}
#define LOOPBACK4 IP4(127, 0, 0, 1, 0)
#define LOOPBACK6                                                                                  \
	{                                                                                          \
		.address = {[15] = 1}, .family = FAMILY_IPV6                                       \
	}
#define LOCAL4 IP4(10, 0, 0, 5, 43210)
#define LOCAL6 IP6(5, 43210)
#define ROUTER4 IP4(10, 0, 0, 1, 0)
#define ROUTER6 IP6(1, 0)

/* clang-format off */
#define WHO .header = {.id = START}, .pid = 100, .tid = 100, .comm = "curl", .api = API_CONNECT
#define V4 WHO, .local = LOCAL4, .remote = IP4(192, 0, 2, 7, 443), .asked = IP4(192, 0, 2, 7, 443)
#define V6 WHO, .local = LOCAL6, .remote = IP6(7, 443), .asked = IP6(7, 443)
#define FINAL(state_, ms) .final_state = state_, .final_ns = AT(ms), .ended_by = ENDED_BY_STATE
#define CLOSED(ms) FINAL(TCP_STATE_CLOSE, ms)
#define RETURNED(ret_, ms) .ret = ret_, .return_ns = AT(ms)
#define SENT .syn_ns = START + 20000
#define BY_APP .closer = {.pid = 100, .tid = 100, .comm = "curl"}
#define BY_ROOT .closer = {.pid = 77, .tid = 77, .comm = "ss"}

#define TRIED (ATTEMPT_SYN_SENT | ATTEMPT_FINAL)
#define POLLED (TRIED | ATTEMPT_RETURNED)
#define BLOCKED (POLLED | ATTEMPT_BLOCKING)
#define UNSENT ATTEMPT_SYN_UNSENT
#define CALLED_LATE (POLLED | ATTEMPT_IN_FINAL_CALL)
#define LEFT (POLLED | ATTEMPT_CLOSER)
#define LEFT_EARLY (LEFT | ATTEMPT_PUT_OFF)

#define AT_ONCE(error_)                                                                            \
	.flags = ATTEMPT_RETURNED, RETURNED(-error_, 0), .ended_by = ENDED_BY_RETURN
#define BY_LSM(error_)                                                                             \
	.flags = ATTEMPT_RETURNED | ATTEMPT_LSM, RETURNED(-error_, 0), .ended_by = ENDED_BY_RETURN
#define ENDED(ms, error_) SENT, CLOSED(ms), .flags = BLOCKED, .error = error_

#define STEPS(n, ...) .n_steps = n, .steps = {__VA_ARGS__}
#define RETRY(ms) {.at_ns = (ms) * MS, .kind = STEP_SYN_RETRY}
#define RETRY_FAILED(ms, error_)                                                                   \
	{.at_ns = (ms) * MS, .kind = STEP_SYN_RETRY_FAILED, .retry = {.error = error_}}
#define ICMP(ms, version_, type_, code_, hard_, error_, ...)                                       \
	{.at_ns = (ms) * MS, .kind = STEP_ICMP_RECEIVED,                                           \
	 .icmp = {version_, type_, code_, hard_, .ttl = 63, .error = error_, .from = __VA_ARGS__}}
#define HARD4(ms, code, error, ...) ICMP(ms, 4, 3, code, 1, error, __VA_ARGS__)
#define SOFT4(ms, code, error, ...) ICMP(ms, 4, 3, code, 0, error, __VA_ARGS__)
#define HARD6(ms, code, error, ...) ICMP(ms, 6, 1, code, 1, error, __VA_ARGS__)
#define DROP(ms, direction_, unsent_, reason_, function_)                                          \
	{.at_ns = (ms) * MS, .kind = STEP_DROPPED,                                                 \
	 .drop = {.direction = direction_, .unsent = unsent_},                                     \
	 .drop_reason = reason_, .drop_function = function_}
#define FILTERED(ms) DROP(ms, DROP_OUT, 1, "NETFILTER_DROP", "nf_hook_slow")
#define RST_FROM(ttl_)                                                                             \
	.rst = {.at_ns = AT(20), .flags = 0x14, .ttl = ttl_, .from = IP4(192, 0, 2, 7, 443)}
#define RST (ATTEMPT_RST_SEEN | ATTEMPT_RST_ACCEPTED)

#define FAILS(cause_, error_, syns) OUTCOME_FAILURE, CAUSE_##cause_, error_, syns
#define ABANDONS(cause_, error_, syns) OUTCOME_ABANDONED, CAUSE_##cause_, error_, syns
#define SUCCEEDS(cause_, syns) OUTCOME_SUCCESS, CAUSE_##cause_, 0, syns
#define UNKNOWN(syns) OUTCOME_UNKNOWN, CAUSE_UNKNOWN, 0, syns

/* @words: what the sentence must say, up to three parts */
static const struct {
	const char *name;
	struct record record;
	enum outcome outcome;
	enum cause cause;
	int error;
	int syn_sent;
	unsigned int duration_ms;
	const char *words[3];
} cases[] = {
	/* The handshake was completed. */
	{"success", {.attempt = {V4, SENT, FINAL(1, 12), .flags = BLOCKED, RETURNED(0, 12)}},
	 SUCCEEDS(ESTABLISHED, 1), 12, {"Established in 12.0 ms."}},
	{"TCP_REPAIR", {.attempt = {V4, FINAL(1, 0), .flags = BLOCKED | UNSENT, RETURNED(0, 0)}},
	 SUCCEEDS(ESTABLISHED, 0), 0, {"TCP_REPAIR"}},
	{"success after a retry", {.attempt = {V4, SENT, FINAL(1, 1030), .flags = TRIED}, STEPS(1,
	  RETRY(1020))},
	 SUCCEEDS(ESTABLISHED, 2), 1030, {"2 SYNs"}},
	{"success though the call was interrupted",
	 {.attempt = {V4, SENT, FINAL(1, 40), .flags = BLOCKED, RETURNED(-EINTR, 40)}},
	 SUCCEEDS(ESTABLISHED, 1), 40, {0}},
	{"success of an attempt that began before",
	 {.attempt = {V4, FINAL(1, 40), .flags = TRIED | ATTEMPT_PREEXISTING}},
	 SUCCEEDS(ESTABLISHED, -1), 40, {"before the tracer"}},
	{"stale peer state", {.attempt = {V4, SENT, FINAL(1, 8), .flags = TRIED},
	  STEPS(2, {.at_ns = 2 * MS, .kind = STEP_STALE_PEER_STATE}, RETRY(6))},
	 SUCCEEDS(ESTABLISHED, 2), 8, {"older connection"}},
	{"a segment that does not fit, then the answer", {.attempt = {V4, SENT, FINAL(1, 8),
	  .flags = TRIED},
	  STEPS(2, {.at_ns = 2 * MS, .kind = STEP_RST_SENT}, RETRY(6))},
	 SUCCEEDS(ESTABLISHED, 2), 8, {"does not fit our SYN"}},
	{"simultaneous open", {.attempt = {V4, SENT, FINAL(1, 8),
	  .flags = TRIED | ATTEMPT_SIMULTANEOUS}},
	 SUCCEEDS(ESTABLISHED, 1), 8, {"simultaneous"}},
	{"reset behind the handshake", {.attempt = {V4, SENT, FINAL(1, 8), .flags = TRIED},
	  .has_reset = true,
	  .reset = {.established_ns = AT(8)}, .reset_ns = AT(11)},
	 SUCCEEDS(RESET_AFTER_ESTABLISHED, 1), 8, {"192.0.2.7:443", "3.0 ms after"}},
	{"reset that connect() returns", {.attempt = {V4, SENT, FINAL(1, 8), .flags = BLOCKED,
	  RETURNED(-ECONNRESET, 9)}},
	 FAILS(RESET_AFTER_ESTABLISHED, ECONNRESET, 1), 8, {"ECONNRESET"}},
	{"reset behind data", {.attempt = {V4, SENT, FINAL(1, 8), .flags = TRIED},
	  .has_reset = true,
	  .reset = {.received = 5, .established_ns = AT(8)}, .reset_ns = AT(11)},
	 SUCCEEDS(ESTABLISHED, 1), 8, {0}},
	{"reset after the grace", {.attempt = {V4, SENT, FINAL(1, 8), .flags = TRIED},
	  .has_reset = true,
	  .reset = {.established_ns = AT(8)}, .reset_ns = AT(209)},
	 SUCCEEDS(ESTABLISHED, 1), 8, {0}},

	/* The call failed at once. */
	{"security module", {.attempt = {V4, BY_LSM(EACCES)},
	  .has_route = true, .route = {.type = 8}},
	 FAILS(DENIED_BY_POLICY, EACCES, 0), 0, {"security module", "EACCES"}},
	{"security module that checks arguments", {.attempt = {V4, BY_LSM(EINVAL)}},
	 FAILS(INVALID_CALL, EINVAL, 0), 0, {0}},
	{"cgroup program", {.attempt = {V4, AT_ONCE(EPERM)}},
	 FAILS(DENIED_BY_POLICY, EPERM, 0), 0, {"cgroup"}},
	{"EACCES with no route known", {.attempt = {V4, AT_ONCE(EACCES)}},
	 FAILS(UNKNOWN, EACCES, 0), 0, {"EACCES"}},
	{"EACCES with a usable route", {.attempt = {V4, AT_ONCE(EACCES)},
	  .has_route = true, .route = {.type = 1}},
	 FAILS(DENIED_BY_POLICY, EACCES, 0), 0, {"no prohibit route"}},
	{"hook of a security module in the output path",
	 {.attempt = {V4, SENT, CLOSED(0), .flags = CALLED_LATE | UNSENT, RETURNED(-ECONNREFUSED,
	  0)}},
	 FAILS(DENIED_BY_POLICY, ECONNREFUSED, 0), 0, {"no RST came"}},
	{"ports exhausted", {.attempt = {V4, CLOSED(0), .flags = CALLED_LATE,
	  RETURNED(-EADDRNOTAVAIL, 0)},
	  .has_ports = true, .ports = {32768, 60999, 28232}},
	 FAILS(NO_LOCAL_PORT, EADDRNOTAVAIL, 0), 0, {"28232 of the 28232 ports 32768 to 60999"}},
	{"no source address", {.attempt = {V6, AT_ONCE(EADDRNOTAVAIL)}},
	 FAILS(NO_LOCAL_PORT, EADDRNOTAVAIL, 0), 0, {"source address"}},
	{"no memory for the port", {.attempt = {V4, CLOSED(0), .flags = CALLED_LATE,
	  RETURNED(-ENOMEM, 0)}},
	 FAILS(NO_MEMORY, ENOMEM, 0), 0, {"no memory", "ENOMEM"}},
	{"no memory for the SYN", {.attempt = {V4, CLOSED(0), .flags = CALLED_LATE | UNSENT,
	  RETURNED(-ENOBUFS, 0)}},
	 FAILS(NO_MEMORY, ENOBUFS, 0), 0, {"no memory", "ENOBUFS"}},
	{"no memory for the route", {.attempt = {V6, AT_ONCE(ENOMEM)}},
	 FAILS(NO_MEMORY, ENOMEM, 0), 0, {"no SYN left"}},
	{"prohibit route", {.attempt = {V4, AT_ONCE(EACCES)},
	  .has_route = true, .route = {.type = 8}},
	 FAILS(ROUTE_PROHIBITED, EACCES, 0), 0, {"prohibit"}},
	{"prohibit route by the errno of the answer", {.attempt = {V4, AT_ONCE(EACCES)},
	  .has_route = true, .route = {.error = EACCES}},
	 FAILS(ROUTE_PROHIBITED, EACCES, 0), 0, {"prohibit"}},
	{"route that could not be asked", {.attempt = {V4, AT_ONCE(EACCES)},
	  .has_route = true, .route = {.error = EPERM}},
	 FAILS(DENIED_BY_POLICY, EACCES, 0), 0, {0}},
	{"blackhole route", {.attempt = {V6, AT_ONCE(EINVAL)},
	  .has_route = true, .route = {.type = 6}},
	 FAILS(ROUTE_BLACKHOLE, EINVAL, 0), 0, {"blackhole"}},
	{"no route", {.attempt = {V4, AT_ONCE(ENETUNREACH)}},
	 FAILS(NO_ROUTE, ENETUNREACH, 0), 0, {"ip route get 192.0.2.7"}},
	{"unreachable route", {.attempt = {V4, AT_ONCE(EHOSTUNREACH)},
	  .has_route = true, .route = {.type = 7}},
	 FAILS(NO_ROUTE, EHOSTUNREACH, 0), 0, {"type unreachable"}},
	{"throw route", {.attempt = {V4, AT_ONCE(ENETUNREACH)},
	  .has_route = true, .route = {.type = 9}},
	 FAILS(NO_ROUTE, ENETUNREACH, 0), 0, {"throw"}},
	{"route that fails at the first SYN", {.attempt = {V4, CLOSED(0), .flags = CALLED_LATE,
	  RETURNED(-EHOSTUNREACH, 0)}},
	 FAILS(NO_ROUTE, EHOSTUNREACH, 0), 0, {0}},
	{"route lost", {.attempt = {V4, SENT, CLOSED(7100), .flags = TRIED, .error = ENETUNREACH,
	  .error_soft = ENETUNREACH, .syn_retries = 2},
	  STEPS(2, RETRY_FAILED(1000, -EHOSTUNREACH), RETRY_FAILED(3000, -EHOSTUNREACH))},
	 FAILS(NO_ROUTE, ENETUNREACH, 1), 7100, {"lost while trying", "1 SYN had left",
	  "2 more failed"}},
	{"route became prohibit", {.attempt = {V4, SENT, CLOSED(7100), .flags = TRIED,
	  .error = EACCES, .error_soft = EACCES},
	  STEPS(1, RETRY_FAILED(1000, -EHOSTUNREACH))},
	 FAILS(ROUTE_PROHIBITED, EACCES, 1), 7100, {"prohibit"}},
	{"route became blackhole, retries not seen", {.attempt = {V4, SENT, CLOSED(7100),
	  .flags = TRIED, .error = EINVAL, .error_soft = EINVAL}},
	 FAILS(ROUTE_BLACKHOLE, EINVAL, 1), 7100, {"blackhole"}},
	{"wrong family", {.attempt = {V4, AT_ONCE(EAFNOSUPPORT)}},
	 FAILS(INVALID_CALL, EAFNOSUPPORT, 0), 0, {"family"}},
	{"EINVAL", {.attempt = {V4, AT_ONCE(EINVAL)}},
	 FAILS(INVALID_CALL, EINVAL, 0), 0, {"blackhole gives the same"}},
	{"multicast", {.attempt = {WHO, .remote = IP4(224, 0, 0, 1, 80), AT_ONCE(ENETUNREACH)}},
	 FAILS(INVALID_CALL, ENETUNREACH, 0), 0, {"224.0.0.1"}},
	{"an errno that nothing explains", {.attempt = {V4, AT_ONCE(EMSGSIZE)}},
	 FAILS(UNKNOWN, EMSGSIZE, 0), 0, {"EMSGSIZE"}},

	/* This host's firewall, this host's neighbours. */
	{"reject with tcp reset in OUTPUT", {.attempt = {V4, CLOSED(20),
	  .flags = BLOCKED | RST | UNSENT, .error = ECONNREFUSED, RST_FROM(64),
	  RETURNED(-ECONNREFUSED, 20)},
	  STEPS(1, FILTERED(20))},
	 FAILS(REJECTED_LOCALLY, ECONNREFUSED, 0), 20, {"own firewall",
	  "NETFILTER_DROP in nf_hook_slow"}},
	{"the same before drops had reasons", {.attempt = {V4, CLOSED(20),
	  .flags = BLOCKED | RST | UNSENT, .error = ECONNREFUSED, RST_FROM(64)},
	  STEPS(1, DROP(19, DROP_OUT, 1, NULL, "nf_hook_slow"))},
	 FAILS(REJECTED_LOCALLY, ECONNREFUSED, 0), 20, {"nf_hook_slow"}},
	{"reject with tcp reset in INPUT of loopback", {.attempt = {WHO, SENT, .local = LOOPBACK4,
	  .remote = LOOPBACK4, CLOSED(20), .flags = BLOCKED | RST, .error = ECONNREFUSED,
	  RST_FROM(64)},
	  STEPS(1, {.at_ns = 20 * MS, .kind = STEP_DROPPED, .drop = {.direction = DROP_IN,
	  .flags = 2}, .drop_reason = "NETFILTER_DROP"})},
	 FAILS(REJECTED_LOCALLY, ECONNREFUSED, 1), 20, {"own firewall"}},
	{"reject with icmp in OUTPUT, blocking", {.attempt = {V4, CLOSED(1020),
	  .flags = BLOCKED | UNSENT, .error = ECONNREFUSED, .error_soft = ECONNREFUSED,
	  RETURNED(-ECONNREFUSED, 1020)},
	  STEPS(4, SOFT4(0, 3, ECONNREFUSED, LOCAL4), FILTERED(0), RETRY_FAILED(1018, -EPERM),
	  HARD4(1019, 3, ECONNREFUSED, LOCAL4))},
	 FAILS(REJECTED_LOCALLY, ECONNREFUSED, 0), 1020, {"port unreachable (3/3) from 10.0.0.5"}},
	{"reject with icmp in OUTPUT, polled and closed", {.attempt = {V4, CLOSED(1),
	  .flags = LEFT | UNSENT, .shutdown = 3, BY_APP, RETURNED(-EINPROGRESS, 0)},
	  STEPS(2, SOFT4(0, 3, ECONNREFUSED, LOCAL4), FILTERED(0))},
	 FAILS(REJECTED_LOCALLY, ECONNREFUSED, 0), 1, {"closed the socket"}},
	{"reject with icmp from loopback", {.attempt = {WHO, SENT, .local = LOOPBACK4,
	  .remote = LOOPBACK4, CLOSED(1000), .flags = BLOCKED, .error = ECONNREFUSED},
	  STEPS(2, RETRY(999), HARD4(1000, 3, ECONNREFUSED, LOOPBACK4))},
	 FAILS(REJECTED_LOCALLY, ECONNREFUSED, 2), 1000, {"127.0.0.1"}},
	{"reject of loopback with an ICMPv6 error that is not seen", {.attempt = {WHO, SENT,
	  .local = LOOPBACK6, .remote = LOOPBACK6, CLOSED(1000), .flags = BLOCKED,
	  .error = ECONNREFUSED, .error_soft = ECONNREFUSED},
	  STEPS(1, RETRY(999))},
	 FAILS(REJECTED_LOCALLY, ECONNREFUSED, 2), 1000, {"not seen"}},
	{"reject as host unreachable in OUTPUT", {.attempt = {V4, CLOSED(1020),
	  .flags = BLOCKED | UNSENT, .error = EHOSTUNREACH},
	  STEPS(2, FILTERED(1020), HARD4(1020, 1, EHOSTUNREACH, LOCAL4))},
	 FAILS(REJECTED_LOCALLY, EHOSTUNREACH, 0), 1020, {0}},
	{"reject of an ICMPv6 error that is not seen", {.attempt = {V6, CLOSED(1020),
	  .flags = BLOCKED | UNSENT, .error = EACCES},
	  STEPS(1, FILTERED(1020))},
	 FAILS(REJECTED_LOCALLY, EACCES, 0), 1020, {0}},
	{"no ARP reply", {.attempt = {V4, ENDED(3050, EHOSTUNREACH), RETURNED(-EHOSTUNREACH, 3050)},
	  STEPS(4, RETRY(1000), RETRY(2000), HARD4(3050, 1, EHOSTUNREACH, LOCAL4), DROP(3050,
	  DROP_OUT, 0, "NEIGH_FAILED", NULL))},
	 FAILS(NEIGHBOUR_UNRESOLVED, EHOSTUNREACH, 3), 3050, {"did not answer ARP",
	  "ip neigh show"}},
	{"no ARP reply, told by ICMP alone", {.attempt = {V4, ENDED(3050, EHOSTUNREACH)},
	  STEPS(1, HARD4(3050, 1, EHOSTUNREACH, LOCAL4))},
	 FAILS(NEIGHBOUR_UNRESOLVED, EHOSTUNREACH, 1), 3050, {"as it does when ARP"}},
	{"no neighbour, told by the drop alone", {.attempt = {V6, ENDED(3050, EHOSTUNREACH)},
	  STEPS(1, DROP(3050, DROP_OUT, 0, "NEIGH_FAILED", NULL))},
	 FAILS(NEIGHBOUR_UNRESOLVED, EHOSTUNREACH, 1), 3050, {"neighbour discovery"}},
	{"no neighbour, and the host's own ICMP error filtered", {.attempt = {V4, ENDED(131000,
	  ETIMEDOUT)},
	  STEPS(2, RETRY(1000), DROP(3050, DROP_OUT, 0, "NEIGH_FAILED", NULL))},
	 FAILS(NEIGHBOUR_UNRESOLVED, ETIMEDOUT, 2), 131000, {"timed out"}},

	/* ICMP errors of others. */
	{"prohibited", {.attempt = {V4, ENDED(30, EHOSTUNREACH)}, STEPS(1, HARD4(30, 13,
	  EHOSTUNREACH, ROUTER4))},
	 FAILS(PROHIBITED_ICMP, EHOSTUNREACH, 1), 30, {"(3/13) from 10.0.0.1", "TTL 63",
	  "192.0.2.7:443"}},
	{"network prohibited", {.attempt = {V4, ENDED(30, ENETUNREACH)}, STEPS(1, HARD4(30, 9,
	  ENETUNREACH, ROUTER4))},
	 FAILS(PROHIBITED_ICMP, ENETUNREACH, 1), 30, {0}},
	{"prohibited over IPv6", {.attempt = {V6, ENDED(30, EACCES)}, STEPS(1, HARD6(30, 1, EACCES,
	  ROUTER6))},
	 FAILS(PROHIBITED_ICMP, EACCES, 1), 30, {"2001:db8::1"}},
	{"prohibited over IPv6, not seen", {.attempt = {V6, ENDED(30, EACCES)}},
	 FAILS(PROHIBITED_ICMP, EACCES, 1), 30, {"ICMPv6 error that was not seen",
	  "sender is unknown"}},
	{"host unreachable behind a router", {.attempt = {V4, ENDED(3080, EHOSTUNREACH)}, STEPS(1,
	  HARD4(3080, 1, EHOSTUNREACH, ROUTER4))},
	 FAILS(UNREACHABLE_ICMP, EHOSTUNREACH, 1), 3080, {"host unreachable (3/1) from 10.0.0.1"}},
	{"port unreachable from the peer", {.attempt = {V4, ENDED(30, ECONNREFUSED)}, STEPS(1,
	  HARD4(30, 3, ECONNREFUSED, IP4(192, 0, 2, 7, 0)))},
	 FAILS(UNREACHABLE_ICMP, ECONNREFUSED, 1), 30, {"peer's firewall"}},
	{"TTL exceeded", {.attempt = {V4, ENDED(30, EHOSTUNREACH)}, STEPS(1, ICMP(30, 4, 11, 0, 1,
	  EHOSTUNREACH, ROUTER4))},
	 FAILS(UNREACHABLE_ICMP, EHOSTUNREACH, 1), 30, {"time to live"}},
	{"unreachable over IPv6, not seen", {.attempt = {V6, ENDED(30, EHOSTUNREACH)}},
	 FAILS(UNREACHABLE_ICMP, EHOSTUNREACH, 1), 30, {"not seen"}},
	{"port unreachable over IPv6, not seen", {.attempt = {V6, ENDED(30, ECONNREFUSED)}},
	 FAILS(UNREACHABLE_ICMP, ECONNREFUSED, 1), 30, {"no RST came"}},
	{"soft error that became the errno of the time-out", {.attempt = {V4, ENDED(3050,
	  ENETUNREACH), .error_soft = ENETUNREACH},
	  STEPS(3, SOFT4(500, 0, ENETUNREACH, ROUTER4), RETRY(1000), RETRY(2000))},
	 FAILS(UNREACHABLE_ICMP, ENETUNREACH, 3), 3050, {"soft error", "errno of the time-out"}},
	{"soft error read, then time-out", {.attempt = {V4, SENT, CLOSED(3050), .flags = POLLED,
	  .error = ETIMEDOUT, RETURNED(-EINPROGRESS, 0)},
	  STEPS(1, SOFT4(500, 13, EHOSTUNREACH, ROUTER4))},
	 FAILS(PROHIBITED_ICMP, ETIMEDOUT, 1), 3050, {"went on trying"}},
	{"closed with a soft error that it could read", {.attempt = {V4, SENT, CLOSED(100),
	  .flags = LEFT, .shutdown = 3, BY_APP, RETURNED(-EINPROGRESS, 0)},
	  STEPS(1, SOFT4(50, 1, EHOSTUNREACH, ROUTER4))},
	 FAILS(UNREACHABLE_ICMP, EHOSTUNREACH, 1), 100, {"could read EHOSTUNREACH"}},
	{"closed with a soft error of unknown source", {.attempt = {V6, SENT, CLOSED(100),
	  .flags = LEFT, .shutdown = 3, BY_APP, .error_soft = EHOSTUNREACH, RETURNED(-EINPROGRESS,
	  0)}},
	 FAILS(UNREACHABLE_ICMP, EHOSTUNREACH, 1), 100, {"soft error"}},
	{"closed with the soft error of an earlier attempt", {.attempt = {V6, SENT, CLOSED(100),
	  .flags = LEFT, .shutdown = 3, BY_APP, .error_soft = EHOSTUNREACH,
	  .old_error_soft = EHOSTUNREACH, RETURNED(-EINPROGRESS, 0)}},
	 ABANDONS(CLOSED_BY_APP, 0, 1), 100, {0}},
	{"closed behind a soft error that it had read", {.attempt = {V6, CLOSED(1),
	  .flags = LEFT | UNSENT, .shutdown = 3, BY_APP, .early_error_soft = ECONNREFUSED,
	  RETURNED(-EINPROGRESS, 0)}, STEPS(1, FILTERED(0))},
	 FAILS(REJECTED_LOCALLY, ECONNREFUSED, 0), 1, {"could read it"}},
	{"a hard error behind the same soft one, though TCP_USER_TIMEOUT is set", {.attempt = {V6,
	  ENDED(1020, EACCES), .error_soft = EACCES, .user_timeout_ms = 10000},
	  STEPS(1, RETRY(1000))},
	 FAILS(PROHIBITED_ICMP, EACCES, 2), 1020, {"not seen"}},
	{"a soft error that nothing but ICMP leaves", {.attempt = {V6, ENDED(3050, ECONNREFUSED),
	  .error_soft = ECONNREFUSED}, STEPS(1, RETRY(1000))},
	 FAILS(UNREACHABLE_ICMP, ECONNREFUSED, 2), 3050, {"kept it as a soft error"}},
	{"killed while it waited, behind a soft error", {.attempt = {V4, CLOSED(500),
	  .flags = LEFT | UNSENT | ATTEMPT_BLOCKING, .shutdown = 3, RETURNED(-512, 499),
	  .error_soft = ECONNREFUSED,
	  .closer = {.pid = 100, .tid = 100, .comm = "curl", .exiting = 1, .exit_code = SIGTERM}},
	  STEPS(2, FILTERED(0), SOFT4(0, 3, ECONNREFUSED, LOCAL4))},
	 ABANDONS(KILLED, 0, 0), 500, {"SIGTERM", "port unreachable", "`reject`"}},
	{"closed after EINTR, behind a soft error that it could read", {.attempt = {V4, CLOSED(500),
	  .flags = LEFT | UNSENT | ATTEMPT_BLOCKING, .shutdown = 3, RETURNED(-EINTR, 400), BY_APP,
	  .error_soft = ECONNREFUSED}, STEPS(2, FILTERED(0), SOFT4(0, 3, ECONNREFUSED, LOCAL4))},
	 FAILS(REJECTED_LOCALLY, ECONNREFUSED, 0), 500, {"could read it"}},
	{"shut down under a caller that waited", {.attempt = {V4, CLOSED(500),
	  .flags = LEFT | UNSENT | ATTEMPT_BLOCKING, RETURNED(-EPIPE, 501), BY_APP,
	  .error_soft = ECONNREFUSED}, STEPS(2, FILTERED(0), SOFT4(0, 3, ECONNREFUSED, LOCAL4))},
	 ABANDONS(SHUT_DOWN, ECONNRESET, 0), 500, {"shutdown()", "`reject`"}},
	{"IPv4-mapped on a socket of IPv6 alone", {.attempt = {V4,
	  .flags = ATTEMPT_RETURNED | ATTEMPT_V6ONLY, RETURNED(-ENETUNREACH, 0),
	  .ended_by = ENDED_BY_RETURN}, .has_route = true, .route = {.type = 1}},
	 FAILS(INVALID_CALL, ENETUNREACH, 0), 0, {"IPV6_V6ONLY"}},
	{"broadcast address of a network", {.attempt = {V4, AT_ONCE(ENETUNREACH)},
	  .has_route = true, .route = {.type = 3}},
	 FAILS(INVALID_CALL, ENETUNREACH, 0), 0, {"broadcast address of a network"}},
	{"from loopback to elsewhere", {.attempt = {WHO, .local = LOOPBACK4,
	  .remote = IP4(192, 0, 2, 7, 443), AT_ONCE(EINVAL)},
	  .has_route = true, .route = {.error = EINVAL, .by_source = 1}},
	 FAILS(INVALID_CALL, EINVAL, 0), 0, {"bound to 127.0.0.1", "192.0.2.7 is not on this host"}},
	{"from loopback into a blackhole", {.attempt = {WHO, .local = LOOPBACK4,
	  .remote = IP4(192, 0, 2, 7, 443), AT_ONCE(EINVAL)},
	  .has_route = true, .route = {.error = EINVAL}},
	 FAILS(ROUTE_BLACKHOLE, EINVAL, 0), 0, {"blackhole"}},
	{"a way for other sources alone", {.attempt = {V4, AT_ONCE(EACCES)},
	  .has_route = true, .route = {.error = EACCES, .by_source = 1}},
	 FAILS(ROUTE_PROHIBITED, EACCES, 0), 0, {"another address than 10.0.0.5"}},
	{"hard error read on another CPU", {.attempt = {V4, SENT, CLOSED(30), .flags = LEFT,
	  BY_ROOT, RETURNED(-EINPROGRESS, 0)},
	  STEPS(1, HARD4(30, 1, EHOSTUNREACH, ROUTER4))},
	 FAILS(UNREACHABLE_ICMP, EHOSTUNREACH, 1), 30, {0}},

	/* RST. */
	{"refused", {.attempt = {V4, SENT, CLOSED(20), .flags = BLOCKED | RST,
	  .error = ECONNREFUSED, RST_FROM(57), RETURNED(-ECONNREFUSED, 20)}, .usual_ttl = 57},
	 FAILS(REFUSED, ECONNREFUSED, 1), 20, {"RST from 192.0.2.7:443", "TTL 57", "sport = :443"}},
	{"refused by something in between", {.attempt = {V4, SENT, CLOSED(20),
	  .flags = BLOCKED | RST, .error = ECONNREFUSED, RST_FROM(249)}, .usual_ttl = 57},
	 FAILS(REFUSED, ECONNREFUSED, 1), 20, {"TTL 249", "TTL 57", "in between"}},
	{"refused, errno of the other sign, facts not seen", {.attempt = {V4, SENT, CLOSED(20),
	  .flags = TRIED | ATTEMPT_RST_ACCEPTED, .error = -ECONNREFUSED}},
	 FAILS(REFUSED, ECONNREFUSED, 1), 20, {0}},
	{"refused, error read on another CPU", {.attempt = {V4, SENT, CLOSED(20),
	  .flags = TRIED | ATTEMPT_RST_ACCEPTED}},
	 FAILS(REFUSED, ECONNREFUSED, 1), 20, {0}},
	{"reset in a simultaneous open", {.attempt = {V4, SENT, CLOSED(20),
	  .flags = TRIED | RST | ATTEMPT_SIMULTANEOUS, .error = ECONNRESET, RST_FROM(57)}},
	 FAILS(REFUSED, ECONNRESET, 1), 20, {"simultaneous"}},
	{"refused long after a drop of our own", {.attempt = {V4, CLOSED(1020),
	  .flags = BLOCKED | RST | UNSENT, .error = ECONNREFUSED,
	  .rst = {.at_ns = AT(1019), .flags = 0x14, .ttl = 57}}, STEPS(2, FILTERED(0),
	  RETRY(1000))},
	 FAILS(REFUSED, ECONNREFUSED, 1), 1020, {0}},
	{"refused at another address than asked", {.attempt = {WHO, SENT, .local = LOCAL4,
	  .remote = IP4(192, 0, 2, 7, 443), .asked = IP4(10, 96, 0, 1, 80), CLOSED(20),
	  .flags = BLOCKED | RST, .error = ECONNREFUSED, RST_FROM(57)}},
	 FAILS(REFUSED, ECONNREFUSED, 1), 20, {"asked for 10.96.0.1:80"}},

	/* Silence. */
	{"full listener on this host", {.attempt = {V4, ENDED(3050, ETIMEDOUT)},
	  STEPS(2, RETRY(1000), RETRY(2000)), .has_listener = true, .listener = {129, 128}},
	 FAILS(LISTENER_OVERFLOW, ETIMEDOUT, 3), 3050, {"129, limit 128"}},
	{"listener with just no room left but for one", {.attempt = {V4, ENDED(3050, ETIMEDOUT)},
	  .has_listener = true, .listener = {128, 128}},
	 FAILS(NO_REPLY, ETIMEDOUT, 1), 3050, {0}},
	{"dropped on the way out", {.attempt = {V4, CLOSED(3050), .flags = BLOCKED | UNSENT,
	  .error = ETIMEDOUT},
	  STEPS(4, FILTERED(0), FILTERED(1000), RETRY_FAILED(1000, -EPERM), RETRY_FAILED(2000,
	  -EPERM))},
	 FAILS(DROPPED_LOCALLY_OUT, ETIMEDOUT, 0), 3050, {"dropped 2",
	  "NETFILTER_DROP in nf_hook_slow", "nft list ruleset"}},
	{"dropped on the way out, told by the retries", {.attempt = {V4, ENDED(3050, ETIMEDOUT)},
	  STEPS(1, RETRY_FAILED(1000, -EPERM))},
	 FAILS(DROPPED_LOCALLY_OUT, ETIMEDOUT, 1), 3050, {"EPERM", "1 SYN left"}},
	{"dropped by a full queue", {.attempt = {V4, ENDED(3050, ETIMEDOUT)},
	  STEPS(1, DROP(0, DROP_OUT, 0, "QDISC_DROP", NULL))},
	 FAILS(DROPPED_LOCALLY_OUT, ETIMEDOUT, 1), 3050, {"tc -s qdisc"}},
	{"dropped on the way in", {.attempt = {V4, ENDED(3050, ETIMEDOUT)},
	  STEPS(3, DROP(5, DROP_IN, 0, "IP_RPFILTER", NULL), RETRY(1000), DROP(1005, DROP_IN, 0,
	  "IP_RPFILTER", NULL))},
	 FAILS(DROPPED_LOCALLY_IN, ETIMEDOUT, 2), 3050, {"2 replies", "IP_RPFILTER", "rp_filter"}},
	{"no reply", {.attempt = {V4, ENDED(7130, ETIMEDOUT), RETURNED(-ETIMEDOUT, 7130)},
	  .complete = true, STEPS(3, RETRY(1020), RETRY(3060), RETRY(3070))},
	 FAILS(NO_REPLY, ETIMEDOUT, 4), 7130, {"No reply to 4 SYNs in 7.1 s",
	  "not even an ICMP error", "host 192.0.2.7 and port 443"}},
	{"fragmentation needed, too small to be obeyed", {.attempt = {V4, ENDED(3050, EMSGSIZE),
	  .error_soft = EMSGSIZE}, STEPS(2, RETRY(1000), RETRY(2000))},
	 FAILS(UNREACHABLE_ICMP, EMSGSIZE, 3), 3050, {"(3/4)", "min_pmtu"}},
	{"no reply but the peer's own SYN", {.attempt = {V4, SENT, CLOSED(3050),
	  .flags = BLOCKED | ATTEMPT_SIMULTANEOUS, .error = ETIMEDOUT}, .complete = true},
	 FAILS(NO_REPLY, ETIMEDOUT, 1), 3050, {"a SYN of its own (simultaneous open)"}},
	{"no reply before TCP_USER_TIMEOUT", {.attempt = {V4, ENDED(2530, ETIMEDOUT),
	  .user_timeout_ms = 2500}},
	 FAILS(NO_REPLY, ETIMEDOUT, 1), 2530, {"TCP_USER_TIMEOUT is 2.5 s"}},
	{"no reply but a RST that answers nothing", {.attempt = {V4, SENT, CLOSED(3050),
	  .flags = BLOCKED | ATTEMPT_RST_SEEN, .error = ETIMEDOUT},
	  STEPS(1, {.at_ns = 9 * MS, .kind = STEP_RST_IGNORED, .segment = {.from = IP4(192, 0, 2, 7,
	  443)}})},
	 FAILS(NO_REPLY, ETIMEDOUT, 1), 3050, {"could be accepted", "RST came from 192.0.2.7"}},
	{"soft error left by an earlier attempt", {.attempt = {V4, ENDED(3070, ECONNREFUSED),
	  .error_soft = ECONNREFUSED, .old_error_soft = ECONNREFUSED}},
	 FAILS(NO_REPLY, ECONNREFUSED, 1), 3070, {"earlier attempt"}},
	{"the same, dropped on the way out", {.attempt = {V4, CLOSED(3070),
	  .flags = BLOCKED | UNSENT, .error = ECONNREFUSED, .error_soft = ECONNREFUSED,
	  .old_error_soft = ECONNREFUSED},
	  STEPS(1, FILTERED(0))},
	 FAILS(DROPPED_LOCALLY_OUT, ECONNREFUSED, 0), 3070, {"earlier attempt"}},
	{"the same, towards this host",
	 {.attempt = {WHO, .local = LOOPBACK4, .remote = LOOPBACK4, .error_soft = ECONNREFUSED,
	  .old_error_soft = ECONNREFUSED,
	  ENDED(3070, ECONNREFUSED)}},
	 FAILS(NO_REPLY, ECONNREFUSED, 1), 3070, {"earlier attempt"}},
	{"time-out read on another CPU", {.attempt = {V4, SENT, CLOSED(3050), .flags = BLOCKED,
	  RETURNED(-ETIMEDOUT, 3050)}},
	 FAILS(NO_REPLY, ETIMEDOUT, 1), 3050, {0}},

	/* This host ended it. */
	{"ss -K", {.attempt = {V4, SENT, CLOSED(300), .flags = BLOCKED | ATTEMPT_CLOSER,
	  .error = ECONNABORTED, BY_ROOT, RETURNED(-ECONNABORTED, 300)}},
	 ABANDONS(ABORTED_BY_ADMIN, ECONNABORTED, 1), 300, {"by ss (pid 77)"}},
	{"SOCK_DESTROY by a task that was not seen", {.attempt = {V4, ENDED(300, ECONNABORTED)}},
	 ABANDONS(ABORTED_BY_ADMIN, ECONNABORTED, 1), 300, {"a task of this host"}},
	{"killed", {.attempt = {V4, SENT, CLOSED(2100), .flags = LEFT, .shutdown = 3,
	  .closer = {100, 100, SIGKILL, 1, "curl"}}, STEPS(2, RETRY(1000), RETRY(2000))},
	 ABANDONS(KILLED, 0, 3), 2100, {"SIGKILL", "3 SYNs"}},
	{"killed with a core", {.attempt = {V4, SENT, CLOSED(2100), .flags = LEFT, .shutdown = 3,
	  .closer = {100, 100, SIGSEGV | 0x80, 1, "curl"}}},
	 ABANDONS(KILLED, 0, 1), 2100, {"SIGSEGV"}},
	{"exited", {.attempt = {V4, SENT, CLOSED(150), .flags = LEFT, .shutdown = 3, .closer = {100,
	  100, 3 << 8, 1, "curl"}}},
	 ABANDONS(PROCESS_EXITED, 0, 1), 150, {"status 3"}},
	{"SO_SNDTIMEO", {.attempt = {V4, SENT, CLOSED(402),
	  .flags = LEFT | ATTEMPT_BLOCKING | ATTEMPT_SNDTIMEO, .shutdown = 3, BY_APP,
	  RETURNED(-EINPROGRESS, 400)}},
	 ABANDONS(SEND_TIMEOUT, 0, 1), 402, {"SO_SNDTIMEO ran out after 400.0 ms"}},
	{"shutdown()", {.attempt = {V4, SENT, CLOSED(150), .flags = LEFT, BY_APP,
	  RETURNED(-EINPROGRESS, 0)}},
	 ABANDONS(SHUT_DOWN, ECONNRESET, 1), 150, {"shutdown()", "no reset came"}},
	{"shutdown() under a blocked thread", {.attempt = {V4, SENT, CLOSED(150),
	  .flags = LEFT | ATTEMPT_BLOCKING, .closer = {100, 101, 0, 0, "curl"}, RETURNED(-EPIPE,
	  150)}},
	 ABANDONS(SHUT_DOWN, ECONNRESET, 1), 150, {0}},
	{"connect(AF_UNSPEC)", {.attempt = {V4, SENT, CLOSED(150), .flags = LEFT | ATTEMPT_UNSPEC,
	  BY_APP, RETURNED(-EINPROGRESS, 0)}},
	 ABANDONS(DISCONNECTED, ECONNRESET, 1), 150, {"AF_UNSPEC"}},
	{"deadline, by a retry", {.attempt = {V4, SENT, CLOSED(900), .flags = LEFT, .shutdown = 3,
	  BY_APP}, STEPS(1, RETRY(800))},
	 ABANDONS(DEADLINE_OF_APP, 0, 2), 900, {"own time-out"}},
	{"deadline, by its length", {.attempt = {V4, SENT, CLOSED(1000), .flags = LEFT,
	  .shutdown = 3, BY_APP}},
	 ABANDONS(DEADLINE_OF_APP, 0, 1), 1000, {"after 1.0 s"}},
	{"deadline, with the kernel's plans", {.attempt = {V4, SENT, CLOSED(2500), .flags = LEFT,
	  .shutdown = 3, BY_APP}, STEPS(2, RETRY(1000), RETRY(2000)),
	  .schedule = {true, 6, 4}},
	 ABANDONS(DEADLINE_OF_APP, 0, 3), 2500, {"after 2.5 s; 3 SYNs had no answer",
	  "next SYN at about 3.0 s", "given up at about 131.0 s"}},
	{"closed soon", {.attempt = {V4, SENT, CLOSED(150), .flags = LEFT, .shutdown = 3, BY_APP,
	  RETURNED(-EINPROGRESS, 0)}},
	 ABANDONS(CLOSED_BY_APP, 0, 1), 150, {"curl (pid 100) closed the socket after 150.0 ms"}},
	{"closed after EINTR", {.attempt = {V4, SENT, CLOSED(300), .flags = LEFT | ATTEMPT_BLOCKING,
	  .shutdown = 3, BY_APP, RETURNED(-EINTR, 299)}},
	 ABANDONS(CLOSED_BY_APP, 0, 1), 300, {0}},
	{"Fast Open closed before the first write", {.attempt = {V4, CLOSED(150), .flags = LEFT_EARLY,
	  .shutdown = 3, BY_APP, RETURNED(0, 0)}},
	 ABANDONS(CLOSED_BY_APP, 0, 0), 150, {"Fast Open put the SYN off"}},
	{"Fast Open closed late, before the first write", {.attempt = {V4, CLOSED(1500),
	  .flags = LEFT_EARLY, .shutdown = 3, BY_APP, RETURNED(0, 0)}, .schedule = {true, 6, 4}},
	 ABANDONS(CLOSED_BY_APP, 0, 0), 1500, {"Fast Open put the SYN off"}},
	{"Fast Open whose SYN was dropped here", {.attempt = {V4, CLOSED(150), .flags =
	  LEFT_EARLY | UNSENT, .shutdown = 3, BY_APP, RETURNED(0, 0)}},
	 ABANDONS(CLOSED_BY_APP, 0, 0), 150, {"no SYN had left"}},
	{"closed, of an attempt that began before", {.attempt = {V4, CLOSED(1500),
	  .flags = ATTEMPT_FINAL | ATTEMPT_CLOSER | ATTEMPT_PREEXISTING, .shutdown = 3, BY_APP}},
	 ABANDONS(DEADLINE_OF_APP, 0, -1), 1500, {"more than 1.5 s", "the SYNs"}},
	{"final, but the return never came", {.attempt = {V4, SENT, .final_state = 7,
	  .final_ns = AT(150), .flags = LEFT, .shutdown = 3, BY_APP, .ended_by = ENDED_BY_REAPER}},
	 ABANDONS(CLOSED_BY_APP, 0, 1), 150, {0}},
	{"destroyed by a close with no state seen", {.attempt = {V4, SENT, .header.at_ns = AT(150),
	  .flags = ATTEMPT_SYN_SENT, .shutdown = 3, .ended_by = ENDED_BY_DESTROY}},
	 ABANDONS(UNKNOWN, 0, 1), 150, {"closed after 150.0 ms"}},
	{"the final state not seen, hooks skipped", {.hooks_skipped = true, .attempt = {V4, SENT,
	  .flags = ATTEMPT_RETURNED | ATTEMPT_BLOCKING | ATTEMPT_SYN_SENT,
	  .ended_by = ENDED_BY_RETURN, .ret = -ETIMEDOUT, .return_ns = AT(3050)}},
	 FAILS(NO_REPLY, ETIMEDOUT, 1), 3050, {"No reply"}},
	{"reset not seen, hooks skipped", {.hooks_skipped = true, .attempt = {V4, SENT,
	  .flags = ATTEMPT_RETURNED | ATTEMPT_BLOCKING, .ended_by = ENDED_BY_RETURN,
	  .ret = -ECONNREFUSED, .return_ns = AT(1)}},
	 FAILS(UNKNOWN, ECONNREFUSED, 1), 1, {"skipped"}},

	/* Not known. */
	{"still trying", {.attempt = {V4, SENT, .header.at_ns = AT(700), .flags = ATTEMPT_SYN_SENT,
	  .ended_by = ENDED_BY_NOTHING}},
	 UNKNOWN(1), 700, {"tracer stopped"}},
	{"replaced", {.attempt = {V4, SENT, .header.at_ns = AT(700), .flags = ATTEMPT_SYN_SENT,
	  .ended_by = ENDED_BY_REPLACED}},
	 UNKNOWN(1), 700, {"another attempt"}},
	{"destroyed", {.attempt = {V4, SENT, .header.at_ns = AT(700), .flags = ATTEMPT_SYN_SENT,
	  .ended_by = ENDED_BY_DESTROY}},
	 UNKNOWN(1), 700, {"not seen"}},
	{"failed at once, but the return was missed", {.attempt = {V4, CLOSED(0),
	  .flags = TRIED | ATTEMPT_IN_FINAL_CALL}},
	 UNKNOWN(1), 0, {"not seen"}},
	{"destroyed with an error that nobody had read", {.attempt = {V4, SENT,
	  .header.at_ns = AT(20), .flags = ATTEMPT_SYN_SENT | RST, RST_FROM(57),
	  .error = ECONNREFUSED, .ended_by = ENDED_BY_DESTROY}},
	 FAILS(REFUSED, ECONNREFUSED, 1), 20, {"A RST from 192.0.2.7:443"}},
	{"destroyed behind a RST", {.attempt = {V4, SENT, .header.at_ns = AT(700),
	  .flags = ATTEMPT_SYN_SENT | RST, RST_FROM(57), .ended_by = ENDED_BY_DESTROY}},
	 FAILS(REFUSED, ECONNREFUSED, 1), 700, {"A RST from 192.0.2.7:443"}},
	{"a call of another kind for which there was no port", {.attempt = {V4, CLOSED(0),
	  .flags = TRIED | ATTEMPT_CLOSER, BY_APP}},
	 UNKNOWN(0), 0, {"The call that began it ended it", "`ss -tan`"}},
	{"closed by nobody", {.attempt = {V4, SENT, CLOSED(20), .flags = POLLED,
	  RETURNED(-EINPROGRESS, 0)}},
	 UNKNOWN(1), 20, {"not seen"}},
};
/* clang-format on */

#endif
