/* SPDX-License-Identifier: GPL-2.0-only */
#include "summary.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "output.h"
#include "text.h"
#include "words.h"

#define PEERS_SHOWN 10
#define BAR_WIDTH 40

/* Slot 0 holds 0 and 1, slot n holds 2^n to 2^(n+1)-1, as in bcc. */
static unsigned int log2_slot(uint64_t value)
{
	return value < 2 ? 0 : 63 - (unsigned int)__builtin_clzll(value);
}

static bool is_same_endpoint(const struct endpoint *a, const struct endpoint *b)
{
	return a->family == b->family && a->port == b->port &&
	       memcmp(a->address, b->address, a->family == FAMILY_IPV4 ? 4 : 16) == 0;
}

/* Worst first, for qsort. */
static int compare_peers(const void *left, const void *right)
{
	const struct summary_peer *a = left, *b = right;

	if (a->failed != b->failed)
		return a->failed < b->failed ? 1 : -1;
	if (a->attempts != b->attempts)
		return a->attempts < b->attempts ? 1 : -1;
	return memcmp(&a->peer, &b->peer, sizeof(a->peer));
}

static struct summary_peer *find_peer(struct summary *summary, const struct endpoint *peer)
{
	struct summary_peer *least = summary->peers;

	for (unsigned int i = 0; i < summary->n_peers; i++) {
		if (is_same_endpoint(&summary->peers[i].peer, peer))
			return &summary->peers[i];
		if (compare_peers(&summary->peers[i], least) > 0)
			least = &summary->peers[i];
	}
	if (summary->n_peers < SUMMARY_PEERS_MAX) {
		least = &summary->peers[summary->n_peers++];
	} else {
		summary->others.attempts += least->attempts;
		summary->others.failed += least->failed;
	}
	*least = (struct summary_peer){.peer = *peer};
	return least;
}

void summary_add(struct summary *summary, const struct record *record)
{
	struct summary_peer *peer = find_peer(summary, output_peer(&record->attempt));

	summary->by_outcome[record->outcome]++;
	summary->by_cause[record->cause]++;
	summary->latency_us[record->outcome][log2_slot(record->duration_ns / 1000)]++;
	peer->attempts++;
	peer->failed += record->outcome != OUTCOME_SUCCESS;
}

static void print_counts(struct buffer *out, const struct summary *summary)
{
	buffer_string(out, "attempts  outcome\n");
	for (int i = 0; i < OUTCOME_MAX; i++)
		if (summary->by_outcome[i])
			buffer_print(out, "%8" PRIu64 "  %s\n", summary->by_outcome[i],
			             words_outcome(i));
	buffer_string(out, "\nattempts  cause\n");
	for (int i = 0; i < CAUSE_MAX; i++)
		if (summary->by_cause[i])
			buffer_print(out, "%8" PRIu64 "  %s\n", summary->by_cause[i],
			             words_cause(i));
}

static void print_peers(struct buffer *out, struct summary *summary)
{
	struct summary_peer others = summary->others;
	char peer[TEXT_ENDPOINT_SIZE];

	qsort(summary->peers, summary->n_peers, sizeof(summary->peers[0]), compare_peers);
	buffer_string(out, "\nattempts  not established  peer\n");
	for (unsigned int i = 0; i < summary->n_peers; i++) {
		const struct summary_peer *entry = &summary->peers[i];

		if (i < PEERS_SHOWN) {
			buffer_print(out, "%8" PRIu64 "  %15" PRIu64 "  %s\n", entry->attempts,
			             entry->failed, text_peer(peer, &entry->peer));
		} else {
			others.attempts += entry->attempts;
			others.failed += entry->failed;
		}
	}
	if (others.attempts)
		buffer_print(out, "%8" PRIu64 "  %15" PRIu64 "  (all others)\n", others.attempts,
		             others.failed);
}

/* From the first slot in use to the last. */
static void print_histogram(struct buffer *out, const char *title,
                            const uint64_t slots[SUMMARY_SLOTS])
{
	unsigned int first = SUMMARY_SLOTS, last = 0;
	uint64_t most = 0;

	for (unsigned int i = 0; i < SUMMARY_SLOTS; i++) {
		if (slots[i] == 0)
			continue;
		first = i < first ? i : first;
		last = i;
		most = slots[i] > most ? slots[i] : most;
	}
	if (most == 0)
		return;

	buffer_print(out, "\n%s\n%12s    %-12s : count    distribution\n", title, "usecs", "");
	for (unsigned int i = first; i <= last; i++) {
		uint64_t low = i ? 1ULL << i : 0;
		uint64_t high = (2ULL << i) - 1;
		int bar = (int)((double)slots[i] / (double)most * BAR_WIDTH);

		buffer_print(out, "%12" PRIu64 " -> %-12" PRIu64 " : %-8" PRIu64 " |%.*s%*s|\n",
		             low, high, slots[i], bar, "****************************************",
		             BAR_WIDTH - bar, "");
	}
}

void summary_print(struct summary *summary, struct buffer *out)
{
	if (summary->n_peers == 0) {
		buffer_string(out, "no attempts\n");
		return;
	}
	print_counts(out, summary);
	print_peers(out, summary);
	for (int i = 0; i < OUTCOME_MAX; i++)
		print_histogram(out, words_outcome(i), summary->latency_us[i]);
}
