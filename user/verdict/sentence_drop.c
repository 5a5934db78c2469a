// SPDX-License-Identifier: GPL-2.0-only
/* Packets that this host dropped: what is said of one, and where to look. */
#include <string.h>

#include "array.h"
#include "sentence.h"

/* Where to look for what dropped a packet: the start of enum skb_drop_reason's names. */
static const struct {
	const char *reason;
	const char *check;
} drop_checks[] = {
        {"NETFILTER", "`nft list ruleset`, `iptables-save -c` and `conntrack -S`"},
        {"IP_RPFILTER", "`sysctl net.ipv4.conf.all.rp_filter` and `ip route get` of the peer"},
        {"QDISC", "`tc -s qdisc`"},
        {"TC_", "`tc filter show` on the device, both ingress and egress, and `bpftool net`"},
        {"BPF_CGROUP", "`bpftool cgroup tree`"},
        {"XDP", "`bpftool net`"},
        {"XFRM", "`ip xfrm policy` and `ip xfrm state`"},
        {"TCP_MD5", "the TCP_MD5SIG keys of both sides"},
        {"TCP_AO", "the TCP_AO keys of both sides"},
        {"SOCKET_FILTER", "the filter that is attached to the socket"},
        {"NEIGH", "`ip neigh show`"},
};

void say_drop(struct sentence *sentence, const struct step *step)
{
	if (step->drop_reason && step->drop_function)
		say(sentence, " (%s in %s)", step->drop_reason, step->drop_function);
	else if (step->drop_reason || step->drop_function)
		say(sentence, " (%s)", step->drop_reason ?: step->drop_function);
}

void say_drop_check(struct sentence *sentence, const struct step *step)
{
	const char *check = "`nft list ruleset`, `tc -s qdisc` and `bpftool net`";
	const char *function = step && step->drop_function ? step->drop_function : "";

	for (size_t i = 0; step && step->drop_reason && i < ARRAY_SIZE(drop_checks); i++) {
		const char *reason = drop_checks[i].reason;

		if (!strncmp(step->drop_reason, reason, strlen(reason)))
			check = drop_checks[i].check;
	}
	if (!strncmp(function, "nf_hook", 7))
		check = drop_checks[0].check;
	say(sentence, " Look at %s.", check);
}
