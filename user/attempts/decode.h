/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef CONNWHY_DECODE_H
#define CONNWHY_DECODE_H

#include <stddef.h>

#include "event.h"

/*
 * Checks bytes from the ring or from a file: size, type, and every field that later indexes a
 * table.
 *
 * Returns the event inside `data`, which is valid as long as `data`; NULL where it is none.
 */
const struct event_header *decode(const void *data, size_t size);

#endif
