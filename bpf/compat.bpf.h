/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What differs between kernels, and constants that BTF does not carry. A difference in the number
 * of arguments is met by one program a shape (connwhy.bpf.c), chosen by BTF in user/probes.c:
 *
 *  tcp_retransmit_skb  (sk, skb), only of successful ones; since 6.17 (sk, skb, err), of all:
 *                      commit ad892e912b84
 *  kfree_skb           (skb, location); since 5.17 (.., reason): commit c504e5c2f964; since 6.11
 *                      (.., rx_sk): commit c53795d48ee8
 *  inet_sk_error_report  since 5.14: commit e6a3e4434000
 *  connect callbacks   take struct sockaddr_unsized since about 6.19: addresses are read with
 *                      probe reads, never as a BTF pointer
 *  tcp_reset           takes the segment only since 5.11: its facts come from
 *                      tcp_rcv_state_process(), which has it everywhere
 */
#ifndef CONNWHY_COMPAT_BPF_H
#define CONNWHY_COMPAT_BPF_H

#include <bpf/bpf_core_read.h>

#define AF_UNSPEC 0
#define AF_INET 2
#define AF_INET6 10
#define SOCK_RAW 3
#define IPPROTO_TCP 6
#define IPPROTO_MPTCP 262
#define ETH_P_IP 0x0800
#define ETH_P_IPV6 0x86DD
#define SO_EE_ORIGIN_ICMP 2
#define PF_EXITING 0x00000004
#define PF_KTHREAD 0x00200000
#define SIGNAL_GROUP_EXIT 0x00000004 /* linux/sched/signal.h */
#define O_NONBLOCK 00004000
#define LOOPBACK_IFINDEX 1
#define NSEC_PER_SEC 1000000000ULL

#define EPERM 1
#define EINTR 4
#define ENOENT 2
#define EEXIST 17
#define EBUSY 16
#define E2BIG 7
#define EACCES 13
#define EFAULT 14
#define EISCONN 106
#define EALREADY 114
#define EINPROGRESS 115
#define ERESTARTSYS 512
#define ECONNABORTED 103
#define ECONNRESET 104

enum tcp_state {
	TCP_ESTABLISHED = 1,
	TCP_SYN_SENT = 2,
	TCP_SYN_RECV = 3,
	TCP_TIME_WAIT = 6,
	TCP_CLOSE = 7,
	TCP_CLOSE_WAIT = 8,
	TCP_NEW_SYN_RECV = 12,
};

/* CONFIG_MPTCP adds the field. */
struct tcp_sock___mptcp {
	bool is_mptcp;
} __attribute__((preserve_access_index));

/* Since 6.2; false for what the kernel itself writes to, as NVMe's, which have a file since 6.7. */
struct sock___task_frag {
	bool sk_use_task_frag;
} __attribute__((preserve_access_index));

/* One byte on 6.12, two on 6.18: CO-RE, or the order of bytes, gives the one that is asked for. */
struct tcp_skb_cb___flags {
	__u8 tcp_flags;
} __attribute__((preserve_access_index));

/* With CONFIG_TCP_MD5SIG, and CONFIG_TCP_AO (6.7). */
struct tcp_sock___signed {
	void *md5sig_info;
	void *ao_info;
} __attribute__((preserve_access_index));

/* TCP_RTO_MAX_MS: since 6.15. */
struct inet_connection_sock___rto_max {
	__u32 icsk_rto_max;
} __attribute__((preserve_access_index));

/* The reason of a drop came with 5.17, those that are told apart here with it or a little later. */
static __always_inline bool has_drop_reasons(void)
{
	return bpf_core_enum_value_exists(enum skb_drop_reason, SKB_DROP_REASON_NO_SOCKET);
}

#endif
