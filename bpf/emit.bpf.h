/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The ring buffer and the counters of what did not get into it. */
#ifndef CONNWHY_EMIT_BPF_H
#define CONNWHY_EMIT_BPF_H

#include "filter.bpf.h"

#define WAKE_INTERVAL_NS 20000000ULL
#define WAKE_BYTES (256 * 1024) /* unread bytes at which the reader is woken */

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 16 * 1024 * 1024);
} events SEC(".maps");

/*
 * In memory that user space sees: to look a map up it would switch kprobes off on its CPU, and be
 * preempted then. CPUs that are more share a row.
 */
#define COUNTER_ROWS 256   /* a power of 2 */
#define COUNTER_COLUMNS 16 /* whole cache lines */

static_assert(COUNT_MAX <= COUNTER_COLUMNS, "COUNTER_COLUMNS");

__u64 counters[COUNTER_ROWS][COUNTER_COLUMNS] __attribute__((aligned(128)));

static __u64 last_wake_ns;

static __always_inline void count_add(enum counter which, __s64 change)
{
	__u32 row = bpf_get_smp_processor_id() & (COUNTER_ROWS - 1);

	__sync_fetch_and_add(&counters[row][which], change);
}

static __always_inline void count(enum counter which)
{
	count_add(which, 1);
}

/*
 * Wake-ups cost more than the record, so the reader polls; it is woken when much is unread, and for
 * what a person waits for, at most once an interval.
 */
static __always_inline __u64 wake_up(bool urgent, __u64 now)
{
	if (urgent && now - last_wake_ns > WAKE_INTERVAL_NS) {
		last_wake_ns = now;
		return BPF_RB_FORCE_WAKEUP;
	}
	if (bpf_ringbuf_query(&events, BPF_RB_AVAIL_DATA) > WAKE_BYTES &&
	    now - last_wake_ns > WAKE_INTERVAL_NS / 10) {
		last_wake_ns = now;
		return BPF_RB_FORCE_WAKEUP;
	}
	return BPF_RB_NO_WAKEUP;
}

/* A step of an attempt; the caller fills its own part and submits. NULL: omitted or lost. */
static __always_inline struct step_event *step_begin(struct attempt *a, __u32 type,
                                                     enum tally tally)
{
	struct step_event *e;

	if (a->tallies[tally] < TALLY_FULL)
		a->tallies[tally]++;
	if (a->tallies[tally] > tally_limits[tally]) {
		if (!tally_is_plain(tally))
			count(COUNT_OMITTED_STEPS);
		return NULL;
	}
	a->steps++;
	e = bpf_ringbuf_reserve(&events, sizeof(*e), 0);
	if (!e) {
		count(COUNT_LOST_STEPS);
		return NULL;
	}
	__builtin_memset(e, 0, sizeof(*e));
	e->header.type = type;
	e->header.size = sizeof(*e);
	e->header.socket = a->header.socket;
	e->header.id = a->header.id;
	e->header.at_ns = bpf_ktime_get_ns();
	return e;
}

static __always_inline void step_end(struct step_event *e)
{
	bpf_ringbuf_submit(e, BPF_RB_NO_WAKEUP);
}

#endif
