/* SPDX-License-Identifier: GPL-2.0-only */
/* IPVS, which has tables of its own beside those of the connection tracking. */
#ifndef CONNWHY_IPVS_H
#define CONNWHY_IPVS_H

#include <stdbool.h>
#include <stdio.h>

#include "event.h"

/* This kernel has IPVS: its module is loaded or built in. */
bool ipvs_is_there(void);

/*
 * What IPVS of the current network namespace makes of a connection that its socket has as `local`
 * and `remote`. Returns 0, or -ENOENT where that is no virtual service.
 */
int ipvs_translation(const struct endpoint *local, const struct endpoint *remote,
                     struct step_translation *translation);

/* The lines of /proc/net/ip_vs_conn: the server of a connection. False where it has none. */
bool ipvs_find_server(FILE *connections, const struct endpoint *local,
                      const struct endpoint *remote, struct endpoint *server);

/* The lines of /proc/net/ip_vs: `servers` that take connections. False for no virtual service. */
bool ipvs_find_service(FILE *services, const struct endpoint *service, unsigned int *servers);

#endif
