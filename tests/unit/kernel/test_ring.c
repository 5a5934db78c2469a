// SPDX-License-Identifier: GPL-2.0-only
/* A file in memory stands for the map: its pages are laid out as those of a BPF ring buffer. */
#include <errno.h>
#include <linux/bpf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "ring.h"

#define SIZE ((size_t)4 << 20) /* several windows */
#define RECORD 280

struct fake {
	int fd;
	size_t page;
	unsigned long *consumer, *producer;
	char *data;
	struct ring *ring;
	unsigned int n, expected; /* the number in the next record */
	int answer;
};

static int on_record(void *context, void *data, size_t size)
{
	struct fake *fake = context;
	unsigned int numbers[RECORD / sizeof(unsigned int)];

	assert_int_equal(size, RECORD);
	memcpy(numbers, data, size);
	assert_int_equal(numbers[0], fake->expected);
	/* The end of one that is cut by the end of the ring is there, too. */
	assert_int_equal(numbers[RECORD / sizeof(unsigned int) - 1], fake->expected);
	fake->expected++;
	return fake->answer;
}

static void *pages(const struct fake *fake, size_t first, size_t size)
{
	void *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fake->fd,
	                (off_t)(first * fake->page));

	assert_ptr_not_equal(at, MAP_FAILED);
	return at;
}

static int set_up(void **state)
{
	static struct fake fake;

	fake = (struct fake){.fd = memfd_create("ring", MFD_CLOEXEC)};
	fake.page = (size_t)sysconf(_SC_PAGESIZE);
	assert_true(fake.fd >= 0);
	assert_int_equal(ftruncate(fake.fd, (off_t)(2 * fake.page + 2 * SIZE)), 0);
	fake.consumer = pages(&fake, 0, fake.page);
	fake.producer = pages(&fake, 1, fake.page);
	fake.data = pages(&fake, 2, 2 * SIZE);
	fake.ring = ring_open(fake.fd, SIZE, on_record, &fake);
	assert_non_null(fake.ring);
	*state = &fake;
	return 0;
}

static int tear_down(void **state)
{
	struct fake *fake = *state;

	ring_close(fake->ring);
	munmap(fake->consumer, fake->page);
	munmap(fake->producer, fake->page);
	munmap(fake->data, 2 * SIZE);
	close(fake->fd);
	return 0;
}

/* In the kernel the data are there twice, in one memory: here they are written twice. */
static void put(struct fake *fake, size_t offset, const void *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		size_t at = (offset + i) % SIZE;

		fake->data[at] = fake->data[at + SIZE] = ((const char *)bytes)[i];
	}
}

static void produce(struct fake *fake, uint32_t flags)
{
	unsigned int numbers[RECORD / sizeof(unsigned int)];
	uint32_t header[2] = {RECORD | flags};

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		numbers[i] = fake->n;
	fake->n += flags & BPF_RINGBUF_DISCARD_BIT ? 0 : 1;
	put(fake, *fake->producer, header, sizeof(header));
	put(fake, *fake->producer + sizeof(header), numbers, sizeof(numbers));
	*fake->producer += sizeof(header) + sizeof(numbers);
}

static void records_come_in_order_round_and_round(void **state)
{
	struct fake *fake = *state;

	assert_int_equal(ring_consume(fake->ring), 0);
	for (unsigned int round = 0; round < 50; round++) {
		for (int i = 0; i < 1000; i++)
			produce(fake, 0);
		assert_int_equal(ring_consume(fake->ring), 1000);
		assert_int_equal(*fake->consumer, *fake->producer);
	}
	assert_true(*fake->producer > 3 * SIZE);
	assert_int_equal(ring_consume(fake->ring), 0);
}

static void what_is_not_yet_written_is_waited_for(void **state)
{
	struct fake *fake = *state;
	unsigned long at;

	produce(fake, 0);
	produce(fake, BPF_RINGBUF_DISCARD_BIT);
	at = *fake->producer;
	produce(fake, BPF_RINGBUF_BUSY_BIT);
	produce(fake, 0);
	assert_int_equal(ring_consume(fake->ring), 1);
	assert_int_equal(*fake->consumer, at);
	put(fake, at, &(uint32_t){RECORD}, sizeof(uint32_t));
	assert_int_equal(ring_consume(fake->ring), 2);
}

static void an_error_ends_it_behind_the_record(void **state)
{
	struct fake *fake = *state;

	produce(fake, 0);
	produce(fake, 0);
	fake->answer = -ENOMEM;
	assert_int_equal(ring_consume(fake->ring), -ENOMEM);
	fake->answer = 0;
	assert_int_equal(ring_consume(fake->ring), 1);
}

static void what_is_no_map_cannot_be_opened(void **state)
{
	(void)state;
	assert_null(ring_open(-1, SIZE, on_record, NULL));
	assert_int_equal(errno, EBADF);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup_teardown(records_come_in_order_round_and_round, set_up,
	                                        tear_down),
	        cmocka_unit_test_setup_teardown(what_is_not_yet_written_is_waited_for, set_up,
	                                        tear_down),
	        cmocka_unit_test_setup_teardown(an_error_ends_it_behind_the_record, set_up,
	                                        tear_down),
	        cmocka_unit_test(what_is_no_map_cannot_be_opened),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
