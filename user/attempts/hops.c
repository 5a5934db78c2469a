// SPDX-License-Identifier: GPL-2.0-only
#include "hops.h"

#include "endpoint.h"

static bool is_of(const struct hop *hop, uint32_t netns, const struct peer_hop *wanted)
{
	return hop->netns == netns && hop->ifindex == wanted->ifindex &&
	       endpoint_same_address(&hop->gateway, &wanted->gateway);
}

void hops_view(const struct hops *hops, uint32_t netns, uint64_t key, uint64_t now_ns,
               struct peer_hop *hop)
{
	hop->silent = 0;
	hop->since_ns = UINT64_MAX;
	for (size_t i = 0; i < HOPS; i++) {
		const struct hop *known = &hops->hops[i];

		if (!is_of(known, netns, hop))
			continue;
		for (size_t host = 0; host < HOP_HOSTS; host++) {
			if (!known->hosts[host].key || known->hosts[host].key == key ||
			    known->hosts[host].last_ns + HOP_AGE_NS < now_ns)
				continue;
			hop->silent++;
			if (known->hosts[host].since_ns < hop->since_ns)
				hop->since_ns = known->hosts[host].since_ns;
		}
	}
}

/* The gateway that was unused for longest makes room. */
static struct hop *touch(struct hops *hops, uint32_t netns, const struct peer_hop *wanted)
{
	struct hop *hop = hops->hops;

	for (size_t i = 0; i < HOPS; i++) {
		if (is_of(&hops->hops[i], netns, wanted))
			return &hops->hops[i];
		if (hops->hops[i].touched_ns < hop->touched_ns)
			hop = &hops->hops[i];
	}
	*hop = (struct hop){.gateway = wanted->gateway, .netns = netns, .ifindex = wanted->ifindex};
	return hop;
}

static void add_host(struct hop *hop, uint64_t key, uint64_t now_ns, const struct silence *silence)
{
	size_t at = 0;

	for (size_t i = 0; i < HOP_HOSTS; i++) {
		if (hop->hosts[i].key == key) {
			at = i;
			break;
		}
		if (hop->hosts[i].last_ns < hop->hosts[at].last_ns)
			at = i;
	}
	hop->hosts[at].key = key;
	hop->hosts[at].since_ns = silence->since_ns;
	hop->hosts[at].last_ns = now_ns;
}

unsigned int hops_learn(struct hops *hops, uint32_t netns, uint64_t key, uint64_t now_ns,
                        const struct peer_hop *wanted, const struct silence *silence)
{
	struct hop *hop = touch(hops, netns, wanted);
	unsigned int number = hop - hops->hops + 1;

	hop->touched_ns = now_ns;
	if (silence)
		add_host(hop, key, now_ns, silence);
	else
		hops_answered(hops, number);
	return number;
}

void hops_answered(struct hops *hops, unsigned int number)
{
	memset(hops->hops[number - 1].hosts, 0, sizeof(hops->hops[0].hosts));
}
