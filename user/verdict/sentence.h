/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One or two sentences for each cause: what was seen, and where to look next. Bytes from outside
 * (the comm of a task) go in as they are; the outputs escape them.
 */
#ifndef CONNWHY_SENTENCE_H
#define CONNWHY_SENTENCE_H

#include "buffer.h"
#include "evidence.h"

/* As printf. */
__attribute__((format(printf, 2, 3))) void say(struct buffer *sentence, const char *format, ...);

#define SENTENCE_WORD_SIZE 64

/* "87 us", "12.3 ms", "7.1 s": cut, not rounded */
const char *say_time(char to[SENTENCE_WORD_SIZE], uint64_t ns);

/* "4 SYNs", "1 SYN", "the SYNs" where their number is unknown */
const char *say_syns(char to[SENTENCE_WORD_SIZE], int n);

/* "ICMP port unreachable (3/3) from 10.0.0.1" */
void say_which_icmp(struct buffer *sentence, const struct step_icmp *icmp);

/* What else was seen of an attempt that got no answer: drops, a full listener, ICMP errors. */
void say_hints(struct buffer *sentence, const struct evidence *evidence);

/*
 * The same of one that somebody ended before an answer came, what the kernel would have done next,
 * and what to look at: why no answer came is another question than who gave up.
 */
void say_silence(struct buffer *sentence, const struct evidence *evidence);

/* Why a SYN may stay on this host: its source, its next hop, its device; nothing where all is well.
 */
void say_local_state(struct buffer *sentence, const struct evidence *evidence);

/* Where to look for a SYN that was not dropped and has not left. */
void say_look_at_queues(struct buffer *sentence);

/* A segment that came back without being an answer. */
void say_back(struct buffer *sentence, const struct step *back);

/* " (NETFILTER_DROP in nf_hook_slow)", as far as known. */
void say_drop(struct buffer *sentence, const struct step *drop);

/* "2 SYN-ACKs", "1 RST", "3 replies": what this host dropped on the way in */
const char *say_replies(char to[SENTENCE_WORD_SIZE], const struct evidence *evidence);

/* What the reason of a drop means and where to look; `drop` is NULL where it was not seen. */
void say_drop_check(struct buffer *sentence, const struct evidence *evidence,
                    const struct step *drop);

/* "`ip route get PEER …`", as the kernel chose the route of this socket. */
void say_route_get(struct buffer *sentence, const struct evidence *evidence);

/* "`ss -ltnp sport = :PORT`": who listens on the peer's port */
void say_listeners(struct buffer *sentence, const struct evidence *evidence);

/* "`ss -tan dst PEER`": the sockets that are connected to the peer */
void say_sockets(struct buffer *sentence, const struct evidence *evidence);

/* "`tcpdump … host PEER and port PORT`" */
void say_capture(struct buffer *sentence, const struct evidence *evidence);

/* The address that the application asked for, where a BPF program put another in its place. */
void say_rewritten(struct buffer *sentence, const struct evidence *evidence);

/* What this host's NAT makes of the peer, or of the socket's own end. */
void say_translation(struct buffer *sentence, const struct evidence *evidence);

/* The time-out took an errno that was on the socket. */
void say_left_over(struct buffer *sentence, const struct evidence *evidence);

/* Drops in another network namespace of this kernel, and where to look for them. */
void say_node_drops(struct buffer *sentence, const struct evidence *evidence);
void say_node_check(struct buffer *sentence, const struct evidence *evidence);

typedef void sentence_fn(struct buffer *sentence, const struct evidence *evidence);

/* sentence_peer.c: what else this host knows of the peer; nothing where that is not telling */
sentence_fn say_silent_peer, say_refusing_peer, say_unresolved_peer;

/* sentence_call.c: the call failed before the network was asked */
sentence_fn say_denied_by_policy, say_no_local_port, say_no_memory, say_route;
sentence_fn say_invalid_call;

/* sentence_network.c: an error, or silence */
sentence_fn say_rejected_locally, say_neighbour_unresolved, say_icmp, say_refused;
sentence_fn say_listener_overflow, say_dropped_locally_out, say_dropped_locally_in;
sentence_fn say_dropped_by_node, say_held_locally, say_no_reply;

/* sentence_local.c: this host ended it, or the handshake was completed */
sentence_fn say_aborted_by_admin, say_killed, say_process_exited, say_send_timeout, say_shut_down;
sentence_fn say_disconnected, say_deadline_of_app, say_closed_by_app;
sentence_fn say_reset_after_established, say_established, say_unknown;

#endif
