// SPDX-License-Identifier: GPL-2.0-only
#include "ask.h"

#include <errno.h>
#include <stddef.h>

int ask_kept(const struct kept_bucket *bucket, const struct attempt *attempt,
             struct step_event *answer)
{
	uint64_t host = kept_host_key(&attempt->remote, attempt->netns);
	struct step_kept *kept = &answer->kept;

	ask_start(answer, attempt, EVENT_KEPT);
	kept->forgotten_ns = bucket->forgotten_ns;
	for (size_t i = 0; i < KEPT_SLOTS; i++) {
		const struct kept_slot *slot = &bucket->slots[i];

		/* Also where two CPUs wrote it at once. */
		if (slot->key != kept_key(host, slot->port))
			continue;
		if (slot->port == attempt->remote.port) {
			kept->last_ns = slot->last_ns;
			kept->successes = slot->successes;
		} else if (slot->last_ns > kept->other_ns) {
			kept->other_ns = slot->last_ns;
			kept->other_port = slot->port;
		}
	}
	return kept->last_ns || kept->other_ns || kept->forgotten_ns ? 0 : -ENOENT;
}
