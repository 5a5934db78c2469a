// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The hooks. A stub names its hook and calls the one handler that all tiers share; which stubs are
 * loaded is the table in user/kernel/probes.c.
 */
#include "connect.bpf.h"
#include "drop.bpf.h"
#include "steps.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* Tracepoints, in every tier. */

static __always_inline void on_state(struct sock *sk, int from, int to, bool classic)
{
	if (to == TCP_SYN_SENT) {
		if (config.classic != classic || (!config.begin_by_state && !is_begin_missed(sk)) ||
		    !is_tcp(sk))
			return;
		on_begin(sk, NULL);
	} else {
		on_left(sk, from, to);
	}
}

static __always_inline bool is_change_of_attempt(int from, int to)
{
	return from == TCP_SYN_SENT || from == TCP_SYN_RECV || to == TCP_SYN_SENT ||
	       (from == TCP_ESTABLISHED && to == TCP_CLOSE);
}

SEC("raw_tp/inet_sock_set_state")
int BPF_PROG(inet_sock_set_state, struct sock *sk, int from, int to)
{
	if (is_change_of_attempt(from, to))
		on_state(sk, from, to, false);
	return 0;
}

SEC("raw_tp/tcp_destroy_sock")
int BPF_PROG(tcp_destroy_sock, struct sock *sk)
{
	on_destroy(sk);
	return 0;
}

SEC("raw_tp/tcp_receive_reset")
int BPF_PROG(tcp_receive_reset, struct sock *sk)
{
	on_reset_accepted(sk);
	return 0;
}

SEC("raw_tp/tcp_retransmit_skb")
int BPF_PROG(tcp_retransmit_skb, struct sock *sk, struct sk_buff *skb)
{
	on_retransmit(sk, skb, 0);
	return 0;
}

SEC("raw_tp/tcp_retransmit_skb")
int BPF_PROG(tcp_retransmit_skb_err, struct sock *sk, struct sk_buff *skb, int err)
{
	on_retransmit(sk, skb, err);
	return 0;
}

SEC("raw_tp/tcp_send_reset")
int BPF_PROG(tcp_send_reset, struct sock *sk, struct sk_buff *skb)
{
	on_send_reset(sk, skb);
	return 0;
}

SEC("raw_tp/inet_sk_error_report")
int BPF_PROG(inet_sk_error_report, struct sock *sk)
{
	on_error_report(sk);
	return 0;
}

SEC("raw_tp/kfree_skb")
int BPF_PROG(kfree_skb, struct sk_buff *skb, void *location)
{
	on_drop(skb, (__u64)location, 0);
	return 0;
}

SEC("raw_tp/kfree_skb")
int BPF_PROG(kfree_skb_reason, struct sk_buff *skb, void *location, __u32 reason)
{
	on_drop(skb, (__u64)location, reason);
	return 0;
}

SEC("raw_tp/sched_process_fork")
int BPF_PROG(sched_process_fork, struct task_struct *parent, struct task_struct *child)
{
	on_fork(parent, child);
	return 0;
}

SEC("raw_tp/sched_process_exec")
int BPF_PROG(sched_process_exec)
{
	on_exec();
	return 0;
}

SEC("raw_tp/sched_process_free")
int BPF_PROG(sched_process_free, struct task_struct *task)
{
	on_process_free(task);
	return 0;
}

/*
 * The same as classic tracepoints, beside the raw ones. Since 7.0 the kernel may preempt those of a
 * task, and skips them on that CPU meanwhile; these it skips only where they interrupt each other.
 * Each tells what the other has not told yet.
 */

SEC("tracepoint/sock/inet_sock_set_state")
int classic_inet_sock_set_state(struct trace_event_raw_inet_sock_set_state *ctx)
{
	struct sock *sk = (struct sock *)ctx->skaddr;
	int from = ctx->oldstate, to = ctx->newstate;

	if (is_change_of_attempt(from, to))
		on_state(sk, from, to, true);
	return 0;
}

SEC("tracepoint/tcp/tcp_destroy_sock")
int classic_tcp_destroy_sock(struct trace_event_raw_tcp_event_sk *ctx)
{
	on_destroy((struct sock *)ctx->skaddr);
	return 0;
}

SEC("tracepoint/tcp/tcp_receive_reset")
int classic_tcp_receive_reset(struct trace_event_raw_tcp_event_sk *ctx)
{
	on_reset_accepted((struct sock *)ctx->skaddr);
	return 0;
}

/* connect(2), in the tracepoint tier. */

static __always_inline void enter_system_call(__u32 fd, const void *address, int len)
{
	struct socket *sock = NULL;
	__u32 f_flags = 0;
	struct sock *sk = socket_of_fd(fd, &sock, &f_flags);

	if (sk)
		on_call_enter(sock, sk, address, len, true, API_CONNECT, !(f_flags & O_NONBLOCK));
}

SEC("tracepoint/syscalls/sys_enter_connect")
int sys_enter_connect(struct trace_event_raw_sys_enter *ctx)
{
	__u32 fd = ctx->args[0];
	void *address = (void *)ctx->args[1];
	int len = ctx->args[2];

	enter_system_call(fd, address, len);
	return 0;
}

SEC("tracepoint/syscalls/sys_exit_connect")
int sys_exit_connect(struct trace_event_raw_sys_exit *ctx)
{
	int ret = ctx->ret;

	on_call_exit(ret, true);
	return 0;
}

/* Functions: fentry and fexit, kprobe and kretprobe. */

static __always_inline void enter_inet_connect(struct socket *sock, const void *address, int len,
                                               int flags, int is_sendmsg)
{
	struct sock *sk = READ(sock, sk);
	enum api api = is_of_kernel(sk) ? API_KERNEL : is_sendmsg ? API_FASTOPEN : API_CONNECT;
	struct call *c = call_mine();

	/* MPTCP before 6.12 connects its first subflow by this very function. */
	if (c && c->active && c->mptcp && is_mptcp(sk))
		c->depth++;
	else if (is_connectable(sk))
		on_call_enter(sock, sk, address, len, false, api, !(flags & O_NONBLOCK));
}

SEC("fentry/__inet_stream_connect")
int BPF_PROG(fentry_inet_stream_connect, struct socket *sock, void *address, int len, int flags,
             int is_sendmsg)
{
	enter_inet_connect(sock, address, len, flags, is_sendmsg);
	return 0;
}

SEC("kprobe/__inet_stream_connect")
int BPF_KPROBE(kprobe_inet_stream_connect, struct socket *sock, void *address, int len, int flags,
               int is_sendmsg)
{
	enter_inet_connect(sock, address, len, flags, is_sendmsg);
	return 0;
}

SEC("fexit/__inet_stream_connect")
int BPF_PROG(fexit_inet_stream_connect, struct socket *sock, void *address, int len, int flags,
             int is_sendmsg, int ret)
{
	on_call_exit(ret, false);
	return 0;
}

SEC("kretprobe/__inet_stream_connect")
int BPF_KRETPROBE(kretprobe_inet_stream_connect, int ret)
{
	on_call_exit(ret, false);
	return 0;
}

/* io_uring: the next connect of this thread is its. */
static __always_inline void enter_io_connect(void)
{
	struct call *c = call_take();

	if (c)
		c->io_uring = 1;
}

SEC("fentry/io_connect")
int BPF_PROG(fentry_io_connect)
{
	enter_io_connect();
	return 0;
}

SEC("kprobe/io_connect")
int BPF_KPROBE(kprobe_io_connect)
{
	enter_io_connect();
	return 0;
}

SEC("fexit/__sys_connect")
int BPF_PROG(fexit_sys_connect, int fd, void *address, int len, int ret)
{
	if (ret == -EFAULT)
		on_bad_address(fd, ret);
	return 0;
}

SEC("fexit/__sys_connect_file")
int BPF_PROG(fexit_sys_connect_file, struct file *file, void *address, int len, int file_flags,
             int ret)
{
	on_file_connect_exit(file, address, len, ret);
	return 0;
}

SEC("kprobe/__sys_connect_file")
int BPF_KPROBE(kprobe_sys_connect_file, struct file *file, void *address, int len)
{
	on_file_connect_enter(file, address, len);
	return 0;
}

SEC("kretprobe/__sys_connect_file")
int BPF_KRETPROBE(kretprobe_sys_connect_file, int ret)
{
	on_file_connect_return(ret);
	return 0;
}

static __always_inline void enter_tcp_connect(struct sock *sk, const void *address, int len,
                                              __u16 family)
{
	struct sockaddr_in6 any = {};

	/* tcp_v6_connect() calls tcp_v4_connect() for a mapped address: one attempt. */
	if (READ(sk, __sk_common.skc_family) != family)
		return;
	read_sockaddr(&any, address, len, false);
	on_begin(sk, &any);
}

SEC("fentry/tcp_v4_connect")
int BPF_PROG(fentry_tcp_v4_connect, struct sock *sk, void *address, int len)
{
	enter_tcp_connect(sk, address, len, AF_INET);
	return 0;
}

SEC("kprobe/tcp_v4_connect")
int BPF_KPROBE(kprobe_tcp_v4_connect, struct sock *sk, void *address, int len)
{
	enter_tcp_connect(sk, address, len, AF_INET);
	return 0;
}

SEC("fentry/tcp_v6_connect")
int BPF_PROG(fentry_tcp_v6_connect, struct sock *sk, void *address, int len)
{
	enter_tcp_connect(sk, address, len, AF_INET6);
	return 0;
}

SEC("kprobe/tcp_v6_connect")
int BPF_KPROBE(kprobe_tcp_v6_connect, struct sock *sk, void *address, int len)
{
	enter_tcp_connect(sk, address, len, AF_INET6);
	return 0;
}

SEC("kretprobe/tcp_v4_connect")
int BPF_KRETPROBE(kretprobe_tcp_v4_connect, int ret)
{
	on_connect_return(ret);
	return 0;
}

SEC("kretprobe/tcp_v6_connect")
int BPF_KRETPROBE(kretprobe_tcp_v6_connect, int ret)
{
	on_connect_return(ret);
	return 0;
}

SEC("fexit/tcp_connect")
int BPF_PROG(fexit_tcp_connect, struct sock *sk)
{
	on_first_syn(sk);
	return 0;
}

/* A return probe has no arguments: the socket is that of the thread's call. */
static __always_inline void leave_tcp_connect(void)
{
	struct call *c = call_mine();

	if (c && c->active)
		on_first_syn((struct sock *)c->key);
}

SEC("kretprobe/tcp_connect")
int BPF_KRETPROBE(kretprobe_tcp_connect)
{
	leave_tcp_connect();
	return 0;
}

SEC("fexit/tcp_retransmit_skb")
int BPF_PROG(fexit_tcp_retransmit_skb, struct sock *sk, struct sk_buff *skb, int segs, int ret)
{
	if (ret)
		on_retransmit(sk, skb, ret);
	return 0;
}

SEC("kprobe/tcp_retransmit_skb")
int BPF_KPROBE(kprobe_tcp_retransmit_skb, struct sock *sk, struct sk_buff *skb)
{
	retransmit_enter(sk, skb);
	return 0;
}

SEC("kretprobe/tcp_retransmit_skb")
int BPF_KRETPROBE(kretprobe_tcp_retransmit_skb, int ret)
{
	retransmit_return(ret);
	return 0;
}

SEC("fentry/tcp_rcv_state_process")
int BPF_PROG(fentry_tcp_rcv_state_process, struct sock *sk, struct sk_buff *skb)
{
	on_segment(sk, skb);
	return 0;
}

SEC("kprobe/tcp_rcv_state_process")
int BPF_KPROBE(kprobe_tcp_rcv_state_process, struct sock *sk, struct sk_buff *skb)
{
	on_segment(sk, skb);
	return 0;
}

/* A module's function, as a rule: by its name alone in both tiers. */
SEC("kprobe/nf_ct_kill_acct")
int BPF_KPROBE(kprobe_nf_ct_kill_acct, void *connection, int info, struct sk_buff *skb)
{
	on_forgotten(skb);
	return 0;
}

SEC("fentry/inet_csk_update_pmtu")
int BPF_PROG(fentry_inet_csk_update_pmtu, struct sock *sk)
{
	on_mtu_reduced(sk, 4);
	return 0;
}

SEC("kprobe/inet_csk_update_pmtu")
int BPF_KPROBE(kprobe_inet_csk_update_pmtu, struct sock *sk)
{
	on_mtu_reduced(sk, 4);
	return 0;
}

SEC("fentry/tcp_v6_mtu_reduced")
int BPF_PROG(fentry_tcp_v6_mtu_reduced, struct sock *sk)
{
	on_mtu_reduced(sk, 6);
	return 0;
}

SEC("kprobe/tcp_v6_mtu_reduced")
int BPF_KPROBE(kprobe_tcp_v6_mtu_reduced, struct sock *sk)
{
	on_mtu_reduced(sk, 6);
	return 0;
}

SEC("fentry/ip_icmp_error")
int BPF_PROG(fentry_ip_icmp_error, struct sock *sk, struct sk_buff *skb, int error)
{
	on_icmp(sk, skb, error);
	return 0;
}

SEC("kprobe/ip_icmp_error")
int BPF_KPROBE(kprobe_ip_icmp_error, struct sock *sk, struct sk_buff *skb, int error)
{
	on_icmp(sk, skb, error);
	return 0;
}

SEC("fentry/ipv6_icmp_error")
int BPF_PROG(fentry_ipv6_icmp_error, struct sock *sk, struct sk_buff *skb, int error)
{
	on_icmp(sk, skb, error);
	return 0;
}

SEC("kprobe/ipv6_icmp_error")
int BPF_KPROBE(kprobe_ipv6_icmp_error, struct sock *sk, struct sk_buff *skb, int error)
{
	on_icmp(sk, skb, error);
	return 0;
}
