/* SPDX-License-Identifier: GPL-2.0-only */
/* What was asked for on the command line. */
#ifndef CONNWHY_OPTIONS_H
#define CONNWHY_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "endpoint.h"
#include "event.h"
#include "run.h"
#include "split.h"

struct output_ops;

#define EXIT_USAGE 64 /* EX_USAGE of sysexits.h */

#define PORT_RANGES_MAX 16
#define NETWORKS_MAX 8

struct port_range {
	uint16_t low, high;
};

/* @VERB_REPLAY: chosen by -r, not by a word */
enum verb { VERB_TRACE, VERB_DEMO, VERB_DOCTOR, VERB_EXPLAIN, VERB_TOP, VERB_REPLAY, VERB_MAX };
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
	const struct output_ops *output;    /* chosen, never NULL */
	const char *write_file, *read_file; /* "-" for standard output and input */
	uint64_t rotate_bytes, rotate_s;    /* of -C and -G, 0 for never */
	unsigned int file_count;            /* of -W, 0 for no limit */
	struct endpoint metrics;            /* where to serve them; .family 0 for nowhere */
	const char *metrics_file;           /* NULL for none */
	struct split metrics_by;
	bool summary;
	const char *report; /* the file of --report, NULL for none */
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

void options_free(struct options *options);

#endif
