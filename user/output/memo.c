/* SPDX-License-Identifier: GPL-2.0-only */
#include "memo.h"

#include <stdlib.h>

#include "digits.h"
#include "units.h"

#define SECONDS_KEPT 4 /* those of a start, an end, and what was before */
#define KEPT 64        /* a task takes the place of another whose number is the same, modulo this */

/* All that the text is made of: what else is told of a cgroup is read from its path. */
struct where {
	uint64_t cgroup_id;
	uint32_t netns;
	char *cgroup_path, *netns_name; /* own copies, NULL for none */
	struct buffer text;
};

struct memo {
	struct {
		uint64_t second;
		char text[TEXT_TIME_SIZE];
	} seconds[SECONDS_KEPT];
	struct where kept[KEPT];
};

struct memo *memo_new(void)
{
	struct memo *memo = calloc(1, sizeof(*memo));

	/* Second 0 is one of them, too. */
	for (unsigned int i = 0; memo && i < SECONDS_KEPT; i++)
		memo->seconds[i].second = UINT64_MAX;
	return memo;
}

static bool is_same(const char *one, const char *other)
{
	return one && other ? strcmp(one, other) == 0 : one == other;
}

static void forget(struct where *where)
{
	free(where->cgroup_path);
	free(where->netns_name);
	where->cgroup_path = where->netns_name = NULL;
	where->text.length = 0;
}

struct buffer *memo_of(struct memo *memo, const struct record *record)
{
	const struct attempt *attempt = &record->attempt;
	const struct place *place = &record->place;
	struct where *where;

	if (!memo)
		return NULL;
	where = &memo->kept[(attempt->cgroup_id + attempt->netns) % KEPT];
	if (where->cgroup_id == attempt->cgroup_id && where->netns == attempt->netns &&
	    is_same(where->cgroup_path, place->cgroup_path) &&
	    is_same(where->netns_name, place->netns_name))
		return &where->text;
	forget(where);
	where->cgroup_id = attempt->cgroup_id;
	where->netns = attempt->netns;
	where->cgroup_path = place->cgroup_path ? strdup(place->cgroup_path) : NULL;
	where->netns_name = place->netns_name ? strdup(place->netns_name) : NULL;
	return &where->text;
}

const char *memo_time(struct memo *memo, char to[TEXT_TIME_SIZE], uint64_t wall_ns)
{
	const uint64_t second = wall_ns / NS_PER_S;
	const unsigned int at = second % SECONDS_KEPT, point = sizeof("2026-11-23T10:20:30") - 1;

	if (!memo)
		return text_time_iso(to, wall_ns, 9);
	if (memo->seconds[at].second != second) {
		memo->seconds[at].second = second;
		text_time_iso(memo->seconds[at].text, second * NS_PER_S, 9);
	}
	memcpy(to, memo->seconds[at].text, point + 1);
	strcpy(digits_padded(to + point + 1, wall_ns % NS_PER_S, 9), "Z");
	return to;
}

void memo_free(struct memo *memo)
{
	if (!memo)
		return;
	for (unsigned int i = 0; i < KEPT; i++) {
		forget(&memo->kept[i]);
		buffer_free(&memo->kept[i].text);
	}
	free(memo);
}
