/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Packets of the handshake that this kernel drops, in whatever network namespace: the SYN, and what
 * answers it. Those of no attempt in flight cost a look-up and nothing else, so that a flood of
 * them uses nothing up.
 */
#ifndef CONNWHY_DROP_BPF_H
#define CONNWHY_DROP_BPF_H

#include "state.bpf.h"

#define SKB_DST_POINTER_MASK (~1UL) /* SKB_DST_PTRMASK */
#define DROPS_PER_SECOND 1000       /* of attempts without a place, that each CPU may report */

/*
 * A dropped packet.
 *
 * @began: the connection that it belongs to, as its socket has it
 * @isn:   sequence number of the SYN that it is or answers
 * @syn:   it is a SYN, else an answer
 */
struct dropped {
	struct connection began;
	struct translation via;
	__u64 location;
	__u32 reason;
	__u32 netns;
	__u32 isn;
	__u8 flags;
	bool syn;
};

struct drop_budget {
	__u64 second;
	__u64 used;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct drop_budget);
} drop_budget SEC(".maps");

static __always_inline bool drop_allowed(__u64 now)
{
	__u32 zero = 0;
	struct drop_budget *budget = bpf_map_lookup_elem(&drop_budget, &zero);

	if (!budget)
		return false;
	if (now - budget->second > NSEC_PER_SEC) {
		budget->second = now;
		budget->used = 0;
	}
	if (budget->used++ < DROPS_PER_SECOND)
		return true;
	count(COUNT_OMITTED_DROPS);
	return false;
}

/* The namespace that a packet is in. On its way out it has no device yet, only a route. */
static __always_inline __u32 netns_of(struct sk_buff *skb, struct sock *sk)
{
	struct net_device *dev = READ(skb, dev);
	struct dst_entry *route;

	if (!dev && sk)
		return read_netns(sk);
	if (!dev) {
		route = (void *)(READ(skb, _skb_refdst) & SKB_DST_POINTER_MASK);
		dev = READ(route, dev);
	}
	return READ(dev, nd_net.net, ns.inum);
}

/* A SYN, or what may answer one: SYN-ACK, RST with ACK. TCP ignores a reset without. */
static __always_inline bool read_flags(struct dropped *d, const struct ip_facts *ip)
{
	const __u8 kind = d->flags & (TCP_FLAG_BYTE_SYN | TCP_FLAG_BYTE_RST | TCP_FLAG_BYTE_ACK);

	d->syn = kind == TCP_FLAG_BYTE_SYN;
	d->isn = d->syn ? ip->seq : ip->ack_seq - 1;
	return d->syn || kind == (TCP_FLAG_BYTE_SYN | TCP_FLAG_BYTE_ACK) ||
	       kind == (TCP_FLAG_BYTE_RST | TCP_FLAG_BYTE_ACK);
}

static __always_inline bool read_dropped(struct dropped *d, struct sk_buff *skb)
{
	struct ip_facts ip = {};

	if (!read_ip(skb, &ip) || !read_tcp(skb, &ip, &d->flags) || !read_flags(d, &ip))
		return false;
	if (read_conntrack(skb, &d->began, &d->via))
		return true;
	d->began.local = d->syn ? ip.from : ip.to;
	d->began.remote = d->syn ? ip.to : ip.from;
	return true;
}

/* Fast Open acknowledges its data, too. */
static __always_inline bool is_isn_of(__u32 isn, struct sock *sk, bool syn)
{
	struct tcp_sock *tp = (struct tcp_sock *)sk;
	__u32 first = READ(tp, snd_una), next = READ(tp, write_seq);

	return syn ? isn == first : isn - first < next - first;
}

/*
 * The attempt is in flight, and the packet has its sequence number. A global function, which the
 * verifier walks once.
 */
__noinline int is_waited_for(__u64 socket, __u64 id, __u32 isn, bool syn)
{
	struct attempt *a = inflight_find(socket);

	return a && a->header.id == id && !(a->flags & ATTEMPT_FINAL) &&
	       is_isn_of(isn, (struct sock *)socket, syn);
}

/*
 * Whether the packet is of the attempt in that place. Of one that has ended only a reject on its
 * own host drops any.
 */
static __always_inline bool is_dropped_of(const struct place *place, const struct dropped *d,
                                          __u64 now)
{
	if (!place->socket || !same_endpoint(&place->began.local, &d->began.local) ||
	    !same_endpoint(&place->began.remote, &d->began.remote))
		return false;
	if (place->ended_ns)
		return d->syn && now - place->ended_ns < REJECT_NS && place->netns == d->netns;
	return is_waited_for(place->socket, place->id, d->isn, d->syn);
}

/* The attempt that the packet belongs to. False where there is none with a place. */
static __always_inline bool find_attempt(const struct dropped *d, __u64 now,
                                         struct translated *found)
{
	__u32 key = place_key(&d->began.local, &d->began.remote);
	struct place *place = bpf_map_lookup_elem(&places, &key);
	struct translated *known;

	if (!place || !is_dropped_of(place, d, now)) {
		key++;
		place = bpf_map_lookup_elem(&places, &key);
		if (place && !is_dropped_of(place, d, now))
			place = NULL;
	}
	if (place) {
		found->socket = place->socket;
		found->id = place->id;
		found->netns = place->netns;
		return true;
	}
	if (!n_translated)
		return false;
	known = bpf_map_lookup_elem(&translated, &d->began);
	if (!known || !is_waited_for(known->socket, known->id, d->isn, d->syn))
		return false;
	*found = *known;
	return true;
}

static __always_inline void drop_fill(struct step_event *e, const struct dropped *d)
{
	e->drop.location = d->location;
	e->drop.reason = d->reason;
	e->drop.netns = d->netns;
	e->drop.flags = d->flags;
	e->drop.isn = d->isn;
	e->drop.from = d->syn ? d->began.local : d->began.remote;
	e->drop.to = d->syn ? d->began.remote : d->began.local;
	e->drop.via = d->via;
}

static __always_inline enum tally drop_tally(const struct attempt *a, const struct dropped *d)
{
	return a->netns == d->netns ? TALLY_DROP : TALLY_NODE;
}

/* Nobody waits for it: that is answered with a reset, or follows one. */
static __always_inline bool is_for_no_socket(__u32 reason)
{
	return has_drop_reasons() &&
	       reason == bpf_core_enum_value(enum skb_drop_reason, SKB_DROP_REASON_NO_SOCKET);
}

/* What a stack that has already taken the SYN does with the next one has no reason. */
static __always_inline bool has_reason(__u32 reason)
{
	return !has_drop_reasons() ||
	       reason != bpf_core_enum_value(enum skb_drop_reason, SKB_DROP_REASON_NOT_SPECIFIED);
}

/* A SYN of a waiting socket, which it carries until another stack takes it over. */
static __always_inline void on_drop_out(struct sock *sk, struct sk_buff *skb, struct dropped *d)
{
	struct attempt *a = attempt_find(sk);
	struct step_event *e;

	if (!a)
		return;
	attempt_soft(a, sk);
	attempt_locate(a, sk);
	e = step_begin(a, EVENT_DROP, drop_tally(a, d));
	if (!e)
		return;
	drop_fill(e, d);
	e->drop.direction = DROP_OUT;
	/* One that a device has received left: the next namespace runs before the sender's
	 * bookkeeping. */
	e->drop.unsent = nothing_sent(sk) && !READ(skb, skb_iif);
	step_end(e);
}

/*
 * A step of the attempt that was found, or of one without a place: then user space finds it by the
 * addresses. One that ended a moment ago has its count of steps no more.
 */
static __always_inline struct step_event *drop_begin(const struct translated *found,
                                                     const struct dropped *d, __u32 type, __u64 now)
{
	__u64 key = found->socket;
	struct attempt *a = key ? inflight_find(key) : NULL;
	struct step_event *e;

	if (a && a->header.id == found->id)
		return step_begin(a, type, type == EVENT_DROP ? drop_tally(a, d) : TALLY_NAT);
	e = bpf_ringbuf_reserve(&events, sizeof(*e), 0);
	if (!e) {
		count(COUNT_LOST_STEPS);
		return NULL;
	}
	__builtin_memset(e, 0, sizeof(*e));
	e->header.type = type;
	e->header.size = sizeof(*e);
	e->header.socket = found->socket;
	e->header.id = found->id;
	e->header.at_ns = now;
	return e;
}

/*
 * A SYN that a NAT of this host sent back to it. Without drop reasons one that found no listener
 * cannot be told from one that was dropped: user space asks for the RST.
 */
static __always_inline bool is_redirected(const struct dropped *d, bool to_itself)
{
	return d->syn && to_itself && is_translated(&d->via);
}

/*
 * A packet that carries no socket of ours: an answer that did not reach it, or a SYN that did not
 * reach the listener. Without drop reasons one that is dropped behind the firewall may have found
 * no listener: of those only what another namespace does is told.
 */
static __always_inline void on_drop_in(struct sk_buff *skb, struct dropped *d)
{
	bool loops = READ(skb, dev, ifindex) == LOOPBACK_IFINDEX;
	__u32 type = EVENT_DROP;
	struct translated found = {};
	__u64 now = bpf_ktime_get_ns();
	struct step_event *e;

	if (is_for_no_socket(d->reason) || (d->syn && loops && !has_drop_reasons())) {
		if (!is_redirected(d, loops))
			return;
		type = EVENT_NO_LISTENER;
	}
	if (find_attempt(d, now, &found)) {
		if (found.netns != d->netns && !has_reason(d->reason))
			return;
	} else if (!is_unplaced(&d->began.remote) || !drop_allowed(now)) {
		return;
	}
	e = drop_begin(&found, d, type, now);
	if (!e)
		return;
	drop_fill(e, d);
	e->drop.direction = d->syn && !loops ? DROP_OUT : DROP_IN;
	step_end(e);
}

/*
 * nf_ct_kill_acct(): a reset is all that came back of a connection, so that the connection tracking
 * forgets it at once: nobody can ask it later. One that is on its way out is this host's own.
 */
static __always_inline void on_forgotten(struct sk_buff *skb)
{
	struct translated found = {};
	struct dropped d = {};
	__u64 now = bpf_ktime_get_ns();
	struct step_event *e;

	if (!read_dropped(&d, skb) || d.syn || !is_translated(&d.via))
		return;
	d.netns = netns_of(skb, NULL);
	if (!find_attempt(&d, now, &found) && (!is_unplaced(&d.began.remote) || !drop_allowed(now)))
		return;
	e = drop_begin(&found, &d, READ(skb, dev) ? EVENT_NAT_RESET : EVENT_NO_LISTENER, now);
	if (!e)
		return;
	drop_fill(e, &d);
	step_end(e);
}

/* A copy that a packet socket or a raw one took: it can be dropped while the packet goes its way.
 */
static __always_inline bool is_copy(struct sock *sk)
{
	return !is_internet(sk) || (is_whole(sk) && READ(sk, sk_type) == SOCK_RAW);
}

static __always_inline void on_drop(struct sk_buff *skb, __u64 location, __u32 reason)
{
	struct dropped d = {.location = location, .reason = reason};
	__be16 protocol = READ(skb, protocol);
	struct sock *sk = READ(skb, sk);
	bool waits = sk && read_state(sk) == TCP_SYN_SENT;

	if (sk && !waits && is_copy(sk))
		return;
	if (!waits && ((protocol != bpf_htons(ETH_P_IP) && protocol != bpf_htons(ETH_P_IPV6)) ||
	               (is_for_no_socket(reason) && !conntrack_of(skb))))
		return;
	if (!read_dropped(&d, skb))
		return;
	d.netns = netns_of(skb, sk);
	/* A socket that waits for its answer owns its SYN; early demux gives it the answer, too. */
	if (waits && d.syn)
		on_drop_out(sk, skb, &d);
	else
		on_drop_in(skb, &d);
}

#endif
