/* SPDX-License-Identifier: GPL-2.0-only */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "diagnose.h"
#include "diagnose_cases.h"
#include "explained.h"
#include "words.h"

#define N_CASES (sizeof(cases) / sizeof(cases[0]))
#define RANDOM_RECORDS 30000
#define LONGEST 992 /* of an explanation that a person still reads */

static struct record diagnosed(size_t i)
{
	struct record record = cases[i].record;

	/* Where a case does not say when, it does not say what. */
	if (record.attempt.flags & ATTEMPT_RETURNED && !record.attempt.return_ns)
		record.attempt.ret = -EINPROGRESS;
	diagnose(&record);
	return record;
}

static void each_ending_has_its_verdict(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_CASES; i++) {
		struct record record = diagnosed(i);

		if (record.outcome != cases[i].outcome || record.cause != cases[i].cause ||
		    record.error != cases[i].error || record.syn_sent != cases[i].syn_sent ||
		    record.duration_ns / MS != cases[i].duration_ms)
			fail_msg("%s: %s, %s, errno %d, %d SYNs, %u ms", cases[i].name,
			         words_outcome(record.outcome), words_cause(record.cause),
			         record.error, record.syn_sent,
			         (unsigned int)(record.duration_ns / MS));
	}
}

static void each_sentence_says_what_was_seen(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_CASES; i++) {
		struct record record = diagnosed(i);
		char *explanation = explained(&record);
		size_t length = strlen(explanation);

		if (!length || explanation[length - 1] != '.' || length > LONGEST)
			fail_msg("%s: (%zu) %s", cases[i].name, length, explanation);
		if (strstr(explanation, "  ") || strstr(explanation, ".."))
			fail_msg("%s: %s", cases[i].name, explanation);
		for (int word = 0; word < 3 && cases[i].words[word]; word++)
			if (!strstr(explanation, cases[i].words[word]))
				fail_msg("%s: no \"%s\" in: %s", cases[i].name,
				         cases[i].words[word], explanation);
		free(explanation);
	}
}

static void each_cause_has_a_case(void **state)
{
	bool seen[CAUSE_MAX] = {0};

	(void)state;
	for (size_t i = 0; i < N_CASES; i++)
		seen[cases[i].cause] = true;
	for (int cause = 0; cause < CAUSE_MAX; cause++)
		if (!seen[cause])
			fail_msg("no case for %s", words_cause(cause));
}

/* An earlier cause wins over a later one where the evidence of both is there. */
static void the_first_cause_wins(void **state)
{
	struct record record = {
	        .attempt = {V4, SENT, CLOSED(3050), .flags = BLOCKED, .ret = -ETIMEDOUT,
	                    .error = ETIMEDOUT},
	        .has_listener = true,
	        .listener = {2, 1},
	        STEPS(3, DROP(1000, DROP_OUT, 0, "QDISC_DROP", NULL),
	              DROP(1005, DROP_IN, 0, "NETFILTER_DROP", NULL),
	              SOFT4(2000, 13, EHOSTUNREACH, ROUTER4)),
	};
	static const enum cause order[] = {CAUSE_PROHIBITED_ICMP, CAUSE_LISTENER_OVERFLOW,
	                                   CAUSE_DROPPED_LOCALLY_OUT, CAUSE_DROPPED_LOCALLY_IN,
	                                   CAUSE_NO_REPLY};

	(void)state;
	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
		diagnose(&record);
		assert_int_equal(record.cause, order[i]);
		switch (i) {
		case 0: record.n_steps = 2; break;
		case 1: record.has_listener = false; break;
		case 2: record.steps[0] = record.steps[1]; /* fallthrough */
		case 3: record.n_steps = i == 2; break;
		}
	}
}

static void steps_that_were_omitted_are_counted(void **state)
{
	struct record record = {
	        .attempt = {V4, SENT, CLOSED(131000), .flags = BLOCKED, .ret = -ETIMEDOUT,
	                    .error = ETIMEDOUT, .retransmits = 10},
	        STEPS(2, RETRY(1000), RETRY(2000)),
	};

	(void)state;
	diagnose(&record);
	assert_int_equal(record.syn_sent, 11);
	record.attempt.retransmits = 0xffffffff;
	diagnose(&record);
	assert_int_equal(record.syn_sent, 65535);
	record.complete = true;
	diagnose(&record);
	assert_int_equal(record.syn_sent, 3);
}

static void a_time_in_the_past_is_no_duration(void **state)
{
	struct record record = {.attempt = {V4, .flags = TRIED, .final_state = TCP_STATE_CLOSE,
	                                    .final_ns = START - 1, .error = ETIMEDOUT}};

	(void)state;
	diagnose(&record);
	assert_int_equal(record.duration_ns, 0);
}

static void names_are_not_read_past_their_end(void **state)
{
	struct record record = {.attempt = {V4, SENT, CLOSED(150), .flags = LEFT,
	                                    .ret = -EINPROGRESS, .shutdown = 3}};
	char *explanation;

	(void)state;
	memset(record.attempt.closer.comm, 'x', COMM_SIZE);
	record.attempt.closer.pid = 0xffffffff;
	diagnose(&record);
	explanation = explained(&record);
	assert_memory_equal(explanation, "xxxxxxxxxxxxxxxx (pid 4294967295) ", 34);
	free(explanation);
}

static void *random_bytes(void *to, size_t size)
{
	for (size_t i = 0; i < size; i++)
		((unsigned char *)to)[i] = rand();
	return to;
}

/* A record that no kernel sends, but that keeps to the types of user space. */
static void fill_at_random(struct record *record)
{
	static const char *const reasons[] = {NULL, "NETFILTER_DROP", "NEIGH_FAILED", "?"};
	static const int errnos[] = {0, ETIMEDOUT, ECONNREFUSED, EHOSTUNREACH, EACCES, EINVAL};

	memset(record, 0, sizeof(*record));
	random_bytes(&record->attempt, sizeof(record->attempt));
	random_bytes(&record->reset, sizeof(record->reset));
	random_bytes(&record->route, sizeof(record->route));
	random_bytes(&record->listener, sizeof(record->listener));
	random_bytes(&record->ports, sizeof(record->ports));
	random_bytes(&record->schedule.syn_retries, sizeof(int));
	random_bytes(&record->schedule.syn_linear_timeouts, sizeof(int));
	record->schedule.known = rand() & 1;
	record->has_reset = rand() & 1;
	record->has_route = rand() & 1;
	record->has_listener = rand() & 1;
	record->has_ports = rand() & 1;
	record->complete = rand() & 1;
	record->usual_ttl = rand();
	record->n_steps = (unsigned int)rand() % (RECORD_STEPS_MAX + 1);
	for (unsigned int i = 0; i < RECORD_STEPS_MAX; i++) {
		struct step *step = &record->steps[i];

		random_bytes(step, sizeof(*step));
		step->kind = rand() % STEP_MAX;
		if (step->kind == STEP_DROPPED) {
			step->drop_reason = reasons[rand() % 4];
			step->drop_function = rand() & 1 ? "nf_hook_slow" : NULL;
			step->elsewhere = rand() & 1;
		}
		if (step->kind == STEP_ICMP_RECEIVED && rand() & 1)
			step->icmp.error = errnos[rand() % 6];
	}
	/* Half of them nearer to what happens. */
	if (rand() & 1)
		return;
	record->n_steps %= 3;
	record->attempt.flags = (record->attempt.flags & 0x7ffff) | ATTEMPT_FINAL;
	record->attempt.final_state = rand() & 1 ? TCP_STATE_CLOSE : TCP_STATE_ESTABLISHED;
	record->attempt.error = rand() & 1 ? 0 : errnos[rand() % 6];
	record->attempt.error_soft = rand() & 1 ? 0 : errnos[2 + rand() % 4];
	record->attempt.shutdown = rand() & 3;
	record->attempt.ret = rand() & 1 ? -EINPROGRESS : -errnos[rand() % 6];
}

static void any_bytes_have_a_verdict(void **state)
{
	struct record *record = calloc(1, sizeof(*record));
	char *explanation;

	(void)state;
	assert_non_null(record);
	srand(1);
	for (int i = 0; i < RANDOM_RECORDS; i++) {
		fill_at_random(record);
		diagnose(record);
		explanation = explained(record);
		assert_true((unsigned int)record->cause < CAUSE_MAX);
		assert_true((unsigned int)record->outcome < OUTCOME_MAX);
		assert_true(record->error >= 0);
		assert_in_range(record->syn_sent + 1, 0, 65536);
		assert_int_not_equal(explanation[0], '\0');
		free(explanation);
	}
	free(record);
}

static void no_success_is_called_a_failure(void **state)
{
	struct record *record = calloc(1, sizeof(*record));

	(void)state;
	assert_non_null(record);
	srand(2);
	for (int i = 0; i < RANDOM_RECORDS; i++) {
		fill_at_random(record);
		record->attempt.flags |= ATTEMPT_FINAL;
		record->attempt.final_state = TCP_STATE_ESTABLISHED;
		if (record->attempt.ret == -ECONNRESET)
			record->attempt.ret = 0;
		diagnose(record);
		assert_int_equal(record->outcome, OUTCOME_SUCCESS);
		assert_int_equal(record->error, 0);
		assert_true(record->cause == CAUSE_ESTABLISHED ||
		            record->cause == CAUSE_RESET_AFTER_ESTABLISHED);
	}
	free(record);
}

/* Whatever was missed, and whatever became of the connection later. */
static void a_call_that_gave_0_has_connected(void **state)
{
	struct record *record = calloc(1, sizeof(*record));

	(void)state;
	assert_non_null(record);
	srand(4);
	for (int i = 0; i < RANDOM_RECORDS; i++) {
		fill_at_random(record);
		record->attempt.flags =
		        (record->attempt.flags & ~ATTEMPT_PUT_OFF) | ATTEMPT_RETURNED;
		record->attempt.ret = 0;
		diagnose(record);
		assert_int_equal(record->outcome, OUTCOME_SUCCESS);
		assert_int_equal(record->error, 0);
	}
	free(record);
}

static void no_abandonment_is_a_time_out(void **state)
{
	struct record *record = calloc(1, sizeof(*record));

	(void)state;
	assert_non_null(record);
	srand(3);
	for (int i = 0; i < RANDOM_RECORDS; i++) {
		fill_at_random(record);
		diagnose(record);
		if (record->outcome == OUTCOME_ABANDONED)
			assert_true(record->error == 0 || record->error == ECONNRESET ||
			            record->error == ECONNABORTED);
		/* The causes of the two kinds do not mix; who closed it may be unknown. */
		if (record->cause != CAUSE_UNKNOWN)
			assert_int_equal(record->outcome == OUTCOME_ABANDONED,
			                 record->cause == CAUSE_ABORTED_BY_ADMIN ||
			                         (record->cause >= CAUSE_KILLED &&
			                          record->cause <= CAUSE_CLOSED_BY_APP));
		if (record->outcome == OUTCOME_UNKNOWN)
			assert_int_equal(record->cause, CAUSE_UNKNOWN);
		/* sk_err and the soft error are the only places of a time-out. */
		if (record->outcome == OUTCOME_FAILURE && record->error == ETIMEDOUT)
			assert_true(abs(record->attempt.error) == ETIMEDOUT ||
			            record->attempt.early_error_soft == ETIMEDOUT ||
			            record->attempt.ret == -ETIMEDOUT || record->n_steps);
	}
	free(record);
}

/* Only evidence tells why there was no answer, and only where somebody gave up before. */
static void silence_has_a_cause_only_by_evidence(void **state)
{
	struct record record = {.attempt = {V4, SENT, CLOSED(1500), .flags = LEFT,
	                                    .ret = -EINPROGRESS, .shutdown = 3, BY_APP},
	                        STEPS(1, RETRY(1000))};

	(void)state;
	diagnose(&record);
	assert_int_equal(record.cause, CAUSE_DEADLINE_OF_APP);
	assert_false(record.has_why);

	record.n_steps = 2;
	record.steps[1] = (struct step)DROP(1400, DROP_IN, 0, "IP_RPFILTER", NULL);
	diagnose(&record);
	assert_int_equal(record.cause, CAUSE_DEADLINE_OF_APP);
	assert_true(record.has_why);
	assert_int_equal(record.why_no_answer, CAUSE_DROPPED_LOCALLY_IN);

	/* The first that fits wins, as among causes. */
	record.has_listener = true;
	record.listener = (struct step_listener){129, 128};
	diagnose(&record);
	assert_int_equal(record.why_no_answer, CAUSE_LISTENER_OVERFLOW);

	/* The kernel's own time-out needs no second cause. */
	record.attempt.error = ETIMEDOUT;
	diagnose(&record);
	assert_int_equal(record.cause, CAUSE_LISTENER_OVERFLOW);
	assert_false(record.has_why);
}

static void an_answer_leaves_no_silence(void **state)
{
	struct record *record = calloc(1, sizeof(*record));

	(void)state;
	assert_non_null(record);
	srand(4);
	for (int i = 0; i < RANDOM_RECORDS; i++) {
		fill_at_random(record);
		diagnose(record);
		if (!record->has_why)
			continue;
		assert_true(record->outcome == OUTCOME_ABANDONED ||
		            record->outcome == OUTCOME_UNKNOWN);
		assert_true(record->why_no_answer < CAUSE_NO_REPLY);
	}
	free(record);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(each_ending_has_its_verdict),
	        cmocka_unit_test(each_sentence_says_what_was_seen),
	        cmocka_unit_test(each_cause_has_a_case),
	        cmocka_unit_test(the_first_cause_wins),
	        cmocka_unit_test(steps_that_were_omitted_are_counted),
	        cmocka_unit_test(a_time_in_the_past_is_no_duration),
	        cmocka_unit_test(names_are_not_read_past_their_end),
	        cmocka_unit_test(any_bytes_have_a_verdict),
	        cmocka_unit_test(no_success_is_called_a_failure),
	        cmocka_unit_test(a_call_that_gave_0_has_connected),
	        cmocka_unit_test(no_abandonment_is_a_time_out),
	        cmocka_unit_test(silence_has_a_cause_only_by_evidence),
	        cmocka_unit_test(an_answer_leaves_no_silence),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
