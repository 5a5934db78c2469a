// SPDX-License-Identifier: GPL-2.0-only
/* Commands that a reader can run as they stand, with what the attempt knows put in. */
#include <string.h>

#include "facts.h"
#include "sentence.h"
#include "text.h"

static bool is_known(const struct endpoint *endpoint)
{
	static const uint8_t unspecified[16];

	return endpoint->family && memcmp(endpoint->address, unspecified, sizeof(unspecified));
}

void say_route_get(struct buffer *sentence, const struct evidence *evidence)
{
	const struct attempt *attempt = &evidence->record->attempt;
	const struct endpoint *local = &attempt->local, *peer = facts_wire_peer(evidence->record);
	char address[TEXT_ADDRESS_SIZE];

	if (!peer->family) {
		say(sentence, "`ip route`");
		return;
	}
	say(sentence, "`ip route get %s", text_address(address, peer));
	if (is_known(local) && local->family == peer->family)
		say(sentence, " from %s", text_address(address, local));
	if (evidence->record->place.bound_interface)
		say(sentence, " oif %s", evidence->record->place.bound_interface);
	if (attempt->mark)
		say(sentence, " mark 0x%x", attempt->mark);
	if (attempt->sock_uid)
		say(sentence, " uid %u", attempt->sock_uid);
	say(sentence, "`");
	if (attempt->flags & ATTEMPT_DONTROUTE)
		say(sentence,
		    " (the socket has SO_DONTROUTE: it passes over every gateway and reaches the "
		    "networks of this host's own interfaces only)");
}

void say_listeners(struct buffer *sentence, const struct evidence *evidence)
{
	uint16_t port = facts_wire_peer(evidence->record)->port;

	/* ss takes port 0 for any. */
	if (port)
		say(sentence, "`ss -ltnp sport = :%u`", port);
	else
		say(sentence, "`ss -ltnp`");
}

void say_sockets(struct buffer *sentence, const struct evidence *evidence)
{
	const struct endpoint *peer = &evidence->record->attempt.remote;
	char address[TEXT_ADDRESS_SIZE];

	if (!peer->family)
		say(sentence, "`ss -tan`");
	else if (peer->family == FAMILY_IPV6)
		say(sentence, "`ss -tan dst '[%s]'`", text_address(address, peer));
	else
		say(sentence, "`ss -tan dst %s`", text_address(address, peer));
}

void say_capture(struct buffer *sentence, const struct evidence *evidence)
{
	const struct endpoint *peer = facts_wire_peer(evidence->record);
	char address[TEXT_ADDRESS_SIZE];

	if (!peer->family)
		say(sentence, "`tcpdump -ni any tcp`");
	else if (!peer->port)
		say(sentence, "`tcpdump -ni any host %s`", text_address(address, peer));
	else
		say(sentence, "`tcpdump -ni any host %s and port %u`", text_address(address, peer),
		    peer->port);
}
