/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Finding the attempt in flight that a packet without a socket belongs to, by its addresses.
 *
 * An attempt has a place from when its port is known: one of the two of its hash, so that neither
 * a lock nor an allocation is paid for. Until then, and where both are taken, it is unplaced: that
 * is counted by its peer's address. So a packet of no attempt is known for one without a look at
 * any budget, whatever others on this host send and drop.
 */
#ifndef CONNWHY_PLACE_BPF_H
#define CONNWHY_PLACE_BPF_H

#include "inflight.bpf.h"
#include "conntrack.bpf.h"

#define PLACES 16384   /* a power of 2 */
#define UNPLACED 16384 /* a power of 2 */
#define GOLDEN 0x9E3779B1U
/* A firewall that rejects answers first and drops then, when the answer may have arrived. */
#define REJECT_NS (NSEC_PER_SEC / 1000)

/*
 * @socket, @id: of the attempt, @socket 0 where the place is free
 * @ended_ns:    when it ended: the place is free, but what a reject drops behind it is still its
 * @began:       its addresses
 */
struct place {
	__u64 socket;
	__u64 id;
	__u64 ended_ns;
	struct connection began;
	__u32 netns;
	__u32 pad;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, PLACES);
	__type(key, __u32);
	__type(value, struct place);
} places SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, UNPLACED);
	__type(key, __u32);
	__type(value, __u32);
} unplaced SEC(".maps");

/* @netns: of the socket */
struct translated {
	__u64 socket;
	__u64 id;
	__u32 netns;
	__u32 pad;
};

/* Connections as this host's NAT translates them: user space has asked, and adds them here. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, struct connection);
	__type(value, struct translated);
} translated SEC(".maps");

__u32 n_translated; /* not 0 where there is any */

/* Of a port, or what was hashed so far, and an address. */
static __always_inline __u32 hash_words(__u32 hash, __u32 a, __u32 b, __u32 c, __u32 d)
{
	hash *= GOLDEN;
	hash = (hash ^ hash >> 15 ^ a) * GOLDEN;
	hash = (hash ^ hash >> 15 ^ b) * GOLDEN;
	hash = (hash ^ hash >> 15 ^ c) * GOLDEN;
	return (hash ^ hash >> 15 ^ d) * GOLDEN;
}

static __always_inline __u32 hash_endpoint(const struct endpoint *e, __u32 hash)
{
	const __u32 *word = (const void *)e->address;

	return hash_words(hash ^ e->port, word[0], word[1], word[2], word[3]);
}

/* The first of the two places. */
static __always_inline __u32 place_key(const struct endpoint *local, const struct endpoint *remote)
{
	return hash_endpoint(local, hash_endpoint(remote, 0)) >> 16 & (PLACES - 2);
}

/* 0.0.0.0 and :: mean this host, and so its loopback address stands in the packets. */
static __always_inline __u32 unplaced_key(const struct endpoint *remote)
{
	const __u32 *word = (const void *)remote->address;
	__u32 first = word[0], last = word[3];

	if (!(first | word[1] | word[2] | last)) {
		if (remote->family == FAMILY_IPV4)
			first = bpf_htonl(0x7f000001);
		else
			last = bpf_htonl(1);
	}
	return hash_words(remote->port, first, word[1], word[2], last) >> 16 & (UNPLACED - 1);
}

static __always_inline void unplaced_add(__u32 key, __s32 change)
{
	__u32 *value = bpf_map_lookup_elem(&unplaced, &key);

	if (value)
		__sync_fetch_and_add(value, change);
}

/* An attempt begins: only its peer is known. */
static __always_inline void place_expect(struct attempt *a)
{
	__u32 key = unplaced_key(&a->remote);

	a->place = key;
	a->flags |= ATTEMPT_UNPLACED;
	unplaced_add(key, 1);
}

/* Also where its attempt ended without a word, as one that user space took out. */
static __always_inline bool is_free(const struct place *place)
{
	__u64 key = place->socket;
	struct attempt *a;

	if (!key || place->ended_ns)
		return true;
	a = inflight_find(key);
	return !a || a->header.id != place->id;
}

/* Its addresses are known. Nobody reads a place while it has no socket. */
static __always_inline void place_take(struct attempt *a)
{
	struct place *place;
	__u32 key;

	if (!(a->flags & ATTEMPT_UNPLACED) || !a->local.port)
		return;
	key = place_key(&a->local, &a->remote);
	place = bpf_map_lookup_elem(&places, &key);
	if (place && !is_free(place)) {
		key++;
		place = bpf_map_lookup_elem(&places, &key);
	}
	if (!place || !is_free(place))
		return;
	*(volatile __u64 *)&place->socket = 0;
	barrier();
	place->id = a->header.id;
	place->ended_ns = 0;
	place->began.local = a->local;
	place->began.remote = a->remote;
	place->netns = a->netns;
	barrier();
	*(volatile __u64 *)&place->socket = a->header.socket;
	/* Another CPU may have taken it meanwhile. */
	if (*(volatile __u64 *)&place->id != a->header.id)
		return;
	unplaced_add(a->place, -1);
	a->place = key;
	a->flags &= ~ATTEMPT_UNPLACED;
}

/* The attempt has ended: who owns its end gives its place back. @place, @flags: of the attempt */
static __always_inline void place_leave(__u64 socket, __u64 id, __u16 place, __u32 flags, __u64 now)
{
	__u32 key = place;
	struct place *p;

	if (flags & ATTEMPT_UNPLACED) {
		unplaced_add(key, -1);
		return;
	}
	p = bpf_map_lookup_elem(&places, &key);
	if (!p || p->socket != socket || p->id != id)
		return;
	if (flags & ATTEMPT_KEPT_BACK)
		p->socket = 0;
	else
		p->ended_ns = now;
}

static __always_inline bool is_unplaced(const struct endpoint *remote)
{
	__u32 key = unplaced_key(remote);
	__u32 *value = bpf_map_lookup_elem(&unplaced, &key);

	return value && *value;
}

#endif
