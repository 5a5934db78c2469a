// SPDX-License-Identifier: GPL-2.0-only
#include "habits.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define WAYS 4
#define BUCKETS 128
#define AGES 4 /* of one program: it may wait differently for different peers */
#define SHUTDOWN_BOTH 3

/*
 * @n:       how often
 * @lost:    how often right behind the success of another
 * @last_ns: when it last was so
 */
struct age {
	uint64_t age_ns, last_ns;
	unsigned int n, lost;
};

/*
 * A busy process has a success before many a close; who races two addresses, before nearly all that
 * it closes.
 */
#define LOST_MAX 4

struct program {
	uint64_t touched_ns;
	uint32_t netns;
	char comm[COMM_SIZE];
	struct age ages[AGES];
};

struct habits {
	struct program programs[BUCKETS][WAYS];
};

struct habits *habits_new(void)
{
	return calloc(1, sizeof(struct habits));
}

void habits_free(struct habits *habits)
{
	free(habits);
}

/* The program closed it while it waited for an answer; not the end of the process, no error. */
static bool is_given_up(const struct attempt *a)
{
	const uint32_t wanted = ATTEMPT_FINAL | ATTEMPT_CLOSER, flags = a->flags;

	/* Fast Open puts the SYN off to the first write: nobody waited for an answer. */
	if (flags & ATTEMPT_RETURNED && !a->ret && !a->syn_ns)
		return false;
	return (flags & wanted) == wanted && a->final_state == TCP_STATE_CLOSE && !a->error &&
	       !a->error_soft && a->shutdown == SHUTDOWN_BOTH && !a->closer.exiting &&
	       !(flags & (ATTEMPT_UNSPEC | ATTEMPT_RST_ACCEPTED | ATTEMPT_PREEXISTING)) &&
	       a->final_ns >= a->header.id + HABITS_SHORTEST_NS;
}

/* A timer is late by the load of the machine, never early. */
static bool is_same_age(uint64_t one_ns, uint64_t other_ns)
{
	uint64_t less = one_ns < other_ns ? one_ns : other_ns;

	return one_ns + other_ns - 2 * less <= 5 * NS_PER_MS + less / 32;
}

static struct program *find_program(struct habits *habits, const struct attempt *a)
{
	uint32_t hash = 2166136261u ^ a->netns;
	struct program *bucket, *oldest;

	for (size_t i = 0; i < COMM_SIZE && a->comm[i]; i++)
		hash = (hash ^ (uint8_t)a->comm[i]) * 16777619u;
	bucket = habits->programs[hash % BUCKETS];
	oldest = bucket;
	for (size_t i = 0; i < WAYS; i++) {
		if (bucket[i].netns == a->netns && !strncmp(bucket[i].comm, a->comm, COMM_SIZE) &&
		    bucket[i].touched_ns)
			return &bucket[i];
		if (bucket[i].touched_ns < oldest->touched_ns)
			oldest = &bucket[i];
	}
	*oldest = (struct program){.netns = a->netns};
	memcpy(oldest->comm, a->comm, COMM_SIZE);
	return oldest;
}

/* The entry of that age; what was not seen for longest makes room. */
static struct age *find_age(struct program *program, uint64_t age_ns, uint64_t now_ns)
{
	struct age *oldest = program->ages;

	for (size_t i = 0; i < AGES; i++) {
		struct age *age = &program->ages[i];

		if (age->last_ns && age->last_ns + HABITS_AGE_NS >= now_ns &&
		    is_same_age(age->age_ns, age_ns))
			return age;
		if (age->last_ns < oldest->last_ns)
			oldest = age;
	}
	*oldest = (struct age){.age_ns = age_ns};
	return oldest;
}

unsigned int habits_note(struct habits *habits, const struct attempt *a)
{
	struct program *program;
	struct age *age;
	unsigned int n;

	if (!is_given_up(a))
		return 0;
	program = find_program(habits, a);
	age = find_age(program, a->final_ns - a->header.id, a->final_ns);
	n = age->lost > LOST_MAX * age->n ? 0 : age->n;
	program->touched_ns = age->last_ns = a->final_ns;
	if (a->flags & ATTEMPT_OTHER_WON)
		age->lost++;
	else
		age->n++;
	return n;
}
