/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The attempts in flight: begin, find, end.
 *
 * An entry holds the record that will end the attempt, in the form in which it is sent. It is made
 * when the attempt begins and deleted by who ends it: whose delete succeeds sends the record.
 *
 *   begin ──► in flight ──► final state ──► sent
 *                │              │ while the connect() that began it still runs:
 *                │              └────────► final, waiting ──► its return ──► sent
 *                └── its return, the socket still in CLOSE ──► sent
 *
 * Changes of state and returns of the socket's connect are under the socket's lock. The return of
 * the system call (tracepoint tier) is not: there both sides first set their own flag, then read
 * the other's, and the delete decides.
 */
#ifndef CONNWHY_ATTEMPT_BPF_H
#define CONNWHY_ATTEMPT_BPF_H

#include "kept.bpf.h"
#include "place.bpf.h"
#include "wins.bpf.h"

/* Attempts that began before the tracer, by socket cookie: user space lists them at its start. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, __u64);
	__type(value, struct attempt);
} preexisting SEC(".maps");

__u32 n_preexisting;

/*
 * connwhy connects itself, to see that its hooks see it: on one socket, the only one with that
 * cookie in that namespace. Such an attempt is no one's, and is told here alone.
 */
__u32 own_netns;
__u64 own_cookie;
__u64 own_socket; /* its address, once it has begun */
__u64 own_begins, own_ends;
struct attempt own; /* the last that ended */

__u32 begins_lost; /* there was one at least: a socket without an entry says nothing any more */

/*
 * The entry of an attempt that began before the tracer, made at its first event. It is in both maps
 * for a moment: who deletes the one counts the other.
 */
static __always_inline struct attempt *attempt_adopt(struct sock *sk)
{
	__u64 key = (__u64)sk;
	__u64 cookie = READ(sk, __sk_common.skc_cookie.counter);
	struct attempt *a = cookie ? bpf_map_lookup_elem(&preexisting, &cookie) : NULL;
	int err;

	if (!a)
		return NULL;
	a->header.socket = key;
	err = inflight_add(a);
	if (bpf_map_delete_elem(&preexisting, &cookie))
		return NULL;
	if (err) {
		begins_lost = 1;
		count(COUNT_LOST_MAP_FULL);
		return NULL;
	}
	a = inflight_find(key);
	if (a) {
		place_expect(a);
		place_take(a);
	}
	return a;
}

static __always_inline bool is_own(struct sock *sk, __u32 netns)
{
	return own_netns && netns == own_netns &&
	       (__u64)READ(sk, __sk_common.skc_cookie.counter) == own_cookie;
}

static __always_inline struct attempt *attempt_find(struct sock *sk)
{
	__u64 key = (__u64)sk;
	struct attempt *a = inflight_find(key);

	if (!a && n_preexisting)
		return attempt_adopt(sk);
	return a;
}

/* Returns whether the entry was ours to delete. Behind it its memory may be another's. */
static __always_inline bool attempt_delete(struct attempt *a, __u64 now)
{
	__u64 key = a->header.socket, id = a->header.id;
	__u32 flags = a->flags;
	__u16 place = a->place;
	int err = inflight_delete(key);

	/* Before about 6.1.64 an interrupt in the lock's window makes this -EBUSY. */
	if (err == -EBUSY)
		count(COUNT_END_BUSY);
	if (!err)
		place_leave(key, id, place, flags, now);
	return !err;
}

/*
 * Copies the record into the ring and deletes the entry; sends it if the delete was ours. The
 * pointer into the ring is tested once only: older verifiers forget that it is not NULL.
 */
static __always_inline void attempt_end(struct attempt *a, enum ended_by by, __u64 now)
{
	bool wanted = end_wanted(a), failed = a->final_state != TCP_ESTABLISHED;
	struct attempt *out;

	/* For what a reject still drops. */
	if (failed)
		place_take(a);
	a->ended_by = by;
	a->header.at_ns = now;
	if (a->header.socket == own_socket) {
		__builtin_memcpy(&own, a, sizeof(own));
		attempt_delete(a, now);
		own_ends++;
		return;
	}
	if (!wanted && !a->steps)
		a->flags |= ATTEMPT_KEPT_BACK;
	if (!failed) {
		inflight_keep(a);
		win_keep(a);
	} else if (win_before(a)) {
		a->flags |= ATTEMPT_OTHER_WON;
	}
	if (a->flags & ATTEMPT_KEPT_BACK) {
		if (!failed)
			kept_success(a);
		if (attempt_delete(a, now))
			count(COUNT_FILTERED);
		return;
	}
	out = bpf_ringbuf_reserve(&events, sizeof(*out), 0);
	if (!out) {
		if (attempt_delete(a, now))
			count(wanted ? COUNT_LOST_RING : COUNT_FILTERED);
		return;
	}
	__builtin_memcpy(out, a, sizeof(*out));
	if (!wanted)
		out->flags |= ATTEMPT_REJECTED;
	if (!attempt_delete(a, now)) {
		bpf_ringbuf_discard(out, BPF_RB_NO_WAKEUP);
		return;
	}
	count(COUNT_SENT);
	bpf_ringbuf_submit(out, wake_up(failed, now));
}

/* As connwhy's own pid namespace has them; 0 where the task is not in it. */
static __always_inline void read_pids(__u64 pid_tgid, __u32 *pid, __u32 *tid)
{
	struct bpf_pidns_info ns = {};

	*pid = pid_tgid >> 32;
	*tid = (__u32)pid_tgid;
	if (!config.pidns_ino)
		return;
	bpf_get_ns_current_pid_tgid(config.pidns_dev, config.pidns_ino, &ns, sizeof(ns));
	*pid = ns.tgid;
	*tid = ns.pid;
}

/* Who and where: of the current task, which must be the one that connects. */
static __always_inline void attempt_task(struct attempt *a, __u64 pid_tgid)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	__u64 comm[COMM_SIZE / sizeof(__u64)];

	read_pids(pid_tgid, &a->pid, &a->tid);
	a->uid = READ(task, cred, uid.val);
	a->cgroup_id = bpf_get_current_cgroup_id();
	READ_WORDS(comm, task, comm);
	__builtin_memcpy(a->comm, comm, sizeof(a->comm));
}

/* Fills an attempt of the current task. Returns whether it is to be traced. */
static __always_inline bool attempt_fill(struct attempt *a, struct sock *sk, const struct call *c)
{
	__u64 pid_tgid = c ? c->pid_tgid : bpf_get_current_pid_tgid();

	a->header.type = EVENT_END;
	a->header.size = sizeof(*a);
	a->header.socket = (__u64)sk;
	a->header.id = c ? c->start_ns : bpf_ktime_get_ns();
	a->netns = read_netns(sk);
	attempt_task(a, pid_tgid);
	if (c) {
		a->asked = c->asked;
		a->api = c->api;
		if (c->blocking)
			a->flags |= ATTEMPT_BLOCKING;
	}
	if (is_own(sk, a->netns)) {
		own_socket = (__u64)sk;
		return true;
	}
	return task_wanted(a, pid_tgid >> 32) && peer_wanted(a, &a->remote);
}

/*
 * Rare, and a global function: the verifier walks it once, not behind each path that leads here. It
 * takes numbers only, which a socket is where a map holds it.
 */
__noinline int attempt_end_stale(__u64 socket)
{
	struct attempt *stale = inflight_find(socket);

	if (!stale)
		return 0;
	if (stale->flags & ATTEMPT_CALL_RUNNING)
		count(COUNT_MISSED_RETURNS);
	attempt_end(stale, stale->flags & ATTEMPT_FINAL ? ENDED_BY_STATE : ENDED_BY_REPLACED,
	            bpf_ktime_get_ns());
	return 0;
}

/* What is there of this socket was never seen to end, or the return of its connect() was not. */
static __always_inline void attempt_replace(__u64 socket)
{
	struct attempt *stale = inflight_find(socket);

	if (stale)
		attempt_end_stale(stale->header.socket);
}

/* Zeroed room for an attempt that may begin; `spare` where the hash is to hold it. */
static __always_inline struct attempt *attempt_room(struct sock *sk, struct attempt *spare)
{
#ifdef TYPED_READS
	attempt_replace((__u64)sk);
#endif
	return inflight_room((__u64)sk, spare);
}

/*
 * A filled attempt begins. Before 6.4 the map's functions give an int, and the upper half of what a
 * program gets is zero.
 */
static __always_inline bool attempt_start(struct attempt *a, bool in_slot)
{
	__u64 key = a->header.socket;
	int err;

	if (key == own_socket)
		own_begins += !(a->flags & ATTEMPT_BEGIN_MISSED);
	else
		count(COUNT_BEGUN);
	place_expect(a);
	if (in_slot)
		return true;
	err = inflight_add(a);
	if (err == -EEXIST) {
		attempt_replace(key);
		err = inflight_add(a);
	}
	if (!err)
		return true;
	unplaced_add(a->place, -1);
	if (key == own_socket)
		return false;
	begins_lost = 1;
	count(err == -E2BIG ? COUNT_LOST_MAP_FULL : COUNT_LOST_MAP_BUSY);
	return false;
}

/* What the socket tells only while it is there. */
static __always_inline void attempt_addresses(struct attempt *a, struct sock *sk)
{
	read_local(sk, &a->local);
	read_peer(sk, &a->remote);
	place_take(a);
}

/* ... unless it is known: once a SYN is sent the addresses do not change. */
static __always_inline void attempt_locate(struct attempt *a, struct sock *sk)
{
	if (!a->local.port)
		attempt_addresses(a, sk);
}

/* What the kernel routes the socket's packets by, for the question that user space may ask. */
static __always_inline void attempt_route(struct attempt *a, struct sock *sk)
{
	a->mark = READ(sk, sk_mark);
	a->bound_ifindex = READ(sk, __sk_common.skc_bound_dev_if);
	a->sock_uid = READ(sk, sk_uid.val);
	a->tos = READ((struct inet_sock *)sk, tos);
	if (READ_BITFIELD(sk, __sk_common.skc_ipv6only))
		a->flags |= ATTEMPT_V6ONLY;
	if (READ(sk, __sk_common.skc_flags) >>
	            bpf_core_enum_value(enum sock_flags, SOCK_LOCALROUTE) &
	    1)
		a->flags |= ATTEMPT_DONTROUTE;
}

/* An error that the socket keeps while it goes on: getsockopt(SO_ERROR) takes it away. */
static __always_inline void attempt_soft(struct attempt *a, struct sock *sk)
{
	int error = READ(sk, sk_err_soft);

	if (error)
		a->early_error_soft = error;
}

/* When the first SYN went to IP, as long as it is the only one. */
static __always_inline void attempt_first_syn(struct attempt *a, struct sock *sk)
{
	struct tcp_sock *tp = (struct tcp_sock *)sk;

	__u64 sent = READ(tp, tcp_wstamp_ns);

	if (read_state(sk) == TCP_SYN_SENT && sent >= a->header.id && !nothing_sent(sk) &&
	    !READ(tp, total_retrans))
		a->syn_ns = sent;
}

static __always_inline void attempt_closer(struct attempt *a)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	__u64 pid_tgid = bpf_get_current_pid_tgid();

	if (!pid_tgid)
		return;
	a->flags |= ATTEMPT_CLOSER;
	read_pids(pid_tgid, &a->closer.pid, &a->closer.tid);
	bpf_get_current_comm(a->closer.comm, sizeof(a->closer.comm));
	if (READ(task, flags) & PF_EXITING) {
		a->closer.exiting = 1;
		a->closer.exit_code = READ(task, exit_code);
	} else if (is_dying()) {
		/* Its last files are closed on the way to the signal that ends it. */
		a->closer.exiting = 1;
		a->closer.exit_code = READ(task, signal, group_exit_code);
	} else if (is_execing()) {
		a->closer.execing = 1;
	}
}

#endif
