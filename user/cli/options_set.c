/* SPDX-License-Identifier: GPL-2.0-only */
#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "log.h"
#include "options_set.h"
#include "output.h"
#include "parse.h"
#include "resolve.h"
#include "suggest.h"
#include "units.h"
#include "words.h"

#define GO_ON (-1)

#define PID_LIMIT (1U << 22)      /* PID_MAX_LIMIT of a 64-bit kernel */
#define INFLIGHT_LIMIT (1U << 22) /* the map is allocated at once: more than 1 GiB */
#define FILES_LIMIT 1000000U
#define COUNT_LIMIT 1000000000000000ULL
#define RATE_LIMIT 1000000000U
#define SPAN_LIMIT_S 1000000000ULL

/* One sentence; the status of a usage error. */
#define USAGE(...) (log_error(__VA_ARGS__), EXIT_USAGE)

/* A number from 1 to `limit`. */
static int set_number(const char *label, const char *value, uint64_t limit, uint64_t *number)
{
	if (parse_number(value, 1, limit, number))
		return USAGE("%s wants a number from 1 to %" PRIu64 ", not '%s'", label, limit,
		             value);
	return GO_ON;
}

/* A span of time longer than 0, in units of unit_ns. */
static int set_span(const char *label, const char *value, uint64_t unit_ns, const char *unit,
                    uint64_t *ns)
{
	uint64_t limit_ns = SPAN_LIMIT_S * NS_PER_S;

	if (parse_decimal(value, unit_ns, ns) || *ns == 0 || *ns > limit_ns)
		return USAGE("%s wants %s, more than 0 and at most %" PRIu64 ", not '%s'", label,
		             unit, limit_ns / unit_ns, value);
	return GO_ON;
}

/* Calls `add` with each item of a list parted by commas, until one does not return GO_ON. */
static int each_item(struct options *options, const char *label, const char *value,
                     int (*add)(struct options *options, const char *label, const char *item))
{
	char *list = strdup(value), *rest = list, *item;
	int status = GO_ON;

	if (!list)
		return USAGE("%s: %s", label, strerror(ENOMEM));
	while (status == GO_ON && (item = strsep(&rest, ",")))
		status = add(options, label, item);
	free(list);
	return status;
}

int set_pid(struct options *options, const char *label, const char *value)
{
	pid_t leader = 0;
	uint64_t pid;

	if (parse_number(value, 1, PID_LIMIT, &pid))
		return USAGE("%s wants a process id from 1 to %u, not '%s'", label, PID_LIMIT,
		             value);
	switch (resolve_process(pid, &leader)) {
	case 0: options->pid = pid; return GO_ON;
	case -EINVAL:
		return USAGE("%s wants a process, and %s is a thread of process %d", label, value,
		             leader);
	default: log_error("no process %s", value); return EXIT_FAILURE;
	}
}

int set_uid(struct options *options, const char *label, const char *value)
{
	switch (resolve_user(value, &options->uid)) {
	case 0: options->has_uid = true; return GO_ON;
	case -EINVAL:
		return USAGE("%s wants a user's name or a number from 0 to %u, not '%s'", label,
		             UINT32_MAX - 1, value);
	default: log_error("no user '%s'", value); return EXIT_FAILURE;
	}
}

static int add_ports(struct options *options, const char *label, const char *item)
{
	struct port_range range;

	if (parse_ports(item, &range))
		return USAGE("%s wants ports from 1 to 65535, as in 443,8000-8010, not '%s'", label,
		             item);
	if (options->n_ports == PORT_RANGES_MAX)
		return USAGE("%s takes at most %d ports and ranges: '%s' is one too many", label,
		             PORT_RANGES_MAX, item);
	options->ports[options->n_ports++] = range;
	return GO_ON;
}

int set_ports(struct options *options, const char *label, const char *value)
{
	return each_item(options, label, value, add_ports);
}

int set_ipv4(struct options *options, const char *label, const char *value)
{
	(void)label, (void)value;
	options->family = FAMILY_IPV4;
	return GO_ON;
}

int set_ipv6(struct options *options, const char *label, const char *value)
{
	(void)label, (void)value;
	options->family = FAMILY_IPV6;
	return GO_ON;
}

/* A network into a list of at most `max`. */
static int add_network(const char *label, const char *value, struct network *networks,
                       unsigned int *n, unsigned int max)
{
	char address[INET6_ADDRSTRLEN];
	struct network network;

	switch (parse_network(value, &network)) {
	case 0: break;
	case -EDOM:
		inet_ntop(network.family, network.address, address, sizeof(address));
		return USAGE("%s wants a network, and '%s' has bits behind its prefix: did you "
		             "mean %s/%u?",
		             label, value, address, network.prefix);
	default:
		return USAGE("%s wants a network as in 192.0.2.0/24 or 2001:db8::/32, not '%s'",
		             label, value);
	}
	if (*n == max)
		return USAGE("%s can be given %u times: '%s' is one too many", label, max, value);
	networks[(*n)++] = network;
	return GO_ON;
}

int set_network(struct options *options, const char *label, const char *value)
{
	return add_network(label, value, options->networks, &options->n_networks, NETWORKS_MAX);
}

int set_cgroup(struct options *options, const char *label, const char *value)
{
	int error = resolve_cgroup(value, &options->cgroup, &options->cgroup_id);

	if (!error)
		return GO_ON;
	if (error == -EINVAL)
		return USAGE("%s wants a directory of cgroup v2, as below /sys/fs/cgroup, not '%s'",
		             label, value);
	log_error("cannot find the cgroup '%s': %s", value, strerror(-error));
	return EXIT_FAILURE;
}

int set_netns(struct options *options, const char *label, const char *value)
{
	int error = resolve_netns(value, &options->netns);

	if (!error)
		return GO_ON;
	if (error == -EINVAL)
		return USAGE("%s wants a network namespace as in /run/netns/NAME, or a process id, "
		             "not '%s'",
		             label, value);
	if (error == -ESRCH)
		log_error("no process %s, whose network namespace to trace", value);
	else
		log_error("cannot find the network namespace '%s': %s", value, strerror(-error));
	return EXIT_FAILURE;
}

static int add_errno(struct options *options, const char *label, const char *item)
{
	int error = words_errno_from_name(item);

	if (error <= 0 || (size_t)error >= 8 * sizeof(options->errnos))
		return USAGE("%s wants names as in ETIMEDOUT,ECONNREFUSED, not '%s'", label, item);
	options->errnos[error / 8] |= 1 << error % 8;
	options->has_errnos = true;
	return GO_ON;
}

int set_errnos(struct options *options, const char *label, const char *value)
{
	return each_item(options, label, value, add_errno);
}

static int add_cause(struct options *options, const char *label, const char *item)
{
	struct suggestion suggestion = {.text = item};
	int cause = words_cause_from_name(item);

	if (cause >= 0) {
		options->causes |= 1ULL << cause;
		return GO_ON;
	}
	for (cause = 0; cause < CAUSE_MAX; cause++)
		suggest(&suggestion, words_cause(cause));
	if (suggestion.best)
		return USAGE("%s: '%s' is no cause: did you mean '%s'?", label, item,
		             suggestion.best);
	return USAGE("%s: '%s' is no cause: 'connwhy explain' lists them", label, item);
}

int set_causes(struct options *options, const char *label, const char *value)
{
	return each_item(options, label, value, add_cause);
}

int set_slower(struct options *options, const char *label, const char *value)
{
	return set_span(label, value, NS_PER_MS, "milliseconds", &options->slower_ns);
}

int set_output(struct options *options, const char *label, const char *value)
{
	options->output = output_find(value);
	if (!options->output)
		return USAGE("%s wants timeline, line, json, otlp or journal, not '%s'", label,
		             value);
	return GO_ON;
}

int set_rotate_size(struct options *options, const char *label, const char *value)
{
	if (parse_file_size(value, &options->rotate_bytes) || !options->rotate_bytes)
		return USAGE("%s wants a number of millions of bytes, or one with K, M or G as in "
		             "512K, not '%s'",
		             label, value);
	return GO_ON;
}

int set_rotate_interval(struct options *options, const char *label, const char *value)
{
	return set_number(label, value, SPAN_LIMIT_S, &options->rotate_s);
}

int set_file_count(struct options *options, const char *label, const char *value)
{
	uint64_t files = 0;
	int status = set_number(label, value, FILES_LIMIT, &files);

	options->file_count = files;
	return status;
}

int set_metrics(struct options *options, const char *label, const char *value)
{
	if (parse_listen(value, &options->metrics))
		return USAGE("%s wants a port, or an address and a port as in 127.0.0.1:9470 or "
		             "[::1]:9470, not '%s'",
		             label, value);
	return GO_ON;
}

int set_metrics_by(struct options *options, const char *label, const char *value)
{
	struct split *split = &options->metrics_by;
	enum split_by by = SPLIT_BY_NET;

	if (strcmp(value, "port") == 0)
		by = SPLIT_BY_PORT;
	else if (strcmp(value, "cgroup") == 0)
		by = SPLIT_BY_CGROUP;
	else if (strncmp(value, "net=", 4) != 0)
		return USAGE("%s wants port, cgroup or net=CIDR, not '%s'", label, value);
	if (split->by != SPLIT_BY_NOTHING && (split->by != by || by != SPLIT_BY_NET))
		return USAGE("%s can name one thing, or several networks: '%s' is one too many",
		             label, value);
	split->by = by;
	if (by != SPLIT_BY_NET)
		return GO_ON;
	return add_network(label, value + 4, split->networks, &split->n_networks,
	                   SPLIT_NETWORKS_MAX);
}

int set_count(struct options *options, const char *label, const char *value)
{
	return set_number(label, value, COUNT_LIMIT, &options->count);
}

int set_duration(struct options *options, const char *label, const char *value)
{
	return set_span(label, value, NS_PER_S, "seconds", &options->duration_ns);
}

int set_rate(struct options *options, const char *label, const char *value)
{
	uint64_t rate = 0;
	int status = set_number(label, value, RATE_LIMIT, &rate);

	options->rate = rate;
	return status;
}

int set_tier(struct options *options, const char *label, const char *value)
{
	for (int tier = 0; tier < TIER_MAX; tier++) {
		if (strcmp(value, tier_names[tier]) == 0) {
			options->tier = tier;
			return GO_ON;
		}
	}
	return USAGE("%s wants auto, fentry, kprobe or tracepoint, not '%s'", label, value);
}

int set_btf(struct options *options, const char *label, const char *value)
{
	(void)label;
	if (access(value, R_OK)) {
		log_error("cannot read the BTF file '%s': %s", value, strerror(errno));
		return EXIT_FAILURE;
	}
	options->btf = value;
	return GO_ON;
}

int set_max_inflight(struct options *options, const char *label, const char *value)
{
	uint64_t number = 0;
	int status = set_number(label, value, INFLIGHT_LIMIT, &number);

	options->max_inflight = number;
	return status;
}

int set_buffer(struct options *options, const char *label, const char *value)
{
	uint64_t page = sysconf(_SC_PAGESIZE), bytes;

	if (parse_size(value, &bytes) || bytes < page || (bytes & (bytes - 1)))
		return USAGE("%s wants a power of two from %" PRIu64 "K to 2048M, not '%s'", label,
		             page >> 10, value);
	options->buffer_size = bytes;
	return GO_ON;
}

int set_color(struct options *options, const char *label, const char *value)
{
	const char *term = getenv("TERM"), *no_color = getenv("NO_COLOR");

	if (strcmp(value, "auto") == 0)
		options->color = isatty(STDOUT_FILENO) && !(no_color && *no_color) &&
		                 !(term && strcmp(term, "dumb") == 0);
	else if (strcmp(value, "always") == 0 || strcmp(value, "never") == 0)
		options->color = value[0] == 'a';
	else
		return USAGE("%s wants auto, always or never, not '%s'", label, value);
	return GO_ON;
}

int set_time_clock(struct options *options, const char *label, const char *value)
{
	(void)label, (void)value;
	options->time_style = TIME_CLOCK;
	return GO_ON;
}

int set_time_since_start(struct options *options, const char *label, const char *value)
{
	(void)label, (void)value;
	options->time_style = TIME_SINCE_START;
	return GO_ON;
}

int set_verbose(struct options *options, const char *label, const char *value)
{
	(void)label, (void)value;
	options->verbose++;
	return GO_ON;
}
