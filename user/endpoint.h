/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef CONNWHY_ENDPOINT_H
#define CONNWHY_ENDPOINT_H

#include <stdbool.h>
#include <string.h>

#include "event.h"

static inline bool endpoint_same_address(const struct endpoint *a, const struct endpoint *b)
{
	return a->family == b->family && !memcmp(a->address, b->address, sizeof(a->address));
}

static inline bool endpoint_same(const struct endpoint *a, const struct endpoint *b)
{
	return a->port == b->port && endpoint_same_address(a, b);
}

#endif
