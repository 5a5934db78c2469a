/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which attempts belong together: those of one process to one service (port) that follow each other
 * because the one before had not worked: a loop over the addresses of a name, happy eyeballs
 * (RFC 8305), a client that tries again. Pure.
 */
#ifndef CONNWHY_SERIES_H
#define CONNWHY_SERIES_H

#include <stdint.h>

#include "event.h"

struct series;

struct series *series_new(void);

/* Takes an ended attempt in. @number: its own */
void series_add(struct series *series, const struct attempt *attempt, uint64_t number);

/*
 * The place of an attempt that was taken in: the number of the first of its series, and its own
 * position from 1. Both 0 where it is in no series: a success that followed no failure.
 */
void series_place(const struct series *series, const struct attempt *attempt, uint64_t number,
                  uint64_t *id, unsigned int *index);

void series_free(struct series *series);

#endif
