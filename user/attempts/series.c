// SPDX-License-Identifier: GPL-2.0-only
#include "series.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define BUCKETS 1024
#define MEMBERS 16
#define GAP_NS 10000000000ULL /* the longest pause between two tries that belong together */

struct member {
	uint64_t start_ns, end_ns, number, id;
	unsigned int index;
	bool success;
};

/* The last attempts of one process to one port, in the order of their starts. */
struct bucket {
	uint32_t pid, netns;
	uint16_t port;
	unsigned int n;
	struct member members[MEMBERS];
};

struct series {
	struct bucket buckets[BUCKETS];
};

struct series *series_new(void)
{
	return calloc(1, sizeof(struct series));
}

void series_free(struct series *series)
{
	free(series);
}

static unsigned int slot(const struct attempt *a)
{
	uint64_t key = (uint64_t)a->pid << 32 ^ (uint64_t)a->netns << 16 ^ a->remote.port;

	return key * 0x9E3779B97F4A7C15ULL >> 54;
}

static bool is_of(const struct bucket *bucket, const struct attempt *a)
{
	return bucket->pid == a->pid && bucket->netns == a->netns && bucket->port == a->remote.port;
}

/*
 * `next` follows `member` since that had not worked. While two are in flight side by side, one of
 * them may win: then the other was a try for the same thing, unless it succeeded, too.
 */
static bool is_followed_by(const struct member *member, const struct member *next)
{
	if (next->start_ns > member->end_ns + GAP_NS)
		return false;
	return !member->success || (next->start_ns < member->end_ns && !next->success);
}

/* From `first` on: those before do not depend on what comes behind them. */
static void number_members(struct bucket *bucket, unsigned int first)
{
	for (unsigned int i = first; i < bucket->n; i++) {
		struct member *member = &bucket->members[i];
		const struct member *before = i ? member - 1 : NULL;
		bool follows = before && is_followed_by(before, member);

		/* What stands first may have had predecessors that are forgotten. */
		if (!i && member->id)
			continue;
		member->id = follows ? before->id : member->number;
		member->index = follows ? before->index + 1 : 1;
	}
}

void series_add(struct series *series, const struct attempt *a, uint64_t number)
{
	struct bucket *bucket = &series->buckets[slot(a)];
	struct member member = {
	        .start_ns = a->header.id,
	        .end_ns = a->final_ns ? a->final_ns : a->header.at_ns,
	        .number = number,
	        .success = a->final_state == TCP_STATE_ESTABLISHED,
	};
	unsigned int at;

	static_assert(BUCKETS == 1 << 10, "the shift in slot()");
	if (!a->pid)
		return;
	if (!is_of(bucket, a)) {
		bucket->pid = a->pid;
		bucket->netns = a->netns;
		bucket->port = a->remote.port;
		bucket->n = 0;
	}
	if (bucket->n == MEMBERS)
		memmove(bucket->members, bucket->members + 1, --bucket->n * sizeof(member));
	for (at = bucket->n; at && bucket->members[at - 1].start_ns > member.start_ns; at--)
		bucket->members[at] = bucket->members[at - 1];
	/* Who is pushed from the first place is numbered anew. */
	if (!at && bucket->n)
		bucket->members[1].id = 0;
	bucket->members[at] = member;
	bucket->n++;
	number_members(bucket, at);
}

void series_place(const struct series *series, const struct attempt *a, uint64_t number,
                  uint64_t *id, unsigned int *index)
{
	const struct bucket *bucket = &series->buckets[slot(a)];

	*id = *index = 0;
	if (!a->pid || !is_of(bucket, a))
		return;
	/* In the order of their starts: the last is the likeliest, if it is not long forgotten. */
	for (unsigned int i = bucket->n; i && bucket->members[0].start_ns <= a->header.id; i--) {
		const struct member *member = &bucket->members[i - 1];

		if (member->number != number)
			continue;
		/* A success that stands alone is what connections usually are. */
		if (member->success && member->index == 1 &&
		    (i == bucket->n || !is_followed_by(member, member + 1)))
			return;
		*id = member->id;
		*index = member->index;
		return;
	}
}
