/* SPDX-License-Identifier: GPL-2.0-only */
/* argv to a const struct options. Parsing and --help come from one table. */
#ifndef CONNWHY_OPTIONS_H
#define CONNWHY_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include "output.h"
#include "record.h"

#define EXIT_USAGE 64 /* EX_USAGE of sysexits.h */

#define PORT_RANGES_MAX 16
#define NETWORKS_MAX 8

struct port_range {
	uint16_t low, high;
};

/* @address: network order; @prefix: bits; @family: FAMILY_IPV4 or FAMILY_IPV6 */
struct network {
	uint8_t address[16];
	uint8_t prefix;
	uint8_t family;
};

enum verb { VERB_TRACE, VERB_DEMO, VERB_DOCTOR, VERB_EXPLAIN };
enum tier { TIER_AUTO, TIER_FENTRY, TIER_KPROBE, TIER_TRACEPOINT, TIER_MAX };

extern const char *const tier_names[TIER_MAX];

/*
 * What to trace is decided in the kernel: pid to netns. 0 and empty mean "any".
 *
 * @netns: inode number of the network namespace
 * @errnos: bit set by positive errno, @causes: bit set by enum cause; both NULL/0 for "any"
 * @expression: the pcap-filter, NULL for none
 * @command: argv of COMMAND, NULL-terminated; NULL for none
 * @explain: NAME of `explain`, NULL for all
 * @rate: records a second, 0 for no limit
 */
struct options {
	enum verb verb;
	pid_t pid;
	bool has_uid;
	uid_t uid;
	struct port_range ports[PORT_RANGES_MAX];
	unsigned int n_ports;
	uint8_t family; /* FAMILY_IPV4, FAMILY_IPV6 or 0 */
	struct network networks[NETWORKS_MAX];
	unsigned int n_networks;
	char *cgroup;       /* a directory of cgroup v2 */
	uint64_t cgroup_id; /* of it, as bpf_get_current_cgroup_id() gives it */
	uint32_t netns;
	bool failed;
	uint64_t slower_ns;
	bool has_errnos;
	uint8_t errnos[(4096 + 7) / 8];
	uint64_t causes;
	char *expression;
	const struct output_ops *output; /* chosen, never NULL */
	const char *write_file, *read_file;
	bool summary;
	uint64_t count;
	uint64_t duration_ns;
	unsigned int rate;
	enum tier tier;
	const char *btf;
	uint32_t max_inflight;
	uint32_t buffer_size; /* bytes, a power of two, a multiple of the page size */
	const char *ready_file;
	bool color; /* after auto, NO_COLOR and TERM */
	enum time_style time_style;
	bool quiet;
	int verbose;
	bool as_root;
	char **command;
	const char *explain;
};

/*
 * Parses argv. Help and version are printed to stdout by this function.
 *
 * Returns -1 to go on, else the status to exit with: 0 after --help and --version, EXIT_USAGE after
 * one sentence on stderr that names the value and what would be right, 1 where what was named does
 * not exist or cannot be opened (cgroup, netns).
 */
int options_parse(struct options *options, int argc, char **argv);

/* The filter in force in words, for the `tracing:` line: "pid 12, failed"; "" for none. */
void options_describe_filter(const struct options *options, char *text, size_t size);

void options_free(struct options *options);

#endif
