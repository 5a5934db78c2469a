/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Where the attempts in flight are, by their socket.
 *
 * Each socket has two slots of an array, which are filled and read in place: neither a lock nor an
 * allocation nor a copy. Who takes a slot or gives it back does so by one compare and exchange.
 * Where both are taken the attempt goes into a hash, and there are all of them where a kernel may
 * lack that instruction (before 5.12: the object without typed reads).
 *
 * An attempt that has ended stays in its slot until another takes it, so that a reset right behind
 * its handshake finds it.
 */
#ifndef CONNWHY_INFLIGHT_BPF_H
#define CONNWHY_INFLIGHT_BPF_H

#include "recent.bpf.h"

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, __u64);
	__type(value, struct attempt);
} inflight SEC(".maps");

/* The socket whose attempt is in the slot of the same number, 0 for a free one. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, __u64);
} busy SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, struct attempt);
} slots SEC(".maps");

/* Attempts in the hash, where most are in slots. */
__u32 n_in_hash;

#ifdef TYPED_READS

/* The verifier has no arithmetic on pointers into the kernel; half of one is a number to it. */
static __always_inline __u32 slot_of(__u64 socket)
{
	__u32 low;

	asm volatile("%0 = %1" : "=w"(low) : "w"((__u32)socket));
	return slot_first(low, config.slots_mask);
}

static __always_inline struct attempt *slot_at(__u32 key)
{
	return bpf_map_lookup_elem(&slots, &key);
}

static __always_inline __u64 *busy_at(__u32 key)
{
	return bpf_map_lookup_elem(&busy, &key);
}

static __always_inline struct attempt *slot_find(__u64 socket)
{
	__u32 key = slot_of(socket);
	__u64 *first = busy_at(key), *second = busy_at(key + 1);

	if (first && *first == socket)
		return slot_at(key);
	return second && *second == socket ? slot_at(key + 1) : NULL;
}

static __always_inline bool slot_take_at(__u32 key, __u64 socket)
{
	__u64 *owner = busy_at(key);

	return owner && !*owner && !__sync_val_compare_and_swap(owner, 0, socket);
}

/*
 * A free slot of that socket, now its own: that of its last attempt, so that no older one is left,
 * or the one that was left longer ago.
 */
static __always_inline struct attempt *slot_take(__u64 socket)
{
	__u32 key = slot_of(socket);
	struct attempt *first = slot_at(key), *second = slot_at(key + 1);

	if (!first || !second)
		return NULL;
	if (second->header.socket != socket &&
	    (first->header.socket == socket || first->final_ns <= second->final_ns) &&
	    slot_take_at(key, socket))
		return first;
	if (slot_take_at(key + 1, socket))
		return second;
	return slot_take_at(key, socket) ? first : NULL;
}

/* Whether there was one to give back, and nobody else did. */
static __always_inline bool slot_give(__u64 socket)
{
	__u32 key = slot_of(socket);
	__u64 *owner = busy_at(key);

	if (owner && *owner != socket)
		owner = busy_at(key + 1);
	return owner && *owner == socket && __sync_val_compare_and_swap(owner, socket, 0) == socket;
}

/* Copies what a free slot still has of that socket. */
static __always_inline struct attempt *slot_left(__u64 socket, __u32 way, struct attempt *copy)
{
	__u32 key = slot_of(socket) + way;
	volatile __u64 *owner = busy_at(key);
	struct attempt *slot = slot_at(key);

	if (!owner || *owner || !slot || slot->header.socket != socket)
		return NULL;
	__builtin_memcpy(copy, slot, sizeof(*copy));
	barrier();
	return *owner || *(volatile __u64 *)&slot->header.id != copy->header.id ? NULL : slot;
}

#endif

static __always_inline struct attempt *inflight_find(__u64 socket)
{
#ifdef TYPED_READS
	struct attempt *a = slot_find(socket);

	if (a || !n_in_hash)
		return a;
#endif
	return bpf_map_lookup_elem(&inflight, &socket);
}

/* Zeroed room for an attempt of that socket: a slot of its own, or `spare`, which is to be added.
 */
static __always_inline struct attempt *inflight_room(__u64 socket, struct attempt *spare)
{
	struct attempt *a = NULL;

#ifdef TYPED_READS
	a = slot_take(socket);
#endif
	if (!a)
		a = spare;
	__builtin_memset(a, 0, sizeof(*a));
	return a;
}

/* Puts what found no slot into the hash. 0, -EEXIST, or why not. */
static __always_inline int inflight_add(const struct attempt *a)
{
	__u64 key = a->header.socket;
	int err = bpf_map_update_elem(&inflight, &key, a, BPF_NOEXIST);

	if (!err)
		__sync_fetch_and_add(&n_in_hash, 1);
	return err;
}

/* 0 where the entry was ours to delete; behind it its memory may be another's. */
static __always_inline int inflight_delete(__u64 socket)
{
	int err; /* not long: see attempt_start() */

#ifdef TYPED_READS
	if (slot_give(socket))
		return 0;
	if (!n_in_hash)
		return -ENOENT;
#endif
	err = bpf_map_delete_elem(&inflight, &socket);
	if (!err)
		__sync_fetch_and_add(&n_in_hash, -1);
	return err;
}

/* An attempt that was established leaves: what is in a slot stays there. */
static __always_inline void inflight_keep(const struct attempt *a)
{
#ifdef TYPED_READS
	if (slot_find(a->header.socket))
		return;
#endif
	recent_keep(a);
}

/*
 * Copies the attempt of that socket that was established a moment ago. Returns where it is, NULL
 * where it is not known any more.
 */
static __always_inline struct attempt *inflight_left(__u64 socket, struct attempt *copy)
{
#ifdef TYPED_READS
	struct attempt *slot = slot_left(socket, 0, copy);

	if (!slot)
		slot = slot_left(socket, 1, copy);
	if (slot)
		return slot;
#endif
	return recent_find(socket, copy);
}

#endif
