/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Text that is the same for many records in a row: the second, and where they came from. It is
 * written once and copied from then on. Where there is no memo all is the same, and only slower.
 */
#ifndef CONNWHY_MEMO_H
#define CONNWHY_MEMO_H

#include "buffer.h"
#include "record.h"
#include "text.h"

struct memo;

/* NULL without memory. */
struct memo *memo_new(void);

/*
 * What was written for the cgroup and network namespace of that record: empty where nothing was, to
 * be filled by the caller. It is valid until the next call. NULL where `memo` is NULL.
 */
struct buffer *memo_of(struct memo *memo, const struct record *record);

/* text_time_iso() with 9 digits. */
const char *memo_time(struct memo *memo, char to[TEXT_TIME_SIZE], uint64_t wall_ns);

void memo_free(struct memo *memo);

#endif
