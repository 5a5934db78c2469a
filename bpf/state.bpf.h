/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Changes of a socket's state: what makes an attempt final. */
#ifndef CONNWHY_STATE_BPF_H
#define CONNWHY_STATE_BPF_H

#include "icmp.bpf.h"

/* The socket's own facts at its final state; kernel order: sk_err is set before the state. */
static __always_inline void attempt_final(struct attempt *a, struct sock *sk, int state, __u64 now)
{
	struct tcp_sock *tp = (struct tcp_sock *)sk;
	struct inet_connection_sock *icsk = (struct inet_connection_sock *)sk;
	struct inet_connection_sock___rto_max *limited = (void *)sk;
	struct tcp_sock___signed *keyed = (void *)sk;
	__u64 sent;

	a->final_ns = now;
	a->final_state = state;
	a->flags |= ATTEMPT_SYN_SENT;
	attempt_locate(a, sk);
	a->retransmits = READ(tp, total_retrans);
	sent = READ(tp, tcp_wstamp_ns);
	/* The stamp of the last transmission: that of the first SYN where no other followed. */
	if (!a->syn_ns && !a->retransmits && sent >= a->header.id)
		a->syn_ns = sent;
	if (state == TCP_ESTABLISHED) {
		/* TCP_REPAIR: connected without any segment */
		if (!a->retransmits && sent < a->header.id)
			a->flags |= ATTEMPT_SYN_UNSENT;
		return;
	}
	a->error = READ(sk, sk_err);
	a->error_soft = READ(sk, sk_err_soft);
	a->isn = READ(tp, snd_una);
	a->shutdown = READ(sk, sk_shutdown);
	attempt_route(a, sk);
	a->route_ifindex = READ(sk, sk_dst_cache, dev, ifindex);
	a->syn_retries = READ(icsk, icsk_syn_retries);
	a->user_timeout_ms = READ(icsk, icsk_user_timeout);
	if ((bpf_core_field_exists(keyed->md5sig_info) && READ(keyed, md5sig_info)) ||
	    (bpf_core_field_exists(keyed->ao_info) && READ(keyed, ao_info)))
		a->flags |= ATTEMPT_SIGNED;
	if (bpf_core_field_exists(limited->icsk_rto_max))
		a->rto_max = READ(limited, icsk_rto_max);
	if (!a->error || a->error == ECONNABORTED) {
		struct call *c = call_on(sk);

		if (c && c->phase == CALL_UNSPEC)
			a->flags |= ATTEMPT_UNSPEC;
		/* What fails inside its own call was not shut down before. */
		if (c && c->phase == CALL_BEGUN && !a->shutdown)
			a->flags |= ATTEMPT_IN_FINAL_CALL;
		else if (READ(sk, sk_lock.owned))
			/* Who ends it from this host holds the lock; in a softirq, current is
			 * anyone. */
			attempt_closer(a);
	}
}

/* Only the SYN's acknowledgement sets it in an active open, which begins with 0. */
static __always_inline bool was_established(struct sock *sk)
{
	return READ((struct tcp_sock *)sk, bytes_acked);
}

/*
 * tcp_disconnect() leaves ECONNRESET behind, whatever the socket had been, and takes the traces of
 * that with it. The kernel calls it for the application that closes without lingering, too.
 */
static __always_inline bool was_disconnected(struct sock *sk, const struct attempt *a)
{
	return READ(sk, sk_err) == ECONNRESET && !(a->flags & ATTEMPT_RST_ACCEPTED);
}

/* It is established, and the change of state was not seen. */
static __always_inline void attempt_established(struct attempt *a, struct sock *sk, __u64 now)
{
	attempt_final(a, sk, TCP_ESTABLISHED, now);
	a->flags |= ATTEMPT_FINAL | ATTEMPT_END_MISSED;
}

/*
 * The entry of an attempt whose end is the first that is seen of it: whose it is is not known. NULL
 * where that, or that it is one, must be known.
 */
static __always_inline struct attempt *attempt_unbegun(struct sock *sk, __u64 now)
{
	struct tcp_sock *tp = (struct tcp_sock *)sk;
	__u64 key = (__u64)sk, sent = READ(tp, tcp_wstamp_ns);
	struct attempt a = {};

	/* What ended a moment ago by the raw tracepoint is not unbegun. */
	if (config.classic || begins_lost || is_filtered() || !is_tcp(sk))
		return NULL;
	a.header.type = EVENT_END;
	a.header.size = sizeof(a);
	a.header.socket = key;
	/* When its only SYN was sent, if it was the only one. */
	a.header.id = sent && sent < now && !READ(tp, total_retrans) ? sent : now;
	a.flags = ATTEMPT_BEGIN_MISSED;
	a.netns = read_netns(sk);
	if (is_mptcp(sk))
		a.api = API_MPTCP;
	read_peer(sk, &a.remote);
	place_expect(&a);
	if (inflight_add(&a)) {
		unplaced_add(a.place, -1);
		return NULL;
	}
	count(COUNT_BEGUN);
	return inflight_find(key);
}

static __always_inline void on_final(struct sock *sk, struct attempt *a, int state, __u64 now)
{
	if (a->flags & ATTEMPT_FINAL)
		return;
	attempt_final(a, sk, state, now);
	/* Before 5.14 nothing tells when it was queued; it is still there. */
	if (config.begin_by_state && state != TCP_ESTABLISHED &&
	    !(a->flags & (ATTEMPT_ICMP | ATTEMPT_OLD_ERRORS)))
		icmp_queued(sk, a, !is_queued_soft(sk, a));
	a->flags |= ATTEMPT_FINAL;
	/* A full barrier: see on_call_exit(). */
	__sync_fetch_and_add(&a->turns, 1);
	if (!(a->flags & ATTEMPT_CALL_RUNNING))
		attempt_end(a, ENDED_BY_STATE, now);
}

/*
 * The socket leaves SYN_SENT or SYN_RECV; accepted ones leave the latter, too. Or an established
 * connection is closed at once: if its attempt is still open, that it was established was not seen,
 * and behind this change of state the socket has forgotten it.
 */
static __always_inline void on_left(struct sock *sk, int from, int to)
{
	struct attempt *a = attempt_find(sk);
	__u64 now;

	if (!a && (from != TCP_SYN_SENT || to == TCP_SYN_RECV))
		return;
	now = bpf_ktime_get_ns();
	if (!a)
		a = attempt_unbegun(sk, now);
	if (!a)
		return;
	if (to == TCP_SYN_RECV) {
		a->flags |= ATTEMPT_SIMULTANEOUS;
		return;
	}
	if (from == TCP_ESTABLISHED) {
		to = TCP_ESTABLISHED;
		if (!(a->flags & ATTEMPT_FINAL))
			a->flags |= ATTEMPT_END_MISSED;
	}
	on_final(sk, a, to, now);
}

/* tcp_destroy_sock(): nothing of the socket can follow. */
static __always_inline void on_destroy(struct sock *sk)
{
	__u64 key = (__u64)sk;
	struct attempt *a = inflight_find(key);
	__u64 now;

	if (!a)
		return;
	now = bpf_ktime_get_ns();
	if (a->flags & ATTEMPT_CALL_RUNNING)
		count(COUNT_MISSED_RETURNS);
	if (!(a->flags & ATTEMPT_FINAL) && was_established(sk)) {
		attempt_established(a, sk, now);
	} else if (!(a->flags & ATTEMPT_FINAL) && !was_disconnected(sk, a)) {
		a->error = READ(sk, sk_err);
		a->error_soft = READ(sk, sk_err_soft);
		a->retransmits = READ((struct tcp_sock *)sk, total_retrans);
	}
	attempt_end(a, a->flags & ATTEMPT_FINAL ? ENDED_BY_STATE : ENDED_BY_DESTROY, now);
}

/* The record of a success that --failed kept back is wanted now: it goes before its reset. */
static __always_inline void attempt_recall(struct attempt *a, __u64 now)
{
	struct attempt *out;

	if (!(a->flags & ATTEMPT_KEPT_BACK) || !slow_enough(a))
		return;
	a->flags &= ~ATTEMPT_KEPT_BACK;
	count_add(COUNT_FILTERED, -1);
	out = bpf_ringbuf_reserve(&events, sizeof(*out), 0);
	if (!out) {
		count(COUNT_LOST_RING);
		return;
	}
	count(COUNT_SENT);
	__builtin_memcpy(out, a, sizeof(*out));
	out->flags |= ATTEMPT_KEPT_BACK;
	out->header.at_ns = now;
	bpf_ringbuf_submit(out, BPF_RB_NO_WAKEUP);
}

/* A socket's memory is used again at once, also for one that this host accepted. */
static __always_inline bool is_still(const struct attempt *a, struct sock *sk)
{
	struct endpoint local = {}, remote = {};

	read_local(sk, &local);
	read_peer(sk, &remote);
	return same_endpoint(&local, &a->local) && same_endpoint(&remote, &a->remote);
}

/* A reset that the socket accepted: the kernel tells it before the state changes. */
static __always_inline void on_reset_accepted(struct sock *sk)
{
	__u8 state = read_state(sk);
	__u64 key = (__u64)sk, now;
	struct tcp_sock *tp = (struct tcp_sock *)sk;
	struct attempt *a, *slot = NULL, copy;
	struct step_event *e;

	if (state == TCP_CLOSE)
		return;
	if (state == TCP_SYN_SENT || state == TCP_SYN_RECV) {
		a = attempt_find(sk);
		if (!a)
			return;
		a->flags |= ATTEMPT_RST_ACCEPTED;
		if (!(a->flags & ATTEMPT_RST_SEEN))
			a->rst.at_ns = bpf_ktime_get_ns();
		return;
	}
	/* What this host had begun to close is no longer reset behind the handshake. */
	if (state != TCP_ESTABLISHED && state != TCP_CLOSE_WAIT)
		return;
	/* The attempt waits for the return of its connect(), or has been sent. */
	now = bpf_ktime_get_ns();
	a = inflight_find(key);
	if (!a) {
		slot = inflight_left(key, &copy);
		a = slot ? &copy : NULL;
	}
	if (!a || !is_still(a, sk) || now - a->final_ns > config.grace_ns)
		return;
	if (slot) {
		attempt_recall(a, now);
		slot->flags = a->flags;
	}
	/* Told already: see classic_tcp_receive_reset(). */
	if (a->flags & ATTEMPT_KEPT_BACK || a->tallies[TALLY_RESET])
		return;
	if (slot)
		slot->tallies[TALLY_RESET] = 1;
	e = step_begin(a, EVENT_RST_ESTABLISHED, TALLY_RESET);
	if (!e)
		return;
	e->reset.received = READ(tp, bytes_received);
	/* A FIN has a sequence number of its own, which counts as a byte there. */
	e->reset.closed = state == TCP_CLOSE_WAIT;
	if (e->reset.closed && e->reset.received)
		e->reset.received--;
	e->reset.established_ns = a->final_ns;
	step_end(e);
}

#endif
