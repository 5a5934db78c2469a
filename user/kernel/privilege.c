/* SPDX-License-Identifier: GPL-2.0-only */
#include <errno.h>
#include <inttypes.h>
#include <linux/capability.h>
#include <stdio.h>

#include "array.h"
#include "log.h"
#include "privilege.h"

const struct privilege privileges_kept[] = {
        {CAP_BPF, "CAP_BPF",
         "to read the maps, which Linux before 5.19 refuses to others where unprivileged BPF is "
         "off"},
        {CAP_SYS_ADMIN, "CAP_SYS_ADMIN",
         "to ask about routes, listeners and interfaces in the network namespace of a socket"},
        {CAP_NET_ADMIN, "CAP_NET_ADMIN",
         "to be told by netlink of translated addresses and of marks"},
        {CAP_SYS_PTRACE, "CAP_SYS_PTRACE",
         "to find network namespaces by the processes of other users"},
        {CAP_DAC_READ_SEARCH, "CAP_DAC_READ_SEARCH", "to name a cgroup whose id is known"},
};
const size_t n_privileges_kept = ARRAY_SIZE(privileges_kept);

#define BIT(capability) (1ULL << (capability))

uint64_t privilege_capabilities(void)
{
	FILE *status = fopen("/proc/self/status", "re");
	uint64_t capabilities = 0;
	char line[256];

	if (!status)
		return 0;
	while (fgets(line, sizeof(line), status))
		if (sscanf(line, "CapEff: %" SCNx64, &capabilities) == 1)
			break;
	fclose(status);
	return capabilities;
}

bool privilege_initial_userns(void)
{
	FILE *map = fopen("/proc/self/uid_map", "re");
	unsigned int inside, outside, count;
	bool initial;

	if (!map)
		return true; /* a kernel without user namespaces */
	/* user_namespaces(7): only the initial one maps all ids onto themselves unasked. */
	initial = fscanf(map, "%u %u %u", &inside, &outside, &count) == 3 && inside == 0 &&
	          outside == 0 && count == UINT32_MAX;
	fclose(map);
	return initial;
}

bool privilege_enough(uint64_t capabilities, bool initial_userns)
{
	uint64_t bpf = BIT(CAP_BPF) | BIT(CAP_PERFMON);

	if (!initial_userns)
		return false;
	return capabilities & BIT(CAP_SYS_ADMIN) || (capabilities & bpf) == bpf;
}

int privilege_check(void)
{
	bool initial = privilege_initial_userns();

	if (privilege_enough(privilege_capabilities(), initial))
		return 0;
	if (!initial)
		log_error("tracing is not possible from a user namespace, whose root is not the "
		          "host's: run 'sudo connwhy ...' outside of it");
	else
		log_error("tracing takes root, or CAP_BPF and CAP_PERFMON: run 'sudo connwhy ...'");
	return -EPERM;
}
