/* SPDX-License-Identifier: GPL-2.0-only */
/* Calls that a policy refuses: a BPF program of the control group, Landlock. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <linux/bpf.h>

#include "cgroup.h"
#include "live.h"

#define EVERYWHERE .families = ALL_FAMILIES, .modes = BOTH_MODES

/* "return 0": no. */
static int load_refusal(enum bpf_attach_type type)
{
	static const struct bpf_insn program[] = {
	        {.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0},
	        {.code = BPF_JMP | BPF_EXIT},
	};
	union bpf_attr attr = {.prog_type = BPF_PROG_TYPE_CGROUP_SOCK_ADDR,
	                       .insns = (uintptr_t)program,
	                       .insn_cnt = ARRAY_SIZE(program),
	                       .license = (uintptr_t) "GPL",
	                       .expected_attach_type = type};

	return (int)syscall(SYS_bpf, BPF_PROG_LOAD, &attr, sizeof(attr));
}

static void client_in_refusing_cgroup(struct variant *v)
{
	enum bpf_attach_type type =
	        v->family == V4 ? BPF_CGROUP_INET4_CONNECT : BPF_CGROUP_INET6_CONNECT;
	union bpf_attr attr = {.attach_type = type};
	char path[256], name[16];
	int program, group;

	snprintf(name, sizeof(name), "refuse-%u", v->number);
	if (!cgroup_make(name, path, sizeof(path)) || !cgroup_enter(path))
		variant_skip(v, "no control group (v2) can be made: %s", strerror(errno));
	program = load_refusal(type);
	group = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	attr.target_fd = (uint32_t)group;
	attr.attach_bpf_fd = (uint32_t)program;
	if (program < 0 || group < 0 || syscall(SYS_bpf, BPF_PROG_ATTACH, &attr, sizeof(attr)))
		variant_skip(v, "no BPF program for control groups: %s", strerror(errno));
	client_connect(v);
}

/* Of <linux/landlock.h>, which may be older than the rules for networks (Linux 6.7). */
struct landlock_ruleset {
	uint64_t handled_access_fs;
	uint64_t handled_access_net;
};
#define LANDLOCK_CONNECT_TCP (1U << 1)

static void client_in_landlock(struct variant *v)
{
	struct landlock_ruleset rules = {.handled_access_net = LANDLOCK_CONNECT_TCP};
	int fd = (int)syscall(SYS_landlock_create_ruleset, &rules, sizeof(rules), 0);

	if (fd < 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	    syscall(SYS_landlock_restrict_self, fd, 0))
		variant_skip(v, "Landlock cannot refuse connections here: %s", strerror(errno));
	client_connect(v);
}

#define REFUSED(errno_) .outcome = "failure", .error = errno_, .cause = "denied_by_policy"

const struct test tests_policy[] = {
        {
                .name = "denied_by_cgroup",
                EVERYWHERE,
                .needs = FACT_SYNC,
                .port = PORT_OPEN,
                .client = client_in_refusing_cgroup,
                .expect = {{REFUSED(EPERM)}},
        },
        {
                .name = "denied_by_landlock",
                EVERYWHERE,
                .needs = FACT_SYNC,
                .port = PORT_OPEN,
                .client = client_in_landlock,
                .expect = {{REFUSED(EACCES)}},
        },
        {0},
};
