// SPDX-License-Identifier: GPL-2.0-only
#include "peers.h"

#include <stdlib.h>

#include "endpoint.h"
#include "hops.h"

#define WAYS 8
#define METRICS_NEWER_NS (10 * NS_PER_S)
#define BUCKETS (PEERS_HOSTS / WAYS)

/* @touched_ns: the last attempt to it; @answered_ns: its last sign of life */
struct port {
	uint64_t touched_ns, answered_ns, failing_since_ns, last_success_ns;
	uint32_t failures, successes, kept_seen;
	uint16_t port;
};

/*
 * In another namespace the same address can be another host.
 *
 * @told: by the kernel, when asked; @hop: the number of its gateway in `hops`, 0 unknown
 */
struct host {
	uint64_t touched_ns;
	struct endpoint address;
	uint32_t netns;
	struct answer told;
	struct silence silence;
	unsigned int hop;
	struct port ports[PEERS_PORTS];
};

struct peers {
	uint64_t lost_ns;
	struct host hosts[BUCKETS][WAYS];
	struct hops hops;
};

struct peers *peers_new(void)
{
	return calloc(1, sizeof(struct peers));
}

void peers_free(struct peers *peers)
{
	free(peers);
}

static bool is_forgotten(uint64_t touched_ns, uint64_t now_ns)
{
	return !touched_ns || touched_ns + PEERS_AGE_NS < now_ns;
}

static struct host *bucket_of(struct peers *peers, const struct attempt *a)
{
	uint64_t hash = (endpoint_hash_address(&a->remote) ^ a->netns) * 0x9E3779B97F4A7C15ULL;

	static_assert(BUCKETS == 1 << 9, "the shift");
	return peers->hosts[hash >> 55];
}

static struct host *find_host(struct peers *peers, const struct attempt *a)
{
	struct host *bucket = bucket_of(peers, a);

	for (size_t i = 0; i < WAYS; i++)
		if (bucket[i].netns == a->netns &&
		    endpoint_same_address(&bucket[i].address, &a->remote) &&
		    !is_forgotten(bucket[i].touched_ns, a->header.at_ns))
			return &bucket[i];
	return NULL;
}

static struct port *find_port(struct host *host, const struct attempt *a)
{
	for (size_t i = 0; i < PEERS_PORTS; i++)
		if (host->ports[i].port == a->remote.port &&
		    !is_forgotten(host->ports[i].touched_ns, a->header.at_ns))
			return &host->ports[i];
	return NULL;
}

/* What was unused for longest makes room. */
static struct host *touch_host(struct peers *peers, const struct attempt *a)
{
	struct host *bucket = bucket_of(peers, a), *host = find_host(peers, a);

	if (!host) {
		host = bucket;
		for (size_t i = 1; i < WAYS; i++)
			if (bucket[i].touched_ns < host->touched_ns)
				host = &bucket[i];
		*host = (struct host){.address = a->remote, .netns = a->netns};
	}
	host->touched_ns = a->header.at_ns;
	return host;
}

static struct port *touch_port(struct host *host, const struct attempt *a)
{
	struct port *port = find_port(host, a);

	if (!port) {
		port = host->ports;
		for (size_t i = 1; i < PEERS_PORTS; i++)
			if (host->ports[i].touched_ns < port->touched_ns)
				port = &host->ports[i];
		*port = (struct port){.port = a->remote.port};
	}
	port->touched_ns = a->header.at_ns;
	return port;
}

void peers_success(struct peers *peers, const struct attempt *a)
{
	struct host *host;
	struct port *port;

	/* TCP_REPAIR puts a connection in place that no peer was asked for. */
	if (!a->remote.family || a->flags & ATTEMPT_SYN_UNSENT)
		return;
	/* Recalled for its reset: the kernel side keeps it. */
	if (a->flags & ATTEMPT_KEPT_BACK)
		return;
	host = touch_host(peers, a);
	if (host->hop)
		hops_answered(&peers->hops, host->hop);
	port = touch_port(host, a);
	port->successes = port->failures ? 1 : port->successes + 1;
	port->failures = 0;
	port->failing_since_ns = 0;
	port->last_success_ns = a->final_ns;
	if (a->final_ns > port->answered_ns)
		port->answered_ns = a->final_ns;
}

static void keep_newer(struct answer *newest, const struct answer *answer)
{
	if (answer->at_ns > newest->at_ns)
		*newest = *answer;
}

static void view_host(const struct host *host, uint16_t own_port, struct peer *peer)
{
	peer->silence = host->silence;
	peer->alive = peer->other = host->told;
	for (size_t i = 0; i < PEERS_PORTS; i++) {
		const struct port *port = &host->ports[i];
		struct answer answer = {port->answered_ns, ANSWER_ATTEMPT, port->port};

		keep_newer(&peer->alive, &answer);
		if (port->port != own_port)
			keep_newer(&peer->other, &answer);
	}
}

static void view_port(const struct port *port, struct peer *peer)
{
	peer->failing_since_ns = port->failing_since_ns;
	peer->last_success_ns = port->last_success_ns;
	peer->failures = port->failures;
	peer->successes = port->successes;
	peer->kept_seen = port->kept_seen;
}

/* There may have been a success, up to then. */
static void forget_port(struct peer *peer, uint64_t until_ns)
{
	if (peer->failing_since_ns <= until_ns)
		peer->failing_since_ns = peer->failures = 0;
	if (peer->last_success_ns <= until_ns)
		peer->last_success_ns = peer->successes = 0;
}

static void forget_silence(struct peer *peer, uint64_t until_ns)
{
	if (peer->silence.since_ns <= until_ns)
		peer->silence = (struct silence){0};
}

static void add_kept_successes(const struct attempt *a, const struct step_kept *kept,
                               struct peer *peer)
{
	uint32_t seen = kept->successes < peer->kept_seen ? 0 : peer->kept_seen;
	uint32_t fresh = kept->successes - seen;

	if (!fresh)
		return;
	if (kept->last_ns <= a->header.at_ns) {
		peer->successes = peer->failures ? fresh : peer->successes + fresh;
		peer->failing_since_ns = peer->failures = 0;
		peer->last_success_ns = kept->last_ns;
		peer->kept_seen = kept->successes;
		return;
	}
	/* The last came behind this failure: the next one is to know of it. */
	if (fresh > 1)
		forget_port(peer, a->header.at_ns);
	peer->kept_seen = kept->successes - 1;
}

void peer_add_kept(struct peer *peer, const struct attempt *a, const struct step_kept *kept)
{
	const struct answer own = {kept->last_ns, ANSWER_ATTEMPT, a->remote.port};
	const struct answer other = {kept->other_ns, ANSWER_ATTEMPT, kept->other_port};

	forget_silence(peer, kept->forgotten_ns);
	if (kept->last_ns)
		add_kept_successes(a, kept, peer);
	else
		forget_port(peer, kept->forgotten_ns);
	keep_newer(&peer->alive, &own);
	keep_newer(&peer->alive, &other);
	keep_newer(&peer->other, &other);
}

void peer_add_told(struct peer *peer, const struct attempt *a, const struct step_peer *told)
{
	const struct answer socket = {told->socket_ns, ANSWER_SOCKET, told->socket_port};
	const struct answer metrics = {told->metrics_ns, ANSWER_METRICS, 0};

	peer->sockets_known = told->sockets_known;
	keep_newer(&peer->alive, &socket);
	if (socket.port != a->remote.port)
		keep_newer(&peer->other, &socket);
	/* The end of a connection tells less than what is known of its beginning. */
	if (!peer->alive.at_ns || metrics.at_ns > peer->alive.at_ns + METRICS_NEWER_NS)
		peer->alive = metrics;
}

static uint64_t host_key(const struct attempt *a)
{
	return kept_host_key(&a->remote, a->netns) | 1;
}

void peers_view_hop(struct peers *peers, const struct attempt *a,
                    const struct step_next_hop *next_hop, struct peer *peer)
{
	peer->hop.gateway = next_hop->gateway;
	peer->hop.ifindex = next_hop->ifindex;
	peer->hop.answering = next_hop->answering;
	hops_view(&peers->hops, a->netns, host_key(a), a->header.at_ns, &peer->hop);
}

/* Whether it was silence that this attempt found; where it was neither, nothing is learnt. */
static void learn_hop(struct peers *peers, struct host *host, const struct attempt *a,
                      const struct peer *peer)
{
	bool answers = peer->hop.answering || peer->answered_ns ||
	               peer->alive.at_ns > a->header.id || peer->alive.at_ns > peer->hop.since_ns;

	if (!peer->hop.gateway.family || (!answers && !peer->silence.attempts))
		return;
	host->hop = hops_learn(&peers->hops, a->netns, host_key(a), a->header.at_ns, &peer->hop,
	                       answers ? NULL : &peer->silence);
}

static uint64_t heard_ns(const struct host *host)
{
	uint64_t newest_ns = host->told.how == ANSWER_SOCKET ? host->told.at_ns : 0;

	for (size_t i = 0; i < PEERS_PORTS; i++)
		if (host->ports[i].answered_ns > newest_ns)
			newest_ns = host->ports[i].answered_ns;
	return newest_ns;
}

size_t peers_answering(const struct peers *peers, uint32_t netns, uint64_t since_ns,
                       struct endpoint *hosts, size_t size)
{
	const struct host *host = peers->hosts[0];
	size_t n = 0;

	for (size_t i = 0; i < PEERS_HOSTS && n < size; i++, host++)
		if (host->touched_ns > since_ns && host->netns == netns &&
		    heard_ns(host) > since_ns)
			hosts[n++] = host->address;
	return n;
}

void peers_lost(struct peers *peers, uint64_t at_ns)
{
	peers->lost_ns = at_ns;
}

void peers_view(struct peers *peers, const struct attempt *a, struct peer *peer)
{
	struct host *host = find_host(peers, a);
	const struct port *port = host ? find_port(host, a) : NULL;

	*peer = (struct peer){0};
	if (host)
		view_host(host, a->remote.port, peer);
	if (port)
		view_port(port, peer);
	forget_silence(peer, peers->lost_ns);
	forget_port(peer, peers->lost_ns);
}

void peers_learn(struct peers *peers, const struct attempt *a, const struct peer *peer)
{
	struct host *host;
	struct port *port;

	if (!a->remote.family)
		return;
	host = touch_host(peers, a);
	host->silence = peer->silence;
	learn_hop(peers, host, a, peer);
	if (peer->alive.how > ANSWER_ATTEMPT)
		keep_newer(&host->told, &peer->alive);
	port = touch_port(host, a);
	port->failing_since_ns = peer->failing_since_ns;
	port->last_success_ns = peer->last_success_ns;
	port->failures = peer->failures;
	port->successes = peer->successes;
	port->kept_seen = peer->kept_seen;
	if (peer->answered_ns > port->answered_ns)
		port->answered_ns = peer->answered_ns;
}
