/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reads a BPF ring buffer (Documentation/bpf/ringbuf.rst) through a small window.
 *
 * libbpf maps all of it, and twice, so that no record is cut in two: each page of a ring of 16 MB
 * counts as 32 MB of the reader, used or not.
 */
#ifndef CONNWHY_RING_H
#define CONNWHY_RING_H

#include <stddef.h>

struct ring;

/* One record, only valid during the call. */
typedef int ring_record_fn(void *context, void *data, size_t size);

/* @fd: the map, of @size bytes, a power of 2; it must outlive the ring. NULL with errno set. */
struct ring *ring_open(int fd, size_t size, ring_record_fn *on_record, void *context);

/*
 * Hands out all that is there. Returns how many records, what the callback returned where that is
 * below 0, or -errno.
 */
int ring_consume(struct ring *ring);

void ring_close(struct ring *ring);

#endif
