/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How long programs wait before they close a socket that got no answer: one that does so at the
 * same age again and again has a time-out, however short. A memory of bounded size and age. Pure:
 * no clock, no kernel; what is told of an attempt depends on the order of those before it alone.
 */
#ifndef CONNWHY_HABITS_H
#define CONNWHY_HABITS_H

#include "event.h"
#include "units.h"

#define HABITS_AGE_NS (3600 * NS_PER_S)     /* of what a program has done; older is forgotten */
#define HABITS_SHORTEST_NS (20 * NS_PER_MS) /* sooner than that no time-out ends one */

struct habits;

struct habits *habits_new(void);

/*
 * Takes in an ended attempt. Returns how many attempts the program had closed before at the age of
 * this one; 0 where it was not closed without an answer. What was closed right behind the success
 * of another has lost a race: it is not counted, and where nearly all have, none is.
 */
unsigned int habits_note(struct habits *habits, const struct attempt *attempt);

void habits_free(struct habits *habits);

#endif
