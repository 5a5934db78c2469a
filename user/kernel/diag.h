/* SPDX-License-Identifier: GPL-2.0-only */
/* TCP sockets of the current network namespace, by sock_diag(7). */
#ifndef CONNWHY_DIAG_H
#define CONNWHY_DIAG_H

#include <stdbool.h>
#include <stdint.h>

#include "event.h"

struct inet_diag_msg;

/*
 * Calls back for each TCP socket of a family (AF_INET, AF_INET6) in one of the states
 * (bit set by TCP state). Returns 0 or -errno.
 */
int diag_each(uint8_t family, uint32_t states,
              void (*each)(const struct inet_diag_msg *socket, void *context), void *context);

/* IPV6_V6ONLY of a listening socket that diag_each() calls back with, as long as it does. */
bool diag_is_v6only(const struct inet_diag_msg *socket);

/*
 * The same for those of any family whose peer has that address, IPv4-mapped ones, too, with their
 * tcp_info. @peer: NULL for any
 */
int diag_each_of_peer(const struct endpoint *peer, uint32_t states,
                      void (*each)(const struct inet_diag_msg *socket, void *context),
                      void *context);

/*
 * How long ago the last segment of its peer came to a socket of diag_each_of_peer(). False where
 * the kernel does not tell, as of one that waits in TIME_WAIT.
 */
bool diag_heard_ms(const struct inet_diag_msg *socket, uint32_t *ms);

/* An address of sock_diag, an IPv4-mapped one as IPv4. @port_be: network order */
void diag_endpoint(struct endpoint *endpoint, uint8_t family, const void *address,
                   uint16_t port_be);

#endif
