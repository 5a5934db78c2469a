// SPDX-License-Identifier: GPL-2.0-only
#include "decode.h"

#include <stdbool.h>

static bool is_family(const struct endpoint *e)
{
	return e->family == 0 || e->family == FAMILY_IPV4 || e->family == FAMILY_IPV6;
}

static bool is_translation(const struct translation *via)
{
	return is_family(&via->peer) && is_family(&via->local);
}

static bool is_attempt(const struct attempt *a)
{
	return a->api < API_MAX && a->ended_by < ENDED_BY_MAX && is_family(&a->local) &&
	       is_family(&a->remote) && is_family(&a->asked) && is_family(&a->rst.from) &&
	       !a->comm[COMM_SIZE - 1] && !a->closer.comm[COMM_SIZE - 1];
}

static bool is_step(const struct step_event *e)
{
	switch ((enum event_type)e->header.type) {
	case EVENT_ICMP:
		return (e->icmp.version == 4 || e->icmp.version == 6) && is_family(&e->icmp.from);
	case EVENT_DROP:
	case EVENT_NO_LISTENER:
	case EVENT_NAT_RESET:
		return e->drop.direction <= DROP_IN && is_family(&e->drop.from) &&
		       is_family(&e->drop.to) && is_translation(&e->drop.via);
	case EVENT_TRANSLATION:
		return e->translation.by < TRANSLATED_BY_MAX && is_translation(&e->translation.via);
	case EVENT_NEXT_HOP: return is_family(&e->next_hop.gateway);
	case EVENT_RST_SENT:
	case EVENT_RST_IGNORED: return is_family(&e->segment.from);
	case EVENT_ROUTE: return is_family(&e->route.next_hop);
	case EVENT_RETRY:
	case EVENT_RST_ESTABLISHED:
	case EVENT_INTERRUPTED:
	case EVENT_LISTENER:
	case EVENT_PORTS:
	case EVENT_SCHEDULE:
	case EVENT_KEPT:
	case EVENT_PEER:
	case EVENT_LOST:
	case EVENT_SKIPPED:
	case EVENT_OMITTED: return true;
	case EVENT_END:
	case EVENT_MAX: return false;
	}
	return false;
}

const struct event_header *decode(const void *data, size_t size)
{
	const struct event_header *header = data;

	if (size < sizeof(*header) || header->size > size)
		return NULL;
	if (header->type == EVENT_END)
		return header->size == sizeof(struct attempt) && is_attempt(data) ? header : NULL;
	return header->size == sizeof(struct step_event) && is_step(data) ? header : NULL;
}
