// SPDX-License-Identifier: GPL-2.0-only
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "peers.h"
#include "units.h"

#define S NS_PER_S
#define NETNS 1

/* An attempt to 10.0.HOST.1 that ended at that second. */
static struct attempt attempt_to(unsigned int host, uint16_t port, uint64_t end_s)
{
	return (struct attempt){
	        .header.id = end_s * S,
	        .header.at_ns = end_s * S,
	        .final_ns = end_s * S,
	        .netns = NETNS,
	        .remote = {.address = {10, host >> 16, host >> 8, host},
	                   .port = port,
	                   .family = FAMILY_IPV4},
	};
}

static void succeed(struct peers *peers, unsigned int host, uint16_t port, uint64_t end_s)
{
	struct attempt a = attempt_to(host, port, end_s);

	peers_success(peers, &a);
}

static struct peer view(struct peers *peers, unsigned int host, uint16_t port, uint64_t end_s)
{
	struct attempt a = attempt_to(host, port, end_s);
	struct peer peer;

	peers_view(peers, &a, &peer);
	return peer;
}

/* One failure more, with a sign of life at `answered_s` where that is not 0. */
static void add_failure(struct peers *peers, unsigned int host, uint16_t port, uint64_t end_s,
                        uint64_t answered_s)
{
	struct attempt a = attempt_to(host, port, end_s);
	struct peer peer;

	peers_view(peers, &a, &peer);
	if (!peer.failures++)
		peer.failing_since_ns = end_s * S;
	peer.answered_ns = answered_s * S;
	peer.silence.attempts++;
	peer.silence.since_ns = peer.silence.since_ns ?: end_s * S;
	peers_learn(peers, &a, &peer);
}

static void nothing_is_known_of_a_stranger(void **state)
{
	static const struct peer nothing;
	struct peers *peers = peers_new();
	struct peer peer;

	(void)state;
	succeed(peers, 1, 443, 10);
	peer = view(peers, 2, 443, 11);
	assert_memory_equal(&peer, &nothing, sizeof(peer));
	peers_free(peers);
}

static void failures_are_counted_from_the_last_success(void **state)
{
	struct peers *peers = peers_new();
	struct peer peer;

	(void)state;
	add_failure(peers, 1, 443, 5, 0);
	succeed(peers, 1, 443, 10);
	succeed(peers, 1, 443, 11);
	peer = view(peers, 1, 443, 12);
	assert_int_equal(peer.failures, 0);
	assert_int_equal(peer.failing_since_ns, 0);
	assert_int_equal(peer.successes, 2);
	assert_int_equal(peer.last_success_ns, 11 * S);
	add_failure(peers, 1, 443, 13, 0);
	add_failure(peers, 1, 443, 14, 0);
	peer = view(peers, 1, 443, 15);
	assert_int_equal(peer.failures, 2);
	assert_int_equal(peer.failing_since_ns, 13 * S);
	assert_int_equal(peer.successes, 2);
	assert_int_equal(peer.last_success_ns, 11 * S);
	succeed(peers, 1, 443, 16);
	peer = view(peers, 1, 443, 17);
	assert_int_equal(peer.failures, 0);
	assert_int_equal(peer.successes, 1);
	peers_free(peers);
}

static void other_ports_show_that_the_host_is_alive(void **state)
{
	struct peers *peers = peers_new();
	struct peer peer;

	(void)state;
	succeed(peers, 1, 22, 10);
	add_failure(peers, 1, 79, 12, 12);
	add_failure(peers, 1, 443, 20, 0);
	peer = view(peers, 1, 443, 21);
	assert_int_equal(peer.alive.at_ns, 12 * S);
	assert_int_equal(peer.alive.port, 79);
	assert_int_equal(peer.alive.how, ANSWER_ATTEMPT);
	assert_int_equal(peer.silence.attempts, 2);
	assert_int_equal(peer.last_success_ns, 0);
	peer = view(peers, 1, 79, 21);
	assert_int_equal(peer.alive.port, 79);
	assert_int_equal(peer.other.port, 22);
	assert_int_equal(peer.other.at_ns, 10 * S);
	peers_free(peers);
}

static void what_the_kernel_told_is_kept(void **state)
{
	struct attempt a = attempt_to(1, 443, 20);
	struct peers *peers = peers_new();
	struct peer peer;

	(void)state;
	peers_view(peers, &a, &peer);
	peer.alive = (struct answer){18 * S, ANSWER_SOCKET, 22};
	peers_learn(peers, &a, &peer);
	peer = view(peers, 1, 8443, 21);
	assert_int_equal(peer.alive.at_ns, 18 * S);
	assert_int_equal(peer.alive.how, ANSWER_SOCKET);
	assert_int_equal(peer.other.port, 22);
	succeed(peers, 1, 80, 22);
	assert_int_equal(view(peers, 1, 8443, 23).alive.how, ANSWER_ATTEMPT);
	peers_free(peers);
}

static void another_namespace_has_other_hosts(void **state)
{
	struct attempt a = attempt_to(1, 443, 20);
	struct peers *peers = peers_new();
	struct peer peer;

	(void)state;
	succeed(peers, 1, 443, 10);
	a.netns = NETNS + 1;
	peers_view(peers, &a, &peer);
	assert_int_equal(peer.last_success_ns, 0);
	assert_int_equal(peer.alive.at_ns, 0);
	peers_free(peers);
}

static void memory_has_an_age(void **state)
{
	const uint64_t age_s = PEERS_AGE_NS / S;
	struct peers *peers = peers_new();

	(void)state;
	succeed(peers, 1, 22, 10);
	succeed(peers, 1, 443, 10);
	assert_int_equal(view(peers, 1, 443, 10 + age_s).successes, 1);
	assert_int_equal(view(peers, 1, 443, 11 + age_s).successes, 0);
	assert_int_equal(view(peers, 1, 443, 11 + age_s).alive.at_ns, 0);
	/* The host is tried all the time, the port is not. */
	succeed(peers, 1, 22, 1000);
	assert_int_equal(view(peers, 1, 443, 11 + age_s).successes, 0);
	assert_int_equal(view(peers, 1, 443, 11 + age_s).alive.port, 22);
	succeed(peers, 1, 443, 11 + age_s);
	assert_int_equal(view(peers, 1, 443, 12 + age_s).successes, 1);
	peers_free(peers);
}

static void memory_is_bounded(void **state)
{
	struct peers *peers = peers_new();
	unsigned int known = 0;

	(void)state;
	for (unsigned int host = 1; host <= 4 * PEERS_HOSTS; host++)
		succeed(peers, host, 443, host);
	for (unsigned int host = 1; host <= 4 * PEERS_HOSTS; host++)
		known += view(peers, host, 443, 4 * PEERS_HOSTS).successes;
	assert_in_range(known, 1, PEERS_HOSTS);
	/* The newest have displaced the oldest. */
	for (unsigned int host = 4 * PEERS_HOSTS - 7; host <= 4 * PEERS_HOSTS; host++)
		assert_int_equal(view(peers, host, 443, 4 * PEERS_HOSTS).successes, 1);
	assert_int_equal(view(peers, 1, 443, 4 * PEERS_HOSTS).successes, 0);
	for (uint16_t port = 1; port <= 2 * PEERS_PORTS; port++)
		succeed(peers, 1, port, 20000 + port);
	assert_int_equal(view(peers, 1, 1, 20100).successes, 0);
	assert_int_equal(view(peers, 1, PEERS_PORTS + 1, 20100).successes, 1);
	peers_free(peers);
}

static struct peer view_kept(struct peers *peers, uint64_t end_s, struct step_kept kept)
{
	struct attempt a = attempt_to(1, 443, end_s);
	struct peer peer;

	peers_view(peers, &a, &peer);
	peer_add_kept(&peer, &a, &kept);
	return peer;
}

/* A failure that learns what view_kept() told. */
static void fail_with_kept(struct peers *peers, uint64_t end_s, struct step_kept kept)
{
	struct attempt a = attempt_to(1, 443, end_s);
	struct peer peer = view_kept(peers, end_s, kept);

	if (!peer.failures++)
		peer.failing_since_ns = end_s * S;
	peer.silence.attempts++;
	peer.silence.since_ns = peer.silence.since_ns ?: end_s * S;
	peers_learn(peers, &a, &peer);
}

static void successes_that_a_filter_keeps_count(void **state)
{
	struct peers *peers = peers_new();
	struct step_kept kept = {.last_ns = 10 * S, .successes = 5};
	struct peer peer;

	(void)state;
	peer = view_kept(peers, 11, kept);
	assert_int_equal(peer.successes, 5);
	assert_int_equal(peer.last_success_ns, 10 * S);
	assert_int_equal(peer.alive.port, 443);
	assert_int_equal(peer.other.at_ns, 0);
	fail_with_kept(peers, 12, kept);
	fail_with_kept(peers, 13, kept);
	peer = view_kept(peers, 14, kept);
	assert_int_equal(peer.failures, 2);
	assert_int_equal(peer.successes, 5);
	/* Three more, then it fails again. */
	kept = (struct step_kept){
	        .last_ns = 20 * S, .successes = 8, .other_ns = 21 * S, .other_port = 22};
	peer = view_kept(peers, 22, kept);
	assert_int_equal(peer.failures, 0);
	assert_int_equal(peer.failing_since_ns, 0);
	assert_int_equal(peer.successes, 3);
	assert_int_equal(peer.last_success_ns, 20 * S);
	assert_int_equal(peer.alive.port, 22);
	assert_int_equal(peer.other.at_ns, 21 * S);
	/* The slot was forgotten and made anew. */
	fail_with_kept(peers, 22, kept);
	kept.last_ns = 30 * S;
	kept.successes = 2;
	assert_int_equal(view_kept(peers, 31, kept).successes, 2);
	peers_free(peers);
}

/* The question is asked a little after the failure. */
static void a_success_behind_the_failure_is_not_before_it(void **state)
{
	struct peers *peers = peers_new();
	struct step_kept kept = {.last_ns = 15 * S, .successes = 1};
	struct peer peer;

	(void)state;
	fail_with_kept(peers, 12, (struct step_kept){0});
	peer = view_kept(peers, 14, kept);
	assert_int_equal(peer.failures, 1);
	assert_int_equal(peer.last_success_ns, 0);
	fail_with_kept(peers, 14, kept);
	/* The next failure knows of it. */
	peer = view_kept(peers, 16, kept);
	assert_int_equal(peer.failures, 0);
	assert_int_equal(peer.successes, 1);
	/* Of two, one may have been before: since when it fails is not known. */
	fail_with_kept(peers, 16, kept);
	kept = (struct step_kept){.last_ns = 19 * S, .successes = 3};
	peer = view_kept(peers, 18, kept);
	assert_int_equal(peer.failures, 0);
	assert_int_equal(peer.last_success_ns, 0);
	peers_free(peers);
}

static void what_may_be_forgotten_is_not_claimed(void **state)
{
	struct peers *peers = peers_new();
	struct peer peer;

	(void)state;
	fail_with_kept(peers, 12, (struct step_kept){0});
	peer = view_kept(peers, 14, (struct step_kept){.forgotten_ns = 11 * S});
	assert_int_equal(peer.failures, 1);
	assert_int_equal(peer.silence.attempts, 1);
	peer = view_kept(peers, 14, (struct step_kept){.forgotten_ns = 13 * S});
	assert_int_equal(peer.failures, 0);
	assert_int_equal(peer.silence.attempts, 0);
	/* Of this port nothing is forgotten, of the address it may be. */
	peer = view_kept(peers, 14, (struct step_kept){.last_ns = 11 * S, .forgotten_ns = 13 * S});
	assert_int_equal(peer.failures, 1);
	assert_int_equal(peer.silence.attempts, 0);
	peers_lost(peers, 13 * S);
	peer = view(peers, 1, 443, 14);
	assert_int_equal(peer.failures, 0);
	assert_int_equal(peer.silence.attempts, 0);
	peers_free(peers);
}

/* Its record comes for the reset that follows; the kernel side has counted it. */
static void a_success_that_was_recalled_is_not_counted_twice(void **state)
{
	struct attempt recalled = attempt_to(1, 443, 10);
	struct peers *peers = peers_new();

	(void)state;
	recalled.flags = ATTEMPT_KEPT_BACK;
	peers_success(peers, &recalled);
	assert_int_equal(view_kept(peers, 11, (struct step_kept){.last_ns = 10 * S, .successes = 1})
	                         .successes,
	                 1);
	peers_free(peers);
}

static void other_sockets_are_signs_of_life(void **state)
{
	struct step_peer told = {
	        .socket_ns = 20 * S, .socket_port = 22, .metrics_ns = 5 * S, .sockets_known = 1};
	struct attempt a = attempt_to(1, 443, 21);
	struct peer peer = {.alive = {15 * S, ANSWER_ATTEMPT, 80}};

	(void)state;
	peer_add_told(&peer, &a, &told);
	assert_true(peer.sockets_known);
	assert_int_equal(peer.alive.how, ANSWER_SOCKET);
	assert_int_equal(peer.alive.at_ns, 20 * S);
	assert_int_equal(peer.other.port, 22);
	/* The same port, and what was known is newer. */
	told.socket_port = 443;
	peer = (struct peer){.alive = {21 * S, ANSWER_ATTEMPT, 80}};
	peer_add_told(&peer, &a, &told);
	assert_int_equal(peer.alive.port, 80);
	assert_int_equal(peer.other.at_ns, 0);
	/* An ended connection tells more than nothing, and than what is much older. */
	told = (struct step_peer){.metrics_ns = 19 * S};
	peer = (struct peer){.alive = {15 * S, ANSWER_ATTEMPT, 80}};
	peer_add_told(&peer, &a, &told);
	assert_int_equal(peer.alive.how, ANSWER_ATTEMPT);
	assert_false(peer.sockets_known);
	peer = (struct peer){.alive = {2 * S, ANSWER_ATTEMPT, 80}};
	peer_add_told(&peer, &a, &told);
	assert_int_equal(peer.alive.how, ANSWER_METRICS);
	assert_int_equal(peer.alive.at_ns, 19 * S);
	assert_int_equal(peer.alive.port, 0);
	assert_int_equal(peer.other.at_ns, 0);
}

static void no_peer_was_asked(void **state)
{
	struct attempt repaired = attempt_to(1, 443, 10), nobody = attempt_to(2, 443, 10);
	struct peers *peers = peers_new();
	struct peer peer = {.failures = 1};

	(void)state;
	repaired.flags = ATTEMPT_SYN_UNSENT;
	peers_success(peers, &repaired);
	assert_int_equal(view(peers, 1, 443, 11).successes, 0);
	nobody.remote.family = 0;
	peers_success(peers, &nobody);
	peers_learn(peers, &nobody, &peer);
	peers_view(peers, &nobody, &peer);
	assert_int_equal(peer.failures, 0);
	assert_int_equal(peer.successes, 0);
	peers_free(peers);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(nothing_is_known_of_a_stranger),
	        cmocka_unit_test(failures_are_counted_from_the_last_success),
	        cmocka_unit_test(other_ports_show_that_the_host_is_alive),
	        cmocka_unit_test(what_the_kernel_told_is_kept),
	        cmocka_unit_test(another_namespace_has_other_hosts),
	        cmocka_unit_test(memory_has_an_age),
	        cmocka_unit_test(memory_is_bounded),
	        cmocka_unit_test(successes_that_a_filter_keeps_count),
	        cmocka_unit_test(a_success_behind_the_failure_is_not_before_it),
	        cmocka_unit_test(what_may_be_forgotten_is_not_claimed),
	        cmocka_unit_test(a_success_that_was_recalled_is_not_counted_twice),
	        cmocka_unit_test(other_sockets_are_signs_of_life),
	        cmocka_unit_test(no_peer_was_asked),
	};

	peers_free(NULL);
	return cmocka_run_group_tests_name("peers", tests, NULL, NULL);
}
