/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The contract between the kernel side and user space.
 *
 * Everything here is a fact that the kernel showed; what it means is decided in
 * user space. Integers are in host byte order unless the name ends in _be, times
 * are nanoseconds of CLOCK_MONOTONIC, errors are negative errnos as the kernel
 * returns them, and addresses are in network byte order.
 *
 * An attempt is named by the pair (socket, id): `id` is the time at which the
 * attempt began, and one socket cannot begin two attempts in one nanosecond.
 */
#ifndef CONNWHY_EVENT_H
#define CONNWHY_EVENT_H

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

enum event_type {
	EVENT_END = 1,         /* struct attempt: the record that ends an attempt */
	EVENT_RETRY,           /* struct step_event, .retry */
	EVENT_ICMP,            /* struct step_event, .icmp */
	EVENT_DROP,            /* struct step_event, .drop; attempt may be unknown */
	EVENT_RST_SENT,        /* struct step_event, .segment: what made us send it */
	EVENT_RST_IGNORED,     /* struct step_event, .segment */
	EVENT_RST_ESTABLISHED, /* struct step_event, .reset: after the handshake */
	EVENT_INTERRUPTED,     /* struct step_event, .interrupted */
	EVENT_NO_LISTENER,     /* struct step_event, .drop: NAT sent a SYN back to this host */
	EVENT_NAT_RESET,       /* struct step_event, .drop: a reset that NAT lets through */
	/* Made by user space, which asked the kernel on a rare path. */
	EVENT_ROUTE,       /* struct step_event, .route */
	EVENT_LISTENER,    /* struct step_event, .listener */
	EVENT_PORTS,       /* struct step_event, .ports */
	EVENT_SCHEDULE,    /* struct step_event, .schedule */
	EVENT_KEPT,        /* struct step_event, .kept */
	EVENT_PEER,        /* struct step_event, .peer */
	EVENT_NEXT_HOP,    /* struct step_event, .next_hop */
	EVENT_TRANSLATION, /* struct step_event, .translation */
	EVENT_LOST,        /* struct step_event of no attempt: up to .at_ns, attempts were lost */
	EVENT_SKIPPED,     /* struct step_event of no attempt: up to .at_ns, hooks were skipped */
	EVENT_OMITTED,     /* struct step_event of no attempt: up to .at_ns, drops were not told */
	EVENT_MAX,
};

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

/* @error: what sending it gave: 0, a negative errno, or a positive NET_XMIT_* code */
struct step_retry {
	__s32 error;
	__u32 retransmits;
};

/*
 * @version: 4 or 6
 * @hard:    1 ended the attempt, 0 kept as the soft error
 * @error:   the errno that the kernel maps it to, positive
 * @from:    sender, family 0 where unknown
 */
struct step_icmp {
	__u8 version;
	__u8 type;
	__u8 code;
	__u8 hard;
	__u8 ttl;
	__u8 pad[3];
	__s32 error;
	struct endpoint from;
};

enum drop_direction { DROP_OUT, DROP_IN };

/*
 * What a NAT makes of the addresses that the socket has.
 *
 * @peer, @local: family 0 where it is the socket's own
 */
struct translation {
	struct endpoint peer;
	struct endpoint local;
};

/*
 * @location:  kernel address that freed the packet
 * @reason:    enum skb_drop_reason of this kernel, 0 where it has none
 * @direction: enum drop_direction
 * @flags:     TCP flags of the packet
 * @unsent:    the socket had no segment accepted by IP at that time
 * @isn:       sequence number of the SYN that this is or answers, 0 where it tells none
 * @from, @to: as in the packet, but before any translation that its connection tracking knows
 * @netns:     namespace of the packet's device, 0 unknown
 * @via:       the translation that the connection tracking of that namespace makes
 */
struct step_drop {
	__u64 location;
	__u32 reason;
	__u32 netns;
	__u8 direction;
	__u8 flags;
	__u8 unsent;
	__u8 pad;
	__u32 isn;
	struct endpoint from;
	struct endpoint to;
	struct translation via;
};

/*
 * @received: bytes that the connection had received; @attempt follows as its own END
 * @closed:   the peer had closed its side
 */
struct step_reset {
	__u64 received;
	__u64 established_ns;
	__u64 closed;
};

struct step_interrupted {
	__s32 ret;
	__u32 pad;
};

enum link_flags {
	LINK_KNOWN = 1 << 0,     /* the others say something */
	LINK_UP = 1 << 1,        /* set up by the administrator */
	LINK_RUNNING = 1 << 2,   /* with carrier, and what is below it works */
	LINK_TENTATIVE = 1 << 3, /* an address of it is being tested for duplicates: not yet used */
	LINK_DUPLICATE = 1 << 4, /* another host has an address of it */
};

enum ipsec {
	IPSEC_NONE,    /* no policy, or one that lets it pass as it is */
	IPSEC_BLOCK,   /* it must not leave */
	IPSEC_PROTECT, /* it leaves by a state (SA) alone */
};

/*
 * The route to the peer as RTM_GETROUTE gave it in the socket's namespace.
 *
 * @error:     0, or why it could not be told (positive errno)
 * @type:      RTN_*; 0 where there is none
 * @by_source: it is no usable one, but there is one for packets from another source address
 * @neighbour: NUD_* of the next hop, 0 where it was not told
 * @next_hop:  the gateway, or the peer itself
 * @ifindex:   the device of the route, 0 unknown
 * @link:      enum link_flags of that device
 * @ipsec:     enum ipsec: the IPsec policy that covers such packets
 */
struct step_route {
	__s32 error;
	__u32 type;
	__u32 by_source;
	__u32 neighbour;
	struct endpoint next_hop;
	__u32 ifindex;
	__u32 link;
	__u32 ipsec;
};

/* The listener on this host: its accept queue and the limit of it. */
struct step_listener {
	__u32 queued;
	__u32 limit;
};

/* Ephemeral ports: the range, and how many of it were in use to that peer. */
struct step_ports {
	__u32 low;
	__u32 high;
	__u32 used;
};

/*
 * How the kernel goes on trying in that network namespace: net.ipv4 sysctls.
 *
 * @syn_retries:         tcp_syn_retries
 * @syn_linear_timeouts: tcp_syn_linear_timeouts, -1 where the kernel has none (before 6.5)
 * @rto_max_ms:          TCP_RTO_MAX_MS of the socket, 0 where the kernel has none (before 6.15)
 */
struct step_schedule {
	__s32 syn_retries;
	__s32 syn_linear_timeouts;
	__u32 rto_max_ms;
};

/*
 * Successes to the peer of an attempt that a filter kept in the kernel.
 *
 * @last_ns, @successes: of its address and port, since the tracer began; 0 none
 * @other_ns, @other_port: the last of that address and another port
 * @forgotten_ns: what is older may be forgotten
 */
struct step_kept {
	__u64 last_ns;
	__u64 other_ns;
	__u64 forgotten_ns;
	__u32 successes;
	__u16 other_port;
	__u16 pad;
};

/*
 * What the kernel of that namespace knows of the peer's address.
 *
 * @socket_ns, @socket_port: when a segment from it last came to another socket, and the port that
 *                           it came from; 0 none
 * @metrics_ns, @rtt_us:     when a connection with it last ended that had had answers, and its
 *                           round trip; 0 none
 * @sockets_known:           its sockets were all looked at
 */
struct step_peer {
	__u64 socket_ns;
	__u64 metrics_ns;
	__u32 rtt_us;
	__u16 socket_port;
	__u8 sockets_known;
	__u8 pad;
};

enum translated_by { TRANSLATED_BY_CONNTRACK, TRANSLATED_BY_IPVS, TRANSLATED_BY_MAX };

/*
 * What this host's NAT makes of an attempt's addresses, asked in the socket's namespace.
 *
 * @by:       enum translated_by
 * @serverless: IPVS has the peer's address as a virtual service, and no server for it
 */
struct step_translation {
	struct translation via;
	__u32 by;
	__u32 serverless;
};

/*
 * The gateway to the peer, and whether other peers behind it answer now.
 *
 * @answering: how many of those that were looked at were heard in the last minute
 */
struct step_next_hop {
	struct endpoint gateway;
	__u32 ifindex;
	__u32 answering;
};

struct step_event {
	struct event_header header;
	union {
		struct step_retry retry;
		struct step_icmp icmp;
		struct step_drop drop;
		struct segment segment;
		struct step_reset reset;
		struct step_interrupted interrupted;
		struct step_route route;
		struct step_listener listener;
		struct step_ports ports;
		struct step_schedule schedule;
		struct step_kept kept;
		struct step_peer peer;
		struct step_next_hop next_hop;
		struct step_translation translation;
		__u64 space[13];
	};
};

static_assert(sizeof(struct event_header) == 32, "event_header");
static_assert(sizeof(struct endpoint) == 20, "endpoint");
static_assert(sizeof(struct segment) == 32, "segment");
static_assert(sizeof(struct closer) == 32, "closer");
static_assert(sizeof(struct step_drop) == 104, "step_drop");
static_assert(sizeof(struct step_event) == 136, "step_event");
static_assert(sizeof(struct attempt) == 312, "attempt");

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
