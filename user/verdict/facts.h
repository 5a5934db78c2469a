/* SPDX-License-Identifier: GPL-2.0-only */
/* Single questions to one record. */
#ifndef CONNWHY_FACTS_H
#define CONNWHY_FACTS_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "record.h"

/* An address of this host, as far as the attempt shows: loopback, or the one it used. */
bool facts_is_own(const struct record *record, const struct endpoint *endpoint);

/* Where the packets go on the wire: the peer that this host's NAT puts in the place of the
 * socket's.
 */
const struct endpoint *facts_wire_peer(const struct record *record);

/* The kernel makes such an errno out of an ICMP error (icmp_err_convert[], icmpv6_err_convert()).
 */
bool facts_is_icmp_errno(int error);

/* For the answer, of that time since the start: Fast Open can have put the SYN off. */
uint64_t facts_waited(const struct record *record, uint64_t since_ns);

/* Since the handshake; false where no reset came. */
bool facts_reset(const struct record *record, uint64_t *after_ns);

/* Since the handshake; false where no reset came within the grace, or only behind data. */
bool facts_early_reset(const struct record *record, uint64_t *after_ns);

/* The last ICMP error of that hardness; of that errno, or of any where `error` is 0. */
const struct step *facts_icmp(const struct record *record, int error, bool hard);

static inline int facts_positive(int error)
{
	if (error == INT_MIN)
		return INT_MAX;
	return error < 0 ? -error : error;
}

static inline uint64_t facts_since(uint64_t start, uint64_t end)
{
	return end > start ? end - start : 0;
}

#endif
