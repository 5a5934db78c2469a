/* SPDX-License-Identifier: GPL-2.0-only */
/* The kernel side as user space sees it: open, load, attach, poll, read out. */
#ifndef CONNWHY_TRACER_H
#define CONNWHY_TRACER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "config.h"
#include "event.h"
#include "options.h"
#include "tracer_config.h"

struct tracer;
struct btf;

/* One event, only valid during the call. A result other than 0 ends the poll with it. */
typedef int tracer_event_fn(void *context, void *data, size_t size);

/*
 * Opens, loads and attaches in the best tier that really attaches, or in the one asked for.
 *
 * Returns 0 or -errno after saying in one sentence on stderr what is missing and what mends it.
 */
int tracer_open(struct tracer **tracer, const struct options *options, tracer_event_fn *on_event,
                void *context);

enum tier tracer_tier(const struct tracer *tracer);

/* Names of optional hooks that this kernel does not give, NULL-terminated. */
const char *const *tracer_missing(const struct tracer *tracer);

/* The kernel's BTF, owned by the tracer, up to tracer_forget_btf(): it takes many megabytes. */
const struct btf *tracer_btf(const struct tracer *tracer);
void tracer_forget_btf(struct tracer *tracer);

/* A descriptor that becomes readable when there is something to read. */
int tracer_fd(const struct tracer *tracer);

/* Reads all events that are there. Returns how many, or -errno. */
int tracer_consume(struct tracer *tracer);

/*
 * Connects once itself. Returns whether the hooks did not see that, `why` being a sentence that
 * names what switched them off.
 */
bool tracer_is_blind(const struct tracer *tracer, char *why, size_t why_size);

/* The descriptor with which tracer_is_blind() connects, -1 for none: struct confine wants it. */
int tracer_own_socket(const struct tracer *tracer);

/* The counters of the kernel side, summed over the CPUs. */
void tracer_counters(const struct tracer *tracer, uint64_t counters[COUNT_MAX]);

/*
 * Runs of programs that the kernel skipped, by its own count.
 *
 * @all:    of any program
 * @begins: attempts that can have begun and gone on unseen by it, at most
 */
struct missed_runs {
	uint64_t all;
	uint64_t begins;
};

/* Returns 0, or -ENOTSUP where the kernel does not count them. */
int tracer_missed_runs(const struct tracer *tracer, struct missed_runs *missed);

/* The in-flight entry of that attempt. Returns 0, or -ENOENT. */
int tracer_find(const struct tracer *tracer, uint64_t socket, uint64_t id, struct attempt *attempt);

/* Where the kernel side keeps the successes to the peer of an attempt. 0 or -errno. */
int tracer_kept(const struct tracer *tracer, const struct attempt *attempt,
                struct kept_bucket *bucket);

/*
 * Calls back for every attempt in flight. @remove: also take it out of the map; then the callback
 * gets only those that were there to be removed.
 */
int tracer_each_inflight(struct tracer *tracer, bool (*remove)(const struct attempt *, void *),
                         void (*each)(const struct attempt *, void *), void *context);

/* Lets drops in any namespace be found by the addresses that a NAT gives the attempt, too. */
void tracer_translated(struct tracer *tracer, const struct attempt *attempt,
                       const struct translation *via);

/* Makes a process (and so its descendants) one of those that are followed. */
int tracer_follow(struct tracer *tracer, pid_t pid);

/* Makes an attempt that began before the tracer known, by its socket's cookie. */
int tracer_add_preexisting(struct tracer *tracer, uint64_t cookie, const struct attempt *attempt);

/* Calls back for what was added as preexisting and no event came for so far. */
int tracer_each_preexisting(const struct tracer *tracer,
                            void (*each)(const struct attempt *, void *), void *context);

/* The same, and takes them out. */
int tracer_take_preexisting(struct tracer *tracer, void (*each)(const struct attempt *, void *),
                            void *context);

/* No new events come behind it; what is in the ring and in the maps stays to be read. */
void tracer_detach(struct tracer *tracer);

void tracer_close(struct tracer *tracer);

#endif
