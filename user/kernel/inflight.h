/* SPDX-License-Identifier: GPL-2.0-only */
/* The attempts in flight as bpf/inflight.bpf.h keeps them: in slots, and in a hash. */
#ifndef CONNWHY_INFLIGHT_H
#define CONNWHY_INFLIGHT_H

#include <stdbool.h>
#include <stdint.h>

#include "event.h"

/*
 * @busy:      the socket of each slot, 0 for a free one; shared with the kernel
 * @n_in_hash: shared with the kernel
 */
struct inflight {
	uint64_t *busy;
	const struct attempt *slots;
	uint32_t n_slots;
	uint32_t *n_in_hash;
	int hash;
};

/* The number of slots for that many attempts: a power of two. */
uint32_t inflight_slots(uint32_t max_inflight);

/* Maps the slots. @n_in_hash: in the object's own memory. 0 or -errno. */
int inflight_open(struct inflight *inflight, int busy_fd, int slots_fd, int hash_fd,
                  uint32_t n_slots, uint32_t *n_in_hash);

/* Copies the attempt of that socket and id. 0, or -ENOENT. */
int inflight_find(const struct inflight *inflight, uint64_t socket, uint64_t id,
                  struct attempt *attempt);

/* As tracer_each_inflight(). */
int inflight_each(const struct inflight *inflight, bool (*remove)(const struct attempt *, void *),
                  void (*each)(const struct attempt *, void *), void *context);

void inflight_close(struct inflight *inflight);

#endif
