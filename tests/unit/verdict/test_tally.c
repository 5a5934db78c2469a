// SPDX-License-Identifier: GPL-2.0-only
/* What an attempt adds to what is known of its peer, and the clause that comes of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "diagnose.h"
#include "explained.h"
#include "records.h"

#define END_NS (ATTEMPT_START_NS + 131072 * MS)

/* 4 SYNs, no answer. */
static struct record unanswered(void)
{
	struct record record = timed_out();
	struct attempt *a = &record.attempt;

	a->flags |= ATTEMPT_SYN_SENT | ATTEMPT_FINAL;
	a->ended_by = ENDED_BY_STATE;
	a->final_state = TCP_STATE_CLOSE;
	a->error = ETIMEDOUT;
	a->final_ns = END_NS;
	a->syn_ns = ATTEMPT_START_NS + 41000;
	a->retransmits = 3;
	record.realtime_offset_ns = test_run.realtime_offset_ns;
	return record;
}

static struct record refused(void)
{
	struct record record = unanswered();
	struct attempt *a = &record.attempt;

	a->flags |= ATTEMPT_RST_SEEN | ATTEMPT_RST_ACCEPTED;
	a->error = ECONNREFUSED;
	a->ret = -ECONNREFUSED;
	a->rst = (struct segment){.at_ns = END_NS, .from = a->remote, .ttl = 57};
	record.n_steps = 1;
	return record;
}

static void expect(struct record *record, enum cause cause, const char *clause)
{
	char *explanation;

	diagnose(record);
	assert_int_equal(record->cause, cause);
	explanation = explained(record);
	if (!strstr(explanation, clause))
		fail_msg("no \"%s\" in: %s", clause, explanation);
	free(explanation);
}

static void expect_no(const struct record *record, const char *clause)
{
	char *explanation = explained(record);

	assert_null(strstr(explanation, clause));
	free(explanation);
}

static void expect_none_of(struct record *record, enum cause cause)
{
	static const char *const clauses[] = {"host is up", "first failure", "traced attempt",
	                                      "in a row", " ago"};
	char *explanation;

	diagnose(record);
	assert_int_equal(record->cause, cause);
	explanation = explained(record);
	for (size_t i = 0; i < sizeof(clauses) / sizeof(clauses[0]); i++)
		if (strstr(explanation, clauses[i]))
			fail_msg("\"%s\" in: %s", clauses[i], explanation);
	free(explanation);
}

static void a_first_failure_is_counted(void **state)
{
	struct record record = unanswered();

	(void)state;
	expect_none_of(&record, CAUSE_NO_REPLY);
	assert_int_equal(record.peer.failures, 1);
	assert_int_equal(record.peer.failing_since_ns, ATTEMPT_START_NS);
	assert_int_equal(record.peer.silence.attempts, 1);
	assert_int_equal(record.peer.silence.n_programs, 1);
	assert_int_equal(record.peer.answered_ns, 0);

	/* It began before the last success: it has been failing since then. */
	record = unanswered();
	record.peer.last_success_ns = ATTEMPT_START_NS + SECOND;
	diagnose(&record);
	assert_int_equal(record.peer.failing_since_ns, ATTEMPT_START_NS + SECOND);
}

static void further_failures_are_counted(void **state)
{
	struct record record = unanswered();

	(void)state;
	record.peer.failures = 4;
	record.peer.failing_since_ns = 10;
	record.peer.silence = (struct silence){.since_ns = 10, .attempts = 6, .n_programs = 2};
	expect(&record, CAUSE_NO_REPLY,
	       " No traced attempt to 192.0.2.7 has had an answer since 10:18:18 UTC (7 attempts "
	       "of 3 programs).");
	assert_int_equal(record.peer.failures, 5);
	assert_int_equal(record.peer.failing_since_ns, 10);
	assert_int_equal(record.peer.silence.n_programs, 3);

	/* The same program again; the day before */
	record = unanswered();
	diagnose(&record);
	record.n_steps = 4;
	record.attempt.header.id += 86400 * SECOND;
	record.attempt.final_ns += 86400 * SECOND;
	expect(&record, CAUSE_NO_REPLY, "since 2026-11-23 10:18:19 UTC (2 attempts).");
}

static void programs_past_the_limit_are_not_told(void **state)
{
	struct record record = unanswered();
	char *explanation;

	(void)state;
	for (unsigned int i = 0; i < 2 * PEER_PROGRAMS_MAX; i++) {
		snprintf(record.attempt.comm, COMM_SIZE, "program%u", i % 100u);
		diagnose(&record);
	}
	assert_int_equal(record.peer.silence.n_programs, PEER_PROGRAMS_MAX);
	explanation = explained(&record);
	assert_non_null(strstr(explanation, "(32 attempts)."));
	free(explanation);
}

static void who_answers_elsewhere_is_up(void **state)
{
	struct record record = unanswered();

	(void)state;
	record.peer.alive = record.peer.other =
	        (struct answer){END_NS - 2 * SECOND, ANSWER_ATTEMPT, 22};
	expect(&record, CAUSE_NO_REPLY,
	       " 192.0.2.7 answered on port 22 2.0 s ago, so the host is up: look at what filters "
	       "port 443.");
	/* The silence is not that of the host: it begins behind the sign of life. */
	assert_int_equal(record.peer.silence.since_ns, END_NS - 2 * SECOND);

	/* That was long ago, and it is told as such. */
	record = unanswered();
	record.peer.alive = record.peer.other =
	        (struct answer){ATTEMPT_START_NS - 600 * MS, ANSWER_ATTEMPT, 22};
	record.attempt.user_timeout_ms = 0;
	expect(&record, CAUSE_NO_REPLY, " 192.0.2.7 answered on port 22 131.7 s ago. Look");
	record = unanswered();
	record.peer.alive = (struct answer){ATTEMPT_START_NS + MS, ANSWER_ATTEMPT, 443};
	expect(&record, CAUSE_NO_REPLY, "answered on port 443 131.1 s ago, so the host is up.");
}

static void how_it_is_known_is_told(void **state)
{
	struct record record = unanswered();
	char *explanation;

	(void)state;
	record.peer.alive = record.peer.other =
	        (struct answer){END_NS - 2 * SECOND, ANSWER_SOCKET, 22};
	expect(&record, CAUSE_NO_REPLY,
	       " 192.0.2.7 sent something on another connection, its port 22, 2.0 s ago, so the "
	       "host is up: look at what filters port 443.");
	/* The kernel keeps when a connection ended, not when its peer last answered. */
	record = unanswered();
	record.peer.alive = (struct answer){END_NS - 2 * SECOND, ANSWER_METRICS, 0};
	expect(&record, CAUSE_NO_REPLY,
	       " A connection with 192.0.2.7 that had worked ended 2.0 s ago.");
	explanation = explained(&record);
	assert_null(strstr(explanation, "host is up"));
	free(explanation);
	record = unanswered();
	record.peer.sockets_known = true;
	record.peer.silence = (struct silence){.since_ns = 10, .attempts = 6};
	expect(&record, CAUSE_NO_REPLY, " (7 attempts), nor has any other socket here.");
}

static void a_silent_gateway_is_told(void **state)
{
	struct record record = unanswered();
	const struct peer_hop hop = {.gateway = endpoint_of("10.0.0.1", 0),
	                             .silent = 33,
	                             .since_ns = ATTEMPT_START_NS - 600 * MS};

	(void)state;
	record.place.route_interface = "eth0";
	record.peer.hop = hop;
	expect(&record, CAUSE_NO_REPLY,
	       " None of 34 peers behind 10.0.0.1 on eth0 has answered since 10:18:18 UTC, and no "
	       "other was heard lately.");
	/* Two may be a coincidence; others answer; this host is known to be up. */
	record = unanswered();
	record.peer.hop = hop;
	record.peer.hop.silent = 1;
	diagnose(&record);
	expect_no(&record, "None of");
	record = unanswered();
	record.peer.hop = hop;
	record.peer.hop.answering = 1;
	expect(&record, CAUSE_NO_REPLY,
	       " The way as far as 10.0.0.1 works: 1 other peer behind it answered lately.");
	record = unanswered();
	record.peer.hop = hop;
	record.peer.alive = record.peer.other = (struct answer){END_NS - SECOND, ANSWER_SOCKET, 22};
	expect(&record, CAUSE_NO_REPLY, "so the host is up");
	expect_no(&record, "None of");
	record = unanswered();
	record.peer.hop = hop;
	record.peer.alive = (struct answer){hop.since_ns + 1, ANSWER_METRICS, 0};
	diagnose(&record);
	expect_no(&record, "None of");
	/* More were not counted. */
	record = unanswered();
	record.peer.hop = hop;
	record.peer.hop.silent = 64;
	expect(&record, CAUSE_NO_REPLY, " None of at least 65 peers behind 10.0.0.1 has ");
}

static void the_first_failure_after_successes_is_told(void **state)
{
	struct record record = unanswered();
	char *explanation;

	(void)state;
	record.peer.successes = 431;
	record.peer.last_success_ns = END_NS - 60 * SECOND;
	record.peer.alive = (struct answer){record.peer.last_success_ns, ANSWER_ATTEMPT, 443};
	expect(&record, CAUSE_NO_REPLY,
	       " It is the first failure after 431 successes, the last 60.0 s ago.");
	/* It is not the first any more. */
	record.n_steps = 4;
	diagnose(&record);
	explanation = explained(&record);
	assert_null(strstr(explanation, "first failure"));
	free(explanation);

	record = refused();
	record.peer.successes = 1;
	record.peer.last_success_ns = END_NS - 60 * SECOND;
	expect(&record, CAUSE_REFUSED, " It is the first failure after a success 60.0 s ago.");
}

static void a_refusal_is_a_sign_of_life(void **state)
{
	struct record record = refused();

	(void)state;
	record.peer.silence.attempts = 3;
	expect_none_of(&record, CAUSE_REFUSED);
	assert_int_equal(record.peer.answered_ns, END_NS);
	assert_int_equal(record.peer.silence.attempts, 0);
	expect(&record, CAUSE_REFUSED, " It is failure 2 in a row there, since 10:18:19 UTC.");

	/* NAT of this host sent it to another one. */
	record = refused();
	record.translation.via.peer = endpoint_of("10.9.2.2", 8087);
	diagnose(&record);
	assert_int_equal(record.peer.answered_ns, 0);

	/* Another TTL than the peer's own: who knows who sent it. */
	record = refused();
	record.usual_ttl = 64;
	diagnose(&record);
	assert_int_equal(record.peer.answered_ns, 0);
}

static void what_else_came_from_the_address_is_one(void **state)
{
	struct record record = unanswered();
	struct step *step = add_step(&record, STEP_RST_IGNORED, 5 * SECOND);

	(void)state;
	step->segment.from = record.attempt.remote;
	expect_none_of(&record, CAUSE_NO_REPLY);
	assert_int_equal(record.peer.answered_ns, ATTEMPT_START_NS + 5 * SECOND);

	record = unanswered();
	step = add_step(&record, STEP_DROPPED, 6 * SECOND);
	step->drop = (struct step_drop){.direction = DROP_IN,
	                                .flags = TCP_FLAG_BYTE_SYN | TCP_FLAG_BYTE_ACK,
	                                .from = record.attempt.remote};
	expect_none_of(&record, CAUSE_DROPPED_LOCALLY_IN);
	assert_int_equal(record.peer.answered_ns, ATTEMPT_START_NS + 6 * SECOND);

	/* A router is not the host; the host itself is. */
	record = unanswered();
	step = add_step(&record, STEP_ICMP_RECEIVED, 7 * SECOND);
	step->icmp = (struct step_icmp){.version = 4, .type = 3, .code = 1, .error = EHOSTUNREACH};
	step->icmp.from = endpoint_of("192.0.2.1", 0);
	diagnose(&record);
	assert_int_equal(record.peer.answered_ns, 0);
	record = unanswered();
	add_step(&record, STEP_ICMP_RECEIVED, 7 * SECOND)->icmp = step->icmp;
	record.steps[record.n_steps - 1].icmp.from = record.attempt.remote;
	diagnose(&record);
	assert_int_equal(record.peer.answered_ns, ATTEMPT_START_NS + 7 * SECOND);
}

static void what_this_host_did_is_no_silence(void **state)
{
	struct record record = unanswered();

	(void)state;
	add_step(&record, STEP_DROPPED, SECOND)->drop.direction = DROP_OUT;
	record.peer.silence.attempts = 3;
	diagnose(&record);
	assert_int_equal(record.cause, CAUSE_DROPPED_LOCALLY_OUT);
	assert_int_equal(record.peer.failures, 1);
	assert_int_equal(record.peer.silence.attempts, 3);

	/* Of what was lost nothing is claimed. */
	record = unanswered();
	record.complete = false;
	record.peer.silence.attempts = 3;
	expect_none_of(&record, CAUSE_NO_REPLY);
	assert_int_equal(record.peer.silence.attempts, 0);

	/* Its own address says nothing of another host. */
	record = unanswered();
	record.attempt.local = record.attempt.remote;
	record.peer.other = record.peer.alive = (struct answer){END_NS - 1, ANSWER_ATTEMPT, 22};
	expect_none_of(&record, CAUSE_NO_REPLY);
}

static void who_is_killed_did_not_fail(void **state)
{
	struct record record = unanswered();

	(void)state;
	record.attempt.error = 0;
	record.attempt.flags |= ATTEMPT_CLOSER;
	record.attempt.shutdown = 3;
	record.attempt.closer = (struct closer){.pid = 1, .exiting = 1, .exit_code = 9};
	diagnose(&record);
	assert_int_equal(record.cause, CAUSE_KILLED);
	assert_int_equal(record.peer.failures, 0);
	assert_int_equal(record.peer.failing_since_ns, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_first_failure_is_counted),
	        cmocka_unit_test(further_failures_are_counted),
	        cmocka_unit_test(programs_past_the_limit_are_not_told),
	        cmocka_unit_test(who_answers_elsewhere_is_up),
	        cmocka_unit_test(how_it_is_known_is_told),
	        cmocka_unit_test(a_silent_gateway_is_told),
	        cmocka_unit_test(the_first_failure_after_successes_is_told),
	        cmocka_unit_test(a_refusal_is_a_sign_of_life),
	        cmocka_unit_test(what_else_came_from_the_address_is_one),
	        cmocka_unit_test(what_this_host_did_is_no_silence),
	        cmocka_unit_test(who_is_killed_did_not_fail),
	};

	return cmocka_run_group_tests_name("tally", tests, NULL, NULL);
}
