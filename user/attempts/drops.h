/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What this kernel dropped of attempts that it could not tell yet, kept until the attempt that it
 * belongs to ends.
 *
 * Such a packet reached no socket, so that it is told by its addresses alone, and by the sequence
 * number of the SYN that it is or answers. Pure: no clock, no kernel.
 */
#ifndef CONNWHY_DROPS_H
#define CONNWHY_DROPS_H

#include <stdbool.h>

#include "event.h"

struct drops;

struct drops *drops_new(void);

/* An event of that kind is told by addresses. */
bool drops_takes(const struct event_header *event);

/* Takes one without a socket in. */
void drops_keep(struct drops *drops, const struct step_event *drop);

/*
 * Calls @take for each one of an ended attempt, oldest first. An answer counts up to the end; what
 * comes later found no socket, whatever the kernel calls it.
 * Returns false where so many were dropped that some of this attempt may be forgotten.
 */
bool drops_of(const struct drops *drops, const struct attempt *attempt,
              void (*take)(void *context, const struct step_event *drop), void *context);

void drops_free(struct drops *drops);

#endif
