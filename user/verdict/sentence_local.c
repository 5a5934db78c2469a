// SPDX-License-Identifier: GPL-2.0-only
/* This host ended the attempt, or the handshake was completed, or the end was not seen. */
#include <errno.h>

#include "facts.h"
#include "sentence.h"
#include "text.h"

#define EXIT_STATUS(code) (((code) >> 8) & 0xff)

/* "curl (pid 4312)": the task that ended the attempt */
static void say_closer(struct buffer *sentence, const struct record *record)
{
	const struct closer *closer = &record->attempt.closer;

	if ((record->attempt.flags & ATTEMPT_CLOSER) && closer->comm[0])
		say(sentence, "%.*s (pid %u)", COMM_SIZE, closer->comm, closer->pid);
	else
		say(sentence, sentence->length ? "a task of this host" : "A task of this host");
}

/* "after 2.5 s; 3 SYNs had no answer" */
static void say_effort(struct buffer *sentence, const struct evidence *evidence)
{
	bool preexisting = evidence->record->attempt.flags & ATTEMPT_PREEXISTING;
	char time[SENTENCE_WORD_SIZE], syns[SENTENCE_WORD_SIZE];

	say(sentence, "after %s%s", preexisting ? "more than " : "",
	    say_time(time, evidence->end.duration_ns));
	if (evidence->put_off)
		say(sentence, "; Fast Open put the SYN off to the first write, which never came");
	else if (evidence->syn_sent == 0)
		say(sentence, "; no SYN had left");
	else if (evidence->record->attempt.flags & ATTEMPT_SIMULTANEOUS)
		say(sentence, "; the peer had sent a SYN of its own (simultaneous open), but not "
		              "acknowledged ours");
	else if (evidence->back)
		say(sentence, "; %s had no answer that fits", say_syns(syns, evidence->syn_sent));
	else if (evidence->n_hurried)
		say(sentence,
		    "; %s had no answer, and one was sent at once, as behind an answer that does "
		    "not fit",
		    say_syns(syns, evidence->syn_sent));
	else
		say(sentence, "; %s had no answer", say_syns(syns, evidence->syn_sent));
}

void say_aborted_by_admin(struct buffer *sentence, const struct evidence *evidence)
{
	say(sentence, "Destroyed from outside by ");
	say_closer(sentence, evidence->record);
	say(sentence, " ");
	say_effort(sentence, evidence);
	say(sentence,
	    ". That is SOCK_DESTROY, as `ss -K` or a BPF program does it, not the network.");
	say_silence(sentence, evidence);
}

void say_killed(struct buffer *sentence, const struct evidence *evidence)
{
	char signal[TEXT_ERROR_SIZE];

	say_closer(sentence, evidence->record);
	say(sentence, " was killed by %s while connecting, ",
	    text_closer_signal(signal, &evidence->record->attempt.closer) ?: "a signal");
	say_effort(sentence, evidence);
	say(sentence, ".");
	say_silence(sentence, evidence);
}

void say_process_exited(struct buffer *sentence, const struct evidence *evidence)
{
	say_closer(sentence, evidence->record);
	say(sentence, " exited (status %d) while connecting, ",
	    EXIT_STATUS(evidence->record->attempt.closer.exit_code));
	say_effort(sentence, evidence);
	say(sentence, ".");
	say_silence(sentence, evidence);
}

void say_send_timeout(struct buffer *sentence, const struct evidence *evidence)
{
	const struct attempt *attempt = &evidence->record->attempt;
	char time[SENTENCE_WORD_SIZE];

	say(sentence, "SO_SNDTIMEO ran out");
	if (attempt->return_ns > attempt->header.id)
		say(sentence, " after %s", say_time(time, attempt->return_ns - attempt->header.id));
	say(sentence, ", so connect() gave EINPROGRESS; the socket was given up ");
	say_effort(sentence, evidence);
	say(sentence, ".");
	say_silence(sentence, evidence);
}

static void say_left_reset(struct buffer *sentence, const struct evidence *evidence,
                           const char *call)
{
	say_closer(sentence, evidence->record);
	say(sentence, " called %s ", call);
	say_effort(sentence, evidence);
	say(sentence, ".%s",
	    evidence->end.error == ECONNRESET
	            ? " The ECONNRESET that SO_ERROR gives is what that "
	              "call leaves behind; no reset came from the network."
	            : "");
	say_silence(sentence, evidence);
}

void say_shut_down(struct buffer *sentence, const struct evidence *evidence)
{
	say_left_reset(sentence, evidence, "shutdown() on the connecting socket");
}

void say_disconnected(struct buffer *sentence, const struct evidence *evidence)
{
	say_left_reset(sentence, evidence, "connect() with AF_UNSPEC");
}

void say_deadline_of_app(struct buffer *sentence, const struct evidence *evidence)
{
	const struct record *record = evidence->record;

	say_closer(sentence, evidence->record);
	say(sentence, " closed the socket ");
	say_effort(sentence, evidence);
	say(sentence, ". That is the application's own time-out, not the kernel's");
	if (evidence_is_habit(evidence))
		say(sentence, ": this program had closed %u others at the same age",
		    record->same_age);
	say(sentence, ".");
	say_silence(sentence, evidence);
}

/* The program that held the socket has made way for another one. */
static void say_closed_by_exec(struct buffer *sentence, const struct evidence *evidence)
{
	const struct closer *closer = &evidence->record->attempt.closer;

	say(sentence, "The exec of %.*s (pid %u) closed the socket, which has O_CLOEXEC, ",
	    COMM_SIZE, closer->comm, closer->pid);
	say_effort(sentence, evidence);
	say(sentence, ".");
	if (evidence->record->has_why)
		say_silence(sentence, evidence);
}

void say_closed_by_app(struct buffer *sentence, const struct evidence *evidence)
{
	const struct attempt *attempt = &evidence->record->attempt;

	if (attempt->closer.execing) {
		say_closed_by_exec(sentence, evidence);
		return;
	}
	say_closer(sentence, evidence->record);
	say(sentence, " closed the socket ");
	say_effort(sentence, evidence);
	if (evidence->put_off) {
		say(sentence, ". The peer was never asked.");
		return;
	}
	say(sentence, ", too early for a %s.",
	    evidence->n_hurried ? "retry that a time-out makes" : "retry");
	if (evidence->record->has_why)
		say_silence(sentence, evidence);
	else if (attempt->flags & ATTEMPT_OTHER_WON)
		say(sentence,
		    " Just before, another attempt of the same process to port %u was "
		    "established: that one won.",
		    attempt->remote.port);
	else
		say(sentence, " Look for another attempt of the same process that won, or for a "
		              "cancelled request.");
}

void say_reset_after_established(struct buffer *sentence, const struct evidence *evidence)
{
	char time[SENTENCE_WORD_SIZE], peer[TEXT_ENDPOINT_SIZE];
	uint64_t after_ns;

	text_peer(peer, &evidence->record->attempt.remote);
	if (facts_early_reset(evidence->record, &after_ns))
		say(sentence,
		    "Established, then %sreset by %s %s after the handshake, before any "
		    "data came",
		    evidence->record->reset.closed ? "closed (FIN) and " : "", peer,
		    say_time(time, after_ns));
	else
		say(sentence, "Established, then reset by %s before connect() returned", peer);
	say(sentence,
	    "%s. Look at what listens there: a proxy without a backend, a server that "
	    "closes at once, or a full accept queue.",
	    evidence->end.error ? ", so connect() itself gave ECONNRESET" : "");
	say_rewritten(sentence, evidence);
}

void say_established(struct buffer *sentence, const struct evidence *evidence)
{
	char time[SENTENCE_WORD_SIZE], syns[SENTENCE_WORD_SIZE];

	uint64_t after_ns;

	say_time(time, evidence->end.duration_ns);
	if (evidence->record->attempt.flags & ATTEMPT_PREEXISTING)
		say(sentence, "Established; the attempt began before the tracer.");
	else if (evidence->record->attempt.flags & ATTEMPT_BEGIN_MISSED)
		say(sentence, "Established; the begin of the attempt was not seen.");
	else if (evidence->record->attempt.flags & ATTEMPT_END_MISSED)
		say(sentence, "Established within %s; when exactly was not seen.", time);
	else
		say(sentence, "Established in %s.", time);
	if (evidence->syn_sent == 0)
		say(sentence, " No SYN was sent: TCP_REPAIR put the connection in place.");
	if (evidence->record->attempt.flags & ATTEMPT_SIMULTANEOUS)
		say(sentence, " Both sides sent a SYN (simultaneous open).");
	if (evidence->stale_peer_state)
		say(sentence, " The peer still remembered an older connection with these ports and "
		              "answered the first SYN with a bare ACK; a RST cleared it.");
	else if (evidence->back)
		say_back(sentence, evidence->back);
	else if (evidence->n_retries && evidence->syn_sent > 1)
		say(sentence,
		    " It took %s: a SYN or its answer was lost, or the listener was too "
		    "busy.",
		    say_syns(syns, evidence->syn_sent));
	if (facts_reset(evidence->record, &after_ns))
		say(sentence,
		    " The peer reset it %s after the handshake, behind %llu bytes that "
		    "it had sent.",
		    say_time(time, after_ns), (unsigned long long)evidence->record->reset.received);
	if (evidence->n_out_drops || evidence->n_in_drops || evidence->full_listener) {
		struct evidence drops = *evidence;

		drops.back = NULL;
		say_hints(sentence, &drops);
	}
	say_rewritten(sentence, evidence);
}

void say_unknown(struct buffer *sentence, const struct evidence *evidence)
{
	const struct attempt *attempt = &evidence->record->attempt;
	char time[SENTENCE_WORD_SIZE], number[TEXT_ERROR_SIZE];
	const char *error = text_errno(number, evidence->end.error);

	say_time(time, evidence->end.duration_ns);
	if (evidence->end.error && evidence->record->hooks_skipped) {
		say(sentence,
		    "Ended with %s after %s. The kernel skipped some of connwhy's hooks meanwhile "
		    "(program_runs_missed in the losses), and what they would have seen is what "
		    "explains it.",
		    error, time);
	} else if (evidence->end.kind == ENDING_CALL) {
		say(sentence,
		    "connect() failed with %s after %s, before anything was asked of the network. "
		    "`connwhy explain %s` says what that can mean; seccomp and BPF programs can "
		    "give any errno.",
		    error, time, error);
	} else if (evidence->end.error) {
		say(sentence, "Ended with %s after %s; nothing that was seen explains it.", error,
		    time);
	} else if (evidence->end.kind == ENDING_LEFT) {
		say(sentence,
		    "The socket was closed after %s; by whom was not seen: the application, or "
		    "the end of its process.",
		    time);
	} else if (attempt->flags & ATTEMPT_FINAL && ending_unseen_call(attempt)) {
		say(sentence,
		    "The call that began it ended it after %s, before a SYN left; with which error "
		    "was not seen. That no local port or address could be had is one: `ss -tan` "
		    "and `ip -br addr`.",
		    time);
	} else if (attempt->flags & ATTEMPT_FINAL) {
		say(sentence, "The socket was closed after %s; with which error was not seen.",
		    time);
	} else {
		switch (attempt->ended_by) {
		case ENDED_BY_NOTHING:
			say(sentence, "Still trying after %s, when the tracer stopped.", time);
			say_silence(sentence, evidence);
			return;
		case ENDED_BY_REPLACED:
			say(sentence, "The socket began another attempt; the end of this one was "
			              "not seen.");
			break;
		default: say(sentence, "The end of this attempt was not seen."); break;
		}
	}
	say_hints(sentence, evidence);
}
