// SPDX-License-Identifier: GPL-2.0-only
/* Packets that another network namespace of the same kernel dropped: the node of a container. */
#include "sentence.h"
#include "text.h"

/* "the SYN" or "the reply" */
static const char *which(const struct step *drop)
{
	return drop->drop.flags & (TCP_FLAG_BYTE_ACK | TCP_FLAG_BYTE_RST) ? "the reply" : "the SYN";
}

void say_node_drops(struct buffer *sentence, const struct evidence *evidence)
{
	const struct step *drop = evidence->node_drop;

	if (!drop)
		return;
	say(sentence,
	    " Network namespace %u of this machine, which is not the socket's own, dropped %s",
	    drop->drop.netns, which(drop));
	if (evidence->n_node_drops > 1)
		say(sentence, " (%u packets in all)", evidence->n_node_drops);
	say_drop(sentence, drop);
	say(sentence, ".");
}

void say_node_check(struct buffer *sentence, const struct evidence *evidence)
{
	say(sentence, " `lsns -t net` tells whose namespace %u is.",
	    evidence->node_drop->drop.netns);
	say_drop_check(sentence, evidence, evidence->node_drop);
	say(sentence, " These are asked there: a network policy, as a rule.");
}

void say_dropped_by_node(struct buffer *sentence, const struct evidence *evidence)
{
	char time[SENTENCE_WORD_SIZE], syns[SENTENCE_WORD_SIZE], peer[TEXT_ENDPOINT_SIZE];

	say(sentence, "%s to %s got no answer in %s.", say_syns(syns, evidence->syn_sent),
	    text_peer(peer, &evidence->record->attempt.remote),
	    say_time(time, evidence->end.duration_ns));
	say_node_drops(sentence, evidence);
	say_left_over(sentence, evidence);
	say_node_check(sentence, evidence);
	say_rewritten(sentence, evidence);
}
