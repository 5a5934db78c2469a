/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What each option does with its argument, for the table of options.
 *
 * All take the options to change, the option as it was typed, and its argument; they return -1 to
 * go on, else the status to exit with, after one sentence that names the argument.
 */
#ifndef CONNWHY_OPTIONS_SET_H
#define CONNWHY_OPTIONS_SET_H

#include "options.h"

int set_pid(struct options *options, const char *label, const char *value);
int set_uid(struct options *options, const char *label, const char *value);
int set_ports(struct options *options, const char *label, const char *value);
int set_ipv4(struct options *options, const char *label, const char *value);
int set_ipv6(struct options *options, const char *label, const char *value);
int set_network(struct options *options, const char *label, const char *value);
int set_cgroup(struct options *options, const char *label, const char *value);
int set_netns(struct options *options, const char *label, const char *value);
int set_errnos(struct options *options, const char *label, const char *value);
int set_causes(struct options *options, const char *label, const char *value);
int set_slower(struct options *options, const char *label, const char *value);
int set_output(struct options *options, const char *label, const char *value);
int set_rotate_size(struct options *options, const char *label, const char *value);
int set_rotate_interval(struct options *options, const char *label, const char *value);
int set_file_count(struct options *options, const char *label, const char *value);
int set_metrics(struct options *options, const char *label, const char *value);
int set_metrics_by(struct options *options, const char *label, const char *value);
int set_count(struct options *options, const char *label, const char *value);
int set_duration(struct options *options, const char *label, const char *value);
int set_rate(struct options *options, const char *label, const char *value);
int set_tier(struct options *options, const char *label, const char *value);
int set_btf(struct options *options, const char *label, const char *value);
int set_max_inflight(struct options *options, const char *label, const char *value);
int set_buffer(struct options *options, const char *label, const char *value);
int set_color(struct options *options, const char *label, const char *value);
int set_time_clock(struct options *options, const char *label, const char *value);
int set_time_since_start(struct options *options, const char *label, const char *value);
int set_verbose(struct options *options, const char *label, const char *value);

#endif
