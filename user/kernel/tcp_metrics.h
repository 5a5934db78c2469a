/* SPDX-License-Identifier: GPL-2.0-only */
/* What the kernel keeps of connections that have ended, by address: tcp_metrics. */
#ifndef CONNWHY_TCP_METRICS_H
#define CONNWHY_TCP_METRICS_H

#include <stdint.h>

#include "event.h"

/*
 * In the current network namespace: how long ago a connection with that address ended that had had
 * answers, and its smoothed round trip. Returns 0, -ENOENT where nothing is kept, or -errno.
 */
int tcp_metrics_ask(const struct endpoint *peer, uint64_t *age_ms, uint32_t *rtt_us);

#endif
