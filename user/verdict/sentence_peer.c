// SPDX-License-Identifier: GPL-2.0-only
/* One clause on what else this host knows of the peer: the most telling one, with its time. */
#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "facts.h"
#include "hops.h"
#include "sentence.h"
#include "text.h"
#include "units.h"

#define SILENT_HOSTS_MIN 3        /* so many at once are no coincidence */
#define RECENT_NS (30 * NS_PER_S) /* a sign of life so old still says that the host is up */

static uint64_t end_ns(const struct evidence *evidence)
{
	return evidence->record->attempt.header.id + evidence->end.duration_ns;
}

/* "2.1 s", from then to the end of the attempt */
static const char *say_ago(char to[SENTENCE_WORD_SIZE], const struct evidence *evidence,
                           uint64_t at_ns)
{
	return say_time(to, facts_since(at_ns, end_ns(evidence)));
}

/* "10:02:13 UTC", with the date where the attempt ended on another day */
static const char *say_when(char to[SENTENCE_WORD_SIZE], const struct evidence *evidence,
                            uint64_t at_ns)
{
	uint64_t offset_ns = (uint64_t)evidence->record->realtime_offset_ns;
	char then[TEXT_TIME_SIZE], now[TEXT_TIME_SIZE];
	size_t date = strlen("2026-11-23"), second = strlen("2026-11-23T10:02:13");

	text_time_iso(then, offset_ns + at_ns, 3);
	text_time_iso(now, offset_ns + end_ns(evidence), 3);
	then[date] = ' ';
	strcpy(then + second, " UTC");
	return strcpy(to, memcmp(then, now, date) ? then : then + date + 1);
}

/* Behind a NAT of this host each port of the address can be another host's. */
static bool is_one_host(const struct evidence *evidence)
{
	return !evidence->record->translation.via.peer.family;
}

static bool is_recent(const struct evidence *evidence, const struct answer *answer)
{
	return answer->at_ns && answer->how != ANSWER_METRICS && is_one_host(evidence) &&
	       (answer->at_ns >= evidence->record->attempt.header.id ||
	        facts_since(answer->at_ns, end_ns(evidence)) <= RECENT_NS);
}

/* "192.0.2.7 answered on port 22 2.1 s ago" */
static void say_answer(struct buffer *sentence, const struct evidence *evidence,
                       const struct answer *answer)
{
	char peer[TEXT_ADDRESS_SIZE], ago[SENTENCE_WORD_SIZE];

	text_address(peer, &evidence->record->attempt.remote);
	say_ago(ago, evidence, answer->at_ns);
	switch (answer->how) {
	case ANSWER_ATTEMPT:
		say(sentence, " %s answered on port %u %s ago", peer, answer->port, ago);
		break;
	case ANSWER_SOCKET:
		say(sentence, " %s sent something on another connection, its port %u, %s ago", peer,
		    answer->port, ago);
		break;
	case ANSWER_METRICS:
		say(sentence, " A connection with %s that had worked ended %s ago", peer, ago);
		break;
	case ANSWER_NONE:
	case ANSWER_MAX: break;
	}
}

static bool is_first_failure(const struct peer *peer)
{
	return peer->failures == 1 && peer->successes;
}

static void say_first_failure(struct buffer *sentence, const struct evidence *evidence)
{
	const struct peer *peer = &evidence->record->peer;
	char ago[SENTENCE_WORD_SIZE];

	say_ago(ago, evidence, peer->last_success_ns);
	if (peer->successes == 1)
		say(sentence, " It is the first failure after a success %s ago.", ago);
	else
		say(sentence,
		    " It is the first failure after %" PRIu32 " successes, the last %s ago.",
		    peer->successes, ago);
}

/* Sockets of attempts that are not traced, too, and of connections that the peer began. */
static const char *silence_of_sockets(const struct evidence *evidence)
{
	return evidence->record->peer.sockets_known ? ", nor has any other socket here" : "";
}

static void say_unanswered(struct buffer *sentence, const struct evidence *evidence)
{
	const struct silence *silence = &evidence->record->peer.silence;
	char peer[TEXT_ADDRESS_SIZE], when[SENTENCE_WORD_SIZE];

	say(sentence, " No traced attempt to %s has had an answer since %s (%" PRIu32 " attempts",
	    text_address(peer, &evidence->record->attempt.remote),
	    say_when(when, evidence, silence->since_ns), silence->attempts);
	if (silence->n_programs > 1 && silence->n_programs < PEER_PROGRAMS_MAX)
		say(sentence, " of %" PRIu32 " programs", silence->n_programs);
	say(sentence, ")%s.", silence_of_sockets(evidence));
}

/* "192.0.2.1 on eth0" */
static void say_gateway(struct buffer *sentence, const struct evidence *evidence)
{
	const char *interface = evidence->record->place.route_interface;
	char gateway[TEXT_ADDRESS_SIZE];

	say(sentence, "%s", text_address(gateway, &evidence->record->peer.hop.gateway));
	if (interface)
		say(sentence, " on %s", interface);
}

/* All that was tried behind the gateway is silent, and no socket of this host says otherwise. */
static bool is_gateway_silent(const struct peer *peer)
{
	return peer->hop.gateway.family && !peer->hop.answering && peer->silence.attempts &&
	       peer->hop.silent + 1 >= SILENT_HOSTS_MIN && peer->alive.at_ns <= peer->hop.since_ns;
}

static void say_silent_gateway(struct buffer *sentence, const struct evidence *evidence)
{
	const struct peer *peer = &evidence->record->peer;
	uint64_t since_ns = peer->silence.since_ns;
	char when[SENTENCE_WORD_SIZE];

	if (peer->hop.since_ns < since_ns)
		since_ns = peer->hop.since_ns;
	say(sentence, " None of %s%" PRIu32 " peers behind ",
	    peer->hop.silent + 1 >= HOP_HOSTS ? "at least " : "", peer->hop.silent + 1);
	say_gateway(sentence, evidence);
	say(sentence, " has answered since %s, and no other was heard lately.",
	    say_when(when, evidence, since_ns));
}

/* Nothing was heard of the peer lately: is it alone in that? */
static void say_long_silence(struct buffer *sentence, const struct evidence *evidence)
{
	const struct peer *peer = &evidence->record->peer;

	if (is_gateway_silent(peer)) {
		say_silent_gateway(sentence, evidence);
		return;
	}
	if (peer->silence.attempts > 1) {
		say_unanswered(sentence, evidence);
	} else if (peer->alive.at_ns && is_one_host(evidence)) {
		say_answer(sentence, evidence, &peer->alive);
		say(sentence, ".");
	}
	if (peer->hop.gateway.family && peer->hop.answering) {
		say(sentence, " The way as far as ");
		say_gateway(sentence, evidence);
		say(sentence, " works: %" PRIu32 " other peer%s behind it answered lately.",
		    peer->hop.answering, peer->hop.answering == 1 ? "" : "s");
	}
}

/* Something of this host, or of the peer, is known to be the reason, and told already. */
static bool is_explained(const struct evidence *evidence)
{
	return evidence->record->peer.answered_ns || evidence->n_out_drops ||
	       evidence->n_failed_retries || evidence->full_listener || !evidence->syn_sent ||
	       facts_is_own(evidence->record, &evidence->record->attempt.remote);
}

void say_silent_peer(struct buffer *sentence, const struct evidence *evidence)
{
	const struct peer *peer = &evidence->record->peer;

	if (is_explained(evidence))
		return;
	if (is_recent(evidence, &peer->other) && peer->other.at_ns > peer->last_success_ns) {
		say_answer(sentence, evidence, &peer->other);
		say(sentence, ", so the host is up: look at what filters port %u.",
		    evidence->record->attempt.remote.port);
	} else if (is_first_failure(peer)) {
		say_first_failure(sentence, evidence);
	} else if (is_recent(evidence, &peer->alive)) {
		say_answer(sentence, evidence, &peer->alive);
		say(sentence, ", so the host is up.");
	} else {
		say_long_silence(sentence, evidence);
	}
}

void say_refusing_peer(struct buffer *sentence, const struct evidence *evidence)
{
	const struct peer *peer = &evidence->record->peer;
	char when[SENTENCE_WORD_SIZE];

	if (is_first_failure(peer)) {
		say_first_failure(sentence, evidence);
	} else if (peer->failures > 1) {
		say(sentence, " It is failure %" PRIu32 " in a row there, since %s.",
		    peer->failures, say_when(when, evidence, peer->failing_since_ns));
	} else if (is_recent(evidence, &peer->other)) {
		say_answer(sentence, evidence, &peer->other);
		say(sentence, ".");
	}
}

void say_unresolved_peer(struct buffer *sentence, const struct evidence *evidence)
{
	say_long_silence(sentence, evidence);
}
