// SPDX-License-Identifier: GPL-2.0-only
#include "intern.h"

#include <stdlib.h>
#include <string.h>

#define SLOTS_FIRST 256

/* FNV-1a */
static uint32_t hash(const char *bytes, size_t size)
{
	uint32_t value = 2166136261u;

	for (size_t i = 0; i < size; i++)
		value = (value ^ (unsigned char)bytes[i]) * 16777619u;
	return value;
}

/* The slot of these bytes: where they are, or where they would go. */
static uint32_t find_slot(const struct intern *intern, const char *bytes, size_t size)
{
	uint32_t slot = hash(bytes, size);

	for (;; slot++) {
		uint32_t place;

		slot &= intern->n_slots - 1;
		if (!intern->slots[slot])
			return slot;
		place = intern->slots[slot] - 1;
		if (intern->starts[place + 1] - intern->starts[place] == size &&
		    !memcmp(intern->all.bytes + intern->starts[place], bytes, size))
			return slot;
	}
}

/* Twice as many slots: at most half of them are taken. */
static bool grow(struct intern *intern)
{
	uint32_t n_slots = intern->n_slots ? intern->n_slots * 2 : SLOTS_FIRST;
	size_t *starts = realloc(intern->starts, (n_slots / 2 + 1) * sizeof(*starts));
	uint32_t *slots = calloc(n_slots, sizeof(*slots));

	if (starts)
		intern->starts = starts;
	if (!starts || !slots) {
		free(slots);
		return false;
	}
	free(intern->slots);
	intern->slots = slots;
	intern->n_slots = n_slots;
	starts[0] = 0;
	for (uint32_t i = 0; i < intern->n; i++)
		slots[find_slot(intern, intern->all.bytes + starts[i], starts[i + 1] - starts[i])] =
		        i + 1;
	return true;
}

uint32_t intern_bytes(struct intern *intern, const char *bytes, size_t size)
{
	uint32_t slot;

	if (intern->failed)
		return 0;
	if (intern->n == intern->n_slots / 2 && !grow(intern)) {
		intern->failed = true;
		return 0;
	}
	slot = find_slot(intern, bytes, size);
	if (intern->slots[slot])
		return intern->slots[slot] - 1;
	buffer_bytes(&intern->all, bytes, size);
	if (intern->all.failed) {
		intern->failed = true;
		return 0;
	}
	intern->starts[++intern->n] = intern->all.length;
	intern->slots[slot] = intern->n;
	return intern->n - 1;
}

uint32_t intern_string(struct intern *intern, const char *text)
{
	return intern_bytes(intern, text ? text : "", strlen(text ? text : "") + 1);
}

void intern_free(struct intern *intern)
{
	buffer_free(&intern->all);
	free(intern->starts);
	free(intern->slots);
	*intern = (struct intern){0};
}
