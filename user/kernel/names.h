/* SPDX-License-Identifier: GPL-2.0-only */
/* A cache of names by two numbers. It forgets the oldest, but none that the record at hand points
 * to. */
#ifndef CONNWHY_NAMES_H
#define CONNWHY_NAMES_H

#include <stdbool.h>
#include <stdint.h>

#define NAMES_KEPT 1024

struct cgroup_owner;

struct name {
	uint64_t a, b;
	bool used;
	struct name *next;          /* of the same hash */
	uint64_t record;            /* the last one that it was needed for */
	char *name;                 /* NULL: looked for, and there is none */
	struct cgroup_owner *owner; /* of a cgroup */
};

/* Starts as all zero. */
struct names {
	struct name entry[NAMES_KEPT];
	struct name *buckets[NAMES_KEPT];
	unsigned int oldest;
};

/* NULL where these numbers have not been looked for, or that is forgotten. */
struct name *names_find(struct names *names, uint64_t a, uint64_t b);

/*
 * Puts a name, which is taken over, in the place of the oldest that `record`, the number of the
 * record at hand, does not need. These numbers must not be there.
 */
struct name *names_put(struct names *names, uint64_t a, uint64_t b, char *name, uint64_t record);

void names_free(struct names *names);

#endif
