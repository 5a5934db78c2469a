// SPDX-License-Identifier: GPL-2.0-only
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "attempts_scenarios.h"
#include "drops.h"

#define US 1000ULL
#define MANY 5000U
#define ISN 4000000000U

static const struct attempt failure = {
        .header = {EVENT_END, sizeof(failure), 1, START, START + 3000 * MS},
        .final_ns = START + 3000 * MS,
        .final_state = TCP_STATE_CLOSE,
        .netns = NETNS,
        .local = LOCAL,
        .remote = REMOTE,
        .isn = ISN,
};

static struct step_event dropped(uint64_t at_ns, struct step_drop drop)
{
	struct step_event e = {.header = {EVENT_DROP, sizeof(e), 0, 0, at_ns}, .drop = drop};

	e.drop.direction = DROP_IN;
	return e;
}

struct taken {
	struct step_event drops[MANY];
	unsigned int n;
};

static void take(void *context, const struct step_event *drop)
{
	struct taken *taken = context;

	taken->drops[taken->n++] = *drop;
}

static unsigned int count_of(const struct step_event *drop, const struct attempt *attempt)
{
	static struct taken taken;
	struct drops *drops = drops_new();

	assert_non_null(drops);
	taken.n = 0;
	drops_keep(drops, drop);
	assert_true(drops_of(drops, attempt, take, &taken));
	if (taken.n)
		assert_memory_equal(&taken.drops[0], drop, sizeof(*drop));
	drops_free(drops);
	return taken.n;
}

static void joined_by_packet_namespace_and_time(void **state)
{
	static const struct step_drop answer = {.netns = NETNS, .from = REMOTE, .to = LOCAL};
	static const struct step_drop own = {.netns = NETNS, .from = LOCAL, .to = REMOTE};
	static const struct step_drop to_itself = {.netns = NETNS, .from = LOCAL, .to = LOCAL};
	static const struct step_drop elsewhere = {.netns = NETNS + 1, .from = REMOTE, .to = LOCAL};
	static const struct step_drop nowhere = {.from = REMOTE, .to = LOCAL};
	static const struct step_drop ours = {
	        .netns = NETNS + 1, .from = REMOTE, .to = LOCAL, .isn = ISN};
	static const struct step_drop ours_with_data = {.netns = NETNS + 1,
	                                                .from = REMOTE,
	                                                .to = LOCAL,
	                                                .isn = ISN + 1000,
	                                                .flags = TCP_FLAG_BYTE_ACK};
	static const struct step_drop forged = {
	        .netns = NETNS, .from = REMOTE, .to = LOCAL, .isn = ISN - 1};
	static const struct step_drop nobody = {.netns = NETNS};
	static const struct {
		const char *name;
		uint64_t at_ns;
		const struct step_drop *drop;
		unsigned int joined;
	} cases[] = {
	        {"an answer", START + MS, &answer, 1},
	        {"our SYN to this host", START + MS, &own, 1},
	        {"another namespace", START + MS, &elsewhere, 0},
	        {"another namespace, our number", START + MS, &ours, 1},
	        {"another namespace, our number and data", START + MS, &ours_with_data, 1},
	        {"our namespace, a stranger's number", START + MS, &forged, 0},
	        {"no namespace", START + MS, &nowhere, 0},
	        {"an answer to the attempt before", START - 1, &answer, 0},
	        {"a SYN of the attempt before", START - 1, &own, 0},
	        {"an answer in time", START + 3000 * MS, &answer, 1},
	        {"an answer that found no socket", START + 3000 * MS + 1, &answer, 0},
	        {"our SYN, rejected, then dropped", START + 3001 * MS, &own, 1},
	        {"our SYN behind the end", START + 3001 * MS + US, &own, 0},
	        {"to itself", START + MS, &to_itself, 0},
	        {"of nobody", START + MS, &nobody, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct step_event drop = dropped(cases[i].at_ns, *cases[i].drop);

		if (count_of(&drop, &failure) != cases[i].joined)
			fail_msg("%s", cases[i].name);
	}
	/* Each part of the tuple counts. */
	for (unsigned int i = 0; i < 6; i++) {
		struct step_event drop = dropped(START + MS, answer);
		struct endpoint *wrong = i % 2 ? &drop.drop.from : &drop.drop.to;

		wrong->address[3] += i / 2 == 0;
		wrong->port += i / 2 == 1;
		wrong->family = i / 2 == 2 ? FAMILY_IPV6 : wrong->family;
		assert_int_equal(count_of(&drop, &failure), 0);
	}
}

/* An attempt whose end was not seen lasts until it was told of. */
static void until_it_was_told_of(void **state)
{
	static const struct step_drop answer = {.netns = NETNS, .from = REMOTE, .to = LOCAL};
	struct step_event drop = dropped(START + 2999 * MS, answer);
	struct attempt lost = failure;

	(void)state;
	lost.final_ns = 0;
	assert_int_equal(count_of(&drop, &lost), 1);
	lost.header.at_ns = START + 2998 * MS;
	assert_int_equal(count_of(&drop, &lost), 0);
}

/* Other connections that share its place can make one be forgotten, and that is told. */
static void what_is_forgotten_is_told(void **state)
{
	static const struct step_drop answer = {.netns = NETNS, .from = REMOTE, .to = LOCAL};
	static struct taken taken;
	struct drops *drops = drops_new();
	struct attempt before = failure, after = failure;

	(void)state;
	before.header.id = START - 1;
	after.header.id = START + 1;
	/* An attempt before this one, and this one. */
	for (unsigned int i = 0; i < MANY; i++) {
		struct step_event drop = dropped(i < MANY / 2 ? START : START + 2 + i, answer);

		drops_keep(drops, &drop);
		if (i == MANY / 2) {
			taken.n = 0;
			assert_false(drops_of(drops, &before, take, &taken));
			assert_true(taken.n > 1);
			taken.n = 0;
			assert_true(drops_of(drops, &after, take, &taken));
			assert_int_equal(taken.n, 1);
		}
	}
	taken.n = 0;
	assert_false(drops_of(drops, &after, take, &taken));
	for (unsigned int i = 0; i < taken.n; i++)
		assert_int_equal(taken.drops[i].header.at_ns, START + 2 + MANY - taken.n + i);
	drops_free(drops);
}

/* One connection's drops leave those of others alone. */
static void others_keep_theirs(void **state)
{
	static const struct step_drop answer = {.netns = NETNS, .from = REMOTE, .to = LOCAL};
	static struct taken taken;
	struct drops *drops = drops_new();
	struct step_event ours = dropped(START + MS, answer);

	(void)state;
	drops_keep(drops, &ours);
	for (unsigned int i = 0; i < MANY; i++) {
		struct step_event drop = dropped(START + 2 * MS, answer);

		drop.drop.to.port++;
		drops_keep(drops, &drop);
	}
	taken.n = 0;
	assert_true(drops_of(drops, &failure, take, &taken));
	assert_int_equal(taken.n, 1);
	drops_free(drops);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(joined_by_packet_namespace_and_time),
	        cmocka_unit_test(until_it_was_told_of),
	        cmocka_unit_test(what_is_forgotten_is_told),
	        cmocka_unit_test(others_keep_theirs),
	};

	drops_free(NULL);
	return cmocka_run_group_tests_name("drops", tests, NULL, NULL);
}
