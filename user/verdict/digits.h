/* SPDX-License-Identifier: GPL-2.0-only */
/* Numbers as decimal digits, not terminated. Both return the end of what they wrote. */
#ifndef CONNWHY_DIGITS_H
#define CONNWHY_DIGITS_H

#include <stdint.h>

#define DIGITS_MAX 20 /* of a uint64_t */

char *digits(char *to, uint64_t number);

/* The last `n` digits (at most DIGITS_MAX), with zeros in front. */
char *digits_padded(char *to, uint64_t number, unsigned int n);

#endif
