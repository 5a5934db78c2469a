// SPDX-License-Identifier: GPL-2.0-only
/* What keeps a SYN on this host: the next hop, the device, the source address. */
#include <errno.h>

#include "facts.h"
#include "sentence.h"
#include "text.h"
#include "units.h"

static const char *what_asks(const struct endpoint *endpoint)
{
	return endpoint->family == FAMILY_IPV6 ? "neighbour discovery" : "ARP";
}

static const char *device(const struct record *record)
{
	return record->place.bound_interface
	               ?: record->place.route_interface ?: "the device of the route";
}

static void say_device(struct buffer *sentence, const struct record *record)
{
	uint32_t link = record->route.link;

	if (link & LINK_KNOWN && !(link & LINK_UP))
		say(sentence, " %s is down.", device(record));
	else if (link & LINK_KNOWN && !(link & LINK_RUNNING))
		say(sentence, " %s is up, but without carrier.", device(record));
	if (link & LINK_DUPLICATE)
		say(sentence,
		    " Another host has an address of %s: duplicate address detection failed.",
		    device(record));
	if (link & LINK_TENTATIVE)
		say(sentence,
		    " An address of %s is still being tested for duplicates (tentative), and is "
		    "not used before.",
		    device(record));
}

void say_local_state(struct buffer *sentence, const struct evidence *evidence)
{
	const struct record *record = evidence->record;
	char address[TEXT_ADDRESS_SIZE];

	if (evidence->loopback_source)
		say(sentence,
		    " Its source address is %s, which no other host can answer: the socket is "
		    "bound to the wrong address.",
		    text_address(address, &record->attempt.local));
	if (record->attempt.flags & ATTEMPT_SIGNED)
		say(sentence,
		    " The socket signs its segments (TCP-MD5 or TCP-AO): a peer without the "
		    "same key drops them without a word.");
	if (!record->has_route)
		return;
	say_device(sentence, record);
	if (evidence->link_assumed)
		say(sentence,
		    " The socket is bound to %s (SO_BINDTODEVICE), which has no route to the peer.",
		    device(record));
	if (evidence->fixed_next_hop)
		say(sentence,
		    " The link address of the next hop %s was set by hand%s: `ip neigh show`.",
		    text_address(address, &record->route.next_hop),
		    evidence->passed_over ? ", and who received the SYN found it to be another's"
		                          : "");
	if (evidence->silent_next_hop && !evidence->neighbour_drop)
		say(sentence, " The next hop %s has not answered %s.",
		    text_address(address, &record->route.next_hop),
		    what_asks(&record->route.next_hop));
}

void say_held_locally(struct buffer *sentence, const struct evidence *evidence)
{
	char peer[TEXT_ENDPOINT_SIZE], time[SENTENCE_WORD_SIZE];

	say(sentence,
	    "The SYN to %s still waited on this host when the attempt timed out after %s: "
	    "%u retr%s found it there (EBUSY).",
	    text_endpoint(peer, &evidence->record->attempt.remote),
	    say_time(time, evidence->end.duration_ns), evidence->n_failed_retries,
	    evidence->n_failed_retries == 1 ? "y" : "ies");
	say_local_state(sentence, evidence);
	say_look_at_queues(sentence);
	say_rewritten(sentence, evidence);
}

void say_look_at_queues(struct buffer *sentence)
{
	say(sentence, " Look at `ip -br link`, `tc -s qdisc` and `ip neigh show`.");
}

void say_neighbour_unresolved(struct buffer *sentence, const struct evidence *evidence)
{
	const struct attempt *attempt = &evidence->record->attempt;
	const char *what = what_asks(&attempt->remote);
	char peer[TEXT_ADDRESS_SIZE], time[SENTENCE_WORD_SIZE];

	text_address(peer, facts_wire_peer(evidence->record));
	say_time(time, evidence->end.duration_ns);
	if (evidence->neighbour_drop || evidence->waits_for_next_hop)
		say(sentence, "The next hop towards %s did not answer %s", peer, what);
	else
		say(sentence,
		    "This host told itself that the next hop towards %s cannot be reached, as it "
		    "does when %s gets no answer",
		    peer, what);
	if (evidence->record->place.route_interface)
		say(sentence, " on %s", evidence->record->place.route_interface);
	if (evidence->end.error == ETIMEDOUT)
		say(sentence, "; that was not reported, so the attempt timed out after %s.", time);
	else
		say(sentence, ": given up after %s.", time);
	say_device(sentence, evidence->record);
	say_unresolved_peer(sentence, evidence);
	say(sentence, " Look at `ip neigh show` for the state of the next hop and ");
	say_route_get(sentence, evidence);
	say(sentence, "; a tunnel without a peer for that address looks the same.");
}
