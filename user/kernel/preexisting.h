/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef CONNWHY_PREEXISTING_H
#define CONNWHY_PREEXISTING_H

#include <stddef.h>
#include <stdint.h>

#include "options.h"
#include "tracer.h"

/*
 * Attempts that are in flight before the tracer, in every network namespace. They are listed twice,
 * before it is attached and behind: what is in both lists began before and has not ended.
 */
struct preexisting;

/* @start_ns: CLOCK_MONOTONIC: from when on they are known. NULL where there are none. */
struct preexisting *preexisting_list(const struct options *options, uint64_t start_ns);

/* Makes those that are still in flight known to the tracer, and frees the list. Returns how many.
 */
size_t preexisting_add(struct preexisting *list, struct tracer *tracer);

#endif
