/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A writer of compact JSON (RFC 8259). Its output is valid UTF-8 whatever the bytes put in.
 *
 * Keys are the program's own words, which need no escape; NULL at the top and inside a list. Most
 * are literals, and short: hence the inline functions. Each value is written with the comma behind
 * it, which the end of what holds it takes back.
 */
#ifndef CONNWHY_JSON_H
#define CONNWHY_JSON_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buffer.h"

#define JSON_DEPTH_MAX 16

/* @known: where each open object begins that is absent if nothing comes in; else JSON_STAYS */
struct json {
	struct buffer *out;
	unsigned int depth;
	size_t known[JSON_DEPTH_MAX];
};

#define JSON_STAYS SIZE_MAX

static inline void json_key(struct json *json, const char *key)
{
	size_t length = key ? strlen(key) : 0;
	char *end = key ? buffer_end(json->out, length + 3) : NULL;

	if (!end)
		return;
	*end = '"';
	memcpy(end + 1, key, length);
	memcpy(end + 1 + length, "\":", 2);
	json->out->length += length + 3;
}

static inline void json_open(struct json *json, const char *key, char bracket, size_t known)
{
	assert(json->depth < JSON_DEPTH_MAX);
	json->known[json->depth++] = known;
	json_key(json, key);
	buffer_char(json->out, bracket);
}

static inline void json_begin(struct json *json, const char *key)
{
	json_open(json, key, '{', JSON_STAYS);
}

static inline void json_begin_list(struct json *json, const char *key)
{
	json_open(json, key, '[', JSON_STAYS);
}

/* An object that is absent where none of its members is known. */
static inline void json_begin_known(struct json *json, const char *key)
{
	json_open(json, key, '{', json->out->length);
}

void json_end(struct json *json);
void json_end_list(struct json *json);

/* A string that is NULL is absent. */
void json_string(struct json *json, const char *key, const char *text);
/* At most `max` bytes, up to a NUL. */
void json_bytes(struct json *json, const char *key, const char *bytes, size_t max);
/* The same in base64 (RFC 4648), where these bytes are no UTF-8 and so no string. */
void json_base64(struct json *json, const char *key, const char *bytes, size_t max);
/* Whether a string of at most `max` bytes keeps all of them. */
bool json_keeps(const char *bytes, size_t max);

/* The same of what needs no escape: words of the program itself. */
static inline void json_word(struct json *json, const char *key, const char *word)
{
	if (!word)
		return;
	json_key(json, key);
	buffer_char(json->out, '"');
	buffer_string(json->out, word);
	buffer_bytes(json->out, "\",", 2);
}

static inline void json_number(struct json *json, const char *key, uint64_t number)
{
	json_key(json, key);
	buffer_number(json->out, number);
	buffer_char(json->out, ',');
}

/* A number that is 0 is absent. */
static inline void json_known_number(struct json *json, const char *key, uint64_t number)
{
	if (number)
		json_number(json, key, number);
}

static inline void json_bool(struct json *json, const char *key, bool value)
{
	json_key(json, key);
	buffer_string(json->out, value ? "true," : "false,");
}

#endif
