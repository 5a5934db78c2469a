/* SPDX-License-Identifier: GPL-2.0-only */
/* Each different run of bytes once, named by its place: 0, 1, 2, … */
#ifndef CONNWHY_INTERN_H
#define CONNWHY_INTERN_H

#include "buffer.h"

/*
 * Starts as all zero.
 *
 * @all:    the runs, one behind the other
 * @starts: of each in @all, and the end of the last
 * @slots:  a hash table of places plus one, 0 where empty; a power of two
 */
struct intern {
	struct buffer all;
	size_t *starts;
	uint32_t *slots;
	uint32_t n, n_slots;
	bool failed;
};

/* The place of these bytes, which are added where they are new. 0 where memory is short. */
uint32_t intern_bytes(struct intern *intern, const char *bytes, size_t size);

/* The same of a string with its NUL; NULL is the empty one. */
uint32_t intern_string(struct intern *intern, const char *text);

void intern_free(struct intern *intern);

#endif
