/* SPDX-License-Identifier: GPL-2.0-only */
/* What was seen of an attempt that got no answer, and where the answer may have stayed. */
#include "array.h"
#include "facts.h"
#include "schedule.h"
#include "sentence.h"
#include "text.h"

void say_back(struct buffer *sentence, const struct step *back)
{
	char from[TEXT_ADDRESS_SIZE];

	switch (back->kind) {
	case STEP_RST_IGNORED:
		say(sentence,
		    " A RST came from %s that does not answer our SYN, so it was ignored.",
		    text_address(from, &back->segment.from));
		break;
	case STEP_RST_SENT:
	case STEP_STALE_PEER_STATE:
		say(sentence,
		    " %s answered with a segment that does not fit our SYN, as one that "
		    "remembers an older connection does; this host sent a RST.",
		    text_address(from, &back->segment.from));
		break;
	case STEP_SYN_SENT:
	case STEP_SYN_RETRY:
	case STEP_SYN_RETRY_FAILED:
	case STEP_RST_RECEIVED:
	case STEP_ICMP_RECEIVED:
	case STEP_DROPPED:
	case STEP_INTERRUPTED:
	case STEP_LISTENER_FULL:
	case STEP_MAX: break;
	}
}

void say_hints(struct buffer *sentence, const struct evidence *evidence)
{
	char replies[SENTENCE_WORD_SIZE];

	if (evidence->full_listener)
		say(sentence,
		    " The listener is on this host and its accept queue is full (%u, limit "
		    "%u).",
		    evidence->full_listener->queued, evidence->full_listener->limit);
	if (evidence->n_out_drops)
		say(sentence, " This host dropped %u of its own packets on the way out%s%s.",
		    evidence->n_out_drops, evidence->out_drop->drop_reason ? ": " : "",
		    evidence->out_drop->drop_reason ?: "");
	if (evidence->n_in_drops)
		say(sentence, " This host dropped %s on the way in%s%s.",
		    say_replies(replies, evidence), evidence->in_drop->drop_reason ? ": " : "",
		    evidence->in_drop->drop_reason ?: "");
	say_node_drops(sentence, evidence);
	if (evidence->held)
		say(sentence, " The SYN still waited on this host.");
	if (evidence->silent)
		say_local_state(sentence, evidence);
	if (evidence->icmp && evidence->silent) {
		say(sentence, " ");
		say_which_icmp(sentence, &evidence->icmp->icmp);
		say(sentence, " had come.");
	}
	if (evidence->back)
		say_back(sentence, evidence->back);
}

static void say_outlook(struct buffer *sentence, const struct evidence *evidence)
{
	char next[SENTENCE_WORD_SIZE], end[SENTENCE_WORD_SIZE];
	const uint64_t waited_ns = facts_waited(evidence->record, evidence->end.duration_ns);
	const uint64_t before_ns = evidence->end.duration_ns - waited_ns;
	struct outlook outlook;

	if ((evidence->record->attempt.flags & ATTEMPT_PREEXISTING) || evidence->put_off ||
	    !schedule_outlook(evidence->record, waited_ns, &outlook) || outlook.end_ns <= waited_ns)
		return;
	say_time(end, before_ns + outlook.end_ns);
	if (outlook.next_ns)
		say(sentence,
		    " The kernel would have sent the next SYN at about %s and given up at "
		    "about %s.",
		    say_time(next, before_ns + outlook.next_ns), end);
	else
		say(sentence, " The kernel would have given up at about %s.", end);
}

static void look_at_listener(struct buffer *sentence, const struct evidence *evidence)
{
	say(sentence, " Look at ");
	say_listeners(sentence, evidence);
	say(sentence, " and why the server does not accept().");
}

static void look_at_rejects(struct buffer *sentence, const struct evidence *evidence)
{
	(void)evidence;
	say(sentence, " Look for `reject` in `nft list ruleset` and `iptables-save`.");
}

static void look_at_neighbour(struct buffer *sentence, const struct evidence *evidence)
{
	say(sentence, " Look at `ip neigh show` for the state of the next hop and ");
	say_route_get(sentence, evidence);
	say(sentence, ".");
}

static void look_at_route(struct buffer *sentence, const struct evidence *evidence)
{
	say(sentence, " Look at `ip rule` and ");
	say_route_get(sentence, evidence);
	say(sentence, ".");
}

static void look_at_sender(struct buffer *sentence, const struct evidence *evidence)
{
	(void)evidence;
	say(sentence, " Look at the routes and the firewall of that sender.");
}

static void look_at_drop(struct buffer *sentence, const struct evidence *evidence)
{
	say_drop_check(sentence, evidence, evidence->out_drop ?: evidence->in_drop);
}

static void look_at_queues(struct buffer *sentence, const struct evidence *evidence)
{
	(void)evidence;
	say_look_at_queues(sentence);
}

static void look_at_network(struct buffer *sentence, const struct evidence *evidence)
{
	if (!evidence->syn_sent)
		return;
	say_silent_peer(sentence, evidence);
	say(sentence, " Why no answer came: ");
	say_capture(sentence, evidence);
	say(sentence, ".");
}

static const struct {
	enum cause why;
	sentence_fn *look;
} looks[] = {
        {CAUSE_LISTENER_OVERFLOW, look_at_listener},     {CAUSE_REJECTED_LOCALLY, look_at_rejects},
        {CAUSE_NEIGHBOUR_UNRESOLVED, look_at_neighbour}, {CAUSE_ROUTE_PROHIBITED, look_at_route},
        {CAUSE_ROUTE_BLACKHOLE, look_at_route},          {CAUSE_NO_ROUTE, look_at_route},
        {CAUSE_PROHIBITED_ICMP, look_at_sender},         {CAUSE_UNREACHABLE_ICMP, look_at_sender},
        {CAUSE_DROPPED_LOCALLY_OUT, look_at_drop},       {CAUSE_DROPPED_LOCALLY_IN, look_at_drop},
        {CAUSE_DROPPED_BY_NODE, say_node_check},         {CAUSE_HELD_LOCALLY, look_at_queues},
};

void say_silence(struct buffer *sentence, const struct evidence *evidence)
{
	const struct record *record = evidence->record;
	sentence_fn *look = look_at_network;

	say_hints(sentence, evidence);
	say_outlook(sentence, evidence);
	for (size_t i = 0; record->has_why && i < ARRAY_SIZE(looks); i++)
		if (looks[i].why == record->why_no_answer)
			look = looks[i].look;
	look(sentence, evidence);
}
