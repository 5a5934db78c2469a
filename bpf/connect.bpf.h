/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* From the entry of a connect() to its return, in the thread that connects. */
#ifndef CONNWHY_CONNECT_BPF_H
#define CONNWHY_CONNECT_BPF_H

#include "state.bpf.h"

/*
 * Copies a struct sockaddr_in or _in6, in user memory where `user`. Returns whether there was
 * something to read.
 */
static __always_inline bool read_sockaddr(struct sockaddr_in6 *any, const void *address, int len,
                                          bool user)
{
	__u32 size = len >= (int)sizeof(*any) ? sizeof(*any) : sizeof(struct sockaddr_in);

	if (len < (int)sizeof(any->sin6_family))
		return false;
	if (user)
		return !bpf_probe_read_user(any, size, address);
#ifdef TYPED_READS
	const struct sockaddr_in6 *in6 = address;

	any->sin6_family = READ(in6, sin6_family);
	any->sin6_port = READ(in6, sin6_port);
	any->sin6_flowinfo = READ(in6, sin6_flowinfo); /* sin_addr of the other */
	if (size == sizeof(*any) && any->sin6_family == AF_INET6)
		READ_WORDS(any->sin6_addr, in6, sin6_addr);
	return true;
#else
	return !bpf_probe_read_kernel(any, size, address);
#endif
}

/*
 * A thread enters a connect() on a TCP socket.
 *
 * @address: of struct sockaddr, in user memory where `user`
 */
static __always_inline void on_call_enter(struct socket *sock, struct sock *sk, const void *address,
                                          int len, bool user, enum api api, bool blocking)
{
	struct call *c = call_take();
	struct sockaddr_in6 any = {};
	bool unspecified;
	int state;

	if (!c)
		return;
	/* A family of 0 may also be an address that could not be read: that one fails. */
	unspecified = read_sockaddr(&any, address, len, user) && any.sin6_family == AF_UNSPEC;
	c->sk = (__u64)sk;
	c->active = 1;
	c->seen = 0;
	c->start_ns = bpf_ktime_get_ns();
	c->mptcp = READ(sk, sk_protocol) == IPPROTO_MPTCP;
	c->api = c->mptcp ? API_MPTCP : api;
	c->depth = 0;
	c->blocking = blocking;
	if (c->io_uring) {
		c->api = API_IO_URING;
		c->io_uring = 0;
	}
	state = READ(sock, state);
	if (state == SS_UNCONNECTED) {
		c->phase = unspecified ? CALL_UNSPEC : CALL_FRESH;
		c->id = 0;
		c->restarts = 0;
		__builtin_memset(&c->asked, 0, sizeof(c->asked));
		endpoint_set_sockaddr(&c->asked, &any);
		return;
	}
	c->phase = unspecified ? CALL_UNSPEC : CALL_LATER;
	if (c->phase == CALL_LATER && c->restarts && c->id) {
		__u64 key = c->key;
		struct attempt *a = inflight_find(key);

		/* The kernel restarts the call that a signal broke off: it goes on for us too. */
		if (a && a->header.id == c->id) {
			c->phase = CALL_BEGUN;
			a->flags |= ATTEMPT_CALL_RUNNING;
		}
	}
	c->restarts = 0;
}

/*
 * At SYN_SENT, where the entry of a function begins attempts: it was skipped. One that a filter
 * kept out is asked again, with the same answer.
 */
static __always_inline bool is_begin_missed(struct sock *sk)
{
	struct call *c = call_on(sk);

	if (c && c->phase != CALL_FRESH)
		return false;
	return !begins_lost && !attempt_find(sk);
}

/* tcp_v6_connect() cannot be hooked where it is static and BTF or kallsyms lack it. */
bool ipv6_begins_by_state;

/*
 * An attempt begins.
 *
 * @any: what tcp_v4_connect() or tcp_v6_connect() is given; NULL at SYN_SENT
 */
static __always_inline void on_begin(struct sock *sk, const struct sockaddr_in6 *any)
{
	bool syn_sent = !any, missed;
	struct call *c = call_on(sk);
	struct attempt spare, *a = attempt_room(sk, &spare);
	bool in_slot = a != &spare;

	/* A call begins one attempt: this one belongs to another call, whose entry was missed. */
	if (c && c->phase != CALL_FRESH)
		c = NULL;
	if (any)
		endpoint_set_sockaddr(&a->remote, any);
	else
		read_peer(sk, &a->remote);
	missed = syn_sent && !config.begin_by_state &&
	         !(ipv6_begins_by_state && a->remote.family == FAMILY_IPV6);
	if (!attempt_fill(a, sk, c)) {
		if (in_slot)
			inflight_delete((__u64)sk);
		if (!missed) {
			count(COUNT_BEGUN);
			count(COUNT_FILTERED);
		}
		if (c)
			c->phase = CALL_REFUSED;
		return;
	}
	if (syn_sent)
		a->flags |= ATTEMPT_SYN_SENT;
	if (missed && !c)
		a->flags |= ATTEMPT_BEGIN_MISSED;
	a->old_error_soft = READ(sk, sk_err_soft);
	if (config.begin_by_state && has_queued_errors(sk))
		a->flags |= ATTEMPT_OLD_ERRORS;
	if (is_mptcp(sk)) {
		struct task_struct *task = (void *)bpf_get_current_task();

		a->api = API_MPTCP;
		if (READ(task, flags) & PF_KTHREAD)
			a->flags |= ATTEMPT_SUBFLOW;
	} else if (!c && is_of_kernel(sk)) {
		a->api = API_KERNEL;
	}
	if (READ(sk, sk_sndtimeo) != (long)(~0UL >> 1))
		a->flags |= ATTEMPT_SNDTIMEO;
	if (c) {
		a->flags |= ATTEMPT_CALL_RUNNING;
		c->id = a->header.id;
		c->key = (__u64)sk;
		c->phase = CALL_BEGUN;
	}
	if (!attempt_start(a, in_slot) && c)
		c->phase = CALL_REFUSED;
}

/* A connect() that failed before the socket left CLOSE and before any attempt began: all at once.
 */
static __always_inline void on_instant(struct call *c, struct sock *sk, int ret, __u32 flags)
{
	__u64 now = bpf_ktime_get_ns();
	struct attempt a = {};

	a.remote = c->asked;
	count(COUNT_BEGUN);
	if (!attempt_fill(&a, sk, c)) {
		count(COUNT_FILTERED);
		return;
	}
	a.ret = ret;
	a.return_ns = now;
	a.flags |= ATTEMPT_RETURNED | flags;
	a.ended_by = ENDED_BY_RETURN;
	a.header.at_ns = now;
	/* What it was bound to. */
	read_local(sk, &a.local);
	attempt_route(&a, sk);
	if (!end_wanted(&a)) {
		count(COUNT_FILTERED);
		return;
	}
	if (bpf_ringbuf_output(&events, &a, sizeof(a), wake_up(true, now)))
		count(COUNT_LOST_RING);
	else
		count(COUNT_SENT);
}

/* Not a failure of the attempt: it goes on, or the call was about another one. */
static __always_inline bool is_no_failure(int ret)
{
	return ret >= 0 || ret == -EINPROGRESS || ret == -EALREADY || ret == -EISCONN ||
	       ret == -EINTR || ret == -ERESTARTSYS;
}

/* What a security module answers. Any other errno is that of the network. */
static __always_inline bool is_refusal(int ret)
{
	return ret == -EACCES || ret == -EPERM;
}

static __always_inline void on_interrupted(struct attempt *a, int ret)
{
	struct step_event *e = step_begin(a, EVENT_INTERRUPTED, TALLY_INTERRUPTED);

	if (!e)
		return;
	e->interrupted.ret = ret;
	step_end(e);
}

/* The thread's connect() returns. `system_call`: the system call itself, not only the socket's part
 */
static __always_inline void on_call_exit(int ret, bool system_call)
{
	const bool interrupted = ret == -ERESTARTSYS || ret == -EINTR;
	struct call *c = call_mine();
	struct attempt *a;
	bool opening;
	__u64 key, now;

	if (!c || !c->active)
		return;
	if (c->depth) {
		c->depth--;
		return;
	}
	c->active = 0;
	c->seen = is_refusal(ret) && !system_call && c->api != API_FASTOPEN && c->api != API_KERNEL;
	key = c->key;
	if (c->phase == CALL_FRESH && !is_no_failure(ret))
		on_instant(c, (struct sock *)c->sk, ret, 0);
	if (c->phase != CALL_BEGUN)
		return;
	a = inflight_find(key);
	if (!a || a->header.id != c->id)
		return;
	now = bpf_ktime_get_ns();
	a->flags &= ~ATTEMPT_CALL_RUNNING;
	if (!interrupted || !is_dying()) {
		a->ret = ret;
		a->return_ns = now;
		a->flags |= ATTEMPT_RETURNED;
	}
	if (interrupted) {
		c->restarts = ret == -ERESTARTSYS;
		on_interrupted(a, ret);
	}
	opening = !ret && is_opening((struct sock *)key);
	/* A full barrier, so that of this and a final state on another CPU one sees the other. */
	__sync_fetch_and_add(&a->turns, 1);
	if (opening)
		a->flags |= ATTEMPT_PUT_OFF;
	else if (!ret && !(a->flags & ATTEMPT_FINAL))
		attempt_established(a, (struct sock *)key, a->return_ns);
	if (a->flags & ATTEMPT_FINAL) {
		attempt_end(a, ENDED_BY_STATE, now);
	} else if (read_state((struct sock *)key) == TCP_CLOSE && !is_no_failure(ret)) {
		read_local((struct sock *)key, &a->local);
		attempt_route(a, (struct sock *)key);
		attempt_end(a, ENDED_BY_RETURN, now);
	} else {
		attempt_soft(a, (struct sock *)key);
		attempt_locate(a, (struct sock *)key);
		/* A call that does not wait returns right behind its first SYN. */
		if (!a->syn_ns && !(a->flags & ATTEMPT_BLOCKING))
			attempt_first_syn(a, (struct sock *)key);
	}
}

/*
 * tcp_v4_connect() or tcp_v6_connect() returns. Its failure is that of the call, which may be the
 * only witness: the return probe of a function that sleeps is missed where many sleep in it.
 */
static __always_inline void on_connect_return(int ret)
{
	struct call *c = call_mine();
	struct attempt *a;
	__u64 key;

	if (ret >= 0 || !c || !c->active || c->phase != CALL_BEGUN)
		return;
	key = c->key;
	a = inflight_find(key);
	if (!a || a->header.id != c->id)
		return;
	a->ret = ret;
	a->return_ns = bpf_ktime_get_ns();
	a->flags = (a->flags | ATTEMPT_RETURNED) & ~ATTEMPT_CALL_RUNNING;
	read_local((struct sock *)key, &a->local);
	attempt_route(a, (struct sock *)key);
	c->phase = CALL_REFUSED;
	attempt_end(a, a->flags & ATTEMPT_FINAL ? ENDED_BY_STATE : ENDED_BY_RETURN, a->return_ns);
}

/* The whole system call returned. Where the socket's connect did not run in it, it was refused. */
static __always_inline void on_file_connect_exit(struct file *file, const void *address, int len,
                                                 int ret)
{
	struct socket *sock;
	struct sock *sk;
	struct call *c;

	if (!is_refusal(ret))
		return;
	sock = READ((struct file *)file, private_data);
	sk = READ(sock, sk);
	c = call_mine();
	if (c && c->seen && c->sk == (__u64)sk) {
		c->seen = 0;
		return;
	}
	/* ENOTSOCK and the like: this was no socket. */
	if (READ(sock, file) != file || !is_connectable(sk) || READ(sock, state) != SS_UNCONNECTED)
		return;
	c = call_take();
	if (!c)
		return;
	on_call_enter(sock, sk, address, len, false, API_CONNECT,
	              !(READ(file, f_flags) & O_NONBLOCK));
	c->active = 0;
	if (c->phase == CALL_FRESH)
		on_instant(c, sk, ret, ATTEMPT_LSM);
}

/* The same where a return probe has no arguments: the entry keeps them. */
static __always_inline void on_file_connect_enter(struct file *file, const void *address, int len)
{
	struct call *c = call_take();

	if (!c)
		return;
	c->file = (__u64)file;
	c->uaddr = (__u64)address;
	c->len = len;
	c->seen = 0;
}

static __always_inline void on_file_connect_return(int ret)
{
	struct call *c = call_mine();

	if (c && c->file)
		on_file_connect_exit((struct file *)c->file, (void *)c->uaddr, c->len, ret);
}

/* The socket of a descriptor of the current task; NULL where it is none to connect. */
static __always_inline struct sock *socket_of_fd(__u32 fd, struct socket **sock, __u32 *f_flags)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct fdtable *table = READ(task, files, fdt);
	struct file **files, *file = NULL;
	struct sock *sk;

	if (fd >= READ(table, max_fds))
		return NULL;
	files = READ(table, fd);
	bpf_probe_read_kernel(&file, sizeof(file), &files[fd]);
	*sock = READ(file, private_data);
	if (!*sock || READ(*sock, file) != file)
		return NULL;
	sk = READ(*sock, sk);
	if (!sk || !is_connectable(sk))
		return NULL;
	*f_flags = READ(file, f_flags);
	return sk;
}

/* The address lies outside the memory of the process: no function of the socket was called. */
static __always_inline void on_bad_address(int fd, int ret)
{
	struct socket *sock = NULL;
	__u32 f_flags = 0;
	struct sock *sk = socket_of_fd(fd, &sock, &f_flags);
	struct call *c;

	if (!sk || READ(sock, state) != SS_UNCONNECTED)
		return;
	c = call_take();
	if (!c)
		return;
	on_call_enter(sock, sk, NULL, 0, false, API_CONNECT, !(f_flags & O_NONBLOCK));
	c->active = 0;
	if (c->phase == CALL_FRESH)
		on_instant(c, sk, ret, 0);
}

#endif
