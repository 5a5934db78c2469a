/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What user space sets before the programs are loaded, and reads out of their maps. */
#ifndef CONNWHY_CONFIG_H
#define CONNWHY_CONFIG_H

#include "attempt.h"

/*
 * Of struct nf_conn.tuplehash: 4 bytes each of counter, lock, timeout and zone stand before it,
 * where the kernel does not debug its locks.
 */
#define CONNTRACK_TUPLES_OFFSET 16

/*
 * Successes that a filter kept in the kernel, by peer: buckets by address, slots by port.
 *
 * @key:          kept_key() of what the slot is about, 0 for none
 * @last_ns:      when the last of them was established
 * @successes:    their number
 * @forgotten_ns: none that is not in the bucket is later than this
 */
#define KEPT_BUCKETS 1024
#define KEPT_SLOTS 8

struct kept_slot {
	__u64 key;
	__u64 last_ns;
	__u32 successes;
	__u16 port;
	__u16 pad;
};

struct kept_bucket {
	__u64 forgotten_ns;
	struct kept_slot slots[KEPT_SLOTS];
};

static_assert(sizeof(struct kept_bucket) == 200, "kept_bucket");

static inline __u64 kept_mix(__u64 hash, __u64 word)
{
	hash = (hash ^ word) * 0x9E3779B97F4A7C15ULL;
	return hash ^ hash >> 32;
}

/* An address in a network namespace: in another one it can be another host. */
static inline __u64 kept_host_key(const struct endpoint *host, __u32 netns)
{
	__u64 words[2];

	__builtin_memcpy(words, host->address, sizeof(words));
	return kept_mix(kept_mix(kept_mix(netns, words[0]), words[1]), host->family);
}

static inline __u64 kept_key(__u64 host_key, __u16 port)
{
	return kept_mix(host_key, port) | 1;
}

static inline __u32 kept_index(__u64 host_key)
{
	return host_key & (KEPT_BUCKETS - 1);
}

#define PORT_RANGES 16
#define NETWORKS 8

/*
 * What to trace: constants that user space sets before it loads the programs, so that the verifier
 * removes what is not asked for. 0 means "any".
 *
 * @tgid, @uid, @netns, @family: equal to
 * @follow:   the process is in the map of followed processes
 * @cgroup:   the task is under the cgroup in the map
 * @failed:   report what did not succeed
 * @slower_ns: report what took at least that long
 * @pidns_dev, @pidns_ino: pid namespace to tell pids of; 0 for the initial one
 * @grace_ns: how long a reset behind the handshake is told
 * @classic:  classic tracepoints run beside raw ones, which may be preempted: only those begin
 * @begin_by_state: SYN_SENT begins attempts (the tracepoint tier), not tcp_v4_connect()
 */
struct config {
	__u64 pidns_dev;
	__u64 pidns_ino;
	__u64 slower_ns;
	__u64 grace_ns;
	struct {
		__u64 address[2];
		__u64 mask[2];
		__u64 family;
	} networks[NETWORKS];
	struct {
		__u16 low;
		__u16 high;
	} ports[PORT_RANGES];
	__u32 n_networks;
	__u32 n_ports;
	__u32 tgid;
	__u32 uid;
	__u32 netns;
	__u8 has_uid;
	__u8 family;
	__u8 follow;
	__u8 cgroup;
	__u8 failed;
	__u8 begin_by_state;
	__u8 classic;
	__u8 pad[1];
	__u32 slots_mask; /* numbers of slots, but for the lowest bit */
	__u32 pad2;
};

/* The first of the two slots of a socket. @low: the lower half of its address */
static inline __u32 slot_first(__u32 low, __u32 mask)
{
	return (low >> 6) * 0x9E3779B1U >> 8 & mask;
}

/* Counters of the kernel side, one per CPU each. */
enum counter {
	COUNT_BEGUN,
	COUNT_SENT,           /* records that ended an attempt, put into the ring */
	COUNT_FILTERED,       /* attempts that a filter kept in the kernel */
	COUNT_LOST_RING,      /* attempts whose record found the ring full */
	COUNT_LOST_MAP_FULL,  /* attempts that found the in-flight map full */
	COUNT_LOST_MAP_BUSY,  /* attempts that the map refused for another reason */
	COUNT_LOST_STEPS,     /* steps that found the ring full */
	COUNT_OMITTED_STEPS,  /* steps of which only the number was sent */
	COUNT_OMITTED_DROPS,  /* drops past the rate limit that may be of an attempt in flight */
	COUNT_MISSED_RETURNS, /* calls whose return could not be seen */
	COUNT_END_BUSY,       /* ends that the map refused: user space ends those */
	COUNT_MAX,
};

#endif
