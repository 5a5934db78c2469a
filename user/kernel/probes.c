// SPDX-License-Identifier: GPL-2.0-only
#include "probes.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "array.h"
#include "conntrack.h"
#include "log.h"
#include "tracefs.h"

enum kind { RAW_TRACEPOINT, CLASSIC, FENTRY, KPROBE, KRETPROBE };

#define IN(tier) (1u << (tier))
#define ANY_TIER (IN(TIER_FENTRY) | IN(TIER_KPROBE) | IN(TIER_TRACEPOINT))
#define FUNCTIONS (IN(TIER_FENTRY) | IN(TIER_KPROBE))

/*
 * @target:   tracepoint or function
 * @program:  the stub in bpf/connwhy.bpf.c
 * @counted:  tracepoint whose number of arguments must be in [min_args, max_args]; the hook's own
 *            target unless given. A program that reads an argument which is not there loads, and
 *            then fails to attach.
 * @necessary: without it there are no timelines
 * @follow:   only with COMMAND
 * @group:    of a classic tracepoint
 * @spare:    beside the raw program, where that may be preempted
 * @begins:   tiers in which an attempt begins with it, or a call that fails at once is seen by it
 * @conntrack: only where the kernel tracks connections: the function is that of a module
 */
struct hook {
	const char *target;
	const char *program;
	enum kind kind;
	unsigned int tiers;
	const char *counted;
	int min_args, max_args;
	bool necessary;
	bool follow;
	const char *group;
	bool spare;
	unsigned int begins;
	bool conntrack;
};

#define FENTRY_HOOK(function, stub)                                                                \
	.target = #function, .program = #stub, .kind = FENTRY, .tiers = IN(TIER_FENTRY)
#define KPROBE_HOOK(function, stub)                                                                \
	.target = #function, .program = #stub, .kind = KPROBE, .tiers = IN(TIER_KPROBE)
#define KRETPROBE_HOOK(function, stub)                                                             \
	.target = #function, .program = #stub, .kind = KRETPROBE, .tiers = IN(TIER_KPROBE)
#define SPARE_HOOK(group_, tracepoint, stub)                                                       \
	.target = #tracepoint, .program = #stub, .kind = CLASSIC, .group = group_,                 \
	.tiers = ANY_TIER, .spare = true
#define RAW_HOOK(tracepoint, stub) .target = #tracepoint, .program = #stub, .kind = RAW_TRACEPOINT

/* In an order that lets no event come before the hook that gives it its meaning. */
static const struct hook hooks[] = {
        {RAW_HOOK(sched_process_fork, sched_process_fork), .tiers = ANY_TIER, .follow = true,
         .necessary = true},
        {RAW_HOOK(sched_process_free, sched_process_free), .tiers = ANY_TIER, .follow = true,
         .necessary = true},
        {RAW_HOOK(sched_process_exec, sched_process_exec), .tiers = ANY_TIER},
        {RAW_HOOK(inet_sock_set_state, inet_sock_set_state), .tiers = ANY_TIER, .necessary = true,
         .begins = IN(TIER_TRACEPOINT)},
        {RAW_HOOK(tcp_destroy_sock, tcp_destroy_sock), .tiers = ANY_TIER, .necessary = true},
        {SPARE_HOOK("sock", inet_sock_set_state, classic_inet_sock_set_state),
         .begins = IN(TIER_TRACEPOINT)},
        {SPARE_HOOK("tcp", tcp_destroy_sock, classic_tcp_destroy_sock)},
        {SPARE_HOOK("tcp", tcp_receive_reset, classic_tcp_receive_reset)},
        {RAW_HOOK(tcp_receive_reset, tcp_receive_reset), .tiers = ANY_TIER},
        {RAW_HOOK(tcp_retransmit_skb, tcp_retransmit_skb), .tiers = ANY_TIER, .max_args = 2},
        {RAW_HOOK(tcp_retransmit_skb, tcp_retransmit_skb_err), .tiers = ANY_TIER, .min_args = 3},
        {RAW_HOOK(tcp_send_reset, tcp_send_reset), .tiers = ANY_TIER},
        {RAW_HOOK(kfree_skb, kfree_skb), .tiers = ANY_TIER, .max_args = 2},
        {RAW_HOOK(kfree_skb, kfree_skb_reason), .tiers = ANY_TIER, .min_args = 3},
        {RAW_HOOK(inet_sk_error_report, inet_sk_error_report), .tiers = IN(TIER_TRACEPOINT)},

        {.target = "sys_exit_connect",
         .program = "sys_exit_connect",
         .kind = CLASSIC,
         .group = "syscalls",
         .tiers = IN(TIER_TRACEPOINT),
         .begins = IN(TIER_TRACEPOINT)},
        {.target = "sys_enter_connect",
         .program = "sys_enter_connect",
         .kind = CLASSIC,
         .group = "syscalls",
         .tiers = IN(TIER_TRACEPOINT),
         .begins = IN(TIER_TRACEPOINT)},

        {.target = "nf_ct_kill_acct",
         .program = "kprobe_nf_ct_kill_acct",
         .kind = KPROBE,
         .tiers = FUNCTIONS,
         .conntrack = true},
        {FENTRY_HOOK(inet_csk_update_pmtu, fentry_inet_csk_update_pmtu)},
        {KPROBE_HOOK(inet_csk_update_pmtu, kprobe_inet_csk_update_pmtu)},
        {FENTRY_HOOK(tcp_v6_mtu_reduced, fentry_tcp_v6_mtu_reduced)},
        {KPROBE_HOOK(tcp_v6_mtu_reduced, kprobe_tcp_v6_mtu_reduced)},
        {FENTRY_HOOK(ip_icmp_error, fentry_ip_icmp_error)},
        {KPROBE_HOOK(ip_icmp_error, kprobe_ip_icmp_error)},
        {FENTRY_HOOK(ipv6_icmp_error, fentry_ipv6_icmp_error)},
        {KPROBE_HOOK(ipv6_icmp_error, kprobe_ipv6_icmp_error)},
        {FENTRY_HOOK(tcp_rcv_state_process, fentry_tcp_rcv_state_process)},
        {KPROBE_HOOK(tcp_rcv_state_process, kprobe_tcp_rcv_state_process)},
        /* Since 6.17 the tracepoint tells of retries that failed, too. */
        {FENTRY_HOOK(tcp_retransmit_skb, fexit_tcp_retransmit_skb), .max_args = 2},
        {KRETPROBE_HOOK(tcp_retransmit_skb, kretprobe_tcp_retransmit_skb), .max_args = 2},
        {KPROBE_HOOK(tcp_retransmit_skb, kprobe_tcp_retransmit_skb), .max_args = 2},
        {FENTRY_HOOK(tcp_connect, fexit_tcp_connect)},
        {KRETPROBE_HOOK(tcp_connect, kretprobe_tcp_connect)},
        {FENTRY_HOOK(tcp_v4_connect, fentry_tcp_v4_connect), .necessary = true,
         .begins = FUNCTIONS},
        {KRETPROBE_HOOK(tcp_v4_connect, kretprobe_tcp_v4_connect)},
        {KRETPROBE_HOOK(tcp_v6_connect, kretprobe_tcp_v6_connect)},
        {KPROBE_HOOK(tcp_v4_connect, kprobe_tcp_v4_connect), .necessary = true,
         .begins = FUNCTIONS},
        {FENTRY_HOOK(tcp_v6_connect, fentry_tcp_v6_connect), .begins = FUNCTIONS},
        {KPROBE_HOOK(tcp_v6_connect, kprobe_tcp_v6_connect), .begins = FUNCTIONS},
        {FENTRY_HOOK(__sys_connect, fexit_sys_connect)},
        {FENTRY_HOOK(__sys_connect_file, fexit_sys_connect_file)},
        {KRETPROBE_HOOK(__sys_connect_file, kretprobe_sys_connect_file)},
        {FENTRY_HOOK(__inet_stream_connect, fexit_inet_stream_connect), .necessary = true},
        {KRETPROBE_HOOK(__inet_stream_connect, kretprobe_inet_stream_connect), .necessary = true},
        {FENTRY_HOOK(__inet_stream_connect, fentry_inet_stream_connect), .necessary = true},
        {KPROBE_HOOK(__inet_stream_connect, kprobe_inet_stream_connect), .necessary = true},
        {KPROBE_HOOK(__sys_connect_file, kprobe_sys_connect_file)},
        {FENTRY_HOOK(io_connect, fentry_io_connect)},
        {KPROBE_HOOK(io_connect, kprobe_io_connect)},
};

#define N_HOOKS ARRAY_SIZE(hooks)
static_assert(N_HOOKS <= HOOKS_MAX, "HOOKS_MAX");

int probes_tracepoint_args(const struct btf *btf, const char *tracepoint)
{
	const struct btf_type *type;
	char name[128];
	int id;

	snprintf(name, sizeof(name), "btf_trace_%s", tracepoint);
	id = btf__find_by_name_kind(btf, name, BTF_KIND_TYPEDEF);
	if (id < 0)
		return -1;
	type = btf__type_by_id(btf, id);
	type = btf__type_by_id(btf, type->type); /* pointer */
	type = btf__type_by_id(btf,
	                       type->type); /* function, whose first parameter is no argument */
	return btf_is_func_proto(type) ? btf_vlen(type) - 1 : -1;
}

/*
 * CONNWHY_WITHOUT=name,… makes hooks vanish, so that tests see what a kernel without them does;
 * btf:name only takes a function out of the BTF.
 */
static bool made_to_vanish(const char *target)
{
	const char *list = getenv("CONNWHY_WITHOUT");
	size_t length = strlen(target);

	for (; list && *list; list = strchr(list, ',') ? strchr(list, ',') + 1 : NULL)
		if (!strncmp(list, target, length) && (!list[length] || list[length] == ','))
			return true;
	return false;
}

/* IPv6 may be a module, with a BTF of its own. */
static bool is_in_module(const char *function, const struct btf *btf)
{
	struct btf *module = btf__load_module_btf("ipv6", (struct btf *)btf);
	bool found = module && btf__find_by_name_kind(module, function, BTF_KIND_FUNC) >= 0;

	btf__free(module);
	return found;
}

static bool is_in_btf(const char *function, const struct btf *btf)
{
	char name[64];

	snprintf(name, sizeof(name), "btf:%s", function);
	return !made_to_vanish(name) &&
	       (btf__find_by_name_kind(btf, function, BTF_KIND_FUNC) >= 0 ||
	        is_in_module(function, btf));
}

/* A static function can be missing in BTF, which a kprobe does not need: attaching it tells. */
static bool is_there(const struct hook *hook, const struct btf *btf)
{
	if (made_to_vanish(hook->target))
		return false;
	switch (hook->kind) {
	case RAW_TRACEPOINT: return probes_tracepoint_args(btf, hook->target) >= 0;
	case CLASSIC: return true;
	case FENTRY: return hook->conntrack || is_in_btf(hook->target, btf);
	case KPROBE:
	case KRETPROBE: return true;
	}
	return false;
}

/* Another hook of the table has the shape that this kernel's tracepoint has. */
static bool other_shape(const struct hook *hook, const struct btf *btf)
{
	int args;

	if (!hook->min_args && !hook->max_args)
		return false;
	args = probes_tracepoint_args(btf, hook->target);
	return args >= 0 && (args < hook->min_args || (hook->max_args && args > hook->max_args));
}

static void note_missing(struct probes *probes, const char *target)
{
	if (probes_is_missing(probes, target))
		return;
	probes->missing[probes->n_missing++] = target;
	probes->missing[probes->n_missing] = NULL;
}

int probes_choose(struct probes *probes, struct bpf_object *object, const struct btf *btf,
                  enum tier tier, unsigned int wishes, char *why, size_t why_size)
{
	memset(probes, 0, sizeof(*probes));
	probes->tier = tier;
	for (size_t i = 0; i < N_HOOKS; i++) {
		const struct hook *hook = &hooks[i];
		struct bpf_program *program;

		program = bpf_object__find_program_by_name(object, hook->program);
		if (!program)
			return -ENOENT;
		bpf_program__set_autoload(program, false);
		if (!(hook->tiers & IN(tier)) || (hook->follow && !(wishes & PROBES_FOLLOW)) ||
		    (hook->spare && !(wishes & PROBES_CLASSIC)) ||
		    (hook->conntrack && !conntrack_is_there()) || other_shape(hook, btf))
			continue;
		if (is_there(hook, btf)) {
			probes->chosen[i] = true;
			bpf_program__set_autoload(program, true);
			log_debug("%s: %s by %s", tier_names[tier], hook->target, hook->program);
		} else if (hook->necessary) {
			snprintf(why, why_size, "this kernel has no %s", hook->target);
			return -ENOENT;
		} else {
			note_missing(probes, hook->target);
		}
	}
	return 0;
}

static struct bpf_link *attach_classic(struct bpf_program *program, const struct hook *hook)
{
	struct perf_event_attr attr = {.type = PERF_TYPE_TRACEPOINT,
	                               .size = sizeof(attr),
	                               .sample_period = 1,
	                               .wakeup_events = 1};
	struct bpf_link *link;
	int id, fd;

	id = tracefs_id(hook->group, hook->target);
	if (id < 0) {
		errno = -id;
		return NULL;
	}
	attr.config = id;
	fd = syscall(SYS_perf_event_open, &attr, -1, 0, -1, PERF_FLAG_FD_CLOEXEC);
	if (fd < 0)
		return NULL;
	link = bpf_program__attach_perf_event(program, fd);
	if (!link) {
		int err = errno;

		close(fd);
		errno = err;
	}
	return link;
}

static struct bpf_link *attach(struct bpf_program *program, const struct hook *hook)
{
	switch (hook->kind) {
	case RAW_TRACEPOINT: return bpf_program__attach_raw_tracepoint(program, hook->target);
	case CLASSIC: return attach_classic(program, hook);
	case FENTRY: return bpf_program__attach_trace(program);
	case KPROBE: return bpf_program__attach_kprobe(program, false, hook->target);
	case KRETPROBE: return bpf_program__attach_kprobe(program, true, hook->target);
	}
	return NULL;
}

int probes_attach(struct probes *probes, struct bpf_object *object, char *why, size_t why_size)
{
	for (size_t i = 0; i < N_HOOKS; i++) {
		const struct hook *hook = &hooks[i];
		struct bpf_program *program;
		struct bpf_link *link;
		int err;

		if (!probes->chosen[i])
			continue;
		program = bpf_object__find_program_by_name(object, hook->program);
		link = attach(program, hook);
		if (link) {
			probes->links[probes->n_links++] = link;
			continue;
		}
		err = -errno;
		log_debug("%s: %s: %s", tier_names[probes->tier], hook->program, strerror(-err));
		if (hook->necessary) {
			snprintf(why, why_size, "%s: %s", hook->target, strerror(-err));
			probes_detach(probes);
			return err;
		}
		note_missing(probes, hook->target);
	}
	return 0;
}

bool probes_is_missing(const struct probes *probes, const char *target)
{
	for (size_t i = 0; i < probes->n_missing; i++)
		if (!strcmp(probes->missing[i], target))
			return true;
	return false;
}

bool probes_begins(const struct probes *probes, const char *program)
{
	for (size_t i = 0; i < N_HOOKS; i++)
		if (!strcmp(hooks[i].program, program))
			return hooks[i].begins & IN(probes->tier);
	return false;
}

void probes_detach(struct probes *probes)
{
	while (probes->n_links)
		bpf_link__destroy(probes->links[--probes->n_links]);
}
