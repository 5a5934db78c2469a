/* SPDX-License-Identifier: GPL-2.0-only */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <linux/capability.h>
#include <stdlib.h>
#include <string.h>

#include "doctor.h"
#include "privilege.h"

#define BIT(capability) (1ULL << (capability))
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct support all_well(void)
{
	return (struct support){
	        .kernel = {.release = "6.12.0", .machine = "x86_64"},
	        .capabilities = ~0ULL,
	        .initial_userns = true,
	        .lockdown = LOCKDOWN_NONE,
	        .perf_paranoid = 2,
	        .jit = 1,
	        .memlock_raisable = true,
	        .trampoline_image = true,
	};
}

/* What doctor_print() writes; to be freed. */
static char *printed(const struct support *facts, const char *const *hooks_missing)
{
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_int_equal(doctor_print(out, facts, hooks_missing), support_tier(facts) < 0);
	fclose(out);
	return text;
}

static void expect(const struct support *facts, int tier, const char *line)
{
	char *text = printed(facts, NULL);

	assert_int_equal(support_tier(facts), tier);
	if (!strstr(text, line))
		fail_msg("no '%s' in\n%s", line, text);
	free(text);
}

static void test_tiers(void **state)
{
	struct support facts = all_well();

	(void)state;
	expect(&facts, TIER_FENTRY, "tier     fentry");

	facts.trampoline_image = false;
	expect(&facts, TIER_KPROBE, "a kernel of 5.12 or later");

	facts = all_well();
	facts.tried[TRY_FENTRY].error = -524; /* ENOTSUPP of the kernel: arm64 before 6.4 */
	expect(&facts, TIER_KPROBE, "missing  tracing programs     ");
	expect(&facts, TIER_KPROBE, "tier     kprobe");

	facts.tried[TRY_KPROBE].error = -ENOENT;
	expect(&facts, TIER_TRACEPOINT, "CONFIG_KPROBES=y");
	expect(&facts, TIER_TRACEPOINT, "ok       syscall tracepoints");
	facts.tried[TRY_SYSCALL].error = -ENOENT;
	expect(&facts, TIER_TRACEPOINT, "CONFIG_FTRACE_SYSCALLS=y");
}

static void test_switches(void **state)
{
	struct support facts = all_well();

	(void)state;
	facts.tried[TRY_FENTRY].blind = facts.ftrace_off = true;
	expect(&facts, TIER_KPROBE, "does not run");
	expect(&facts, TIER_KPROBE, "sysctl -w kernel.ftrace_enabled=1");

	facts = all_well();
	facts.tried[TRY_FENTRY].error = -EPERM;
	facts.tried[TRY_KPROBE].blind = facts.kprobes_off = true;
	expect(&facts, TIER_TRACEPOINT, "echo 1 > /sys/kernel/debug/kprobes/enabled");

	facts = all_well();
	facts.jit = 0;
	facts.tried[TRY_FENTRY].error = -524;
	expect(&facts, TIER_KPROBE, "ENOTSUPP: sysctl -w net.core.bpf_jit_enable=1");

	/* Programs that are preempted miss what others do meanwhile. */
	facts = all_well();
	facts.tried[TRY_FENTRY].preempted = true;
	expect(&facts, TIER_KPROBE, "are preempted");
	facts = all_well();
	facts.tried[TRY_RAW].preempted = true;
	expect(&facts, TIER_KPROBE, "are preempted");
}

static void test_impossible(void **state)
{
	struct support facts = all_well();

	(void)state;
	facts.btf = -ENOENT;
	expect(&facts, -ENOTSUP, "CONFIG_DEBUG_INFO_BTF=y");

	facts = all_well();
	facts.ring_buffer = -EINVAL;
	expect(&facts, -ENOTSUP, "a kernel of 5.8 or later");

	facts = all_well();
	facts.lockdown = LOCKDOWN_CONFIDENTIALITY;
	facts.tried[TRY_RAW].error = -EINVAL;
	expect(&facts, -ENOTSUP, "missing  lockdown             confidentiality");
	expect(&facts, -ENOTSUP, "boot with lockdown=integrity");
	expect(&facts, -ENOTSUP, "tier     none");
}

static void test_privileges(void **state)
{
	struct support facts = all_well();

	(void)state;
	facts.euid = 1000;
	facts.capabilities = 0;
	facts.ring_buffer = -EPERM;
	for (int kind = 0; kind < TRY_MAX; kind++)
		facts.tried[kind].error = -EPERM;
	expect(&facts, -ENOTSUP, "missing  privileges");
	expect(&facts, -ENOTSUP, "EPERM: sudo connwhy doctor");

	facts.capabilities = ~0ULL;
	facts.initial_userns = false;
	expect(&facts, -ENOTSUP, "outside of this user namespace");

	/* Enough to trace, yet not for what Debian lets only CAP_SYS_ADMIN do. */
	facts = all_well();
	facts.euid = 1000;
	facts.capabilities = BIT(CAP_BPF) | BIT(CAP_PERFMON);
	facts.perf_paranoid = 3;
	facts.tried[TRY_FENTRY].error = -EPERM;
	facts.tried[TRY_KPROBE].error = -EACCES;
	expect(&facts, TIER_TRACEPOINT, "kernel.perf_event_paranoid=2");

	/* It is not the kernel's configuration that keeps it from a tracefs. */
	facts.tried[TRY_SYSCALL].error = -EPERM;
	expect(&facts, TIER_TRACEPOINT, "syscall tracepoints  EPERM: CAP_SYS_ADMIN");

	facts = all_well();
	facts.ring_buffer = -EPERM;
	facts.memlock_raisable = false;
	expect(&facts, -ENOTSUP, "ulimit -l unlimited");
}

static void test_enough(void **state)
{
	static const struct {
		uint64_t capabilities;
		bool initial_userns, enough;
	} rows[] = {
	        {0, true, false},
	        {BIT(CAP_BPF), true, false},
	        {BIT(CAP_PERFMON), true, false},
	        {BIT(CAP_BPF) | BIT(CAP_PERFMON), true, true},
	        {BIT(CAP_SYS_ADMIN), true, true},
	        {BIT(CAP_NET_ADMIN), true, false},
	        {~0ULL, false, false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		assert_int_equal(privilege_enough(rows[i].capabilities, rows[i].initial_userns),
		                 rows[i].enough);
}

static void test_hooks(void **state)
{
	static const char *const missing[] = {"io_connect", NULL};
	struct support facts = all_well();
	char *text = printed(&facts, missing);

	(void)state;
	assert_non_null(strstr(text, "missing  hook                 io_connect"));
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_tiers),      cmocka_unit_test(test_switches),
	        cmocka_unit_test(test_impossible), cmocka_unit_test(test_privileges),
	        cmocka_unit_test(test_enough),     cmocka_unit_test(test_hooks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
