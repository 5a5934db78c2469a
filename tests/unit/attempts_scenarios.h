/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Events as they can come in, and what becomes of them. A record is written as text:
 * "SOCKET/START NUMBER: STEP@AT …", times in milliseconds, then what else was joined to it.
 */
#ifndef CONNWHY_TESTS_ATTEMPTS_SCENARIOS_H
#define CONNWHY_TESTS_ATTEMPTS_SCENARIOS_H

#include "record.h"

#define MS 1000000ULL
#define START (5000 * MS)
#define GRACE_NS (200 * MS)
#define NETNS 4026531840U
#define ACTS_MAX 16
#define TEXT_SIZE 2048

/* clang-format off */
#define LOCAL {.address = {10, 0, 0, 5}, .port = 43210, .family = FAMILY_IPV4}
#define REMOTE {.address = {192, 0, 2, 7}, .port = 443, .family = FAMILY_IPV4}
/* clang-format on */

enum act_kind { ACT_NONE, ACT_FEED, ACT_DRAINED, ACT_TAKE, ACT_TAKE_ALL, ACT_EXPIRE, ACT_LATE };

/*
 * @ms:    at_ns of an event, `now_ns` of a take, `before_ns` of an expiry; since START
 * @value: final state of an end, error of a retry, count expected of expiry and late
 * @record: what a take gives, NULL for none
 */
struct act {
	enum act_kind kind;
	enum event_type type;
	uint64_t socket, id_ms, ms;
	int value;
	const char *record;
};

/* clang-format off */
#define FED(type_, socket_, id_, ms_, value_)                                                      \
	{.kind = ACT_FEED, .type = type_, .socket = socket_, .id_ms = id_, .ms = ms_, .value = value_}
#define FAILED(socket_, id_, ms_) FED(EVENT_END, socket_, id_, ms_, TCP_STATE_CLOSE)
#define SUCCEEDED(socket_, id_, ms_) FED(EVENT_END, socket_, id_, ms_, TCP_STATE_ESTABLISHED)
#define RETRIED(socket_, id_, ms_) FED(EVENT_RETRY, socket_, id_, ms_, 0)
#define RESET(socket_, id_, ms_) FED(EVENT_RST_ESTABLISHED, socket_, id_, ms_, 0)
#define DRAINED {.kind = ACT_DRAINED}
#define TAKES(ms_, record_) {.kind = ACT_TAKE, .ms = ms_, .record = record_}
#define TAKES_ALL(record_) {.kind = ACT_TAKE_ALL, .record = record_}
#define EXPIRES(ms_, value_) {.kind = ACT_EXPIRE, .ms = ms_, .value = value_}
#define LATE(value_) {.kind = ACT_LATE, .value = value_}
/* clang-format on */

static const struct {
	const char *name;
	struct act acts[ACTS_MAX];
} scenarios[] = {
        {"steps before their end",
         {RETRIED(1, 0, 1000), RETRIED(1, 0, 2000), FAILED(1, 0, 3000), DRAINED,
          TAKES(3000, "1/0 1: syn_retry@1000 syn_retry@2000"), TAKES(3000, NULL)}},
        {"steps behind their end, of the same drain",
         {FAILED(1, 0, 3000), RETRIED(1, 0, 1000), DRAINED, TAKES(3000, "1/0 1: syn_retry@1000")}},
        {"nothing before all of a drain was fed",
         {FAILED(1, 0, 3000), TAKES(3000, NULL), DRAINED, TAKES(3000, "1/0 1:")}},
        {"`all` waits for nothing",
         {FAILED(1, 0, 3000), SUCCEEDED(2, 1, 2), TAKES_ALL("1/0 1:"), TAKES_ALL("2/1 2:"),
          TAKES_ALL(NULL)}},
        {"no end, no record", {RETRIED(1, 0, 1000), DRAINED, TAKES(9000, NULL), TAKES_ALL(NULL)}},
        {"steps out of order are sorted",
         {RETRIED(1, 0, 3000), RETRIED(1, 0, 1000), RETRIED(1, 0, 2000), FAILED(1, 0, 4000),
          DRAINED, TAKES(4000, "1/0 1: syn_retry@1000 syn_retry@2000 syn_retry@3000")}},
        {"several attempts, interleaved",
         {RETRIED(1, 0, 1000), RETRIED(2, 5, 1005), RETRIED(1, 0, 2000), FAILED(2, 5, 1500),
          RETRIED(3, 7, 1007), FAILED(1, 0, 2500), DRAINED, TAKES(3000, "2/5 2: syn_retry@1000"),
          TAKES(3000, "1/0 1: syn_retry@1000 syn_retry@2000"), TAKES(3000, NULL)}},
        {"two attempts of one socket",
         {RETRIED(1, 0, 1000), FAILED(1, 0, 1500), RETRIED(1, 1600, 2600), FAILED(1, 1600, 2700),
          DRAINED, TAKES(3000, "1/0 1: syn_retry@1000"), TAKES(3000, "1/1600 2: syn_retry@1000"),
          TAKES(3000, NULL)}},
        {"two sockets with one start",
         {RETRIED(1, 0, 1000), RETRIED(2, 0, 1001), FAILED(2, 0, 1500), FAILED(1, 0, 1501), DRAINED,
          TAKES(3000, "2/0 2: syn_retry@1001"), TAKES(3000, "1/0 1: syn_retry@1000")}},
        {"failures in the order of their ends, later drains later",
         {FAILED(3, 0, 30), FAILED(1, 0, 10), DRAINED, FAILED(2, 0, 20), TAKES(40, "3/0 1:"),
          TAKES(40, "1/0 2:"), TAKES(40, NULL), DRAINED, TAKES(40, "2/0 3:")}},
        {"a success is held back for the grace",
         {SUCCEEDED(1, 0, 10), DRAINED, TAKES(10, NULL), TAKES(210, NULL), TAKES(211, "1/0 1:")}},
        {"a failure behind a success does not wait for it",
         {SUCCEEDED(1, 0, 10), FAILED(2, 0, 11), DRAINED, TAKES(12, "2/0 2:"), TAKES(12, NULL)}},
        {"a reset within the grace",
         {SUCCEEDED(1, 0, 10), DRAINED, TAKES(50, NULL), RESET(1, 0, 60), DRAINED,
          TAKES(300, "1/0 1: rst_received@60 reset@60")}},
        {"a reset before the end, as while connect() has not returned",
         {RESET(1, 0, 11), SUCCEEDED(1, 0, 10), DRAINED,
          TAKES(300, "1/0 1: rst_received@11 reset@11")}},
        {"a reset of another attempt of the socket",
         {SUCCEEDED(1, 0, 10), SUCCEEDED(1, 20, 30), RESET(1, 20, 40), DRAINED,
          TAKES(300, "1/0 1:"), TAKES(300, "1/20 2: rst_received@20 reset@40")}},
        {"a reset past the grace has no record to go to",
         {SUCCEEDED(1, 0, 10), DRAINED, TAKES(300, "1/0 1:"), RESET(1, 0, 301), DRAINED,
          TAKES_ALL(NULL), EXPIRES(302, 1), LATE(1)}},
        {"a step past its record is late",
         {FAILED(1, 0, 10), DRAINED, TAKES(20, "1/0 1:"), RETRIED(1, 0, 9), DRAINED,
          TAKES_ALL(NULL), LATE(0), EXPIRES(10, 1), LATE(1), EXPIRES(10, 0)}},
        {"what has no end expires, by its last step",
         {RETRIED(1, 0, 1000), RETRIED(2, 0, 1000), RETRIED(2, 0, 2000), EXPIRES(1000, 0),
          EXPIRES(1001, 1), FAILED(1, 0, 3000), FAILED(2, 0, 3000), DRAINED, TAKES(3000, "1/0 3:"),
          TAKES(3000, "2/0 2: syn_retry@1000 syn_retry@2000"), LATE(1)}},
        {"what has ended does not expire",
         {SUCCEEDED(1, 0, 10), FAILED(2, 0, 10), EXPIRES(9000, 0), DRAINED, TAKES(9000, "2/0 2:"),
          TAKES(9000, "1/0 1:")}},
        {"the first end counts",
         {FAILED(1, 0, 10), FAILED(1, 0, 20), DRAINED, TAKES(30, "1/0 1:"), TAKES(30, NULL),
          TAKES_ALL(NULL)}},
        {"a step before its attempt's start is at its start",
         {RETRIED(1, 50, 10), FAILED(1, 50, 60), DRAINED, TAKES(70, "1/50 1: syn_retry@0")}},
};

#endif
