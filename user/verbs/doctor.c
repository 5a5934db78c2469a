/* SPDX-License-Identifier: GPL-2.0-only */
#include <errno.h>
#include <linux/capability.h>
#include <stdlib.h>

#include "doctor.h"
#include "privilege.h"
#include "switches.h"
#include "text.h"
#include "tracer.h"

/* A line: what it is about, how it is, and what mends it. */
static void print_line(FILE *out, bool ok, const char *subject, const char *finding,
                       const char *fix)
{
	fprintf(out, "%-8s %-20s %s%s%s\n", ok ? "ok" : "missing", subject, finding,
	        fix ? ": " : "", fix ? fix : "");
}

static const char *const lockdown_names[] = {
        [LOCKDOWN_UNKNOWN] = "unknown, as securityfs is not mounted",
        [LOCKDOWN_NONE] = "none",
        [LOCKDOWN_INTEGRITY] = "integrity",
        [LOCKDOWN_CONFIDENTIALITY] = "confidentiality",
};

static bool privileged(const struct support *facts)
{
	return privilege_enough(facts->capabilities, facts->initial_userns);
}

/* Before 5.11, what BPF holds counts as locked memory, and going past its limit gives EPERM. */
static bool memlock_short(const struct support *facts)
{
	return facts->ring_buffer == -EPERM && !facts->memlock_raisable && privileged(facts);
}

/* What mends a try that was refused, when the kernel is able to do it. */
static const char *fix_of(const struct support *facts, int error, const char *if_absent)
{
	if (!error)
		return NULL;
	if (!privileged(facts))
		return facts->initial_userns ? "sudo connwhy doctor"
		                             : "run it outside of this user namespace";
	if (facts->lockdown == LOCKDOWN_CONFIDENTIALITY)
		return "boot with lockdown=integrity";
	if (memlock_short(facts))
		return "ulimit -l unlimited";
	if ((error == -EPERM || error == -EACCES) && !(facts->capabilities & 1ULL << CAP_SYS_ADMIN))
		return "CAP_SYS_ADMIN; or a tracefs that may be read, and "
		       "kernel.perf_event_paranoid=2";
	if (error == -SWITCHES_ENOTSUPP && facts->jit == 0)
		return "sysctl -w net.core.bpf_jit_enable=1";
	return if_absent;
}

static const char *refusal_in_words(char to[TEXT_ERROR_SIZE], int error)
{
	return error == -SWITCHES_ENOTSUPP ? "ENOTSUPP" : text_errno(to, -error);
}

/* What mends a program that is attached, and that the kernel does not run. */
static const char *fix_of_blindness(const struct support *facts, enum try_kind kind)
{
	if (kind == TRY_KPROBE && facts->kprobes_off)
		return "echo 1 > /sys/kernel/debug/kprobes/enabled";
	if ((kind == TRY_KPROBE || kind == TRY_FENTRY) && facts->ftrace_off)
		return "sysctl -w kernel.ftrace_enabled=1";
	return NULL;
}

/* The line of a kind of programs: whether they are attached, run, and run whole. */
static void print_kind(FILE *out, const struct support *facts, const char *subject,
                       enum try_kind kind, const char *if_absent)
{
	const struct try_result *tried = &facts->tried[kind];
	char refusal[TEXT_ERROR_SIZE];

	if (tried->error)
		print_line(out, false, subject, refusal_in_words(refusal, tried->error),
		           fix_of(facts, tried->error, if_absent));
	else if (tried->blind)
		print_line(out, false, subject, "the kernel does not run them",
		           fix_of_blindness(facts, kind));
	else
		print_line(out, true, subject,
		           tried->preempted ? "work, but are preempted and then miss what others do"
		                            : "works",
		           NULL);
}

/* The line of a try. */
static void print_try(FILE *out, const struct support *facts, const char *subject, int error,
                      const char *if_absent)
{
	char refusal[TEXT_ERROR_SIZE];

	print_line(out, !error, subject, error ? text_errno(refusal, -error) : "works",
	           fix_of(facts, error, if_absent));
}

static void print_privileges(FILE *out, const struct support *facts)
{
	bool ok = privileged(facts);
	const char *finding = facts->euid == 0 ? "root" : "CAP_BPF and CAP_PERFMON";

	if (!facts->initial_userns)
		finding = "this user namespace is not the host's";
	else if (!ok)
		finding = "neither root nor CAP_BPF with CAP_PERFMON";
	print_line(out, ok, "privileges", finding,
	           fix_of(facts, ok ? 0 : -EPERM, "sudo connwhy doctor"));
}

static void print_lockdown(FILE *out, const struct support *facts)
{
	bool ok = facts->lockdown != LOCKDOWN_CONFIDENTIALITY;

	print_line(out, ok, "lockdown", lockdown_names[facts->lockdown],
	           ok ? NULL : "BPF may not read kernel memory: boot with lockdown=integrity");
}

static void print_kprobe(FILE *out, const struct support *facts)
{
	const char *fix = "a kernel with CONFIG_KPROBES=y and CONFIG_BPF_EVENTS=y";

	if (facts->perf_paranoid > 2 && !(facts->capabilities & 1ULL << CAP_SYS_ADMIN))
		fix = "sysctl -w kernel.perf_event_paranoid=2";
	print_kind(out, facts, "kprobes", TRY_KPROBE, fix);
}

static void print_fexit(FILE *out, const struct support *facts)
{
	if (!facts->btf && !facts->trampoline_image)
		print_line(out, false, "tracing programs",
		           "trampolines of this kernel are not safe under calls that sleep",
		           "a kernel of 5.12 or later");
	else
		print_kind(out, facts, "tracing programs", TRY_FENTRY,
		           "a kernel that lets BPF trace functions (x86-64 5.8 or later, arm64 6.4 "
		           "or later, CONFIG_DYNAMIC_FTRACE_WITH_DIRECT_CALLS=y)");
}

static void print_tier(FILE *out, const struct support *facts)
{
	int tier = support_tier(facts);

	if (tier < 0) {
		fprintf(out, "tier     none: connwhy cannot trace until what is missing above is "
		             "mended\n");
		return;
	}
	fprintf(out, "tier     %s", tier_names[tier]);
	switch ((enum tier)tier) {
	case TIER_FENTRY: fputs(": everything\n", out); break;
	case TIER_KPROBE: fputs(": everything, but a return may be missed\n", out); break;
	case TIER_TRACEPOINT:
		fputs(": endings of all; synchronous failures of connect(2) only\n", out);
		break;
	case TIER_AUTO:
	case TIER_MAX: fputc('\n', out); break;
	}
}

int doctor_print(FILE *out, const struct support *facts, const char *const *hooks_missing)
{
	char kernel[sizeof(facts->kernel.release) + sizeof(facts->kernel.machine) + 1];
	int tier = support_tier(facts);

	snprintf(kernel, sizeof(kernel), "%s %s", facts->kernel.release, facts->kernel.machine);
	print_line(out, facts->ring_buffer != -EINVAL, "kernel", kernel,
	           facts->ring_buffer == -EINVAL ? "a kernel of 5.8 or later" : NULL);
	print_privileges(out, facts);
	print_lockdown(out, facts);
	if (memlock_short(facts))
		print_line(out, false, "locked memory", "limited", "ulimit -l unlimited");
	if (facts->jit >= 0)
		print_line(out, facts->jit > 0, "BPF JIT", facts->jit ? "on" : "off",
		           facts->jit ? NULL : "sysctl -w net.core.bpf_jit_enable=1");
	print_line(out, !facts->btf, "BTF", facts->btf ? "none" : "/sys/kernel/btf/vmlinux",
	           facts->btf ? "a kernel with CONFIG_DEBUG_INFO_BTF=y, or --btf FILE" : NULL);
	print_try(out, facts, "ring buffer", facts->ring_buffer, "a kernel of 5.8 or later");
	print_kind(out, facts, "raw tracepoints", TRY_RAW, "a kernel with CONFIG_BPF_EVENTS=y");
	print_fexit(out, facts);
	if (tier != TIER_FENTRY)
		print_kprobe(out, facts);
	if (tier == TIER_TRACEPOINT)
		print_kind(out, facts, "syscall tracepoints", TRY_SYSCALL,
		           "a kernel with CONFIG_FTRACE_SYSCALLS=y");
	for (; hooks_missing && *hooks_missing; hooks_missing++)
		print_line(out, false, "hook", *hooks_missing, NULL);
	print_tier(out, facts);
	return fflush(out) || ferror(out) || tier < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

static int ignore_event(void *context, void *data, size_t size)
{
	(void)context;
	(void)data;
	(void)size;
	return 0;
}

/* What hooks are missing is seen by really attaching. */
int doctor(const struct options *options)
{
	struct tracer *tracer = NULL;
	struct support support;
	int status;

	support_collect(&support);
	if (support_tier(&support) >= 0)
		tracer_open(&tracer, options, ignore_event, NULL);
	status = doctor_print(stdout, &support, tracer ? tracer_missing(tracer) : NULL);
	tracer_close(tracer);
	return status;
}
