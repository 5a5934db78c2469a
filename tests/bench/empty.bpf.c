// SPDX-License-Identifier: GPL-2.0-only
/* The hooks of connwhy's tracepoint tier that a connect over loopback passes, with nothing in them.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

#define EMPTY(hook, name)                                                                          \
	SEC(hook)                                                                                  \
	int name(void *ctx)                                                                        \
	{                                                                                          \
		(void)ctx;                                                                         \
		return 0;                                                                          \
	}

EMPTY("tracepoint/syscalls/sys_enter_connect", sys_enter_connect)
EMPTY("tracepoint/syscalls/sys_exit_connect", sys_exit_connect)
EMPTY("raw_tp/inet_sock_set_state", inet_sock_set_state)
EMPTY("raw_tp/inet_sk_error_report", inet_sk_error_report)
EMPTY("raw_tp/kfree_skb", kfree_skb)
EMPTY("raw_tp/tcp_destroy_sock", tcp_destroy_sock)
EMPTY("raw_tp/tcp_receive_reset", tcp_receive_reset)
EMPTY("raw_tp/tcp_retransmit_skb", tcp_retransmit_skb)
EMPTY("raw_tp/tcp_send_reset", tcp_send_reset)
