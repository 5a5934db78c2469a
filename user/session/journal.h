/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Entries into journald. libsystemd is loaded only where somebody asks for this, since it brings
 * much with it that a tracer does not need.
 */
#ifndef CONNWHY_JOURNAL_H
#define CONNWHY_JOURNAL_H

#include "buffer.h"

struct journal;

/* 0, or -errno that has been said: no library, or no journal. */
int journal_open(struct journal **journal);

/* Sends what output_journal wrote, and empties it. 0 or -errno. */
int journal_send(const struct journal *journal, struct buffer *entries);

/* NULL is fine. */
void journal_close(struct journal *journal);

#endif
