/* SPDX-License-Identifier: GPL-2.0-only */
#include <ctype.h>
#include <stddef.h>
#include <string.h>

#include "suggest.h"

#define NAME_MAX_LENGTH 31
#define DISTANCE_MAX 2

static unsigned int least(unsigned int a, unsigned int b)
{
	return a < b ? a : b;
}

/* Levenshtein's distance, by rows: characters to insert, delete or replace. */
static unsigned int distance(const char *a, const char *b)
{
	unsigned int row[NAME_MAX_LENGTH + 1];
	size_t length = strlen(b);

	for (size_t j = 0; j <= length; j++)
		row[j] = j;
	for (size_t i = 0; a[i]; i++) {
		unsigned int diagonal = row[0];

		row[0] = i + 1;
		for (size_t j = 0; j < length; j++) {
			int same = tolower((unsigned char)a[i]) == tolower((unsigned char)b[j]);
			unsigned int replaced = diagonal + (same ? 0 : 1);

			diagonal = row[j + 1];
			row[j + 1] = least(replaced, least(row[j], row[j + 1]) + 1);
		}
	}
	return row[length];
}

void suggest(struct suggestion *suggestion, const char *name)
{
	size_t length = strlen(suggestion->text);
	unsigned int far;

	if (length > NAME_MAX_LENGTH || strlen(name) > NAME_MAX_LENGTH)
		return;
	far = distance(suggestion->text, name);
	/* A short word is near to anything. */
	if (far > DISTANCE_MAX || far * 2 > length)
		return;
	if (!suggestion->best || far < suggestion->distance) {
		suggestion->best = name;
		suggestion->distance = far;
	}
}
