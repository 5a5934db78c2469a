/* SPDX-License-Identifier: GPL-2.0-only */
/* The kernel's reasons for a drop (enum skb_drop_reason, enum qdisc_drop_reason) in words. */
#ifndef CONNWHY_DROP_REASONS_H
#define CONNWHY_DROP_REASONS_H

#include <stddef.h>

/* What stands behind `look`, where the attempt knows what to name. */
enum drop_also {
	ALSO_NOTHING,
	ALSO_ROUTE,   /* the route to the peer */
	ALSO_CAPTURE, /* the packets as they come */
	ALSO_EGRESS,  /* the traffic control filters of the device */
	ALSO_INGRESS,
};

/*
 * @name:  as a step has it: "NETFILTER_DROP"
 * @means: what is known of the packet then, with "it" for the packet; NULL where the name says all
 * @look:  where to look, behind "Look at"; NULL where `also` says all
 */
struct drop_reason {
	const char *name;
	const char *means;
	const char *look;
	enum drop_also also;
};

/* Sorted by name. */
extern const struct drop_reason drop_reasons[];
extern const size_t n_drop_reasons;

/* Where to look for a drop whose reason says nothing, or that has none. */
extern const struct drop_reason drop_reason_unknown;

/* Returns NULL where no reason has that name. */
const struct drop_reason *drop_reason_find(const char *name);

#endif
