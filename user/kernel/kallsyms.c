// SPDX-License-Identifier: GPL-2.0-only
#include "kallsyms.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct symbol {
	uint64_t address;
	char *name;
};

struct kallsyms {
	struct symbol *symbols;
	size_t n, size;
};

static int by_address(const void *left, const void *right)
{
	const struct symbol *a = left, *b = right;

	return a->address < b->address ? -1 : a->address > b->address;
}

static int add(struct kallsyms *kallsyms, uint64_t address, const char *name)
{
	if (kallsyms->n == kallsyms->size) {
		size_t size = kallsyms->size ? kallsyms->size * 2 : 65536;
		struct symbol *symbols = realloc(kallsyms->symbols, size * sizeof(*symbols));

		if (!symbols)
			return -1;
		kallsyms->symbols = symbols;
		kallsyms->size = size;
	}
	kallsyms->symbols[kallsyms->n].address = address;
	kallsyms->symbols[kallsyms->n].name = strdup(name);
	return kallsyms->symbols[kallsyms->n].name ? (int)kallsyms->n++ : -1;
}

struct kallsyms *kallsyms_read(FILE *file)
{
	struct kallsyms *kallsyms = calloc(1, sizeof(*kallsyms));
	char line[512], name[256], kind;
	unsigned long long address;

	while (kallsyms && file && fgets(line, sizeof(line), file))
		if (sscanf(line, "%llx %c %255s", &address, &kind, name) == 3 && address &&
		    tolower((unsigned char)kind) == 't' && add(kallsyms, address, name) < 0)
			break;
	if (file)
		fclose(file);
	if (kallsyms && kallsyms->n)
		qsort(kallsyms->symbols, kallsyms->n, sizeof(*kallsyms->symbols), by_address);
	return kallsyms;
}

const char *kallsyms_find(const struct kallsyms *kallsyms, uint64_t address)
{
	size_t low = 0, high = kallsyms ? kallsyms->n : 0;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (kallsyms->symbols[middle].address <= address)
			low = middle + 1;
		else
			high = middle;
	}
	return low ? kallsyms->symbols[low - 1].name : NULL;
}

void kallsyms_free(struct kallsyms *kallsyms)
{
	for (size_t i = 0; kallsyms && i < kallsyms->n; i++)
		free(kallsyms->symbols[i].name);
	if (kallsyms)
		free(kallsyms->symbols);
	free(kallsyms);
}
