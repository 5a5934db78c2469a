/* SPDX-License-Identifier: GPL-2.0-only */
/* A writer of compact JSON (RFC 8259). Its output is valid UTF-8 whatever the bytes put in. */
#ifndef CONNWHY_JSON_H
#define CONNWHY_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buffer.h"

#define JSON_PENDING_MAX 8

/* @pending: objects that are opened with their first member, if it comes */
struct json {
	struct buffer *out;
	bool comma;
	unsigned int n_pending;
	const char *pending[JSON_PENDING_MAX];
};

/* `key` is NULL at the top and inside a list. */
void json_begin(struct json *json, const char *key);
void json_begin_list(struct json *json, const char *key);
void json_end_list(struct json *json);

/* An object that is absent where none of its members is known; at most JSON_PENDING_MAX deep. */
void json_begin_known(struct json *json, const char *key);
void json_end(struct json *json);

/* A string that is NULL is absent. */
void json_string(struct json *json, const char *key, const char *text);
/* At most `max` bytes, up to a NUL. */
void json_bytes(struct json *json, const char *key, const char *bytes, size_t max);
/* The same in base64 (RFC 4648), where these bytes are no UTF-8 and so no string. */
void json_base64(struct json *json, const char *key, const char *bytes, size_t max);
/* Whether a string of at most `max` bytes keeps all of them. */
bool json_keeps(const char *bytes, size_t max);
void json_number(struct json *json, const char *key, uint64_t number);
void json_bool(struct json *json, const char *key, bool value);

#endif
