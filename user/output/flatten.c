// SPDX-License-Identifier: GPL-2.0-only
#include "flatten.h"

#include <string.h>

static const char *skip_string(const char *at)
{
	for (at++; *at != '"'; at++)
		if (*at == '\\')
			at++;
	return at + 1;
}

const char *flatten_skip(const char *at)
{
	unsigned int depth = 0;

	if (*at == '"')
		return skip_string(at);
	if (*at != '{' && *at != '[')
		return at + strcspn(at, ",]}");
	do {
		if (*at == '"') {
			at = skip_string(at);
			continue;
		}
		if (*at == '{' || *at == '[')
			depth++;
		else if (*at == '}' || *at == ']')
			depth--;
		at++;
	} while (depth);
	return at;
}

static const char *walk(const char *at, char *path, size_t length, flatten_fn *each, void *context)
{
	at++;
	while (*at != '}') {
		const char *key = at + (*at == ',') + 1, *value = skip_string(key - 1) + 1;
		size_t size = value - key - 2, end = length;

		if (length + 1 + size >= FLATTEN_PATH_SIZE)
			size = FLATTEN_PATH_SIZE - length - 2;
		if (length)
			path[end++] = '.';
		memcpy(path + end, key, size);
		end += size;
		path[end] = '\0';
		if (*value == '{') {
			at = walk(value, path, end, each, context);
		} else {
			at = flatten_skip(value);
			each(context, path, value, at - value);
		}
	}
	return at + 1;
}

void flatten(const char *json, flatten_fn *each, void *context)
{
	char path[FLATTEN_PATH_SIZE] = "";

	walk(json, path, 0, each, context);
}
