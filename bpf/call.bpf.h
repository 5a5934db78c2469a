/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The connect() that a thread is in: from its entry to its return.
 *
 * An array indexed by the low bits of the thread id: no lock, no allocation, and two threads meet
 * in a slot only where their ids are CALLS apart and both are inside a connect(). Then the second
 * goes without: its attempt ends at its final state, and its return is counted as missed.
 */
#ifndef CONNWHY_CALL_BPF_H
#define CONNWHY_CALL_BPF_H

#include "sock.bpf.h"

#define CALLS 16384
#define CALL_STALE_NS (900 * NSEC_PER_SEC) /* longer than any SYN schedule blocks */

enum call_phase {
	CALL_NONE,
	CALL_FRESH,   /* entered on an unconnected socket: an attempt is about to begin */
	CALL_BEGUN,   /* ... and did: .id */
	CALL_REFUSED, /* ... and was filtered out or lost */
	CALL_LATER,   /* asks about an attempt that is already there */
	CALL_UNSPEC,  /* connect(AF_UNSPEC) */
};

/*
 * @sk:       the socket of the last call, also behind its return (see @seen)
 * @id:       the attempt that this call began; kept behind -ERESTARTSYS for the restarted call
 * @key:      the socket of that attempt: @sk, or with MPTCP its first subflow
 * @depth:    calls on subflows that run inside this one
 * @active:   the call has not returned
 * @restarts: its return was -ERESTARTSYS
 * @seen:     the socket's connect ran inside this system call and was refused, so that the error of
 *            the whole was not an earlier refusal
 * @io_uring: io_connect() was entered and its socket's connect was not yet
 * @asked:    the address that the application passed
 * @exec_faults: page faults of the thread when it began a new program, plus 1; 0 for none
 * @file, @uaddr, @len: arguments of the outermost function where its return cannot show them
 */
struct call {
	__u64 pid_tgid;
	__u64 start_ns;
	__u64 sk;
	__u64 id;
	__u64 key;
	__u64 file;
	__u64 uaddr;
	__u64 exec_faults;
	struct endpoint asked;
	__u8 phase;
	__u8 active;
	__u8 restarts;
	__u8 seen;
	__u8 io_uring;
	__u8 blocking;
	__u8 api;
	__u8 mptcp;
	__s32 len;
	__u32 depth;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, CALLS);
	__type(key, __u32);
	__type(value, struct call);
} calls SEC(".maps");

/* The slot of the current thread, whoever has it. */
static __always_inline struct call *call_slot(__u64 pid_tgid)
{
	__u32 key = (__u32)pid_tgid & (CALLS - 1);

	return bpf_map_lookup_elem(&calls, &key);
}

/* The slot, if the current thread has it. */
static __always_inline struct call *call_mine(void)
{
	__u64 pid_tgid = bpf_get_current_pid_tgid();
	struct call *c = call_slot(pid_tgid);

	return c && c->pid_tgid == pid_tgid ? c : NULL;
}

/* The call that the current thread is in on that socket. */
static __always_inline struct call *call_on(struct sock *sk)
{
	struct call *c = call_mine();

	if (!c || !c->active)
		return NULL;
	return c->sk == (__u64)sk || (c->mptcp && is_mptcp(sk)) ? c : NULL;
}

/* Takes the slot for the current thread. NULL where another thread is inside a call with it. */
static __always_inline struct call *call_take(void)
{
	__u64 pid_tgid = bpf_get_current_pid_tgid();
	struct call *c = call_slot(pid_tgid);

	if (!c || c->pid_tgid == pid_tgid)
		return c;
	if (c->active && bpf_ktime_get_ns() - c->start_ns < CALL_STALE_NS) {
		count(COUNT_MISSED_RETURNS);
		return NULL;
	}
	__builtin_memset(c, 0, sizeof(*c));
	c->pid_tgid = pid_tgid;
	return c;
}

/* A fatal signal is about to end the current process: no system call returns to it. */
static __always_inline bool is_dying(void)
{
	struct task_struct *task = (void *)bpf_get_current_task();

	return READ(task, signal, flags) & SIGNAL_GROUP_EXIT;
}

static __always_inline __u64 count_faults(void)
{
	struct task_struct *task = (void *)bpf_get_current_task();

	return READ(task, min_flt) + READ(task, maj_flt);
}

/* The current thread begins a new program. What is closed by that is closed a little later. */
static __always_inline void on_exec(void)
{
	__u64 pid_tgid = bpf_get_current_pid_tgid();
	struct call *c = call_slot(pid_tgid);

	if (!c)
		return;
	if (c->pid_tgid != pid_tgid) {
		if (c->active)
			return;
		__builtin_memset(c, 0, sizeof(*c));
		c->pid_tgid = pid_tgid;
	}
	c->exec_faults = count_faults() + 1;
}

/* Nothing of the new program has run: its first instruction is a page that is not there yet. */
static __always_inline bool is_execing(void)
{
	struct call *c = call_mine();

	return c && c->exec_faults && c->exec_faults == count_faults() + 1;
}

#endif
