/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef CONNWHY_SCHEDULE_H
#define CONNWHY_SCHEDULE_H

#include <stdbool.h>
#include <stdint.h>

#include "record.h"

/*
 * What the kernel would have done next, in nanoseconds since the first SYN.
 *
 * @next_ns: when it would have sent the next SYN, 0 where there would have been none
 * @end_ns:  when it would have given up
 */
struct outlook {
	uint64_t next_ns;
	uint64_t end_ns;
};

/*
 * The SYN timer as the kernel runs it (net/ipv4/tcp_timer.c: tcp_retransmit_timer(),
 * tcp_write_timeout()), seen from `elapsed_ns`. False where the sysctls are not known.
 */
bool schedule_outlook(const struct record *record, uint64_t elapsed_ns, struct outlook *outlook);

#endif
