/* SPDX-License-Identifier: GPL-2.0-only */
/* The metrics of a session, told where --metrics and --metrics-file say. */
#ifndef CONNWHY_PUBLISH_H
#define CONNWHY_PUBLISH_H

#include "metrics_file.h"
#include "metrics_server.h"
#include "session.h"

/*
 * @server:       NULL where none was asked for
 * @text:         what was told last
 * @next_file_ns: when the file is due, CLOCK_MONOTONIC
 * @file_error:   -errno of the last write, 0 where that went well
 */
struct publish {
	struct session *session;
	struct metrics_server *server;
	struct metrics_file file;
	struct buffer text;
	uint64_t next_file_ns;
	int file_error;
};

/*
 * Begins to count, if asked to, listens and finds the directory; what cannot be had is found before
 * tracing begins. 0, or -errno that has been said.
 */
int publish_open(struct publish *publish, struct session *session);

/* Tells the first values, and answers from now on. 0, or -errno that has been said. */
int publish_start(struct publish *publish, uint64_t now_ns);

/* Tells what the session has counted; the file every few seconds only. */
void publish_tick(struct publish *publish, uint64_t now_ns);

/* Tells the file at once. */
void publish_file(struct publish *publish);

/* Tells the last values, and ends. */
void publish_close(struct publish *publish);

#endif
