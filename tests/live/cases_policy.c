/* SPDX-License-Identifier: GPL-2.0-only */
/* Calls that a policy refuses: a BPF program of the control group, Landlock. */
#include <errno.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cgroup.h"
#include "world.h"

#define EVERYWHERE .families = ALL_FAMILIES, .modes = BOTH_MODES

static void client_in_refusing_cgroup(struct variant *v)
{
	cgroup_enter_with(v, BPF_PROG_TYPE_CGROUP_SOCK_ADDR,
	                  v->family == V4 ? BPF_CGROUP_INET4_CONNECT : BPF_CGROUP_INET6_CONNECT,
	                  cgroup_refuse, ARRAY_SIZE(cgroup_refuse));
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
        {
                .name = "denied_by_ipsec",
                .families = V4 | V6,
                .modes = BOTH_MODES,
                .needs = FACT_SYNC,
                .world = "ipsec",
                .port = 1250,
                .client_ip = "xfrm policy add src 0.0.0.0/0 dst " SERVER4
                             "/32 proto tcp dport 1250 dir out action block\n"
                             "xfrm policy add src ::/0 dst " SERVER6
                             "/128 proto tcp dport 1250 dir out action block\n",
                .client = client_connect,
                .expect = {{REFUSED(EPERM), .explained = "IPsec policy of action block"}},
        },
        {
                .name = "ipsec_without_state",
                .families = V4,
                .modes = BOTH_MODES,
                .world = "ipsec_state",
                .port = 1251,
                .syncnt = 1,
                .client_ip = "xfrm policy add src 0.0.0.0/0 dst " SERVER4
                             "/32 proto tcp dport 1251 dir out tmpl proto esp mode transport\n",
                .client = client_connect,
                .expect = {{.outcome = "failure",
                            .error = ETIMEDOUT,
                            .cause = "dropped_locally_out",
                            .syn = SYN_ANY,
                            .explained = "no state (SA)",
                            .steps = {{"dropped", .direction = "out"}}}},
        },
        {0},
};
