// SPDX-License-Identifier: GPL-2.0-only
/*
 * A plugin of qemu: how often each instruction of the guest's kernel ran.
 *
 *   -plugin counts.so,out=FILE        a line each: address in hexadecimal, count
 *
 * The declarations are those of qemu-plugin.h, version 1, which Debian does not package.
 */
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXPORT __attribute__((visibility("default")))
#define BLOCKS (1U << 21) /* a power of 2, more than a short run translates */
#define KERNEL 0xffff000000000000ULL
#define INLINE_ADD_U64 0

struct qemu_plugin_tb;
struct qemu_plugin_insn;

void qemu_plugin_register_vcpu_tb_trans_cb(uint64_t id,
                                           void (*callback)(uint64_t id,
                                                            struct qemu_plugin_tb *tb));
void qemu_plugin_register_vcpu_tb_exec_inline(struct qemu_plugin_tb *tb, int operation,
                                              void *counter, uint64_t value);
void qemu_plugin_register_atexit_cb(uint64_t id, void (*callback)(uint64_t id, void *context),
                                    void *context);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
uint64_t qemu_plugin_tb_vaddr(const struct qemu_plugin_tb *tb);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb, size_t i);
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *insn);

EXPORT int qemu_plugin_version = 1;

/* Code that qemu has translated as one, perhaps more than once. @addresses: of its instructions */
struct block {
	uint64_t *addresses;
	uint64_t runs;
	uint64_t start;
	size_t n;
};

static struct block *blocks;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char path[512];

static struct block *find(uint64_t start, size_t n)
{
	uint64_t hash = (start * 0x9E3779B97F4A7C15ULL ^ n * 0x85EBCA6BULL) >> 20;

	for (size_t i = 0; i < BLOCKS; i++) {
		struct block *block = &blocks[(hash + i) % BLOCKS];

		if (!block->addresses || (block->start == start && block->n == n))
			return block;
	}
	abort();
}

static void translated(uint64_t id, struct qemu_plugin_tb *tb)
{
	uint64_t start = qemu_plugin_tb_vaddr(tb);
	size_t n = qemu_plugin_tb_n_insns(tb);
	struct block *block;

	(void)id;
	if (start < KERNEL || !n)
		return;
	pthread_mutex_lock(&lock);
	block = find(start, n);
	if (!block->addresses) {
		block->start = start;
		block->n = n;
		block->addresses = calloc(n, sizeof(*block->addresses));
		for (size_t i = 0; block->addresses && i < n; i++)
			block->addresses[i] =
			        qemu_plugin_insn_vaddr(qemu_plugin_tb_get_insn(tb, i));
	}
	pthread_mutex_unlock(&lock);
	qemu_plugin_register_vcpu_tb_exec_inline(tb, INLINE_ADD_U64, &block->runs, 1);
}

static void write_counts(uint64_t id, void *context)
{
	FILE *file = fopen(path, "w");

	(void)id;
	(void)context;
	for (size_t i = 0; file && i < BLOCKS; i++)
		for (size_t j = 0; blocks[i].addresses && blocks[i].runs && j < blocks[i].n; j++)
			fprintf(file, "%lx %lu\n", blocks[i].addresses[j], blocks[i].runs);
	if (file)
		fclose(file);
}

EXPORT int qemu_plugin_install(uint64_t id, const void *info, int argc, char **argv)
{
	(void)info;
	if (argc != 1 || sscanf(argv[0], "out=%511s", path) != 1)
		return -1;
	blocks = calloc(BLOCKS, sizeof(*blocks));
	if (!blocks)
		return -1;
	qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
	qemu_plugin_register_atexit_cb(id, write_counts, NULL);
	return 0;
}
