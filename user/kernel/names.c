// SPDX-License-Identifier: GPL-2.0-only
#include "names.h"

#include <assert.h>
#include <stdlib.h>

/* What points to the name of these numbers, or where it would be put. */
static struct name **place_of(struct names *names, uint64_t a, uint64_t b)
{
	struct name **at = &names->buckets[(a ^ b << 32) * 0x9E3779B97F4A7C15ULL >> 54];

	static_assert(NAMES_KEPT == 1 << 10, "the shift");
	while (*at && ((*at)->a != a || (*at)->b != b))
		at = &(*at)->next;
	return at;
}

struct name *names_find(struct names *names, uint64_t a, uint64_t b)
{
	return *place_of(names, a, b);
}

struct name *names_put(struct names *names, uint64_t a, uint64_t b, char *name, uint64_t record)
{
	struct name *entry;

	do
		entry = &names->entry[names->oldest++ % NAMES_KEPT];
	while (entry->record && entry->record == record);
	if (entry->used)
		*place_of(names, entry->a, entry->b) = entry->next;
	free(entry->name);
	free(entry->owner);
	*entry = (struct name){.a = a, .b = b, .used = true, .name = name};
	*place_of(names, a, b) = entry;
	return entry;
}

void names_free(struct names *names)
{
	for (unsigned int i = 0; i < NAMES_KEPT; i++) {
		free(names->entry[i].name);
		free(names->entry[i].owner);
	}
}
