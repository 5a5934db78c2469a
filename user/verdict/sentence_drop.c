// SPDX-License-Identifier: GPL-2.0-only
/* Packets that this host dropped: what is said of one, and where to look. */
#include <stdio.h>
#include <string.h>

#include "array.h"
#include "drop_reasons.h"
#include "sentence.h"

/* Before 5.17 the function is all there is, and of XDP later, too; it tells as much as a reason. */
static const struct {
	const char *start;
	const char *reason;
} functions[] = {
        {"nf_hook", "NETFILTER_DROP"},
        {"neigh_invalidate", "NEIGH_FAILED"},
        {"arp_error_report", "NEIGH_FAILED"},
        {"ndisc_error_report", "NEIGH_FAILED"},
        {"do_xdp_generic", "XDP"},
        {"veth_xdp_rcv", "XDP"},
};

void say_drop(struct buffer *sentence, const struct step *step)
{
	if (step->drop_reason && step->drop_function)
		say(sentence, " (%s in %s)", step->drop_reason, step->drop_function);
	else if (step->drop_reason || step->drop_function)
		say(sentence, " (%s)", step->drop_reason ?: step->drop_function);
}

const char *say_replies(char to[SENTENCE_WORD_SIZE], const struct evidence *evidence)
{
	unsigned int n = evidence->n_in_drops;

	if (evidence->n_in_resets == n)
		snprintf(to, SENTENCE_WORD_SIZE, n == 1 ? "%u RST" : "%u RSTs", n);
	else if (evidence->n_in_syn_acks == n)
		snprintf(to, SENTENCE_WORD_SIZE, n == 1 ? "%u SYN-ACK" : "%u SYN-ACKs", n);
	else
		snprintf(to, SENTENCE_WORD_SIZE, n == 1 ? "%u reply" : "%u replies", n);
	return to;
}

/* dst_discard_out() is where such a packet ends, but that of a device that has gone, too. */
static const struct drop_reason no_state = {
        "IPsec", "a policy wants this packet protected, and no state (SA) to do it with was there",
        "`ip xfrm policy` and `ip xfrm state`", ALSO_NOTHING};

static bool is_without_state(const struct evidence *evidence, const struct step *step)
{
	const char *function = step && step->drop_function ? step->drop_function : "";
	const char *reason = step && step->drop_reason ? step->drop_reason : "";

	return evidence->record->route.ipsec == IPSEC_PROTECT &&
	       (!strncmp(function, "dst_discard", strlen("dst_discard")) ||
	        !strncmp(reason, "XFRM", strlen("XFRM")));
}

static const struct drop_reason *reason_of(const struct evidence *evidence, const struct step *step)
{
	const struct drop_reason *reason = NULL;

	if (is_without_state(evidence, step))
		return &no_state;
	if (step && step->drop_reason && strcmp(step->drop_reason, "NOT_SPECIFIED"))
		reason = drop_reason_find(step->drop_reason);
	for (size_t i = 0; step && step->drop_function && !reason && i < ARRAY_SIZE(functions); i++)
		if (!strncmp(step->drop_function, functions[i].start, strlen(functions[i].start)))
			reason = drop_reason_find(functions[i].reason);
	return reason ?: &drop_reason_unknown;
}

/* The classifiers of the device that the attempt used, where its name is known. */
static void say_filters(struct buffer *sentence, const struct evidence *evidence,
                        const char *direction)
{
	const struct place *place = &evidence->record->place;
	const char *device = place->bound_interface ?: place->route_interface;

	if (device)
		say(sentence, "`tc -s filter show dev %s %s`", device, direction);
	else
		say(sentence, "`tc -s qdisc`");
}

void say_drop_check(struct buffer *sentence, const struct evidence *evidence,
                    const struct step *step)
{
	const struct drop_reason *reason = reason_of(evidence, step);

	if (evidence->n_in_resets && !evidence->n_in_syn_acks)
		say(sentence,
		    " A RST is the peer's refusal: as a rule nothing listens on that port.");
	if (reason->means)
		say(sentence, " %s: %s.", reason->name, reason->means);
	say(sentence, " Look at ");
	if (reason->look)
		say(sentence, "%s%s", reason->look, reason->also ? " and " : "");
	switch (reason->also) {
	case ALSO_NOTHING: break;
	case ALSO_ROUTE: say_route_get(sentence, evidence); break;
	case ALSO_CAPTURE: say_capture(sentence, evidence); break;
	case ALSO_EGRESS: say_filters(sentence, evidence, "egress"); break;
	case ALSO_INGRESS: say_filters(sentence, evidence, "ingress"); break;
	}
	say(sentence, ".");
}
