/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef CONNWHY_JSON_PEER_H
#define CONNWHY_JSON_PEER_H

#include "json.h"
#include "run.h"

/* The object connect.peer: what this host knows of the peer; absent where it knows nothing. */
void json_peer(struct json *json, const struct run *run, const struct peer *peer);

#endif
