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

#define SCHEDULE_RETRIES_MAX 32

/*
 * All of it, in milliseconds since the first SYN.
 *
 * @retries_ms: when each further SYN is due; the first SCHEDULE_RETRIES_MAX
 * @end_ms:     when the kernel gives up
 */
struct schedule_plan {
	uint64_t retries_ms[SCHEDULE_RETRIES_MAX];
	unsigned int n_retries;
	uint64_t end_ms;
};

/* @sysctls: of the namespace, whether .known or assumed; the socket's own options come before */
void schedule_plan(const struct attempt *attempt, const struct schedule *sysctls,
                   struct schedule_plan *plan);

/* What a kernel of that release ("6.12.1-cloud") has where nobody changed it; .known is false. */
struct schedule schedule_default(const char *release);

#endif
