// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which tier: first what small programs show of each kind, then the whole of it, and at last
 * whether it sees a connect of our own.
 */
#include "tier.h"

#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "conntrack.h"
#include "connwhy.skel.h"
#include "log.h"
#include "memory.h"
#include "own.h"
#include "probes.h"
#include "switches.h"
#include "tracer_config.h"
#include "tries.h"
#include "typed.skel.h"

#define WHY_SIZE 256

/* @tried: what kinds of programs the kernel runs, each @error 0 where it was not tried */
struct choice {
	const struct options *options;
	const struct btf *btf;
	const struct own *own;
	struct try_result tried[TRY_MAX];
};

/*
 * The same programs twice, with the same maps: those with typed reads where this kernel offers them
 * (bpf/read.bpf.h). The skeleton is that of the others; only its bytes differ.
 */
static struct connwhy_bpf *open_skeleton(bool typed, const struct bpf_object_open_opts *options)
{
	struct connwhy_bpf *skeleton = calloc(1, sizeof(*skeleton));
	int err;

	if (!skeleton)
		return NULL;
	err = connwhy_bpf__create_skeleton(skeleton);
	if (!err && typed)
		skeleton->skeleton->data = typed_bpf__elf_bytes(&skeleton->skeleton->data_sz);
	if (!err)
		err = bpf_object__open_skeleton(skeleton->skeleton, options);
	if (err) {
		connwhy_bpf__destroy(skeleton);
		errno = -err;
		return NULL;
	}
	return skeleton;
}

/* The socket by which the kernel side knows our own connects. */
static void introduce(struct connwhy_bpf *skeleton, const struct own *own)
{
	skeleton->bss->own_netns = own->fd < 0 ? 0 : own->netns;
	skeleton->bss->own_cookie = own->cookie;
}

bool tier_look(struct sight *sight, const struct connwhy_bpf *skeleton, const struct own *own)
{
	const struct connwhy_bpf__bss *seen = skeleton->bss;
	uint64_t begins = seen->own_begins, ends = seen->own_ends;

	if (own_connect(own))
		return false;
	*sight = (struct sight){
	        .begins = seen->own_begins != begins,
	        .ends = seen->own_ends != ends && seen->own.flags & ATTEMPT_FINAL,
	        .returns = seen->own_ends != ends && seen->own.flags & ATTEMPT_RETURNED,
	};
	return true;
}

void tier_explain_blindness(enum tier tier, char *why, size_t why_size)
{
	if (tier != TIER_TRACEPOINT && switches_ftrace_is_off())
		snprintf(why, why_size,
		         "the kernel runs none of its programs: kernel.ftrace_enabled is 0, "
		         "`sysctl -w "
		         "kernel.ftrace_enabled=1` mends it");
	else if (tier == TIER_KPROBE)
		snprintf(why, why_size,
		         "the kernel runs none of its programs: kprobes %s switched off, `echo 1 > "
		         "/sys/kernel/debug/kprobes/enabled` mends it",
		         switches_kprobes_are_off() ? "are" : "seem to be");
	else
		snprintf(why, why_size, "the kernel runs none of its programs");
}

/* 0, or -ENODATA where a connect of our own does not come through each necessary hook. */
static int see_own(const struct connwhy_bpf *skeleton, const struct own *own, enum tier tier,
                   char *why, size_t why_size)
{
	struct sight sight;

	if (!tier_look(&sight, skeleton, own))
		return 0;
	if (sight.begins && sight.ends && (sight.returns || tier == TIER_TRACEPOINT))
		return 0;
	tier_explain_blindness(tier, why, why_size);
	return -ENODATA;
}

/* What small programs have shown already. */
static int refused_by_trial(const struct choice *choice, enum tier tier, char *why, size_t why_size)
{
	static const enum try_kind kinds[TIER_MAX] = {
	        [TIER_FENTRY] = TRY_FENTRY,
	        [TIER_KPROBE] = TRY_KPROBE,
	        [TIER_TRACEPOINT] = TRY_RAW,
	};
	const struct try_result *tried = &choice->tried[kinds[tier]];

	if (tried->error) {
		snprintf(why, why_size, "the kernel refuses its programs, as at %s: %s",
		         tier == TIER_TRACEPOINT ? "inet_sock_set_state" : "tcp_v4_connect",
		         switches_error(-tried->error));
		return tried->error;
	}
	if (!tried->blind)
		return 0;
	tier_explain_blindness(tier, why, why_size);
	return -ENODATA;
}

static int load(struct connwhy_bpf *skeleton, struct probes *probes, const struct choice *choice,
                enum tier tier, char *why, size_t why_size)
{
	const struct options *options = choice->options;
	bool classic = choice->tried[TRY_RAW].preempted && !choice->tried[TRY_CLASSIC].error &&
	               !choice->tried[TRY_CLASSIC].blind;
	int err;

	tracer_config(&skeleton->rodata->config, options, tier);
	skeleton->rodata->config.grace_ns = GRACE_NS;
	skeleton->rodata->config.classic = classic;
	skeleton->rodata->conntrack_tuples_offset = conntrack_tuples_offset(choice->btf);
	bpf_map__set_max_entries(skeleton->maps.inflight, options->max_inflight);
	if (!options->failed && !options->slower_ns)
		bpf_map__set_max_entries(skeleton->maps.kept, 1);
	bpf_map__set_max_entries(skeleton->maps.events, options->buffer_size);
	err = probes_choose(probes, skeleton->obj, choice->btf, tier,
	                    (options->command ? PROBES_FOLLOW : 0) | (classic ? PROBES_CLASSIC : 0),
	                    why, why_size);
	if (err)
		return err;
	err = connwhy_bpf__load(skeleton);
	if (err == -ENOMEM)
		memory_explain(options, why, why_size);
	else if (err)
		snprintf(why, why_size, "the kernel refuses its programs: %s",
		         switches_error(-err));
	return err;
}

/* With typed reads, which call the kernel, unless it has none, or cannot call for want of a JIT. */
static int open_and_load(struct connwhy_bpf **skeleton, struct probes *probes,
                         const struct choice *choice, enum tier tier, char *why, size_t why_size)
{
	LIBBPF_OPTS(bpf_object_open_opts, open_opts, .btf_custom_path = choice->options->btf);
	bool typed = !choice->options->btf &&
	             btf__find_by_name_kind(choice->btf, "bpf_rdonly_cast", BTF_KIND_FUNC) >= 0;
	int err;

	for (;; typed = false) {
		*skeleton = open_skeleton(typed, &open_opts);
		if (!*skeleton) {
			snprintf(why, why_size, "the programs could not be opened: %s",
			         strerror(errno));
			return -errno;
		}
		err = load(*skeleton, probes, choice, tier, why, why_size);
		if (!err)
			return 0;
		connwhy_bpf__destroy(*skeleton);
		if (err != -SWITCHES_ENOTSUPP || !typed)
			return err;
	}
}

static int try_tier(struct connwhy_bpf **out, struct probes *probes, struct choice *choice,
                    enum tier tier, char *why, size_t why_size)
{
	struct connwhy_bpf *skeleton;
	int err;

	if (tier != TIER_TRACEPOINT && switches_ftrace_is_off()) {
		tier_explain_blindness(tier, why, why_size);
		return -ENODATA;
	}
	/* Not run: the whole tier is, and it takes long to take a kprobe out again. */
	if (tier == TIER_KPROBE)
		tries_run(choice->tried, choice->btf, NULL, 1u << TRY_KPROBE);
	err = refused_by_trial(choice, tier, why, why_size);
	if (err)
		return err;
	if (tier == TIER_FENTRY && choice->options->btf) {
		snprintf(why, why_size, "tracing programs need the kernel's own BTF");
		return -ENOTSUP;
	}
	/* Without it, detaching from a function that sleeps crashes the kernel (5.8 to 5.11). */
	if (tier == TIER_FENTRY &&
	    btf__find_by_name_kind(choice->btf, "bpf_tramp_image", BTF_KIND_STRUCT) < 0) {
		snprintf(why, why_size, "this kernel's trampolines cannot be detached safely");
		return -ENOTSUP;
	}
	err = open_and_load(&skeleton, probes, choice, tier, why, why_size);
	if (err)
		return err;
	introduce(skeleton, choice->own);
	err = probes_attach(probes, skeleton->obj, why, why_size);
	skeleton->bss->ipv6_begins_by_state = probes_is_missing(probes, "tcp_v6_connect");
	if (!err)
		err = see_own(skeleton, choice->own, tier, why, why_size);
	if (err) {
		probes_detach(probes);
		connwhy_bpf__destroy(skeleton);
	} else {
		*out = skeleton;
	}
	return err;
}

/*
 * A tier whose programs the kernel may preempt misses what others do meanwhile, so that those which
 * it does not preempt come first; classic tracepoints stand in for raw ones.
 */
static void order_tiers(enum tier order[3], struct choice *choice)
{
	const bool forced = choice->options->tier != TIER_AUTO;
	unsigned int kinds = 1u << TRY_RAW | (choice->options->btf ? 0 : 1u << TRY_FENTRY);
	size_t n = 0;

	if (btf__find_by_name_kind(choice->btf, "bpf_tramp_image", BTF_KIND_STRUCT) < 0 ||
	    switches_ftrace_is_off())
		kinds &= ~(1u << TRY_FENTRY);
	tries_run(choice->tried, choice->btf, choice->own, kinds);
	if (choice->tried[TRY_RAW].preempted)
		tries_run(choice->tried, choice->btf, choice->own, 1u << TRY_CLASSIC);
	if (forced) {
		order[0] = order[1] = order[2] = choice->options->tier;
		return;
	}
	if (!choice->tried[TRY_FENTRY].preempted && !choice->tried[TRY_RAW].preempted)
		order[n++] = TIER_FENTRY;
	order[n++] = TIER_KPROBE;
	order[n++] = TIER_TRACEPOINT;
	if (n < 3)
		order[n] = TIER_FENTRY;
}

int tier_choose(struct connwhy_bpf **skeleton, struct probes *probes, const struct btf *btf,
                const struct options *options, const struct own *own)
{
	struct choice choice = {.options = options, .btf = btf, .own = own};
	char why[WHY_SIZE] = "";
	enum tier order[3];
	int err = -ENOTSUP;

	order_tiers(order, &choice);
	for (size_t i = 0; i < (options->tier == TIER_AUTO ? ARRAY_SIZE(order) : 1); i++) {
		err = try_tier(skeleton, probes, &choice, order[i], why, sizeof(why));
		if (!err)
			return 0;
		log_message(err == -ENODATA && options->tier == TIER_AUTO ? LEVEL_WARN
		                                                          : LEVEL_DEBUG,
		            "tier %s: %s", tier_names[order[i]], why);
	}
	if (options->tier != TIER_AUTO)
		log_error("--tier %s: %s; run `connwhy doctor`, or leave --tier out",
		          tier_names[options->tier], why);
	else
		log_error("cannot trace on this kernel: %s; run `connwhy doctor` for what mends it",
		          why);
	return err;
}
