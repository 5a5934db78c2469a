/* SPDX-License-Identifier: GPL-2.0-only */
/* An error ended the attempt, or nothing that could be accepted came back. */
#include <errno.h>
#include <string.h>

#include "facts.h"
#include "sentence.h"
#include "text.h"
#include "units.h"

/*
 * A soft error wakes what waits for the socket, and io_uring then reads sk_err alone: commit
 * 3fb1bd688172.
 */
static void say_told_success(struct buffer *sentence, const struct evidence *evidence)
{
	const struct attempt *attempt = &evidence->record->attempt;
	char error[TEXT_ERROR_SIZE];

	if (!evidence->end.closed || attempt->api != API_IO_URING ||
	    !(attempt->flags & ATTEMPT_RETURNED) || attempt->ret != -EINPROGRESS)
		return;
	say(sentence,
	    " Since 6.3 io_uring completes such a connect with 0: the program was told success, "
	    "and "
	    "SO_ERROR alone has %s.",
	    text_errno(error, evidence->end.error));
}

void say_rejected_locally(struct buffer *sentence, const struct evidence *evidence)
{
	char error[TEXT_ERROR_SIZE], peer[TEXT_ENDPOINT_SIZE], time[SENTENCE_WORD_SIZE];

	say(sentence, "This host's own firewall rejected the SYN to %s: ",
	    text_peer(peer, &evidence->record->attempt.remote));
	if (evidence->icmp)
		say_which_icmp(sentence, &evidence->icmp->icmp);
	else if (evidence->rst)
		say(sentence, "a RST");
	else
		say(sentence, "an ICMP error that was not seen itself");
	if (evidence->filter_drop) {
		say(sentence, " came with the drop of our own packet");
		say_drop(sentence, evidence->filter_drop);
	}
	say(sentence, ", and %s after %s.", text_errno(error, evidence->end.error),
	    say_time(time, evidence->end.duration_ns));
	if (evidence->end.closed)
		say(sentence, " The application could read it at once and closed the socket.");
	say_told_success(sentence, evidence);
	say(sentence, " Look for `reject` in `nft list ruleset` and `iptables-save`.");
	say_rewritten(sentence, evidence);
}

/* The errno is known, the packet was not seen: ICMPv6 in the tracepoint tier, or a lost step. */
static void say_unseen_icmp(struct buffer *sentence, const struct evidence *evidence)
{
	bool v6 = evidence->record->attempt.remote.family == FAMILY_IPV6;
	char error[TEXT_ERROR_SIZE], time[SENTENCE_WORD_SIZE];

	say(sentence,
	    "%s after %s, and no RST came: it came from an ICMP%s error that was not seen itself, "
	    "so "
	    "its sender is unknown.",
	    text_errno(error, evidence->end.error), say_time(time, evidence->end.duration_ns),
	    v6 ? "v6" : "");
	if (evidence->end.soft)
		say(sentence, " The socket kept it as a soft error while it went on.");
	if (evidence->end.error == EMSGSIZE)
		say(sentence,
		    " Fragmentation needed (3/4) with an MTU below `sysctl "
		    "net.ipv4.route.min_pmtu` gives it, but no SYN is that big: why no answer came "
		    "is another matter.");
	if (evidence->end.error == EHOSTUNREACH && !evidence->end.soft)
		say(sentence, " This host itself sends one when the next hop does not answer: `ip "
		              "neigh show`.");
	say(sentence, " Look with `tcpdump -ni any %s` and at ", v6 ? "icmp6" : "icmp");
	say_route_get(sentence, evidence);
	say(sentence, ".");
}

void say_icmp(struct buffer *sentence, const struct evidence *evidence)
{
	const struct attempt *attempt = &evidence->record->attempt;
	char number[TEXT_ERROR_SIZE], time[SENTENCE_WORD_SIZE], peer[TEXT_ENDPOINT_SIZE];
	const char *error = text_errno(number, evidence->end.error);
	const struct step_icmp *icmp;

	if (!evidence->icmp) {
		say_unseen_icmp(sentence, evidence);
		return;
	}
	icmp = &evidence->icmp->icmp;
	text_peer(peer, &attempt->remote);
	say_which_icmp(sentence, icmp);
	if (icmp->ttl)
		say(sentence, ", TTL %u,", icmp->ttl);
	say(sentence, " answered the SYN to %s", peer);
	/* Before 5.14 the tracepoint tier finds a soft one at the end, in the socket's queue. */
	if (!evidence->end.soft || evidence->icmp->at_ns < evidence->end.duration_ns)
		say(sentence, " after %s", say_time(time, evidence->icmp->at_ns));
	if (evidence->end.closed)
		say(sentence, "; the application could read %s and closed the socket.", error);
	else if (evidence->end.error == ETIMEDOUT)
		say(sentence, "; the kernel went on trying until the time-out.");
	else if (evidence->end.soft)
		say(sentence,
		    ". The kernel kept it as a soft error, went on, and took %s as the "
		    "errno of the time-out.",
		    error);
	else
		say(sentence, ", which gives %s.", error);
	/* NAT gives what comes back the address that the socket knows, whoever sent it. */
	if (evidence->record->translation.via.peer.family)
		say(sentence, " Who sent it is not known, for NAT gave it the peer's address: look "
		              "with `tcpdump -ni any icmp or icmp6`.");
	else if (icmp->from.family && attempt->remote.family == icmp->from.family &&
	         !memcmp(icmp->from.address, attempt->remote.address, sizeof(icmp->from.address)))
		say(sentence,
		    " It comes from the peer's own address: look at the peer's firewall.");
	else
		say(sentence, " Look at the routes and the firewall of that sender.");
	say_told_success(sentence, evidence);
	say_rewritten(sentence, evidence);
}

void say_refused(struct buffer *sentence, const struct evidence *evidence)
{
	const struct record *record = evidence->record;
	const struct segment *rst = &record->attempt.rst;
	char peer[TEXT_ENDPOINT_SIZE], time[SENTENCE_WORD_SIZE];
	bool seen = record->attempt.flags & ATTEMPT_RST_SEEN;
	const struct endpoint *wire = facts_wire_peer(record);

	say(sentence, "A RST from %s answered the SYN after %s", text_peer(peer, wire),
	    say_time(time, evidence->end.duration_ns));
	if (seen && rst->ttl)
		say(sentence, " (TTL %u)", rst->ttl);
	say(sentence, ".");
	if (seen && rst->ttl && record->usual_ttl && rst->ttl != record->usual_ttl)
		say(sentence,
		    " This peer's SYN-ACKs come with TTL %u: something in between may have "
		    "sent the RST.",
		    record->usual_ttl);
	if (record->attempt.flags & ATTEMPT_SIMULTANEOUS)
		say(sentence, " It came in a simultaneous open: the peer had sent a SYN of its own "
		              "and then gave up.");
	say_refusing_peer(sentence, evidence);
	if (record->no_listener) {
		say(sentence, " The RST is this host's own: nothing listens there. ");
		say_listeners(sentence, evidence);
		say(sentence, " shows what does.");
	} else if (facts_is_own(record, wire)) {
		say(sentence, " The peer is this host: ");
		say_listeners(sentence, evidence);
		say(sentence, " shows what listens.");
	} else if (!(record->attempt.flags & ATTEMPT_SIMULTANEOUS)) {
		say(sentence, " As a rule nothing listens on that port: ");
		say_listeners(sentence, evidence);
		say(sentence, " on the peer, and its firewall.");
	}
	say_rewritten(sentence, evidence);
}

void say_listener_overflow(struct buffer *sentence, const struct evidence *evidence)
{
	char syns[SENTENCE_WORD_SIZE], time[SENTENCE_WORD_SIZE];

	say(sentence,
	    "No reply to %s in %s: the listener on port %u is on this host and its accept queue "
	    "was "
	    "full (%u, limit %u). Look at ",
	    say_syns(syns, evidence->syn_sent), say_time(time, evidence->end.duration_ns),
	    facts_wire_peer(evidence->record)->port, evidence->full_listener->queued,
	    evidence->full_listener->limit);
	say_listeners(sentence, evidence);
	say(sentence, ", `nstat -az TcpExtListenOverflows` and why the server does not accept().");
}

/* The time-out took an errno that was on the socket. */
void say_left_over(struct buffer *sentence, const struct evidence *evidence)
{
	char error[TEXT_ERROR_SIZE];

	const struct attempt *attempt = &evidence->record->attempt;
	const char *from = "an earlier attempt or from an error that was not seen";

	if (!evidence->end.soft)
		return;
	if (!(attempt->flags & ATTEMPT_PREEXISTING))
		from = attempt->old_error_soft == evidence->end.error
		               ? "an earlier attempt"
		               : "an error that was not seen";
	say(sentence, " It ended as a time-out; %s is a soft error that was left from %s.",
	    text_errno(error, evidence->end.error), from);
}

void say_dropped_locally_out(struct buffer *sentence, const struct evidence *evidence)
{
	const struct step *failed = evidence->failed_retry, *drop = evidence->out_drop;
	char time[SENTENCE_WORD_SIZE], syns[SENTENCE_WORD_SIZE], error[TEXT_ERROR_SIZE];
	char peer[TEXT_ENDPOINT_SIZE];

	text_peer(peer, &evidence->record->attempt.remote);
	if (drop) {
		say(sentence, "This host dropped %u of its own packets to %s",
		    evidence->n_out_drops, peer);
		say_drop(sentence, drop);
	} else if (failed) {
		say(sentence, "This host's output path refused %s to %s (%s)",
		    say_syns(syns, evidence->n_failed_retries), peer,
		    text_send_error(error, failed->retry.error) ?: "no error");
	} else {
		say(sentence, "The first SYN to %s did not leave this host", peer);
	}
	if (evidence->syn_sent > 0)
		say(sentence, "; %s left and got no reply", say_syns(syns, evidence->syn_sent));
	say(sentence, ". Timed out after %s.", say_time(time, evidence->end.duration_ns));
	say_left_over(sentence, evidence);
	say_local_state(sentence, evidence);
	say_drop_check(sentence, evidence, drop);
	say_rewritten(sentence, evidence);
}

void say_dropped_locally_in(struct buffer *sentence, const struct evidence *evidence)
{
	char time[SENTENCE_WORD_SIZE], syns[SENTENCE_WORD_SIZE], peer[TEXT_ENDPOINT_SIZE];
	char replies[SENTENCE_WORD_SIZE];

	say(sentence, "%s answered, but this host dropped %s",
	    text_peer(peer, &evidence->record->attempt.remote), say_replies(replies, evidence));
	say_drop(sentence, evidence->in_drop);
	say(sentence, ": %s in %s without success.", say_syns(syns, evidence->syn_sent),
	    say_time(time, evidence->end.duration_ns));
	say_left_over(sentence, evidence);
	say_drop_check(sentence, evidence, evidence->in_drop);
}

/* One that explains the end has a sentence of its own. */
static bool has_icmp(const struct record *record)
{
	for (unsigned int i = 0; i < record->n_steps; i++)
		if (record->steps[i].kind == STEP_ICMP_RECEIVED)
			return true;
	return false;
}

void say_no_reply(struct buffer *sentence, const struct evidence *evidence)
{
	const struct attempt *attempt = &evidence->record->attempt;
	char syns[SENTENCE_WORD_SIZE], time[SENTENCE_WORD_SIZE], user[SENTENCE_WORD_SIZE];
	char peer[TEXT_ENDPOINT_SIZE];

	text_peer(peer, &attempt->remote);
	say(sentence, "No reply to %s in %s", say_syns(syns, evidence->syn_sent),
	    say_time(time, evidence->end.duration_ns));
	if (attempt->flags & ATTEMPT_SIMULTANEOUS) {
		say(sentence,
		    ": %s sent a SYN of its own (simultaneous open), but did not acknowledge ours.",
		    peer);
		say_hints(sentence, evidence);
	} else if (evidence->back) {
		say(sentence, " that could be accepted.");
		say_hints(sentence, evidence);
	} else if (evidence->end.soft) {
		say(sentence, ".");
	} else if (evidence->record->drops_omitted) {
		say(sentence, "; whether any came is not known, for more packets were dropped "
		              "meanwhile than could be told.");
	} else {
		/* Some ICMP errors the kernel ignores, and some segments it only discards. */
		say(sentence, "; nothing that the kernel accepts %s from %s%s.",
		    evidence->record->complete && !(attempt->flags & ATTEMPT_PREEXISTING)
		            ? "came back"
		            : "was seen to come back",
		    peer,
		    has_icmp(evidence->record)
		            ? ", but for an ICMP error that only tells of a smaller MTU on the way"
		            : ", not even an ICMP error");
	}
	if (attempt->user_timeout_ms)
		say(sentence, " TCP_USER_TIMEOUT is %s.",
		    say_time(user, attempt->user_timeout_ms * NS_PER_MS));
	say_left_over(sentence, evidence);
	say_silent_peer(sentence, evidence);
	say_local_state(sentence, evidence);
	say(sentence, " Look for a firewall that drops silently, and with ");
	say_capture(sentence, evidence);
	say(sentence, " on both sides.");
	say_rewritten(sentence, evidence);
}
