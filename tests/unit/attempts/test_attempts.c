// SPDX-License-Identifier: GPL-2.0-only
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "attempts.h"
#include "attempts_scenarios.h"
#include "words.h"

static struct attempt end_of(const struct act *act)
{
	struct attempt a = {
	        .header = {EVENT_END, sizeof(a), act->socket, START + act->id_ms * MS,
	                   START + act->ms * MS},
	        .final_ns = START + act->ms * MS,
	        .final_state = act->value,
	        .flags = ATTEMPT_FINAL,
	        .netns = NETNS,
	        .local = LOCAL,
	        .remote = REMOTE,
	};

	return a;
}

static struct step_event step_of(const struct act *act)
{
	struct step_event e = {
	        .header = {act->type, sizeof(e), act->socket, START + act->id_ms * MS,
	                   START + act->ms * MS},
	};

	return e;
}

static const char *describe(char text[TEXT_SIZE], const struct record *record)
{
	int used = snprintf(text, TEXT_SIZE,
	                    "%llu/%llu %llu:", (unsigned long long)record->attempt.header.socket,
	                    (unsigned long long)(record->attempt.header.id - START) / MS,
	                    (unsigned long long)record->number);

	for (unsigned int i = 0; i < record->n_steps; i++)
		used += snprintf(text + used, TEXT_SIZE - used, " %s@%llu",
		                 words_step(record->steps[i].kind),
		                 (unsigned long long)record->steps[i].at_ns / MS);
	if (record->has_reset)
		snprintf(text + used, TEXT_SIZE - used, " reset@%llu",
		         (unsigned long long)(record->reset_ns - START) / MS);
	return text;
}

static void check_take(const char *name, struct attempts *attempts, const struct act *act)
{
	struct record record;
	char text[TEXT_SIZE];
	int taken =
	        attempts_take(attempts, START + act->ms * MS, act->kind == ACT_TAKE_ALL, &record);

	if (taken != !!act->record)
		fail_msg("%s: took %d where '%s' was due", name, taken, act->record ?: "nothing");
	if (taken && strcmp(describe(text, &record), act->record))
		fail_msg("%s: '%s' where '%s' was due", name, text, act->record);
}

static void check_count(const char *name, uint64_t seen, int due)
{
	if (seen != (uint64_t)due)
		fail_msg("%s: %llu where %d was due", name, (unsigned long long)seen, due);
}

static void act_out(const char *name, struct attempts *attempts, const struct act *act)
{
	struct attempt end;
	struct step_event step;

	switch (act->kind) {
	case ACT_NONE: break;
	case ACT_FEED:
		end = end_of(act);
		step = step_of(act);
		assert_int_equal(attempts_feed(attempts,
		                               act->type == EVENT_END ? &end.header : &step.header),
		                 0);
		break;
	case ACT_DRAINED: attempts_drained(attempts); break;
	case ACT_TAKE:
	case ACT_TAKE_ALL: check_take(name, attempts, act); break;
	case ACT_EXPIRE:
		check_count(name, attempts_expire(attempts, START + act->ms * MS), act->value);
		break;
	case ACT_LATE: check_count(name, attempts_late(attempts), act->value); break;
	}
}

static void events_become_records(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(scenarios) / sizeof(scenarios[0]); i++) {
		struct attempts *attempts = attempts_new(GRACE_NS);

		assert_non_null(attempts);
		for (size_t k = 0; k < ACTS_MAX; k++)
			act_out(scenarios[i].name, attempts, &scenarios[i].acts[k]);
		attempts_free(attempts);
	}
}

/* The record of one failed attempt, with what `event` adds to it. */
static struct record with_event(const struct attempt *end, const struct step_event *event)
{
	struct attempts *attempts = attempts_new(GRACE_NS);
	struct record record;

	assert_non_null(attempts);
	if (event)
		assert_int_equal(attempts_feed(attempts, &event->header), 0);
	assert_int_equal(attempts_feed(attempts, &end->header), 0);
	assert_int_equal(attempts_take(attempts, 0, true, &record), 1);
	attempts_free(attempts);
	return record;
}

static const struct act failure = FAILED(1, 0, 3000);

static void what_came_of_a_step(void **state)
{
	static const struct {
		struct step_event event;
		const char *record;
	} steps[] = {
	        {{.header.type = EVENT_RETRY}, "1/0 1: syn_retry@1000"},
	        {{.header.type = EVENT_RETRY, .retry.error = -1}, "1/0 1: syn_retry_failed@1000"},
	        {{.header.type = EVENT_RETRY, .retry.error = 2}, "1/0 1: syn_retry_failed@1000"},
	        {{.header.type = EVENT_ICMP}, "1/0 1: icmp_received@1000"},
	        {{.header.type = EVENT_DROP}, "1/0 1: dropped@1000"},
	        {{.header.type = EVENT_RST_SENT, .segment.flags = TCP_FLAG_BYTE_ACK},
	         "1/0 1: rst_sent@1000 stale_peer_state@1000"},
	        {{.header.type = EVENT_RST_SENT,
	          .segment.flags = TCP_FLAG_BYTE_SYN | TCP_FLAG_BYTE_ACK},
	         "1/0 1: rst_sent@1000"},
	        {{.header.type = EVENT_RST_IGNORED}, "1/0 1: rst_ignored@1000"},
	        {{.header.type = EVENT_INTERRUPTED}, "1/0 1: interrupted@1000"},
	        {{.header.type = EVENT_LISTENER, .listener = {129, 128}},
	         "1/0 1: listener_full@1000"},
	        {{.header.type = EVENT_LISTENER, .listener = {128, 128}}, "1/0 1:"},
	        {{.header.type = EVENT_ROUTE}, "1/0 1:"},
	        {{.header.type = EVENT_PORTS}, "1/0 1:"},
	        {{.header.type = EVENT_SCHEDULE, .schedule = {6, -1}}, "1/0 1:"},
	};
	const struct attempt end = end_of(&failure);

	(void)state;
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		struct step_event e = steps[i].event;
		struct record record;
		char text[TEXT_SIZE];

		e.header = (struct event_header){e.header.type, sizeof(e), 1, START,
		                                 START + 1000 * MS};
		record = with_event(&end, &e);
		assert_string_equal(describe(text, &record), steps[i].record);
		assert_int_equal(record.has_route, e.header.type == EVENT_ROUTE);
		assert_int_equal(record.has_listener, e.header.type == EVENT_LISTENER);
		assert_int_equal(record.has_ports, e.header.type == EVENT_PORTS);
		assert_int_equal(record.schedule.known, e.header.type == EVENT_SCHEDULE);
		assert_true(record.complete);
	}
}

static void the_record_itself_holds_steps(void **state)
{
	static const struct {
		uint32_t flags;
		uint64_t syn_ms;
		const char *record;
	} facts[] = {
	        {0, 1, "1/0 1: syn_sent@1"},
	        {0, 0, "1/0 1:"},
	        {ATTEMPT_SYN_UNSENT, 1, "1/0 1:"},
	        {ATTEMPT_RST_SEEN, 1, "1/0 1: syn_sent@1 rst_ignored@7"},
	        {ATTEMPT_RST_SEEN | ATTEMPT_RST_ACCEPTED, 1, "1/0 1: syn_sent@1 rst_received@7"},
	        {ATTEMPT_RST_ACCEPTED, 1, "1/0 1: syn_sent@1 rst_received@7"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(facts) / sizeof(facts[0]); i++) {
		struct attempt end = end_of(&failure);
		struct record record;
		char text[TEXT_SIZE];

		end.flags |= facts[i].flags;
		end.syn_ns = facts[i].syn_ms ? START + facts[i].syn_ms * MS : 0;
		end.rst.at_ns = START + 7 * MS;
		record = with_event(&end, NULL);
		assert_string_equal(describe(text, &record), facts[i].record);
	}
}

static void feed_many(struct attempts *attempts, enum event_type type, unsigned int n)
{
	const struct act act = FED(type, 1, 0, 1000, 0);
	const struct step_event e = step_of(&act);

	for (unsigned int i = 0; i < n; i++)
		assert_int_equal(attempts_feed(attempts, &e.header), 0);
}

static uint32_t counted(const struct record *record, enum step_kind kind)
{
	uint32_t n = 0;

	for (unsigned int i = 0; i < record->n_steps; i++)
		n += record->steps[i].kind == kind ? record->steps[i].count : 0;
	return n;
}

/* However many steps come, the last of a kind stands for the others, and none is forgotten. */
static void steps_are_bounded(void **state)
{
	static const struct {
		enum event_type type;
		enum tally tally;
		enum step_kind kind;
		unsigned int fed, sent, counted, kept;
		bool complete;
	} numbers[] = {
	        {EVENT_RETRY, TALLY_RETRY, STEP_SYN_RETRY, 0, 0, 0, 0, true},
	        {EVENT_RETRY, TALLY_RETRY, STEP_SYN_RETRY, 5, 5, 5, 5, true},
	        /* one was lost */
	        {EVENT_RETRY, TALLY_RETRY, STEP_SYN_RETRY, 4, 5, 5, 4, false},
	        {EVENT_RETRY, TALLY_RETRY, STEP_SYN_RETRY, 12, 12, 12, 12, true},
	        {EVENT_RETRY, TALLY_RETRY, STEP_SYN_RETRY, 12, 12, 19, 12, true},
	        {EVENT_RETRY, TALLY_RETRY, STEP_SYN_RETRY, 100000, 12, 12, 12, true},
	        {EVENT_RETRY, TALLY_RETRY, STEP_SYN_RETRY, 12, 12, TALLY_FULL, 12, false},
	        /* nothing is there to stand for them */
	        {EVENT_RETRY, TALLY_RETRY_FAILED, STEP_SYN_RETRY_FAILED, 0, 12, 19, 0, false},
	        {EVENT_ICMP, TALLY_ICMP, STEP_ICMP_RECEIVED, 4, 4, 4, 4, true},
	        {EVENT_ICMP, TALLY_ICMP, STEP_ICMP_RECEIVED, 4, 4, 5, 4, false},
	        {EVENT_ICMP, TALLY_ICMP, STEP_ICMP_RECEIVED, 5, 4, 4, 4, false},
	        {EVENT_INTERRUPTED, TALLY_INTERRUPTED, STEP_INTERRUPTED, 1, 1, 13344, 1, true},
	        {EVENT_INTERRUPTED, TALLY_INTERRUPTED, STEP_INTERRUPTED, 1, 1, TALLY_FULL, 1,
	         false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		struct attempts *attempts = attempts_new(GRACE_NS);
		struct attempt end = end_of(&failure);
		struct record record;
		uint32_t all = numbers[i].fed;

		if (all && numbers[i].counted > tally_limits[numbers[i].tally])
			all += numbers[i].counted - tally_limits[numbers[i].tally];
		feed_many(attempts, numbers[i].type, numbers[i].fed);
		end.steps = numbers[i].sent;
		end.tallies[numbers[i].tally] = numbers[i].counted;
		assert_int_equal(attempts_queued(attempts), 0);
		assert_int_equal(attempts_feed(attempts, &end.header), 0);
		assert_int_equal(attempts_queued(attempts), 1);
		assert_int_equal(attempts_take(attempts, 0, true, &record), 1);
		assert_int_equal(attempts_queued(attempts), 0);
		assert_int_equal(record.n_steps, numbers[i].kept);
		assert_int_equal(counted(&record, numbers[i].kind), all);
		assert_int_equal(record.complete, numbers[i].complete);
		attempts_free(attempts);
	}
}

/* Floods of every kind at once: each is told, the first SYN and the RST, too. */
static void no_kind_displaces_another(void **state)
{
	static const enum event_type types[] = {EVENT_RETRY,       EVENT_RST_SENT,
	                                        EVENT_RST_IGNORED, EVENT_INTERRUPTED,
	                                        EVENT_LISTENER,    EVENT_ICMP};
	struct attempts *attempts = attempts_new(GRACE_NS);
	struct attempt end = end_of(&failure);
	struct record record;

	(void)state;
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		struct step_event e = {.header = {types[i], sizeof(e), 1, START, START + 5 * MS},
		                       .listener = {2, 1}};

		for (unsigned int n = 0; n < 1000; n++)
			assert_int_equal(attempts_feed(attempts, &e.header), 0);
	}
	end.syn_ns = START + MS;
	end.flags |= ATTEMPT_RST_SEEN | ATTEMPT_RST_ACCEPTED;
	end.rst.at_ns = START + 9 * MS;
	assert_int_equal(attempts_feed(attempts, &end.header), 0);
	assert_int_equal(attempts_take(attempts, 0, true, &record), 1);
	assert_int_equal(counted(&record, STEP_SYN_SENT), 1);
	assert_int_equal(counted(&record, STEP_SYN_RETRY_FAILED), 1000);
	assert_int_equal(counted(&record, STEP_RST_SENT), 1000);
	assert_int_equal(counted(&record, STEP_RST_IGNORED), 1000);
	assert_int_equal(counted(&record, STEP_INTERRUPTED), 1000);
	assert_int_equal(counted(&record, STEP_LISTENER_FULL), 1000);
	assert_int_equal(counted(&record, STEP_ICMP_RECEIVED), 1000);
	assert_int_equal(counted(&record, STEP_RST_RECEIVED), 1);
	assert_int_equal(record.steps[record.n_steps - 1].kind, STEP_RST_RECEIVED);
	attempts_free(attempts);
}

/* The socket's own counter knows of retries that no hook told of. */
static void unseen_retries_are_missed(void **state)
{
	static const struct {
		uint32_t retransmits, retries, failed, drops, flags;
		bool complete;
	} numbers[] = {
	        {3, 3, 0, 0, 0, true},
	        {3, 2, 0, 0, 0, false},
	        {3, 1, 2, 3, 0, true},
	        {3, 0, 0, 4, 0, true},
	        {3, 0, 0, 0, ATTEMPT_PREEXISTING, true},
	        {1, 0, 0, 0, ATTEMPT_SIMULTANEOUS, true},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		struct attempts *attempts = attempts_new(GRACE_NS);
		struct attempt end = end_of(&failure);
		struct record record;

		end.retransmits = numbers[i].retransmits;
		end.tallies[TALLY_RETRY] = numbers[i].retries;
		end.tallies[TALLY_RETRY_FAILED] = numbers[i].failed;
		end.tallies[TALLY_DROP] = numbers[i].drops;
		end.flags |= numbers[i].flags;
		assert_int_equal(attempts_feed(attempts, &end.header), 0);
		assert_int_equal(attempts_take(attempts, 0, true, &record), 1);
		assert_int_equal(record.complete, numbers[i].complete);
		attempts_free(attempts);
	}
}

/* As many drops as a peer that repeats its SYN-ACK can cause leave room for SYN and RST. */
static void drops_do_not_displace_the_end(void **state)
{
	struct attempts *attempts = attempts_new(GRACE_NS);
	struct attempt end = end_of(&failure);
	struct record record;

	(void)state;
	for (unsigned int i = 0; i < 2 * RECORD_STEPS_MAX; i++) {
		struct step_event e = {
		        .header = {EVENT_DROP, sizeof(e), 0, 0, START + (i + 10) * MS},
		        .drop = {.netns = NETNS, .from = REMOTE, .to = LOCAL, .direction = DROP_IN},
		};

		assert_int_equal(attempts_feed(attempts, &e.header), 0);
	}
	end.syn_ns = START + MS;
	end.flags |= ATTEMPT_RST_SEEN | ATTEMPT_RST_ACCEPTED;
	end.rst.at_ns = START + 2 * MS;
	assert_int_equal(attempts_feed(attempts, &end.header), 0);
	assert_int_equal(attempts_take(attempts, 0, true, &record), 1);
	assert_int_equal(record.n_steps, 2 + tally_limits[TALLY_DROP]);
	assert_int_equal(record.steps[0].kind, STEP_SYN_SENT);
	assert_int_equal(record.steps[1].kind, STEP_RST_RECEIVED);
	assert_false(record.complete);
	attempts_free(attempts);
}

static void the_ttl_of_a_peer_is_remembered(void **state)
{
	static const struct endpoint other = {.address = {192, 0, 2, 8}, .family = FAMILY_IPV4};
	const struct act success = SUCCEEDED(1, 0, 10);
	struct attempt first = end_of(&success), second = end_of(&failure);
	struct attempts *attempts = attempts_new(GRACE_NS);
	struct record record;

	(void)state;
	first.synack_ttl = 57;
	second.header.socket = 2;
	assert_int_equal(attempts_feed(attempts, &first.header), 0);
	assert_int_equal(attempts_feed(attempts, &second.header), 0);
	second.header.socket = 3;
	second.remote = other;
	assert_int_equal(attempts_feed(attempts, &second.header), 0);
	second.header.socket = 4;
	second.remote = first.remote;
	second.netns = first.netns + 1;
	assert_int_equal(attempts_feed(attempts, &second.header), 0);
	assert_int_equal(attempts_take(attempts, 0, true, &record), 1);
	assert_int_equal(record.usual_ttl, 57);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(attempts_take(attempts, 0, true, &record), 1);
		assert_int_equal(record.usual_ttl, 0);
	}
	attempts_free(attempts);
}

/* Successes wait for the grace, and what is told of a peer does not depend on when they are taken.
 */
static void peers_are_learnt_of_in_the_order_of_the_ends(void **state)
{
	const struct act acts[] = {SUCCEEDED(1, 0, 10), FAILED(2, 1, 20), SUCCEEDED(3, 2, 30),
	                           SUCCEEDED(4, 3, 40), FAILED(5, 4, 50)};
	static const struct {
		uint64_t socket;
		uint32_t successes;
		uint64_t success_ms;
	} told[] = {{2, 1, 10}, {5, 2, 40}, {1, 0, 0}, {3, 0, 0}, {4, 0, 0}};
	struct record record;

	(void)state;
	for (int drains_between = 0; drains_between < 2; drains_between++) {
		struct attempts *attempts = attempts_new(GRACE_NS);
		size_t taken = 0;

		for (size_t i = 0; i < sizeof(acts) / sizeof(acts[0]); i++) {
			const struct attempt end = end_of(&acts[i]);

			assert_int_equal(attempts_feed(attempts, &end.header), 0);
			if (drains_between)
				attempts_drained(attempts);
			while (attempts_take(attempts, START, i == 4, &record)) {
				assert_int_equal(record.attempt.header.socket, told[taken].socket);
				assert_int_equal(record.peer.successes, told[taken].successes);
				assert_int_equal(record.peer.last_success_ns,
				                 told[taken].success_ms
				                         ? START + told[taken].success_ms * MS
				                         : 0);
				record.peer.failures = 1;
				attempts_learn(attempts, &record);
				taken++;
			}
		}
		assert_int_equal(taken, sizeof(told) / sizeof(told[0]));
		attempts_free(attempts);
	}
}

/* Successes may be among what was lost: then nobody knows since when it fails. */
static void what_was_lost_may_have_been_successes(void **state)
{
	const struct step_event lost = {
	        .header = {EVENT_LOST, sizeof(lost), 0, 0, START + 30 * MS}};
	const struct act acts[] = {FAILED(1, 1, 10), FAILED(2, 11, 20), FAILED(3, 31, 40)};
	static const uint32_t failures[] = {0, 1, 0};
	struct attempts *attempts = attempts_new(GRACE_NS);
	struct record record;

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		const struct attempt end = end_of(&acts[i]);

		if (i == 2)
			assert_int_equal(attempts_feed(attempts, &lost.header), 0);
		assert_int_equal(attempts_feed(attempts, &end.header), 0);
		attempts_drained(attempts);
		assert_int_equal(attempts_take(attempts, 0, true, &record), 1);
		assert_int_equal(record.peer.failures, failures[i]);
		record.peer.failing_since_ns = record.attempt.header.id;
		record.peer.failures++;
		attempts_learn(attempts, &record);
	}
	attempts_free(attempts);
}

/* The kernel is asked for the gateway of the address that the application named. */
static void a_gateway_to_an_address_that_nat_replaces_is_none(void **state)
{
	static const struct endpoint server = {
	        .address = {10, 9, 2, 2}, .port = 8087, .family = FAMILY_IPV4};
	const struct step_event hop = {.header = {EVENT_NEXT_HOP, sizeof(hop), 1, START, START},
	                               .next_hop = {.gateway = REMOTE, .ifindex = 2}};
	const struct step_event nat = {.header = {EVENT_TRANSLATION, sizeof(nat), 1, START, START},
	                               .translation.via.peer = server};

	(void)state;
	for (int translated = 0; translated < 2; translated++) {
		struct attempts *attempts = attempts_new(GRACE_NS);
		const struct act act = FAILED(1, 0, 10);
		const struct attempt end = end_of(&act);
		struct record record;

		assert_int_equal(attempts_feed(attempts, &hop.header), 0);
		if (translated)
			assert_int_equal(attempts_feed(attempts, &nat.header), 0);
		assert_int_equal(attempts_feed(attempts, &end.header), 0);
		assert_int_equal(attempts_take(attempts, 0, true, &record), 1);
		assert_int_equal(record.peer.hop.gateway.family, translated ? 0 : FAMILY_IPV4);
		attempts_free(attempts);
	}
}

static void many_attempts_at_once(void **state)
{
	const unsigned int n = 50000;
	struct attempts *attempts = attempts_new(GRACE_NS);
	struct record record;

	(void)state;
	for (unsigned int i = 0; i < n; i++) {
		const struct act retry = RETRIED(i % 97, i, i), end = FAILED(i % 97, i, i);
		const struct step_event step = step_of(&retry);
		const struct attempt a = end_of(&end);

		assert_int_equal(attempts_feed(attempts, &step.header), 0);
		assert_int_equal(attempts_feed(attempts, &a.header), 0);
	}
	attempts_drained(attempts);
	assert_int_equal(attempts_queued(attempts), n);
	for (unsigned int i = 0; i < n; i++) {
		assert_int_equal(attempts_take(attempts, START, false, &record), 1);
		assert_int_equal(record.attempt.header.id, START + i * MS);
		assert_int_equal(record.n_steps, 1);
	}
	assert_int_equal(attempts_take(attempts, START, false, &record), 0);
	attempts_free(attempts);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(events_become_records),
	        cmocka_unit_test(what_came_of_a_step),
	        cmocka_unit_test(the_record_itself_holds_steps),
	        cmocka_unit_test(steps_are_bounded),
	        cmocka_unit_test(no_kind_displaces_another),
	        cmocka_unit_test(unseen_retries_are_missed),
	        cmocka_unit_test(drops_do_not_displace_the_end),
	        cmocka_unit_test(the_ttl_of_a_peer_is_remembered),
	        cmocka_unit_test(peers_are_learnt_of_in_the_order_of_the_ends),
	        cmocka_unit_test(what_was_lost_may_have_been_successes),
	        cmocka_unit_test(a_gateway_to_an_address_that_nat_replaces_is_none),
	        cmocka_unit_test(many_attempts_at_once),
	};

	attempts_free(NULL);
	return cmocka_run_group_tests_name("attempts", tests, NULL, NULL);
}
