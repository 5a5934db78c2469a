/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * GET /metrics, answered by a thread of its own with the text that was published last: whatever a
 * scraper does, the tracer never waits for it.
 */
#ifndef CONNWHY_METRICS_SERVER_H
#define CONNWHY_METRICS_SERVER_H

#include "buffer.h"
#include "event.h"

struct metrics_server;

/* Listens at that address. 0 or -errno. */
int metrics_server_open(struct metrics_server **server, const struct endpoint *address);

/* Begins to answer; until a text is published with 503. 0 or -errno. */
int metrics_server_start(struct metrics_server *server);

/* The text to answer with from now on; a copy is taken. */
void metrics_server_publish(struct metrics_server *server, const struct buffer *text);

/* NULL is fine. */
void metrics_server_close(struct metrics_server *server);

#endif
