// SPDX-License-Identifier: GPL-2.0-only
#include "ring.h"

#include <errno.h>
#include <linux/bpf.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define WINDOW_SIZE ((size_t)1 << 20)
#define RECORD_MAX ((size_t)1 << 12) /* of those that begin at the end of the window */

/*
 * The map's pages: what the consumer has read, what the producers have written, the data, and the
 * data again. The positions only grow.
 */
struct ring {
	int fd;
	size_t size, page;
	ring_record_fn *on_record;
	void *context;
	unsigned long *consumer;
	const unsigned long *producer;
	const char *window;        /* NULL or MAP_FAILED: none */
	size_t window_size, begin; /* of the data */
};

static void *map(const struct ring *ring, size_t size, int protection, size_t offset)
{
	void *pages = mmap(NULL, size, protection, MAP_SHARED, ring->fd, (off_t)offset);

	return pages == MAP_FAILED ? NULL : pages;
}

static size_t mapped_size(const struct ring *ring)
{
	return ring->window_size + RECORD_MAX;
}

struct ring *ring_open(int fd, size_t size, ring_record_fn *on_record, void *context)
{
	struct ring *ring = calloc(1, sizeof(*ring));
	int err;

	if (!ring)
		return NULL;
	ring->fd = fd;
	ring->size = size;
	ring->page = (size_t)sysconf(_SC_PAGESIZE);
	ring->on_record = on_record;
	ring->context = context;
	ring->window_size = size < WINDOW_SIZE ? size : WINDOW_SIZE;
	ring->consumer = map(ring, ring->page, PROT_READ | PROT_WRITE, 0);
	ring->producer = map(ring, ring->page, PROT_READ, ring->page);
	if (ring->consumer && ring->producer)
		return ring;
	err = errno;
	ring_close(ring);
	errno = err;
	return NULL;
}

/* Where the record at that position begins; NULL where it cannot be mapped. */
static const char *at(struct ring *ring, unsigned long position)
{
	const size_t offset = position & (ring->size - 1);
	const size_t begin = offset & ~(ring->window_size - 1);

	if (!ring->window || ring->begin != begin) {
		if (ring->window)
			munmap((void *)ring->window, mapped_size(ring));
		ring->begin = begin;
		ring->window = map(ring, mapped_size(ring), PROT_READ, 2 * ring->page + begin);
	}
	return ring->window ? ring->window + (offset - begin) : NULL;
}

/* With its header, to the next multiple of 8. */
static size_t room_of(uint32_t length)
{
	length &= ~(BPF_RINGBUF_BUSY_BIT | BPF_RINGBUF_DISCARD_BIT);
	return (length + BPF_RINGBUF_HDR_SZ + 7) / 8 * 8;
}

int ring_consume(struct ring *ring)
{
	unsigned long position = __atomic_load_n(ring->consumer, __ATOMIC_ACQUIRE);
	int n = 0, err = 0;

	while (!err && position < __atomic_load_n(ring->producer, __ATOMIC_ACQUIRE)) {
		const char *record = at(ring, position);
		uint32_t length;

		if (!record)
			return -errno;
		length = __atomic_load_n((const uint32_t *)record, __ATOMIC_ACQUIRE);
		/* Reserved, and not yet written. */
		if (length & BPF_RINGBUF_BUSY_BIT)
			break;
		if (!(length & BPF_RINGBUF_DISCARD_BIT)) {
			err = ring->on_record(ring->context, (void *)(record + BPF_RINGBUF_HDR_SZ),
			                      length);
			err = err < 0 ? err : 0;
			n++;
		}
		position += room_of(length);
		__atomic_store_n(ring->consumer, position, __ATOMIC_RELEASE);
	}
	return err ? err : n;
}

void ring_close(struct ring *ring)
{
	if (!ring)
		return;
	if (ring->consumer)
		munmap(ring->consumer, ring->page);
	if (ring->producer)
		munmap((void *)ring->producer, ring->page);
	if (ring->window)
		munmap((void *)ring->window, mapped_size(ring));
	free(ring);
}
