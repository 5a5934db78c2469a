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
#include "digits.h"

#define JSON_DEPTH_MAX 16

/* @known: where each open object begins that is absent if nothing comes in; else JSON_STAYS */
struct json {
	struct buffer *out;
	unsigned int depth;
	size_t known[JSON_DEPTH_MAX];
};

#define JSON_STAYS SIZE_MAX

/* What a key takes at most, with its quotes and its colon. */
static inline size_t json_key_size(const char *key)
{
	return key ? strlen(key) + 3 : 0;
}

static inline char *json_put_key(char *to, const char *key)
{
	size_t length = key ? strlen(key) : 0;

	if (!key)
		return to;
	*to++ = '"';
	memcpy(to, key, length);
	to += length;
	*to++ = '"';
	*to++ = ':';
	return to;
}

static inline void json_open(struct json *json, const char *key, char bracket, size_t known)
{
	char *to = buffer_end(json->out, json_key_size(key) + 1);

	assert(json->depth < JSON_DEPTH_MAX);
	json->known[json->depth++] = known;
	if (!to)
		return;
	to = json_put_key(to, key);
	*to++ = bracket;
	buffer_ends(json->out, to);
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

/* The end of what holds nothing. */
void json_end_empty(struct json *json, char bracket);

static inline void json_close(struct json *json, char bracket)
{
	struct buffer *out = json->out;

	json->depth--;
	if (out->length && out->bytes[out->length - 1] == ',') {
		out->bytes[out->length - 1] = bracket;
		if (json->depth)
			buffer_char(out, ',');
	} else {
		json_end_empty(json, bracket);
	}
}

static inline void json_end(struct json *json)
{
	json_close(json, '}');
}

static inline void json_end_list(struct json *json)
{
	json_close(json, ']');
}

/* A string that is NULL is absent. */
void json_string(struct json *json, const char *key, const char *text);
/* At most `max` bytes, up to a NUL. */
void json_bytes(struct json *json, const char *key, const char *bytes, size_t max);
/* The same in base64 (RFC 4648), where these bytes are no UTF-8 and so no string. */
void json_base64(struct json *json, const char *key, const char *bytes, size_t max);
/* Whether a string of at most `max` bytes keeps all of them. */
bool json_keeps(const char *bytes, size_t max);

/* `length` bytes that need no escape. */
static inline void json_plain(struct json *json, const char *key, const char *bytes, size_t length)
{
	char *to = buffer_end(json->out, json_key_size(key) + length + 3);

	if (!to)
		return;
	to = json_put_key(to, key);
	*to++ = '"';
	memcpy(to, bytes, length);
	to += length;
	*to++ = '"';
	*to++ = ',';
	buffer_ends(json->out, to);
}

/* A word of the program itself, which needs no escape; NULL is absent. */
static inline void json_word(struct json *json, const char *key, const char *word)
{
	if (word)
		json_plain(json, key, word, strlen(word));
}

static inline void json_number(struct json *json, const char *key, uint64_t number)
{
	char *to = buffer_end(json->out, json_key_size(key) + DIGITS_MAX + 1);

	if (!to)
		return;
	to = digits(json_put_key(to, key), number);
	*to++ = ',';
	buffer_ends(json->out, to);
}

/* A number that is 0 is absent. */
static inline void json_known_number(struct json *json, const char *key, uint64_t number)
{
	if (number)
		json_number(json, key, number);
}

static inline void json_bool(struct json *json, const char *key, bool value)
{
	char *to = buffer_end(json->out, json_key_size(key) + 6);

	if (!to)
		return;
	to = json_put_key(to, key);
	memcpy(to, value ? "true," : "false,", value ? 5 : 6);
	buffer_ends(json->out, to + (value ? 5 : 6));
}

#endif
