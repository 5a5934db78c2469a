/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From events to ended attempts.
 *
 * The steps of an attempt arrive as events of their own, its end as another. They are put together
 * here and handed out one drain after the end, so that what another CPU wrote at the same time is
 * in; a success is held back for the grace, since a reset may follow it. Pure: no clock, no kernel.
 */
#ifndef CONNWHY_ATTEMPTS_H
#define CONNWHY_ATTEMPTS_H

#include <stddef.h>
#include <stdint.h>

#include "record.h"

struct attempts;

/* @grace_ns: how long a success is held back */
struct attempts *attempts_new(uint64_t grace_ns);

/* Takes one decoded event in. Returns 0 or -ENOMEM. */
int attempts_feed(struct attempts *attempts, const struct event_header *event);

/* All that was in the ring has been fed. */
void attempts_drained(struct attempts *attempts);

/*
 * The next ended attempt that is ready at `now_ns`, in `record`. `all`: without waiting.
 * Returns 1, or 0 where none is ready.
 */
int attempts_take(struct attempts *attempts, uint64_t now_ns, bool all, struct record *record);

/* What a record that was taken tells of its peer, once diagnose() has judged it. */
void attempts_learn(struct attempts *attempts, const struct record *record);

/* Hosts of a network namespace that were heard since then, `size` at most. Returns how many. */
size_t attempts_answering(const struct attempts *attempts, uint32_t netns, uint64_t since_ns,
                          struct endpoint *hosts, size_t size);

/* Ended attempts that were fed and not yet taken. */
size_t attempts_queued(const struct attempts *attempts);

/* Steps whose attempt had been handed out already. */
uint64_t attempts_late(const struct attempts *attempts);

/* What a NAT makes of its addresses, valid until the next call; NULL where that was not asked. */
const struct translation *attempts_translation(const struct attempts *attempts, uint64_t socket,
                                               uint64_t id);

/* Forgets steps of attempts whose end never came, older than `before_ns`. Returns how many
 * attempts. */
size_t attempts_expire(struct attempts *attempts, uint64_t before_ns);

void attempts_free(struct attempts *attempts);

#endif
