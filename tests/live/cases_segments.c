/* SPDX-License-Identifier: GPL-2.0-only */
/* Segments that are no proper answer to a SYN, and the peer's own SYN in the place of one. */
#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "forge.h"

#define ANSWER_MS 40
#define PEER_TTL 64
#define OTHER_TTL 250 /* of what is not the peer */
#define GUESS 100000  /* behind the number that would be right */

static void send_segment(struct forger *f, const struct forged_segment *segment)
{
	sleep_ms(ANSWER_MS);
	forger_segment(f, segment);
}

static void answer(struct forger *f, const struct forged_segment *segment)
{
	forger_await(f, SEGMENT_SYN);
	send_segment(f, segment);
}

#define SEND(...) send_segment(f, &(struct forged_segment){__VA_ARGS__})
#define ANSWER(...) answer(f, &(struct forged_segment){__VA_ARGS__})
#define REPLY .flags = SEGMENT_SYN | SEGMENT_ACK

static void forge_reset(struct forger *f)
{
	ANSWER(.flags = SEGMENT_RST);
}

/* To the same SYN: the reset must not have changed anything. */
static void forge_reset_then_reply(struct forger *f)
{
	forge_reset(f);
	SEND(REPLY);
}

static void forge_guessed_reset(struct forger *f)
{
	ANSWER(.flags = SEGMENT_RST | SEGMENT_ACK, .ack_shift = GUESS);
}

/* A wrong number makes the kernel send its SYN again at once. */
static void forge_guessed_reset_then_reply(struct forger *f)
{
	forge_guessed_reset(f);
	ANSWER(REPLY);
}

static void forge_guessed_reset_then_right(struct forger *f)
{
	forge_guessed_reset(f);
	ANSWER(.flags = SEGMENT_RST | SEGMENT_ACK);
}

static void forge_wrong_reply(struct forger *f)
{
	ANSWER(REPLY, .ack_shift = GUESS);
}

static void forge_wrong_reply_then_right(struct forger *f)
{
	forge_wrong_reply(f);
	ANSWER(REPLY);
}

/* PAWS: it echoes a time before the SYN. */
static void forge_old_reply_then_right(struct forger *f)
{
	ANSWER(REPLY, .tsecr = 1);
	ANSWER(REPLY);
}

static void forge_ack_then_reply(struct forger *f)
{
	ANSWER(.flags = SEGMENT_ACK);
	SEND(REPLY);
}

/* The client answers with a SYN-ACK and waits for its ACK. */
static void forge_simultaneous(struct forger *f)
{
	ANSWER(.flags = SEGMENT_SYN);
	forger_await(f, SEGMENT_SYN | SEGMENT_ACK);
}

static void forge_simultaneous_then_ack(struct forger *f)
{
	forge_simultaneous(f);
	SEND(.flags = SEGMENT_ACK);
}

static void forge_simultaneous_then_reset(struct forger *f)
{
	forge_simultaneous(f);
	SEND(.flags = SEGMENT_RST | SEGMENT_ACK);
}

static void forge_simultaneous_then_icmp(struct forger *f)
{
	forge_simultaneous(f);
	sleep_ms(ANSWER_MS);
	forger_icmp(f, &f->v->test->icmp);
}

static void forge_reply_then_foreign_reset(struct forger *f)
{
	ANSWER(REPLY, .ttl = PEER_TTL);
	ANSWER(.flags = SEGMENT_RST | SEGMENT_ACK, .ttl = OTHER_TTL);
}

static void forge_reply_then_reset(struct forger *f)
{
	ANSWER(REPLY, .ttl = PEER_TTL);
	ANSWER(.flags = SEGMENT_RST | SEGMENT_ACK, .ttl = PEER_TTL);
}

static void client_meets_forger_twice(struct variant *v)
{
	pid_t forger = forger_start(v);

	client_connect(v);
	client_connect(v);
	forger_stop(v, forger);
}

static void client_closes_soon(struct variant *v)
{
	pid_t forger = forger_start(v);
	int fd = open_socket(v);
	struct seen *seen = start(v, fd);

	sleep_ms(5 * ANSWER_MS);
	close(fd);
	note_end(seen);
	forger_stop(v, forger);
}

#define BESIDE_FORGER .world = "forged", .port = PORT_PER_VARIANT, .router_nft = FORGED_SILENCE
#define EVERYWHERE .families = V4 | V6, .modes = BOTH_MODES
#define FORGED(forge_) BESIDE_FORGER, EVERYWHERE, .client = client_meets_forger, .forge = forge_
#define FORGED_TWICE(forge_)                                                                       \
	BESIDE_FORGER, EVERYWHERE, .client = client_meets_forger_twice, .forge = forge_
#define FORGED_OF(families_, forge_)                                                               \
	BESIDE_FORGER, .families = families_, .modes = BOTH_MODES, .client = client_meets_forger,  \
	               .forge = forge_

#define SUCCESS .outcome = "success", .cause = "established"
#define NO_REPLY .outcome = "failure", .error = ETIMEDOUT, .cause = "no_reply"
#define REFUSED .outcome = "failure", .error = ECONNREFUSED, .cause = "refused"
#define RESET_IGNORED                                                                              \
	{                                                                                          \
		"rst_ignored", FACT_RST_IGNORED, .at_most = 1, .from = SERVER, .ttl = FORGED_TTL   \
	}
#define RESET_SENT                                                                                 \
	{                                                                                          \
		"rst_sent", .at_most = 1                                                           \
	}
#define NO(kind_)                                                                                  \
	{                                                                                          \
		kind_, .none = true                                                                \
	}

const struct test tests_segments[] = {
        {
                .name = "stray_reset",
                FORGED(forge_reset),
                .syncnt = 1,
                .expect = {{NO_REPLY, .syn = SYN_ANY, .scheduled = "syn_retry",
                            .explained = "so it was ignored", .explained_fact = FACT_RST_IGNORED,
                            .steps = {RESET_IGNORED, NO("rst_received"), NO("rst_sent")}}},
        },
        {
                .name = "stray_reset_then_reply",
                FORGED(forge_reset_then_reply),
                .expect = {{SUCCESS, .syn = 1, .explained = "so it was ignored",
                            .explained_fact = FACT_RST_IGNORED,
                            .steps = {RESET_IGNORED, NO("rst_received")}}},
        },
        {
                .name = "guessed_reset",
                FORGED(forge_guessed_reset),
                .syncnt = 1,
                .expect = {{NO_REPLY, .syn = SYN_ANY, .explained = "so it was ignored",
                            .explained_fact = FACT_RST_IGNORED,
                            .steps = {RESET_IGNORED, NO("rst_received"), {"syn_retry"}}}},
        },
        {
                .name = "guessed_reset_then_reply",
                FORGED(forge_guessed_reset_then_reply),
                .expect = {{SUCCESS, .syn = 2, .explained = "so it was ignored",
                            .explained_fact = FACT_RST_IGNORED,
                            .steps = {RESET_IGNORED, NO("rst_received"), {"syn_retry"}}}},
        },
        {
                .name = "guessed_reset_then_right",
                FORGED(forge_guessed_reset_then_right),
                .expect = {{REFUSED, .syn = 2,
                            .steps = {RESET_IGNORED, {"rst_received", .at_most = 1}}}},
        },
        {
                /* The second SYN is no sign of a time-out. */
                .name = "guessed_reset_closed",
                BESIDE_FORGER,
                .families = V4 | V6,
                .modes = NONBLOCKING,
                .client = client_closes_soon,
                .forge = forge_guessed_reset,
                .expect = {{.outcome = "abandoned",
                            .cause = CLOSED,
                            .syn = 2,
                            .explained = "retry that a time-out makes",
                            .steps = {RESET_IGNORED, {"syn_retry", .at_most = 1}}}},
        },
        {
                .name = "wrong_reply",
                FORGED(forge_wrong_reply),
                .syncnt = 1,
                .expect = {{NO_REPLY, .syn = SYN_ANY, .explained = "does not fit our SYN",
                            .steps = {RESET_SENT, NO("stale_peer_state"), {"syn_retry"}}}},
        },
        {
                .name = "wrong_reply_then_right",
                FORGED(forge_wrong_reply_then_right),
                .expect = {{SUCCESS, .syn = 2, .explained = "does not fit our SYN",
                            .steps = {RESET_SENT, NO("stale_peer_state"), {"syn_retry"}}}},
        },
        {
                .name = "old_reply_then_right",
                FORGED(forge_old_reply_then_right),
                .expect = {{SUCCESS, .syn = 2, .min_ms = 980, .explained = "does not fit our SYN",
                            .steps = {RESET_SENT, NO("stale_peer_state"), {"syn_retry"}}}},
        },
        {
                .name = "ack_then_reply",
                FORGED(forge_ack_then_reply),
                .expect = {{SUCCESS, .syn = 1, .steps = {NO("rst_sent"), NO("stale_peer_state")}}},
        },
        {
                .name = "simultaneous",
                FORGED(forge_simultaneous_then_ack),
                .expect = {{SUCCESS, .syn = 1, .explained = "simultaneous open"}},
        },
        {
                .name = "simultaneous_reset",
                FORGED(forge_simultaneous_then_reset),
                .expect = {{.outcome = "failure",
                            .error = ECONNRESET,
                            .cause = "refused",
                            .syn = 1,
                            .explained = "simultaneous open",
                            .steps = {{"rst_received", .at_most = 1},
                                      {"rst_received", FACT_RST_SEGMENT, .from = SERVER,
                                       .ttl = FORGED_TTL}}}},
        },
        {
                .name = "simultaneous_icmp4",
                FORGED_OF(V4, forge_simultaneous_then_icmp),
                .icmp = {.type = 3, .code = 13},
                .expect = {{.outcome = "failure",
                            .error = EHOSTUNREACH,
                            .cause = "prohibited_icmp",
                            .cause_fact = FACT_ICMP4,
                            .syn = 1,
                            .steps = {{"icmp_received", FACT_ICMP4, .has_icmp = true, .type = 3,
                                       .code = 13, .hard = HARD, .from = ROUTER}}}},
        },
        {
                .name = "simultaneous_icmp6",
                FORGED_OF(V6, forge_simultaneous_then_icmp),
                .icmp = {.type = 1, .code = 1},
                .expect = {{.outcome = "failure",
                            .error = EACCES,
                            .cause = "prohibited_icmp",
                            .syn = 1,
                            .steps = {{"icmp_received", FACT_ICMP6, .has_icmp = true, .type = 1,
                                       .code = 1, .hard = HARD, .from = ROUTER}}}},
        },
        {
                .name = "simultaneous_silence",
                FORGED(forge_simultaneous),
                .syncnt = 1,
                .expect = {{NO_REPLY, .syn = 1, .min_ms = 2900, .explained = "simultaneous open"}},
        },
        {
                /* In SYN_RECV, where close() sends a FIN as if the connection stood. */
                .name = "simultaneous_closed",
                BESIDE_FORGER,
                .families = V4 | V6,
                .modes = NONBLOCKING,
                .client = client_closes_soon,
                .forge = forge_simultaneous,
                .expect = {{.outcome = "abandoned",
                            .cause = CLOSED,
                            .syn = 1,
                            .explained = "simultaneous open"}},
        },
        {
                .name = "reset_by_another",
                FORGED_TWICE(forge_reply_then_foreign_reset),
                .expect = {{SUCCESS, .syn = 1},
                           {REFUSED, .syn = 1, .explained = "something in between",
                            .explained_fact = FACT_RST_SEGMENT,
                            .steps = {{"rst_received", FACT_RST_SEGMENT, .from = SERVER,
                                       .ttl = OTHER_TTL}}}},
        },
        {
                .name = "reset_by_peer",
                FORGED_TWICE(forge_reply_then_reset),
                .expect = {{SUCCESS, .syn = 1},
                           {REFUSED, .syn = 1, .explained = "As a rule nothing listens",
                            .steps = {{"rst_received", FACT_RST_SEGMENT, .from = SERVER,
                                       .ttl = PEER_TTL}}}},
        },
        {0},
};
