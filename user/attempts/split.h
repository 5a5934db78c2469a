/* SPDX-License-Identifier: GPL-2.0-only */
/* What parts counted attempts into groups, beside how they ended. */
#ifndef CONNWHY_SPLIT_H
#define CONNWHY_SPLIT_H

#include "endpoint.h"

#define SPLIT_NETWORKS_MAX 8

enum split_by { SPLIT_BY_NOTHING, SPLIT_BY_PORT, SPLIT_BY_CGROUP, SPLIT_BY_NET };

/* @networks: of SPLIT_BY_NET: the first that holds the peer counts, else none does */
struct split {
	enum split_by by;
	struct network networks[SPLIT_NETWORKS_MAX];
	unsigned int n_networks;
};

#endif
