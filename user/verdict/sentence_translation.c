// SPDX-License-Identifier: GPL-2.0-only
/* What is between the socket and the wire on this host: its own NAT. */
#include "sentence.h"
#include "text.h"

void say_translation(struct buffer *sentence, const struct evidence *evidence)
{
	const struct attempt *attempt = &evidence->record->attempt;
	const struct step_translation *translation = &evidence->record->translation;
	const struct endpoint *peer = &translation->via.peer, *local = &translation->via.local;
	const char *by = translation->by == TRANSLATED_BY_IPVS ? "IPVS" : "NAT";
	char from[TEXT_ENDPOINT_SIZE], to[TEXT_ENDPOINT_SIZE];

	if (translation->serverless) {
		say(sentence,
		    " %s is a virtual service of this host's own IPVS, and no server takes its "
		    "connections: `ipvsadm -ln`.",
		    text_endpoint(from, &attempt->remote));
		return;
	}
	if (peer->family)
		say(sentence, " This host's own %s translates %s to %s", by,
		    text_peer(from, &attempt->remote), text_peer(to, peer));
	else if (local->family)
		say(sentence, " This host's own %s sends it", by);
	else
		return;
	if (local->family)
		say(sentence, "%s from %s", peer->family ? "," : "", text_endpoint(to, local));
	say(sentence, ".");
}
