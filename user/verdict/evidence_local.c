// SPDX-License-Identifier: GPL-2.0-only
/* Whether nobody had answered, whether the SYN still waits on this host, and what keeps it there.
 */
#include <errno.h>

#include "endpoint.h"
#include "evidence.h"

/* linux/neighbour.h: NUD_* */
#define NEIGHBOUR_INCOMPLETE 0x01
#define NEIGHBOUR_FAILED 0x20
#define NEIGHBOUR_PERMANENT 0x80

static bool is_silent(const struct evidence *evidence)
{
	const struct attempt *attempt = &evidence->record->attempt;

	switch (evidence->end.kind) {
	case ENDING_ABORTED: return true;
	case ENDING_LEFT: return !evidence->put_off;
	case ENDING_UNKNOWN:
		return attempt->ended_by == ENDED_BY_NOTHING && !(attempt->flags & ATTEMPT_FINAL);
	case ENDING_ESTABLISHED:
	case ENDING_CALL:
	case ENDING_ERROR: break;
	}
	return false;
}

/* skb_still_in_host_queue(): a retry finds the SYN before it where it was put. */
static bool was_found_queued(const struct evidence *evidence)
{
	const struct step *failed = evidence->failed_retry, *retry = evidence->retry;

	return failed && failed->retry.error == -EBUSY && !(retry && retry->at_ns > failed->at_ns);
}

/* Nobody can answer through a device without one. */
static bool has_link(uint32_t link)
{
	const uint32_t working = LINK_UP | LINK_RUNNING;

	return !(link & LINK_KNOWN) || (link & working) == working;
}

/* What the answers to the questions behind a silent end tell of this host. */
void evidence_read_local(struct evidence *evidence)
{
	const struct record *record = evidence->record;
	const struct attempt *attempt = &record->attempt;
	bool has_retries = evidence->n_retries || evidence->n_failed_retries;

	evidence->silent = is_silent(evidence);
	if (record->has_route && record->route.next_hop.family) {
		evidence->silent_next_hop =
		        record->route.neighbour & (NEIGHBOUR_INCOMPLETE | NEIGHBOUR_FAILED);
		evidence->fixed_next_hop = record->route.neighbour & NEIGHBOUR_PERMANENT;
		evidence->link_assumed = attempt->bound_ifindex && evidence->route != ROUTE_UNICAST;
		evidence->loopback_source = attempt->local.family == attempt->remote.family &&
		                            endpoint_is_loopback(&attempt->local);
	}
	evidence->held = was_found_queued(evidence) ||
	                 (evidence->silent && !has_retries && evidence->silent_next_hop);
	evidence->waits_for_next_hop = evidence->held && evidence->silent_next_hop &&
	                               !evidence->loopback_source && has_link(record->route.link);
}
