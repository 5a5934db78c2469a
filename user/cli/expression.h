/* SPDX-License-Identifier: GPL-2.0-only */
/* A pcap-filter(7) expression, evaluated on the SYN that an attempt would send. */
#ifndef CONNWHY_EXPRESSION_H
#define CONNWHY_EXPRESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "record.h"

#define SYN_SIZE_MAX 60

struct expression;

/*
 * Compiles `text` for packets that begin with their IP header (DLT_RAW). Names of hosts are looked
 * up here, once, as tcpdump does.
 *
 * Returns 0, -ENOMEM, or -EINVAL with libpcap's own words in `error`.
 */
int expression_compile(struct expression **expression, const char *text, char *error, size_t size);

/* Whether it matches. An attempt to no known address would send nothing, and matches none. */
bool expression_matches(const struct expression *expression, const struct record *record);

/* NULL is fine. */
void expression_free(struct expression *expression);

/*
 * The SYN of that attempt: IPv4 or IPv6, and a TCP header without options, both checksums correct.
 * The local address is 0 where it was not yet chosen. Returns its size, 0 where the peer is
 * unknown.
 */
size_t expression_syn(uint8_t packet[SYN_SIZE_MAX], const struct attempt *attempt);

#endif
