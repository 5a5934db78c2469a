/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What names an attempt, and the record that ends it. */
#ifndef CONNWHY_ATTEMPT_H
#define CONNWHY_ATTEMPT_H

#ifndef __BPF__
#include <assert.h>
#include <stdbool.h>
#include <linux/types.h>
#else
#define static_assert _Static_assert
#endif

#define COMM_SIZE 16
#define FAMILY_IPV4 2
#define FAMILY_IPV6 10

/*
 * @type:   enum event_type
 * @size:   bytes of the whole event
 * @socket: address of the socket, an opaque key; 0 where it is not known
 * @id:     start of the attempt, ns; 0 where it is not known
 * @at_ns:  when this event happened
 */
struct event_header {
	__u32 type;
	__u32 size;
	__u64 socket;
	__u64 id;
	__u64 at_ns;
};

/*
 * @address: 4 or 16 bytes, network order
 * @port:    host order, 0 where unknown
 * @family:  FAMILY_IPV4, FAMILY_IPV6, 0 where unknown; an IPv4-mapped address is IPv4
 *
 * Aligned, so that it is copied and compared in words.
 */
struct endpoint {
	__u8 address[16];
	__u16 port;
	__u8 family;
	__u8 pad;
} __attribute__((aligned(4)));

enum api {
	API_UNKNOWN,
	API_CONNECT,
	API_FASTOPEN,
	API_IO_URING,
	API_KERNEL,
	API_MPTCP,
	API_MAX,
};

/* What ended the record, not yet what ended the attempt. */
enum ended_by {
	ENDED_BY_NOTHING,  /* still in flight: the tracer stopped */
	ENDED_BY_STATE,    /* the socket reached a final state */
	ENDED_BY_RETURN,   /* connect() failed before the socket left CLOSE */
	ENDED_BY_DESTROY,  /* the socket was destroyed with no final state seen */
	ENDED_BY_REPLACED, /* the next attempt of this socket began with no end seen */
	ENDED_BY_REAPER,   /* user space: final, but the return of connect() never came */
	ENDED_BY_MAX,
};

enum attempt_flags {
	ATTEMPT_CALL_RUNNING = 1 << 0,   /* a connect() that was seen to enter is running */
	ATTEMPT_RETURNED = 1 << 1,       /* .ret is valid */
	ATTEMPT_FINAL = 1 << 2,          /* a final state was seen; .final_* are valid */
	ATTEMPT_BLOCKING = 1 << 3,       /* the call was allowed to sleep */
	ATTEMPT_PREEXISTING = 1 << 4,    /* began before the tracer */
	ATTEMPT_REJECTED = 1 << 5,       /* sent only because a step was: the filter rejects it */
	ATTEMPT_SIMULTANEOUS = 1 << 6,   /* passed SYN_RECV: simultaneous open */
	ATTEMPT_SYN_SENT = 1 << 7,       /* the state SYN_SENT was entered */
	ATTEMPT_SYN_UNSENT = 1 << 8,     /* no first SYN: not accepted by IP, or none made */
	ATTEMPT_UNSPEC = 1 << 9,         /* final by connect(AF_UNSPEC) */
	ATTEMPT_SNDTIMEO = 1 << 10,      /* the socket has a finite SO_SNDTIMEO */
	ATTEMPT_LSM = 1 << 11,           /* refused before the socket's own connect ran */
	ATTEMPT_SUBFLOW = 1 << 12,       /* MPTCP subflow that no application waits for */
	ATTEMPT_RST_SEEN = 1 << 13,      /* .rst holds the facts of a reset segment */
	ATTEMPT_RST_ACCEPTED = 1 << 14,  /* ... and the socket accepted it */
	ATTEMPT_IN_FINAL_CALL = 1 << 15, /* final inside the connecting thread's own call */
	ATTEMPT_CLOSER = 1 << 16,        /* .closer is valid: the task that made it final */
	ATTEMPT_NO_CALL = 1 << 17,       /* the call's slot was taken: no return will be seen */
	ATTEMPT_ICMP = 1 << 18,          /* an ICMP step was sent */
	ATTEMPT_KEPT_BACK = 1 << 19,     /* a filter kept it in the kernel */
	ATTEMPT_OLD_ERRORS = 1 << 20,    /* began with an earlier attempt's errors in the queue */
	ATTEMPT_V6ONLY = 1 << 21,        /* the socket has IPV6_V6ONLY */
	ATTEMPT_DONTROUTE = 1 << 22,     /* the socket has SO_DONTROUTE */
	ATTEMPT_OTHER_WON = 1 << 23,     /* right before, another of the process was established */
	ATTEMPT_BEGIN_MISSED = 1 << 24,  /* known by a change of state: begin was not seen */
	ATTEMPT_END_MISSED = 1 << 25,    /* .final_state is told by what the socket is later */
	ATTEMPT_PUT_OFF = 1 << 26,       /* the call gave 0 before any SYN: Fast Open */
	ATTEMPT_SIGNED = 1 << 28,        /* the socket signs its segments: TCP-MD5 or TCP-AO */
	ATTEMPT_UNPLACED = 1 << 27, /* no fact: not yet found by its addresses, see place.bpf.h */
};

/*
 * What steps are counted by. So many of each leave the kernel one by one; of the others only their
 * number does, so that none of them keeps another from being told.
 */
enum tally {
	TALLY_RETRY,
	TALLY_RETRY_FAILED,
	TALLY_ICMP,
	TALLY_DROP,
	TALLY_RST_SENT,
	TALLY_RST_IGNORED,
	TALLY_INTERRUPTED,
	TALLY_RESET,
	TALLY_NODE, /* drops in another namespace */
	TALLY_NAT,
	TALLY_MAX,
};

static const __u8 tally_limits[TALLY_MAX] = {
        [TALLY_RETRY] = 12,   [TALLY_RETRY_FAILED] = 12, [TALLY_ICMP] = 4,        [TALLY_DROP] = 12,
        [TALLY_RST_SENT] = 4, [TALLY_RST_IGNORED] = 4,   [TALLY_INTERRUPTED] = 1, [TALLY_RESET] = 1,
        [TALLY_NODE] = 12,    [TALLY_NAT] = 2,
};

/* Of these nothing but the times is lost where they are only counted. */
static inline bool tally_is_plain(enum tally tally)
{
	return tally == TALLY_RETRY || tally == TALLY_INTERRUPTED;
}

#define STEPS_MAX (12 + 12 + 4 + 12 + 4 + 4 + 1 + 1 + 12 + 2) /* so many of one attempt at most */
#define TALLY_FULL 0xffff                                     /* it counts no further */

/*
 * A TCP segment that arrived.
 *
 * @flags: byte 13 of the TCP header
 * @ttl:   TTL or hop limit, 0 where unknown
 * @from:  the sender, family 0 where unknown
 */
struct segment {
	__u64 at_ns;
	__u8 flags;
	__u8 ttl;
	__u8 pad[2];
	struct endpoint from;
};

#define TCP_STATE_ESTABLISHED 1
#define TCP_STATE_CLOSE 7

#define TCP_FLAG_BYTE_FIN 0x01
#define TCP_FLAG_BYTE_SYN 0x02
#define TCP_FLAG_BYTE_RST 0x04
#define TCP_FLAG_BYTE_ACK 0x10

/*
 * The task that ended an attempt from this host.
 *
 * @exiting:   it was exiting, or about to: its process is
 * @exit_code: then its exit code as wait(2) gives it
 * @execing:   it was about to run a new program, which .comm names
 */
struct closer {
	__u32 pid;
	__u32 tid;
	__s32 exit_code;
	__u16 exiting;
	__u16 execing;
	char comm[COMM_SIZE];
};

/*
 * One attempt: the value in the kernel's in-flight map and the record that ends it.
 *
 * @final_ns:      when the final state was seen
 * @return_ns:     when the call returned .ret
 * @syn_ns:        when the first SYN went to IP; 0 if not known or none did
 * @turns:         no fact: bumped where two CPUs must see each other's flags, see attempt.bpf.h
 * @asked:         what the application asked for, .remote is what was used
 * @ret:           what the first connect() of the attempt returned
 * @error:         sk_err at the final state, or where that was not seen when it was destroyed
 * @error_soft:    sk_err_soft at the final state
 * @final_state:   TCP state: 1 ESTABLISHED, 7 CLOSE, ...; 0 none seen
 * @shutdown:      sk_shutdown at the final state
 * @syn_retries:   TCP_SYNCNT of the socket, 0 for the default of its netns
 * @user_timeout_ms: TCP_USER_TIMEOUT, 0 none
 * @retransmits:   retransmissions by the socket's own counter (failed ones included)
 * @steps:         steps that were sent or found the ring full
 * @tallies:       steps of each enum tally, sent or not; TALLY_FULL or more
 * @mark:          SO_MARK
 * @bound_ifindex: SO_BINDTODEVICE, 0 none
 * @route_ifindex: device of the cached route, 0 unknown
 * @sock_uid:      the user that the socket's packets are routed by
 * @rto_max:       TCP_RTO_MAX_MS, in jiffies; 0 where the kernel has none (before 6.15)
 * @rst:           the last reset segment in SYN_SENT
 * @synack_ttl:    TTL of the SYN-ACK, 0 unknown
 * @tos:           IP_TOS
 * @old_error_soft: sk_err_soft when it began, left by an earlier attempt of the socket
 * @early_error_soft: sk_err_soft at an earlier event: SO_ERROR takes it away
 * @place:         no fact: where place.bpf.h keeps it
 * @isn:           initial sequence number, where it ended before the handshake; 0 unknown
 */
struct attempt {
	struct event_header header;
	__u64 final_ns;
	__u64 return_ns;
	__u64 syn_ns;
	__u64 cgroup_id;
	__u64 turns;
	struct segment rst;
	__u32 flags;
	__u32 pid;
	__u32 tid;
	__u32 uid;
	__u32 netns;
	char comm[COMM_SIZE];
	struct endpoint local;
	struct endpoint remote;
	struct endpoint asked;
	__s32 ret;
	__s32 error;
	__s32 error_soft;
	__u32 retransmits;
	__u32 user_timeout_ms;
	__u32 steps;
	__u32 mark;
	__u32 bound_ifindex;
	__u32 route_ifindex;
	__u32 sock_uid;
	__u32 rto_max;
	__u8 final_state;
	__u8 shutdown;
	__u8 syn_retries;
	__u8 api;
	__u8 ended_by;
	__u8 synack_ttl;
	__u8 tos;
	__u8 old_error_soft;
	__u8 early_error_soft;
	__u8 pad;
	__u16 place;
	__u32 isn;
	__u16 tallies[TALLY_MAX];
	struct closer closer;
};

static_assert(sizeof(struct event_header) == 32, "event_header");
static_assert(sizeof(struct endpoint) == 20, "endpoint");
static_assert(sizeof(struct segment) == 32, "segment");
static_assert(sizeof(struct closer) == 32, "closer");
static_assert(sizeof(struct attempt) == 312, "attempt");

#endif
