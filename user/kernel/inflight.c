// SPDX-License-Identifier: GPL-2.0-only
#include "inflight.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "config.h"
#include "entries.h"

#define SLOTS_MIN 2

uint32_t inflight_slots(uint32_t max_inflight)
{
	uint32_t n = SLOTS_MIN;

	while (n < max_inflight)
		n *= 2;
	return n;
}

/* The kernel gives an array of a map whole pages. */
static size_t mapped_size(size_t bytes)
{
	size_t page = sysconf(_SC_PAGESIZE);

	return (bytes + page - 1) / page * page;
}

static void *map_array(int fd, size_t bytes, int protection)
{
	void *at = mmap(NULL, mapped_size(bytes), protection, MAP_SHARED, fd, 0);

	return at == MAP_FAILED ? NULL : at;
}

int inflight_open(struct inflight *inflight, int busy_fd, int slots_fd, int hash_fd,
                  uint32_t n_slots, uint32_t *n_in_hash)
{
	*inflight = (struct inflight){.n_slots = n_slots, .n_in_hash = n_in_hash, .hash = hash_fd};
	inflight->busy =
	        map_array(busy_fd, n_slots * sizeof(*inflight->busy), PROT_READ | PROT_WRITE);
	inflight->slots = map_array(slots_fd, n_slots * sizeof(*inflight->slots), PROT_READ);
	if (inflight->busy && inflight->slots)
		return 0;
	inflight_close(inflight);
	return -ENOMEM;
}

void inflight_close(struct inflight *inflight)
{
	if (inflight->busy)
		munmap(inflight->busy, mapped_size(inflight->n_slots * sizeof(*inflight->busy)));
	if (inflight->slots)
		munmap((void *)inflight->slots,
		       mapped_size(inflight->n_slots * sizeof(*inflight->slots)));
	inflight->busy = NULL;
	inflight->slots = NULL;
}

/* Copies the attempt of a slot, if that socket still has it behind the copy. */
static bool copy_slot(const struct inflight *inflight, uint32_t slot, uint64_t socket,
                      struct attempt *attempt)
{
	uint64_t *busy = &inflight->busy[slot];

	if (__atomic_load_n(busy, __ATOMIC_ACQUIRE) != socket)
		return false;
	memcpy(attempt, &inflight->slots[slot], sizeof(*attempt));
	/* One that is just being filled has no id yet. */
	return attempt->header.id && __atomic_load_n(busy, __ATOMIC_ACQUIRE) == socket;
}

int inflight_find(const struct inflight *inflight, uint64_t socket, uint64_t id,
                  struct attempt *attempt)
{
	uint32_t first = slot_first((uint32_t)socket, inflight->n_slots - SLOTS_MIN);

	for (uint32_t slot = first; slot < first + 2; slot++)
		if (copy_slot(inflight, slot, socket, attempt) && attempt->header.id == id)
			return 0;
	if (bpf_map_lookup_elem(inflight->hash, &socket, attempt))
		return -errno;
	return attempt->header.id == id ? 0 : -ENOENT;
}

/* Who gives the slot back owns the end of the attempt. */
static bool give_back(const struct inflight *inflight, uint32_t slot, uint64_t socket)
{
	return __atomic_compare_exchange_n(&inflight->busy[slot], &socket, 0, false,
	                                   __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
}

struct counted {
	const struct inflight *inflight;
	bool removing;
	void (*each)(const struct attempt *, void *);
	bool (*remove)(const struct attempt *, void *);
	void *context;
};

static bool remove_counted(const struct attempt *attempt, void *context)
{
	struct counted *counted = context;

	return counted->remove(attempt, counted->context);
}

static void each_counted(const struct attempt *attempt, void *context)
{
	struct counted *counted = context;

	if (counted->removing)
		__atomic_sub_fetch(counted->inflight->n_in_hash, 1, __ATOMIC_RELAXED);
	counted->each(attempt, counted->context);
}

int inflight_each(const struct inflight *inflight, bool (*remove)(const struct attempt *, void *),
                  void (*each)(const struct attempt *, void *), void *context)
{
	struct counted counted = {inflight, remove != NULL, each, remove, context};
	struct attempt attempt;

	for (uint32_t slot = 0; slot < inflight->n_slots; slot++) {
		uint64_t socket = __atomic_load_n(&inflight->busy[slot], __ATOMIC_RELAXED);

		if (!socket || !copy_slot(inflight, slot, socket, &attempt))
			continue;
		if (remove && (!remove(&attempt, context) || !give_back(inflight, slot, socket)))
			continue;
		each(&attempt, context);
	}
	if (!__atomic_load_n(inflight->n_in_hash, __ATOMIC_RELAXED))
		return 0;
	return entries_each(inflight->hash, remove ? remove_counted : NULL, each_counted, &counted);
}
