// SPDX-License-Identifier: GPL-2.0-only
#include "drops.h"

#include <stddef.h>
#include <stdlib.h>

#include "endpoint.h"
#include "record.h"
#include "units.h"

#define BUCKETS 512
#define KEPT 40 /* of the connections that share a bucket */
/* As bpf/place.bpf.h has it: a firewall that rejects answers first and drops then. */
#define REJECT_NS NS_PER_MS

struct drops {
	struct {
		struct step_event kept[KEPT];
		uint64_t n;
		uint64_t newest_ns, forgotten_ns; /* the latest of those kept, and of the others */
	} buckets[BUCKETS];
	uint64_t newest_ns; /* of all buckets */
};

struct drops *drops_new(void)
{
	return calloc(1, sizeof(struct drops));
}

/* Both directions of a connection share a bucket. */
static unsigned int bucket_of(const struct endpoint *one, const struct endpoint *other)
{
	return (endpoint_hash(one) + endpoint_hash(other)) % BUCKETS;
}

bool drops_takes(const struct event_header *event)
{
	return event->type == EVENT_DROP || event->type == EVENT_NO_LISTENER ||
	       event->type == EVENT_NAT_RESET;
}

void drops_keep(struct drops *drops, const struct step_event *drop)
{
	unsigned int bucket = bucket_of(&drop->drop.from, &drop->drop.to);
	uint64_t at_ns = drop->header.at_ns;
	struct step_event *slot = &drops->buckets[bucket].kept[drops->buckets[bucket].n++ % KEPT];

	if (slot->header.at_ns > drops->buckets[bucket].forgotten_ns)
		drops->buckets[bucket].forgotten_ns = slot->header.at_ns;
	if (at_ns > drops->buckets[bucket].newest_ns)
		drops->buckets[bucket].newest_ns = at_ns;
	if (at_ns > drops->newest_ns)
		drops->newest_ns = at_ns;
	*slot = *drop;
}

/* In another namespace the same addresses can be another connection's: the number tells. */
static bool is_number_of(const struct step_drop *drop, const struct attempt *a)
{
	if (!drop->isn || !a->isn)
		return drop->netns == a->netns;
	/* What Fast Open sent with its SYN may be acknowledged, too. */
	return drop->isn - a->isn <= (drop->flags & TCP_FLAG_BYTE_ACK ? UINT16_MAX : 0);
}

static bool is_of(const struct step_event *drop, const struct attempt *a)
{
	uint64_t end_ns = a->final_ns ? a->final_ns : a->header.at_ns;
	uint64_t at_ns = drop->header.at_ns;

	if (at_ns < a->header.id || !is_number_of(&drop->drop, a))
		return false;
	if (endpoint_same(&drop->drop.from, &a->remote) && endpoint_same(&drop->drop.to, &a->local))
		return at_ns <= end_ns;
	return endpoint_same(&drop->drop.from, &a->local) &&
	       endpoint_same(&drop->drop.to, &a->remote) && at_ns <= end_ns + REJECT_NS;
}

bool drops_of(const struct drops *drops, const struct attempt *attempt,
              void (*take)(void *context, const struct step_event *drop), void *context)
{
	unsigned int bucket;
	uint64_t n;

	if (drops->newest_ns < attempt->header.id)
		return true;
	bucket = bucket_of(&attempt->remote, &attempt->local);
	n = drops->buckets[bucket].n;
	if (drops->buckets[bucket].newest_ns < attempt->header.id)
		return true;
	for (uint64_t i = n < KEPT ? 0 : n - KEPT; i < n; i++) {
		const struct step_event *drop = &drops->buckets[bucket].kept[i % KEPT];

		if (is_of(drop, attempt))
			take(context, drop);
	}
	return drops->buckets[bucket].forgotten_ns < attempt->header.id;
}

void drops_free(struct drops *drops)
{
	free(drops);
}
