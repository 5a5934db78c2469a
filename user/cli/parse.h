/* SPDX-License-Identifier: GPL-2.0-only */
/* Text of the command line to values. All of it is read, to the last character. */
#ifndef CONNWHY_PARSE_H
#define CONNWHY_PARSE_H

#include <stdint.h>

#include "options.h"

/* A decimal number without sign. 0, -EINVAL where it is none, -ERANGE outside of low to high. */
int parse_number(const char *text, uint64_t low, uint64_t high, uint64_t *value);

/* "2", "0.25": in units of unit_ns, a power of ten. 0, -EINVAL, or -ERANGE where it is too large.
 */
int parse_decimal(const char *text, uint64_t unit_ns, uint64_t *ns);

/* "65536", "64K", "4M": bytes. 0, -EINVAL, or -ERANGE past 2 GiB. */
int parse_size(const char *text, uint64_t *bytes);

/*
 * "10", "512K", "3M", "1G": millions of bytes (10^6), or 2^10, 2^20, 2^30 bytes, as tcpdump's -C.
 * 0, -EINVAL, or -ERANGE past 2^62.
 */
int parse_file_size(const char *text, uint64_t *bytes);

/* "443" or "8000-8010", 1 to 65535. 0 or -EINVAL. */
int parse_ports(const char *text, struct port_range *range);

/*
 * Where to listen: "9470", "192.0.2.7:9470", "[2001:db8::1]:9470". Loopback where no address is
 * given. 0 or -EINVAL.
 */
int parse_listen(const char *text, struct endpoint *endpoint);

/*
 * "192.0.2.0/24", "2001:db8::/32", or an address alone. An IPv4-mapped one becomes IPv4.
 *
 * Returns 0, -EINVAL, or -EDOM where bits behind the prefix are set: then they are cleared in
 * *network, which so holds what was probably meant.
 */
int parse_network(const char *text, struct network *network);

#endif
