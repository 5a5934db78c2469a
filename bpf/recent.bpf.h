/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Attempts that were established a moment ago: a reset right behind the handshake is told with
 * them. A cache of two slots a socket, since most are never asked for: what is evicted costs only
 * that reading.
 */
#ifndef CONNWHY_RECENT_BPF_H
#define CONNWHY_RECENT_BPF_H

#include "call.bpf.h"

#define RECENT 8192 /* slots, a power of 2 */

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, RECENT);
	__type(key, __u32);
	__type(value, struct attempt);
} recent SEC(".maps");

static __always_inline struct attempt *recent_slot(__u64 socket, __u32 way)
{
	__u32 key = ((__u32)(socket >> 6) * 0x9E3779B1U >> 16 & (RECENT - 2)) + way;

	return bpf_map_lookup_elem(&recent, &key);
}

/* The slot has no socket while it is written, so that nobody reads half of one and half of another.
 */
static __always_inline void recent_keep(const struct attempt *a)
{
	struct attempt *slot = recent_slot(a->header.socket, 0);
	struct attempt *other = recent_slot(a->header.socket, 1);

	if (!slot || !other)
		return;
	if (other->header.socket == a->header.socket ||
	    (slot->header.socket != a->header.socket && other->final_ns < slot->final_ns))
		slot = other;
	*(volatile __u64 *)&slot->header.socket = 0;
	__builtin_memcpy((char *)slot + offsetof(struct attempt, header.id),
	                 (const char *)a + offsetof(struct attempt, header.id),
	                 sizeof(*a) - offsetof(struct attempt, header.id));
	slot->header.type = a->header.type;
	slot->header.size = a->header.size;
	barrier();
	*(volatile __u64 *)&slot->header.socket = a->header.socket;
}

/* Copies what is known of that socket. Returns its slot, NULL where nothing is known. */
static __always_inline struct attempt *recent_find(__u64 socket, struct attempt *copy)
{
	struct attempt *slot = recent_slot(socket, 0);

	if (slot && slot->header.socket != socket)
		slot = recent_slot(socket, 1);
	if (!slot || slot->header.socket != socket)
		return NULL;
	__builtin_memcpy(copy, slot, sizeof(*copy));
	barrier();
	return *(volatile __u64 *)&slot->header.socket == socket ? slot : NULL;
}

#endif
