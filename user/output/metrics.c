// SPDX-License-Identifier: GPL-2.0-only
#include "metrics.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "output.h"
#include "text.h"
#include "units.h"
#include "words.h"

#define OTHER "other"
#define ENDINGS_MAX 96
#define IDLE_NS (3600 * NS_PER_S)

/*
 * Upper bounds. A SYN is sent again after 1, 3, 7, 15, 31, 63 s, and 127 s are the end, so that a
 * success behind a lost SYN and a time-out lie right behind these: a bound on either side of each.
 */
static const struct {
	uint64_t ns;
	const char *text; /* in seconds */
} bounds[] = {
        {500000, "0.0005"},        {NS_PER_MS, "0.001"},        {2500000, "0.0025"},
        {5 * NS_PER_MS, "0.005"},  {10 * NS_PER_MS, "0.01"},    {25 * NS_PER_MS, "0.025"},
        {50 * NS_PER_MS, "0.05"},  {100 * NS_PER_MS, "0.1"},    {250 * NS_PER_MS, "0.25"},
        {500 * NS_PER_MS, "0.5"},  {950 * NS_PER_MS, "0.95"},   {1500 * NS_PER_MS, "1.5"},
        {2900 * NS_PER_MS, "2.9"}, {3500 * NS_PER_MS, "3.5"},   {6800 * NS_PER_MS, "6.8"},
        {7500 * NS_PER_MS, "7.5"}, {14500 * NS_PER_MS, "14.5"}, {16 * NS_PER_S, "16"},
        {30 * NS_PER_S, "30"},     {32 * NS_PER_S, "32"},       {60 * NS_PER_S, "60"},
        {65 * NS_PER_S, "65"},     {120 * NS_PER_S, "120"},     {135 * NS_PER_S, "135"},
};

/* Attempts that ended alike. */
struct ending {
	enum outcome outcome;
	enum cause cause;
	int error;
	uint64_t count;
};

struct histogram {
	uint64_t below[ARRAY_SIZE(bounds)]; /* this bound, and above the one before */
	uint64_t count, sum_ns;
};

/*
 * Attempts with the same value of the further label.
 *
 * @label:   allocated; NULL where there is none
 * @last_ns: end of its last attempt, CLOCK_MONOTONIC
 * @others:  attempts that ended in one more way than there is room for
 */
struct group {
	char *label;
	uint64_t last_ns;
	struct ending endings[ENDINGS_MAX];
	unsigned int n_endings;
	uint64_t others;
	struct histogram latency[OUTCOME_MAX];
	uint64_t retransmits;
};

/* @groups: the first is that of "other", or the only one */
struct metrics {
	const struct split *split;
	struct group *groups[1 + METRICS_GROUPS_MAX];
	unsigned int n_groups;
};

static struct group *group_new(struct metrics *metrics, const char *label)
{
	struct group *group = calloc(1, sizeof(*group));

	if (!group)
		return NULL;
	group->label = label ? strdup(label) : NULL;
	if (label && !group->label) {
		free(group);
		return NULL;
	}
	metrics->groups[metrics->n_groups++] = group;
	return group;
}

static void group_free(struct group *group)
{
	free(group->label);
	free(group);
}

struct metrics *metrics_new(const struct split *split)
{
	struct metrics *metrics = calloc(1, sizeof(*metrics));

	if (!metrics)
		return NULL;
	metrics->split = split;
	if (!group_new(metrics, split->by == SPLIT_BY_NOTHING ? NULL : OTHER)) {
		free(metrics);
		return NULL;
	}
	return metrics;
}

void metrics_free(struct metrics *metrics)
{
	if (!metrics)
		return;
	for (unsigned int i = 0; i < metrics->n_groups; i++)
		group_free(metrics->groups[i]);
	free(metrics);
}

static const char *network_text(char *text, size_t size, const struct network *network)
{
	struct endpoint endpoint = {.family = network->family};
	char address[TEXT_ADDRESS_SIZE];

	memcpy(endpoint.address, network->address, sizeof(endpoint.address));
	snprintf(text, size, "%s/%u", text_address(address, &endpoint), network->prefix);
	return text;
}

/* The value of the further label; `text` has room for what is not a string yet. */
static const char *label_of(const struct split *split, const struct record *record, char *text,
                            size_t size)
{
	const struct endpoint *peer = output_peer(&record->attempt);

	switch (split->by) {
	case SPLIT_BY_NOTHING: break;
	case SPLIT_BY_PORT:
		if (!peer->family)
			return OTHER;
		snprintf(text, size, "%u", peer->port);
		return text;
	case SPLIT_BY_CGROUP: return record->place.cgroup_path ? record->place.cgroup_path : OTHER;
	case SPLIT_BY_NET:
		for (unsigned int i = 0; i < split->n_networks; i++)
			if (network_holds(&split->networks[i], peer))
				return network_text(text, size, &split->networks[i]);
		return OTHER;
	}
	return NULL;
}

/* Takes the place of the group that is idle for longest away, where it is idle for long. */
static void forget_idle(struct metrics *metrics, uint64_t now_ns)
{
	unsigned int oldest = 1;

	for (unsigned int i = 2; i < metrics->n_groups; i++)
		if (metrics->groups[i]->last_ns < metrics->groups[oldest]->last_ns)
			oldest = i;
	if (metrics->groups[oldest]->last_ns + IDLE_NS > now_ns)
		return;
	group_free(metrics->groups[oldest]);
	metrics->groups[oldest] = metrics->groups[--metrics->n_groups];
}

static struct group *group_of(struct metrics *metrics, const struct record *record, uint64_t now_ns)
{
	struct group *other = metrics->groups[0], *group = NULL;
	char text[TEXT_ADDRESS_SIZE + 4];
	const char *label = label_of(metrics->split, record, text, sizeof(text));

	for (unsigned int i = 0; label && i < metrics->n_groups; i++)
		if (strcmp(metrics->groups[i]->label, label) == 0)
			return metrics->groups[i];
	if (!label)
		return other;
	if (metrics->n_groups > METRICS_GROUPS_MAX)
		forget_idle(metrics, now_ns);
	if (metrics->n_groups <= METRICS_GROUPS_MAX)
		group = group_new(metrics, label);
	return group ? group : other;
}

static void count_ending(struct group *group, const struct record *record)
{
	int error = output_error(record);
	struct ending *ending = group->endings;

	for (; ending < group->endings + group->n_endings; ending++) {
		if (ending->outcome == record->outcome && ending->cause == record->cause &&
		    ending->error == error) {
			ending->count++;
			return;
		}
	}
	if (group->n_endings == ENDINGS_MAX) {
		group->others++;
		return;
	}
	*ending = (struct ending){record->outcome, record->cause, error, 1};
	group->n_endings++;
}

static void count_latency(struct histogram *histogram, uint64_t duration_ns)
{
	size_t i = 0;

	while (i < ARRAY_SIZE(bounds) && duration_ns > bounds[i].ns)
		i++;
	if (i < ARRAY_SIZE(bounds))
		histogram->below[i]++;
	histogram->count++;
	histogram->sum_ns += duration_ns;
}

static uint64_t retransmits(const struct record *record)
{
	uint64_t seen = 0;

	if (record->syn_sent >= 0)
		return record->syn_sent ? record->syn_sent - 1 : 0;
	for (unsigned int i = 0; i < record->n_steps; i++)
		seen += record->steps[i].kind == STEP_SYN_RETRY;
	return seen;
}

void metrics_add(struct metrics *metrics, const struct record *record)
{
	uint64_t now_ns = record->attempt.header.id + record->duration_ns;
	struct group *group = group_of(metrics, record, now_ns);

	if (now_ns > group->last_ns)
		group->last_ns = now_ns;
	count_ending(group, record);
	count_latency(&group->latency[record->outcome], record->duration_ns);
	group->retransmits += retransmits(record);
}

static void print_head(struct buffer *out, const char *name, const char *type, const char *help)
{
	buffer_print(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

/* A value of a label: valid UTF-8 without control bytes; whole, so that no two are the same. */
static void print_value(struct buffer *out, const char *value)
{
	size_t length = strlen(value), size = 4 * length + 1;
	char *text = malloc(size);

	if (!text) {
		out->failed = true;
		return;
	}
	text_escape(text, size, value, length, TEXT_SENTENCE);
	for (const char *at = text; *at; at++) {
		if (*at == '"' || *at == '\\')
			buffer_char(out, '\\');
		buffer_char(out, *at);
	}
	free(text);
}

/* "{outcome="…",port="443"", not yet closed. */
static void print_labels(struct buffer *out, const struct metrics *metrics,
                         const struct group *group, const char *outcome)
{
	static const char *const names[] = {
	        [SPLIT_BY_PORT] = "port", [SPLIT_BY_CGROUP] = "cgroup", [SPLIT_BY_NET] = "net"};

	buffer_print(out, "{%s%s%s", outcome ? "outcome=\"" : "", outcome ? outcome : "",
	             outcome ? "\"" : "");
	if (!group->label)
		return;
	buffer_print(out, "%s%s=\"", outcome ? "," : "", names[metrics->split->by]);
	print_value(out, group->label);
	buffer_char(out, '"');
}

static void print_attempts(struct buffer *out, const struct metrics *metrics,
                           const struct group *group)
{
	static const char name[] = "tcp_connect_attempts_total";
	char error[TEXT_ERROR_SIZE];

	for (unsigned int i = 0; i < group->n_endings; i++) {
		const struct ending *ending = &group->endings[i];

		buffer_string(out, name);
		print_labels(out, metrics, group, words_outcome(ending->outcome));
		buffer_print(out, ",error_type=\"%s\",cause=\"%s\"} %" PRIu64 "\n",
		             ending->error ? text_errno(error, ending->error) : "",
		             words_cause(ending->cause), ending->count);
	}
	if (!group->others)
		return;
	buffer_string(out, name);
	print_labels(out, metrics, group, OTHER);
	buffer_print(out, ",error_type=\"" OTHER "\",cause=\"" OTHER "\"} %" PRIu64 "\n",
	             group->others);
}

static void print_histogram(struct buffer *out, const struct metrics *metrics,
                            const struct group *group, enum outcome outcome)
{
	static const char name[] = "tcp_connect_duration_seconds";
	const struct histogram *histogram = &group->latency[outcome];
	uint64_t below = 0;

	for (size_t i = 0; i < ARRAY_SIZE(bounds); i++) {
		below += histogram->below[i];
		buffer_print(out, "%s_bucket", name);
		print_labels(out, metrics, group, words_outcome(outcome));
		buffer_print(out, ",le=\"%s\"} %" PRIu64 "\n", bounds[i].text, below);
	}
	buffer_print(out, "%s_bucket", name);
	print_labels(out, metrics, group, words_outcome(outcome));
	buffer_print(out, ",le=\"+Inf\"} %" PRIu64 "\n%s_sum", histogram->count, name);
	print_labels(out, metrics, group, words_outcome(outcome));
	buffer_print(out, "} %" PRIu64 ".%09" PRIu64 "\n%s_count", histogram->sum_ns / NS_PER_S,
	             histogram->sum_ns % NS_PER_S, name);
	print_labels(out, metrics, group, words_outcome(outcome));
	buffer_print(out, "} %" PRIu64 "\n", histogram->count);
}

/* A rate needs a first value of 0: those that rules ask for are there from the beginning. */
static void print_histograms(struct buffer *out, const struct metrics *metrics)
{
	print_head(out, "tcp_connect_duration_seconds", "histogram",
	           "Time from connect() to its end: established, closed or failed.");
	for (unsigned int i = 0; i < metrics->n_groups; i++)
		for (int outcome = 0; outcome < OUTCOME_MAX; outcome++)
			if (!i || metrics->groups[i]->latency[outcome].count)
				print_histogram(out, metrics, metrics->groups[i], outcome);
}

static void print_retransmits(struct buffer *out, const struct metrics *metrics)
{
	print_head(out, "tcp_connect_syn_retransmits_total", "counter",
	           "SYNs that were sent again.");
	for (unsigned int i = 0; i < metrics->n_groups; i++) {
		buffer_string(out, "tcp_connect_syn_retransmits_total");
		if (metrics->groups[i]->label) {
			print_labels(out, metrics, metrics->groups[i], NULL);
			buffer_char(out, '}');
		}
		buffer_print(out, " %" PRIu64 "\n", metrics->groups[i]->retransmits);
	}
}

static void print_one(struct buffer *out, const char *name, const char *type, const char *help,
                      uint64_t value)
{
	print_head(out, name, type, help);
	buffer_print(out, "%s %" PRIu64 "\n", name, value);
}

static void print_tracer(struct buffer *out, const struct run *run, const struct totals *totals,
                         const struct loss *losses, size_t n_losses)
{
	print_one(out, "connwhy_attempts_begun_total", "counter",
	          "Attempts that began while connwhy traced, whatever became of them.",
	          totals->begun);
	print_one(out, "connwhy_attempts_preexisting_total", "counter",
	          "Attempts that had begun before connwhy.", totals->preexisting);
	print_head(
	        out, "connwhy_attempts_filtered_total", "counter",
	        "Ended attempts that the filters of connwhy left out, and no other metric counts.");
	buffer_print(out, "connwhy_attempts_filtered_total{by=\"kernel\"} %" PRIu64 "\n",
	             totals->filtered_kernel);
	buffer_print(out, "connwhy_attempts_filtered_total{by=\"user\"} %" PRIu64 "\n",
	             totals->filtered_user);
	print_head(out, "connwhy_lost_total", "counter",
	           "What connwhy lost or knows in part only, by reason: connwhy(8).");
	for (size_t i = 0; i < n_losses; i++)
		buffer_print(out, "connwhy_lost_total{reason=\"%s\"} %" PRIu64 "\n",
		             losses[i].reason, losses[i].count);
	print_head(out, "connwhy_build_info", "gauge", "The program that tells this; always 1.");
	buffer_print(out, "connwhy_build_info{version=\"%s\",kernel=\"", run->version);
	print_value(out, run->kernel);
	buffer_print(out, "\",tier=\"%s\"} 1\n", run->tier);
}

void metrics_print(const struct metrics *metrics, struct buffer *out, const struct run *run,
                   const struct totals *totals, const struct loss *losses, size_t n_losses)
{
	print_head(out, "tcp_connect_attempts_total", "counter",
	           "Ended attempts to connect by outcome, errno and cause.");
	for (unsigned int i = 0; i < metrics->n_groups; i++)
		print_attempts(out, metrics, metrics->groups[i]);
	print_histograms(out, metrics);
	print_retransmits(out, metrics);
	print_one(out, "tcp_connect_inflight", "gauge", "Attempts that have not ended yet.",
	          totals->in_flight);
	print_tracer(out, run, totals, losses, n_losses);
}
