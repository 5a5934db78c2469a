/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The last attempt of a process to a port that was established: what it closes right behind that
 * has lost a race, and its age says nothing of a time-out. One slot a hash: what another process
 * takes away costs only that reading.
 */
#ifndef CONNWHY_WINS_BPF_H
#define CONNWHY_WINS_BPF_H

#include "recent.bpf.h"

#define WINS 4096          /* slots, a power of 2 */
#define WIN_NS 20000000ULL /* a process that has won closes the others within */

struct win {
	__u64 at_ns;
	__u32 pid;
	__u32 netns;
	__u16 port;
	__u16 pad[3];
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, WINS);
	__type(key, __u32);
	__type(value, struct win);
} wins SEC(".maps");

static __always_inline struct win *win_slot(const struct attempt *a)
{
	__u32 key = ((a->pid << 16 ^ a->remote.port) * 0x9E3779B1U >> 16) & (WINS - 1);

	return bpf_map_lookup_elem(&wins, &key);
}

static __always_inline void win_keep(const struct attempt *a)
{
	struct win *win = a->pid ? win_slot(a) : NULL;

	if (!win)
		return;
	win->at_ns = a->final_ns;
	win->pid = a->pid;
	win->netns = a->netns;
	win->port = a->remote.port;
}

/* Another attempt was established while this one was tried, and just before it ended. */
static __always_inline bool win_before(const struct attempt *a)
{
	const struct win *win = a->pid ? win_slot(a) : NULL;

	return win && win->pid == a->pid && win->netns == a->netns && win->port == a->remote.port &&
	       win->at_ns > a->header.id && win->at_ns + WIN_NS > a->final_ns;
}

#endif
