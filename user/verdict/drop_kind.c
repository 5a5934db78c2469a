// SPDX-License-Identifier: GPL-2.0-only
#include "drop_kind.h"

#include <string.h>

#include "array.h"

static bool starts_with(const char *text, const char *start)
{
	return text && !strncmp(text, start, strlen(start));
}

bool drop_is_of_filter(const struct step *step)
{
	return (step->drop_reason && !strcmp(step->drop_reason, "NETFILTER_DROP")) ||
	       starts_with(step->drop_function, "nf_hook_slow");
}

static bool has_reason(const struct step *step)
{
	return step->drop_reason && strcmp(step->drop_reason, "NOT_SPECIFIED");
}

bool drop_is_untold(const struct step *step)
{
	return !has_reason(step) && !step->drop_function;
}

bool drop_is_of_neighbour(const struct step *step)
{
	if (has_reason(step))
		return starts_with(step->drop_reason, "NEIGH_");
	return starts_with(step->drop_function, "neigh_invalidate") ||
	       starts_with(step->drop_function, "arp_error_report") ||
	       starts_with(step->drop_function, "ndisc_error_report");
}

bool drop_is_of_bystander(const struct step *step)
{
	if (has_reason(step))
		return !strcmp(step->drop_reason, "OTHERHOST") ||
		       !strcmp(step->drop_reason, "PACKET_SOCK_ERROR") ||
		       !strcmp(step->drop_reason, "QUEUE_PURGE");
	return starts_with(step->drop_function, "ip_rcv_core") ||
	       starts_with(step->drop_function, "ip6_rcv_core") ||
	       starts_with(step->drop_function, "packet_rcv") ||
	       starts_with(step->drop_function, "tpacket_rcv");
}

bool drop_is_certain(const struct step *step)
{
	static const char *const functions[] = {"nf_hook_slow",
	                                        "nft_do_chain",
	                                        "ip_forward",
	                                        "ip6_forward",
	                                        "tcf_",
	                                        "tc_run",
	                                        "sch_handle_",
	                                        "__netif_receive_skb_core",
	                                        "__dev_queue_xmit",
	                                        "do_xdp_generic",
	                                        "veth_xdp_rcv"};

	for (size_t i = 0; i < ARRAY_SIZE(functions); i++)
		if (starts_with(step->drop_function, functions[i]))
			return true;
	return has_reason(step);
}
