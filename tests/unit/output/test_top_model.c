// SPDX-License-Identifier: GPL-2.0-only
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "records.h"
#include "top_model.h"

#define SPAN TOP_TREND_NS

static struct top_model *new_model(void)
{
	struct top_model *model = calloc(1, sizeof(*model));

	assert_non_null(model);
	model->run = &test_run;
	return model;
}

static void free_model(struct top_model *model)
{
	top_model_free(model);
	free(model);
}

static void add(struct top_model *model, struct record record, uint64_t start_ns)
{
	record.attempt.header.id = start_ns;
	top_model_record(model, &record);
}

static struct top_peer *failing_peer(struct top_model *model)
{
	const struct record record = timed_out();

	return top_model_find(model, &record.attempt.remote);
}

static void a_peer_fails_since_its_last_success(void **state)
{
	struct top_model *model = new_model();
	struct record good = timed_out();
	struct top_peer *peer;

	(void)state;
	good.outcome = OUTCOME_SUCCESS;
	good.cause = CAUSE_ESTABLISHED;
	good.duration_ns = 5 * MS;
	good.n_steps = 1;
	add(model, timed_out(), 10 * SECOND);
	add(model, timed_out(), 20 * SECOND);
	peer = failing_peer(model);
	assert_non_null(peer);
	assert_int_equal(peer->attempts, 2);
	assert_int_equal(peer->failed, 2);
	assert_int_equal(peer->failing_since_ns, 10 * SECOND);
	assert_int_equal(peer->cause, CAUSE_NO_REPLY);
	assert_int_equal(peer->error, ETIMEDOUT);
	assert_string_equal(peer->comms[0], "curl");

	add(model, good, 200 * SECOND);
	assert_int_equal(peer->failing_since_ns, 0);
	assert_int_equal(peer->last_ok_ns, 200 * SECOND + 5 * MS);
	add(model, timed_out(), 300 * SECOND);
	assert_int_equal(peer->failing_since_ns, 300 * SECOND);
	assert_int_equal(model->attempts, 4);
	assert_int_equal(model->failed, 3);
	free_model(model);
}

static void timelines_are_kept_of_what_was_no_plain_success(void **state)
{
	struct top_model *model = new_model();
	struct record plain = ipv6_success(), slow = ipv6_success();
	struct top_peer *peer;

	(void)state;
	add_step(&slow, STEP_SYN_RETRY, 1 * SECOND);
	add(model, plain, 10 * SECOND);
	peer = top_model_find(model, &plain.attempt.remote);
	assert_int_equal(peer->n_timelines, 0);
	add(model, slow, 11 * SECOND);
	assert_int_equal(peer->n_timelines, 1);
	assert_non_null(memmem(peer->timelines[0].text, peer->timelines[0].length, "syn_retry", 9));
	for (unsigned int i = 0; i < 3 * TOP_TIMELINES; i++)
		add(model, timed_out(), (20 + i) * SECOND);
	assert_int_equal(failing_peer(model)->n_timelines, 3 * TOP_TIMELINES);
	free_model(model);
}

static void durations_are_those_of_the_last_successes(void **state)
{
	struct top_model *model = new_model();
	struct record record = ipv6_success();
	struct top_peer *peer;

	(void)state;
	record.duration_ns = 9 * SECOND;
	add(model, record, 10 * SECOND);
	peer = top_model_find(model, &record.attempt.remote);
	for (unsigned int i = 1; i < TOP_TAKEN; i++) {
		record.duration_ns = i * MS;
		add(model, record, (10 + i) * SECOND);
	}
	assert_int_equal(top_peer_slowest_ns(peer), 9 * SECOND);
	assert_int_equal(top_peer_median_ns(peer), TOP_TAKEN / 2 * MS);
	record.duration_ns = 1 * MS;
	add(model, record, 100 * SECOND);
	assert_int_equal(top_peer_slowest_ns(peer), (TOP_TAKEN - 1) * MS);
	assert_int_equal(top_peer_median_ns(failing_peer(model) ?: &(struct top_peer){0}), 0);
	free_model(model);
}

static void the_trend_moves_on_with_the_time(void **state)
{
	struct top_model *model = new_model();
	struct record record = timed_out();
	uint64_t now_ns = 1000 * SPAN;
	struct top_peer *peer;

	(void)state;
	record.duration_ns = 0;
	add(model, record, now_ns);
	add(model, record, now_ns + SPAN - 1);
	add(model, record, now_ns + 3 * SPAN);
	/* Another CPU's, a little late. */
	add(model, record, now_ns + SPAN);
	/* Too late to be of any span that is shown. */
	add(model, record, now_ns - TOP_TREND * SPAN);
	peer = failing_peer(model);
	now_ns += 3 * SPAN;
	assert_int_equal(top_peer_trend(peer, now_ns, 0), 1);
	assert_int_equal(top_peer_trend(peer, now_ns, 1), 0);
	assert_int_equal(top_peer_trend(peer, now_ns, 2), 1);
	assert_int_equal(top_peer_trend(peer, now_ns, 3), 2);
	assert_int_equal(top_peer_trend(peer, now_ns, 4), 0);
	assert_int_equal(top_peer_trend(peer, now_ns + SPAN, 4), 2);
	assert_int_equal(top_peer_trend(peer, now_ns + TOP_TREND * SPAN, 0), 0);
	add(model, record, now_ns + 1000 * SPAN);
	for (unsigned int ago = 1; ago < TOP_TREND; ago++)
		assert_int_equal(top_peer_trend(peer, now_ns + 1000 * SPAN, ago), 0);
	free_model(model);
}

static void the_rate_is_of_whole_spans(void **state)
{
	struct top_model *model = new_model();
	struct record record = ipv6_success();
	uint64_t start_ns = test_run.start_ns / SPAN * SPAN + SPAN;

	(void)state;
	record.duration_ns = 0;
	assert_true(top_model_rate(model, start_ns) == 0);
	for (unsigned int i = 0; i < 60; i++)
		add(model, record, start_ns + i * SPAN / 20);
	/* Three spans with twenty attempts each. */
	assert_true(top_model_rate(model, start_ns + 3 * SPAN) == 20.0 * SECOND / SPAN);
	free_model(model);
}

static struct attempt waiting_since(uint64_t start_ns, const char *address)
{
	struct attempt attempt = {.header.id = start_ns, .pid = 7, .comm = "curl"};

	attempt.remote = endpoint_of(address, 443);
	return attempt;
}

static void the_oldest_wait_first(void **state)
{
	struct top_model *model = new_model();
	struct attempt attempt;
	struct top_peer *peer;

	(void)state;
	for (int round = 0; round < 2; round++) {
		top_model_begin_waiting(model);
		/* Neither in the one order nor in the other. */
		for (uint64_t i = 0; i < 3 * TOP_WAITING_MAX; i++) {
			attempt = waiting_since(1 + i * 7919 % (3 * TOP_WAITING_MAX), "192.0.2.7");
			top_model_waiting(model, &attempt);
		}
		top_model_end_waiting(model);
	}
	peer = top_model_find(model, &attempt.remote);
	assert_int_equal(model->n_all_waiting, 3 * TOP_WAITING_MAX);
	assert_int_equal(model->n_waiting, TOP_WAITING_MAX);
	assert_int_equal(peer->waiting, 3 * TOP_WAITING_MAX);
	assert_int_equal(peer->oldest_ns, 1);
	for (uint64_t i = 0; i < TOP_WAITING_MAX; i++)
		assert_int_equal(model->waiting[i].header.id, i + 1);
	top_model_begin_waiting(model);
	top_model_end_waiting(model);
	assert_int_equal(peer->waiting, 0);
	assert_int_equal(model->n_waiting, 0);
	free_model(model);
}

static void quiet_peers_make_room(void **state)
{
	struct top_model *model = new_model();
	struct record record = ipv6_success();
	struct attempt attempt = waiting_since(1, "198.51.100.9");
	struct endpoint first = endpoint_of("10.0.0.0", 443);

	(void)state;
	add(model, timed_out(), 1);
	top_model_begin_waiting(model);
	top_model_waiting(model, &attempt);
	top_model_end_waiting(model);
	for (unsigned int i = 0; i < 4 * TOP_PEERS_MAX; i++) {
		record.attempt.remote = first;
		record.attempt.remote.address[2] = (uint8_t)(i >> 8);
		record.attempt.remote.address[3] = (uint8_t)i;
		add(model, record, 2 + i * SECOND);
	}
	assert_int_equal(model->n_peers, TOP_PEERS_MAX);
	assert_int_equal(model->replaced, 4 * TOP_PEERS_MAX + 2 - TOP_PEERS_MAX);
	assert_non_null(failing_peer(model));
	assert_non_null(top_model_find(model, &attempt.remote));
	assert_non_null(top_model_find(model, &record.attempt.remote));
	assert_null(top_model_find(model, &first));
	assert_int_equal(model->attempts, 4 * TOP_PEERS_MAX + 1);
	free_model(model);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_peer_fails_since_its_last_success),
	        cmocka_unit_test(timelines_are_kept_of_what_was_no_plain_success),
	        cmocka_unit_test(durations_are_those_of_the_last_successes),
	        cmocka_unit_test(the_trend_moves_on_with_the_time),
	        cmocka_unit_test(the_rate_is_of_whole_spans),
	        cmocka_unit_test(the_oldest_wait_first),
	        cmocka_unit_test(quiet_peers_make_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
