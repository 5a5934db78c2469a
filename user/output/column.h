/* SPDX-License-Identifier: GPL-2.0-only */
/* Numbers of variable length, one behind the other in a buffer. */
#ifndef CONNWHY_COLUMN_H
#define CONNWHY_COLUMN_H

#include "buffer.h"

/* LEB128: seven bits a byte, the lowest first, the high bit set in all but the last. */
void column_number(struct buffer *column, uint64_t number);

/* The same of a number that can be negative: 0, -1, 1, -2, … become 0, 1, 2, 3, … */
void column_signed(struct buffer *column, int64_t number);

/* All of it in base64 (RFC 4648, section 4), at the end of `out`. */
void column_base64(const struct buffer *column, struct buffer *out);

#endif
