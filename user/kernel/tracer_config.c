// SPDX-License-Identifier: GPL-2.0-only
#include "tracer_config.h"

#include <assert.h>
#include <string.h>
#include <sys/stat.h>

#define INITIAL_PIDNS_INODE 0xEFFFFFFCU /* PROC_PID_INIT_INO */

static void set_networks(struct config *config, const struct options *options)
{
	for (unsigned int i = 0; i < options->n_networks; i++) {
		const struct network *network = &options->networks[i];
		uint8_t mask[16] = {0}, address[16];

		for (unsigned int bit = 0; bit < network->prefix; bit++)
			mask[bit / 8] |= 0x80 >> (bit % 8);
		for (unsigned int byte = 0; byte < 16; byte++)
			address[byte] = network->address[byte] & mask[byte];
		memcpy(config->networks[i].address, address, sizeof(address));
		memcpy(config->networks[i].mask, mask, sizeof(mask));
		config->networks[i].family = network->family;
	}
	config->n_networks = options->n_networks;
}

void tracer_config(struct config *config, const struct options *options, enum tier tier)
{
	struct stat pidns;

	static_assert(PORT_RANGES == PORT_RANGES_MAX && NETWORKS == NETWORKS_MAX, "filter sizes");
	config->tgid = options->pid;
	config->has_uid = options->has_uid;
	config->uid = options->uid;
	config->netns = options->netns;
	config->family = options->family;
	config->follow = options->command != NULL;
	config->cgroup = options->cgroup != NULL;
	config->failed = options->failed;
	config->slower_ns = options->slower_ns;
	config->begin_by_state = tier == TIER_TRACEPOINT;
	for (unsigned int i = 0; i < options->n_ports; i++) {
		config->ports[i].low = options->ports[i].low;
		config->ports[i].high = options->ports[i].high;
	}
	config->n_ports = options->n_ports;
	set_networks(config, options);
	if (!stat("/proc/self/ns/pid", &pidns) && pidns.st_ino != INITIAL_PIDNS_INODE) {
		config->pidns_dev = pidns.st_dev;
		config->pidns_ino = pidns.st_ino;
	}
}
