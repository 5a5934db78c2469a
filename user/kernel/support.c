/* SPDX-License-Identifier: GPL-2.0-only */
/* Finds out by doing: small programs, attached, made to run and detached again. */
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "own.h"
#include "privilege.h"
#include "support.h"
#include "switches.h"
#include "tries.h"

/* Closes what was opened; 0, or the -errno that stands in its place. */
static int close_or_error(int fd)
{
	if (fd < 0)
		return fd;
	close(fd);
	return 0;
}

/* "none [integrity] confidentiality" */
static enum lockdown read_lockdown(void)
{
	char line[64];

	if (switches_read_line("/sys/kernel/security/lockdown", line, sizeof(line)))
		return LOCKDOWN_UNKNOWN;
	if (strstr(line, "[confidentiality]"))
		return LOCKDOWN_CONFIDENTIALITY;
	return strstr(line, "[integrity]") ? LOCKDOWN_INTEGRITY : LOCKDOWN_NONE;
}

static bool raise_memlock(void)
{
	struct rlimit all = {RLIM_INFINITY, RLIM_INFINITY};

	return setrlimit(RLIMIT_MEMLOCK, &all) == 0;
}

static int try_ring_buffer(void)
{
	return close_or_error(bpf_map_create(BPF_MAP_TYPE_RINGBUF, "connwhy_doctor", 0, 0,
	                                     sysconf(_SC_PAGESIZE), NULL));
}

void support_collect(struct support *facts)
{
	libbpf_print_fn_t print = libbpf_set_print(NULL); /* refusals are what is asked for */
	unsigned int kinds = (1u << TRY_MAX) - 1;
	struct own own;
	struct btf *btf;

	*facts = (struct support){
	        .euid = geteuid(),
	        .capabilities = privilege_capabilities(),
	        .initial_userns = privilege_initial_userns(),
	        .lockdown = read_lockdown(),
	        .perf_paranoid = switches_read_int("/proc/sys/kernel/perf_event_paranoid", -2),
	        .jit = switches_read_int("/proc/sys/net/core/bpf_jit_enable", -1),
	        .memlock_raisable = raise_memlock(),
	        .ftrace_off = switches_ftrace_is_off(),
	};
	uname(&facts->kernel);
	btf = btf__load_vmlinux_btf();
	facts->btf = btf ? 0 : -errno;
	facts->ring_buffer = try_ring_buffer();
	facts->trampoline_image =
	        btf && btf__find_by_name_kind(btf, "bpf_tramp_image", BTF_KIND_STRUCT) > 0;
	own_open(&own);
	if (!facts->trampoline_image)
		kinds &= ~(1u << TRY_FENTRY);
	/* Nothing is attached to a function then: see switches_ftrace_is_off(). */
	if (facts->ftrace_off)
		kinds &= ~(1u << TRY_FENTRY | 1u << TRY_KPROBE);
	tries_run(facts->tried, btf, &own, kinds);
	own_close(&own);
	if (!facts->trampoline_image)
		facts->tried[TRY_FENTRY].error = -ENODATA;
	if (facts->ftrace_off)
		facts->tried[TRY_FENTRY].blind = facts->tried[TRY_KPROBE].blind = true;
	facts->kprobes_off = switches_kprobes_are_off();
	btf__free(btf);
	libbpf_set_print(print);
}

static bool works(const struct try_result *tried)
{
	return !tried->error && !tried->blind;
}

int support_tier(const struct support *facts)
{
	if (facts->btf || facts->ring_buffer || !works(&facts->tried[TRY_RAW]))
		return -ENOTSUP;
	if (facts->trampoline_image && works(&facts->tried[TRY_FENTRY]) &&
	    !facts->tried[TRY_FENTRY].preempted && !facts->tried[TRY_RAW].preempted)
		return TIER_FENTRY;
	return works(&facts->tried[TRY_KPROBE]) ? TIER_KPROBE : TIER_TRACEPOINT;
}
