/* SPDX-License-Identifier: GPL-2.0-only */
/* Asks the kernel which IPsec policy covers what a socket sends: XFRM_MSG_GETPOLICY. */
#ifndef CONNWHY_IPSEC_H
#define CONNWHY_IPSEC_H

#include "event.h"

/*
 * That of the attempt's own packets, in the namespace of the calling thread. IPSEC_NONE also where
 * the kernel has no IPsec or does not tell.
 */
enum ipsec ipsec_ask(const struct attempt *attempt);

#endif
