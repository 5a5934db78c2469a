/* SPDX-License-Identifier: GPL-2.0-only */
/* How an attempt ended and with which errno: the part of evidence_read() that comes first. */
#ifndef CONNWHY_EVIDENCE_ENDING_H
#define CONNWHY_EVIDENCE_ENDING_H

#include <limits.h>

#include "evidence.h"

/* Sets ending, error, duration_ns, soft and closed. The steps must have been read. */
void evidence_ending(struct evidence *evidence);

/* The last ICMP error of that hardness; of that errno, or of any where `error` is 0. */
const struct step *evidence_icmp(const struct record *record, int error, bool hard);

/*
 * The thread that connected made it CLOSE before any SYN was sent, and how was not seen: a call
 * whose return nobody saw failed, as for want of a port, or it took the attempt back itself.
 */
bool evidence_unseen_call(const struct attempt *attempt);

static inline int positive(int error)
{
	if (error == INT_MIN)
		return INT_MAX;
	return error < 0 ? -error : error;
}

static inline uint64_t since(uint64_t start, uint64_t end)
{
	return end > start ? end - start : 0;
}

#endif
