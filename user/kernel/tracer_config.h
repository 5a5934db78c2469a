/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef CONNWHY_TRACER_CONFIG_H
#define CONNWHY_TRACER_CONFIG_H

#include "config.h"
#include "event.h"
#include "options.h"

#define GRACE_NS 200000000ULL /* how long a reset behind the handshake is told with it */

/* What to trace in a tier, for the kernel side; what stays 0 there means "any", but for .grace_ns.
 */
void tracer_config(struct config *config, const struct options *options, enum tier tier);

#endif
