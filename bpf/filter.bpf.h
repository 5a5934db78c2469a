/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What to trace, decided here so that what is not wanted never leaves the kernel. */
#ifndef CONNWHY_FILTER_BPF_H
#define CONNWHY_FILTER_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_endian.h>
#include "compat.bpf.h"
#include "read.bpf.h"
#include "config.h"
#include "event.h"

const volatile struct config config;

struct {
	__uint(type, BPF_MAP_TYPE_CGROUP_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} traced_cgroup SEC(".maps");

/* Process ids, of the initial pid namespace, of COMMAND and its descendants. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 65536);
	__type(key, __u32);
	__type(value, __u8);
} followed SEC(".maps");

/* Where connwhy is in a pid namespace of its own: COMMAND, as that has it. */
__u32 followed_ns_tgid;

/* @tgid: of the current task, in the initial pid namespace */
static __always_inline bool is_followed(__u32 tgid)
{
	struct bpf_pidns_info ns = {};

	if (bpf_map_lookup_elem(&followed, &tgid))
		return true;
	return config.pidns_ino &&
	       !bpf_get_ns_current_pid_tgid(config.pidns_dev, config.pidns_ino, &ns, sizeof(ns)) &&
	       ns.tgid == followed_ns_tgid;
}

static __always_inline bool port_wanted(__u16 port)
{
	if (!config.n_ports)
		return true;
	for (__u32 i = 0; i < PORT_RANGES; i++) {
		if (i >= config.n_ports)
			break;
		if (port >= config.ports[i].low && port <= config.ports[i].high)
			return true;
	}
	return false;
}

static __always_inline bool address_wanted(const struct endpoint *peer)
{
	__u64 address[2];

	if (!config.n_networks)
		return true;
	__builtin_memcpy(address, peer->address, sizeof(address));
	for (__u32 i = 0; i < NETWORKS; i++) {
		if (i >= config.n_networks)
			break;
		if (config.networks[i].family == peer->family &&
		    (address[0] & config.networks[i].mask[0]) == config.networks[i].address[0] &&
		    (address[1] & config.networks[i].mask[1]) == config.networks[i].address[1])
			return true;
	}
	return false;
}

/* Socket and peer: what can also be told of an attempt whose task is not known. */
static __always_inline bool peer_wanted(const struct attempt *a, const struct endpoint *peer)
{
	if (config.family && peer->family != config.family)
		return false;
	if (config.netns && a->netns != config.netns)
		return false;
	return port_wanted(peer->port) && address_wanted(peer);
}

static __always_inline bool is_filtered(void)
{
	return config.tgid || config.has_uid || config.follow || config.cgroup || config.family ||
	       config.netns || config.n_ports || config.n_networks;
}

/* The current task, which must be the one that connects. @tgid: in the initial pid namespace */
static __always_inline bool task_wanted(const struct attempt *a, __u32 tgid)
{
	if (config.tgid && a->pid != config.tgid)
		return false;
	if (config.has_uid && a->uid != config.uid)
		return false;
	if (config.follow && !is_followed(tgid))
		return false;
	if (config.cgroup && bpf_current_task_under_cgroup(&traced_cgroup, 0) != 1)
		return false;
	return true;
}

static __always_inline bool slow_enough(const struct attempt *a)
{
	__u64 end = a->final_ns ? a->final_ns : a->return_ns;

	return !config.slower_ns || end - a->header.id >= config.slower_ns;
}

/* Is this ended attempt to be reported? */
static __always_inline bool end_wanted(const struct attempt *a)
{
	return slow_enough(a) && !(config.failed && a->final_state == TCP_ESTABLISHED);
}

static __always_inline void on_fork(struct task_struct *parent, struct task_struct *child)
{
	__u32 tgid = READ(parent, tgid);
	__u32 child_tgid = READ(child, tgid);
	__u8 one = 1;

	if (child_tgid != tgid && is_followed(tgid))
		bpf_map_update_elem(&followed, &child_tgid, &one, BPF_ANY);
}

/* A process leaves with its last thread, but pids of leaders are not reused before that. */
static __always_inline void on_process_free(struct task_struct *task)
{
	__u32 tgid = READ(task, tgid);

	if ((__u32)READ(task, pid) == tgid)
		bpf_map_delete_elem(&followed, &tgid);
}

#endif
