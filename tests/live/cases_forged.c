/* SPDX-License-Identifier: GPL-2.0-only */
/* Answers that no Linux router or server gives to a plain SYN: each ICMP error there is. */
#include <errno.h>

#include "forge.h"

/* connect() has returned, or sleeps without the socket's lock: what comes now is obeyed. */
#define ANSWER_MS 40

static void forge_icmp(struct forger *f)
{
	forger_await(f, SEGMENT_SYN);
	sleep_ms(ANSWER_MS);
	forger_icmp(f, &f->v->test->icmp);
}

/* Then the peer's own answer: a kernel that had obeyed would not take it any more. */
static void forge_icmp_then_reply(struct forger *f)
{
	forge_icmp(f);
	sleep_ms(ANSWER_MS);
	forger_segment(f, &(struct forged_segment){.flags = SEGMENT_SYN | SEGMENT_ACK});
}

#define FORGED                                                                                     \
	.world = "forged", .port = PORT_PER_VARIANT, .router_nft = FORGED_SILENCE,                 \
	.client = client_meets_forger

#define ICMP(name_, families_, fact_, cause_fact_, type_, code_, errno_, cause_, words_)           \
	{                                                                                          \
		.name = name_, FORGED, .families = families_, .modes = BOTH_MODES,                 \
		.forge = forge_icmp, .icmp = {.type = type_, .code = code_},                       \
		.expect = {{.outcome = "failure",                                                  \
		            .error = errno_,                                                       \
		            .cause = cause_,                                                       \
		            .cause_fact = cause_fact_,                                             \
		            .syn = 1,                                                              \
		            .explained = words_,                                                   \
		            .explained_fact = fact_,                                               \
		            .steps = {{"icmp_received", fact_, .at_most = 1, .has_icmp = true,     \
		                       .type = type_, .code = code_, .name = words_, .hard = HARD, \
		                       .from = ROUTER, .ttl = FORGED_TTL}}}},                      \
	}

#define UNREACHABLE4(type_, code_, errno_, words_)                                                 \
	ICMP("forged_icmp4_" #type_ "_" #code_, V4, FACT_ICMP4, FACT_ICMP4, type_, code_, errno_,  \
	     "unreachable_icmp", words_)
#define PROHIBITED4(type_, code_, errno_, words_)                                                  \
	ICMP("forged_icmp4_" #type_ "_" #code_, V4, FACT_ICMP4, FACT_ICMP4, type_, code_, errno_,  \
	     "prohibited_icmp", words_)
/* A tier that does not see ICMPv6 can still tell that nothing else gives this errno. */
#define UNREACHABLE6(type_, code_, errno_, words_)                                                 \
	ICMP("forged_icmp6_" #type_ "_" #code_, V6, FACT_ICMP6, FACT_ALWAYS, type_, code_, errno_, \
	     "unreachable_icmp", words_)
#define PROHIBITED6(type_, code_, errno_, words_)                                                  \
	ICMP("forged_icmp6_" #type_ "_" #code_, V6, FACT_ICMP6, FACT_ALWAYS, type_, code_, errno_, \
	     "prohibited_icmp", words_)

#define NO_ICMP_STEP                                                                               \
	{                                                                                          \
		"icmp_received", .none = true                                                      \
	}

/* A new MTU is all that the kernel takes from it, or it ignores it. @step_: what is told of it */
#define HARMLESS(name_, families_, step_, ...)                                                     \
	{.name = name_ "_then_reply",                                                              \
	 FORGED,                                                                                   \
	 .families = families_,                                                                    \
	 .modes = BOTH_MODES,                                                                      \
	 .forge = forge_icmp_then_reply,                                                           \
	 .icmp = {__VA_ARGS__},                                                                    \
	 .expect = {{.outcome = "success", .cause = "established", .syn = 1, .steps = {step_}}}},  \
	{                                                                                          \
		.name = name_ "_then_silence", FORGED, .families = families_, .modes = BOTH_MODES, \
		.syncnt = 1, .forge = forge_icmp, .icmp = {__VA_ARGS__},                           \
		.expect = {{.outcome = "failure",                                                  \
		            .error = ETIMEDOUT,                                                    \
		            .cause = "no_reply",                                                   \
		            .syn = SYN_ANY,                                                        \
		            .scheduled = "syn_retry",                                              \
		            .steps = {step_}}},                                                    \
	}

#define IGNORED(name_, families_, ...) HARMLESS(name_, families_, NO_ICMP_STEP, __VA_ARGS__)

#define MTU_STEP                                                                                   \
	{                                                                                          \
		"icmp_received", FACT_MTU, .at_most = 1, .hard = SOFT                              \
	}

/* Nothing is asked of the steps: not every kernel shows that one. */
#define NO_STEP                                                                                    \
	{                                                                                          \
		NULL                                                                               \
	}

const struct test tests_forged[] = {
        UNREACHABLE4(3, 0, ENETUNREACH, "network unreachable"),
        UNREACHABLE4(3, 1, EHOSTUNREACH, "host unreachable"),
        UNREACHABLE4(3, 2, ENOPROTOOPT, "protocol unreachable"),
        UNREACHABLE4(3, 3, ECONNREFUSED, "port unreachable"),
        UNREACHABLE4(3, 5, EOPNOTSUPP, "source route failed"),
        UNREACHABLE4(3, 6, ENETUNREACH, "destination network unknown"),
        UNREACHABLE4(3, 7, EHOSTDOWN, "destination host unknown"),
        UNREACHABLE4(3, 8, ENONET, "source host isolated"),
        PROHIBITED4(3, 9, ENETUNREACH, "network administratively prohibited"),
        PROHIBITED4(3, 10, EHOSTUNREACH, "host administratively prohibited"),
        UNREACHABLE4(3, 11, ENETUNREACH, "network unreachable for type of service"),
        UNREACHABLE4(3, 12, EHOSTUNREACH, "host unreachable for type of service"),
        PROHIBITED4(3, 13, EHOSTUNREACH, "communication administratively prohibited"),
        UNREACHABLE4(3, 14, EHOSTUNREACH, "host precedence violation"),
        UNREACHABLE4(3, 15, EHOSTUNREACH, "precedence cutoff in effect"),
        UNREACHABLE4(11, 0, EHOSTUNREACH, "time to live exceeded in transit"),
        UNREACHABLE4(12, 0, EPROTO, "parameter problem"),
        UNREACHABLE6(1, 0, ENETUNREACH, "no route to destination"),
        PROHIBITED6(1, 1, EACCES, "communication administratively prohibited"),
        UNREACHABLE6(1, 2, EHOSTUNREACH, "beyond scope of source address"),
        UNREACHABLE6(1, 3, EHOSTUNREACH, "address unreachable"),
        UNREACHABLE6(1, 4, ECONNREFUSED, "port unreachable"),
        PROHIBITED6(1, 5, EACCES, "source address failed ingress/egress policy"),
        PROHIBITED6(1, 6, EACCES, "reject route to destination"),
        UNREACHABLE6(1, 7, EPROTO, "error in source routing header"),
        UNREACHABLE6(3, 0, EHOSTUNREACH, "hop limit exceeded in transit"),
        UNREACHABLE6(3, 1, EHOSTUNREACH, "fragment reassembly time exceeded"),
        UNREACHABLE6(4, 0, EPROTO, "erroneous header field"),
        UNREACHABLE6(4, 1, EPROTO, "unrecognized next header type"),
        /* A smaller MTU is no failure. */
        HARMLESS("forged_icmp4_mtu", V4 | MAPPED, MTU_STEP, .type = 3, .code = 4, .info = 1200),
        HARMLESS("forged_icmp6_mtu", V6, NO_STEP, .type = 2, .info = 1280),
        IGNORED("forged_icmp4_reassembly", V4, .type = 11, .code = 1),
        IGNORED("forged_icmp4_source_quench", V4, .type = 4),
        /* What an off-path attacker guesses. */
        IGNORED("forged_icmp4_out_of_window", V4 | MAPPED, .type = 3, .code = 1,
                .seq_shift = 100000),
        IGNORED("forged_icmp6_out_of_window", V6, .type = 1, .code = 3, .seq_shift = 100000),
        {0},
};
