/* SPDX-License-Identifier: GPL-2.0-only */
/* Numbers as decimal digits, not terminated. Both return the end of what they wrote. */
#ifndef CONNWHY_DIGITS_H
#define CONNWHY_DIGITS_H

#include <stdint.h>
#include <string.h>

#define DIGITS_MAX 20 /* of a uint64_t */

/* 00, 01, …, 99: two digits at a time, since a division costs more than all the rest. */
extern const char digits_pairs[200];

char *digits(char *to, uint64_t number);

/* The last `n` digits (at most DIGITS_MAX), with zeros in front. */
static inline char *digits_padded(char *to, uint64_t number, unsigned int n)
{
	char *end = to + n;

	for (; n > 1; n -= 2, number /= 100)
		memcpy(to + n - 2, digits_pairs + number % 100 * 2, 2);
	if (n)
		*to = (char)('0' + number % 10);
	return end;
}

#endif
