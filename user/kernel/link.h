/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef CONNWHY_LINK_H
#define CONNWHY_LINK_H

#include <stdint.h>

/*
 * The state of a device in the namespace of the calling thread: enum link_flags, 0 where it cannot
 * be told. @family: that of the attempt; only IPv6 tests its addresses before it uses them
 */
uint32_t link_ask(uint32_t ifindex, uint8_t family);

#endif
