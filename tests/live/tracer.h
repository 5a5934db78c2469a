/* SPDX-License-Identifier: GPL-2.0-only */
/* Running connwhy and reading what it wrote. */
#ifndef CONNWHY_LIVE_TRACER_H
#define CONNWHY_LIVE_TRACER_H

#include <jansson.h>
#include <stdbool.h>
#include <sys/types.h>

#include "live.h"

#define TRACER_OPTIONS_MAX 24

struct tracer {
	pid_t pid;
	char json[160], log[160], ready[160];
	char why[WHY_SIZE];
};

typedef void tracer_line(void *context, const json_t *line);

/*
 * Starts `connwhy -o json OPTIONS…` in a namespace (-1: this one); its output is kept as
 * NAME.jsonl. The functions that return bool leave what went wrong in .why.
 */
bool tracer_start(struct tracer *tracer, const char *name, int ns, const char *const options[]);

/* Waits until it is attached. */
bool tracer_ready(struct tracer *tracer);

/* Starts it and waits until it is attached. */
bool tracer_run(struct tracer *tracer, const char *name, int ns, const char *const options[]);

/* Its exit status, 128+N for a signal, -1 where it had to be killed; `signal` 0 sends none. */
int tracer_end(struct tracer *tracer, int signal, unsigned int seconds);

/* Reads a file that -w wrote, to its end; false where it did not end with 0. */
bool tracer_replay(struct tracer *tracer, const char *name, const char *file);

/* Lets what is under way arrive. */
void tracer_settle(void);

/* SIGTERM; false where it did not end with 0. */
bool tracer_stop(struct tracer *tracer);

/* Calls `line` with every line; false where one is not a JSON object of a known kind. */
bool tracer_read(struct tracer *tracer, tracer_line *line, void *context);

/* Records of ended attempts, as a JSON array; NULL with .why. */
json_t *tracer_records(struct tracer *tracer);

/* Checks the sum of connwhy.end, and that nothing was lost; false with .why. */
bool tracer_check_totals(struct tracer *tracer);

/* Keeps one line in fifty of what it wrote: the records of a storm are all alike. */
void tracer_thin(struct tracer *tracer);

/* A member of that name anywhere inside. */
const json_t *json_find(const json_t *object, const char *key);

#endif
