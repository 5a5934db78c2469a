/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The last success of each peer, of those that a filter keeps in the kernel: what a later failure
 * is to be compared with. A cache: struct kept_bucket says what it forgot.
 */
#ifndef CONNWHY_KEPT_BPF_H
#define CONNWHY_KEPT_BPF_H

#include "recent.bpf.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, KEPT_BUCKETS);
	__type(key, __u32);
	__type(value, struct kept_bucket);
} kept SEC(".maps");

/* Two CPUs may write one slot at once: then its key does not fit its port, and nobody believes it.
 */
static __always_inline void kept_replace(struct kept_bucket *bucket, struct kept_slot *slot,
                                         __u64 key, __u16 port, __u64 at_ns)
{
	if (slot->last_ns > bucket->forgotten_ns)
		bucket->forgotten_ns = slot->last_ns;
	*(volatile __u64 *)&slot->key = 0;
	slot->last_ns = at_ns;
	slot->successes = 1;
	slot->port = port;
	barrier();
	*(volatile __u64 *)&slot->key = key;
}

static __always_inline void kept_success(const struct attempt *a)
{
	__u64 host = kept_host_key(&a->remote, a->netns), key = kept_key(host, a->remote.port);
	__u32 index = kept_index(host);
	struct kept_bucket *bucket = bpf_map_lookup_elem(&kept, &index);
	struct kept_slot *oldest;

	if (!bucket || a->flags & ATTEMPT_SYN_UNSENT)
		return;
	oldest = &bucket->slots[0];
#pragma unroll
	for (int i = 0; i < KEPT_SLOTS; i++) {
		struct kept_slot *slot = &bucket->slots[i];

		if (slot->key == key) {
			slot->last_ns = a->final_ns;
			__sync_fetch_and_add(&slot->successes, 1);
			return;
		}
		if (slot->last_ns < oldest->last_ns)
			oldest = slot;
	}
	kept_replace(bucket, oldest, key, a->remote.port, a->final_ns);
}

#endif
