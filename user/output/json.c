/* SPDX-License-Identifier: GPL-2.0-only */
#include "json.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

#include "text.h"

static void write_escape(struct buffer *out, uint32_t code_point)
{
	switch (code_point) {
	case '"': buffer_string(out, "\\\""); break;
	case '\\': buffer_string(out, "\\\\"); break;
	case '\n': buffer_string(out, "\\n"); break;
	case '\r': buffer_string(out, "\\r"); break;
	case '\t': buffer_string(out, "\\t"); break;
	default: buffer_print(out, "\\u%04" PRIx32, code_point); break;
	}
}

static bool is_plain(uint32_t code_point)
{
	return !text_is_control(code_point) && code_point != '"' && code_point != '\\';
}

/* The bytes in front that are ASCII and need no escape. */
static size_t plain_length(const char *bytes, size_t length)
{
	size_t n = 0;

	while (n < length && bytes[n] >= ' ' && bytes[n] < 0x7f && bytes[n] != '"' &&
	       bytes[n] != '\\')
		n++;
	return n;
}

/* What needs no escape is written in one piece. */
static void write_string(struct buffer *out, const char *bytes, size_t length)
{
	size_t written = 0, i = plain_length(bytes, length), n;

	buffer_char(out, '"');
	for (; i < length; i += n) {
		uint32_t code_point;

		n = text_utf8(bytes + i, length - i, &code_point);
		if (n && is_plain(code_point))
			continue;
		buffer_bytes(out, bytes + written, i - written);
		if (n) {
			write_escape(out, code_point);
		} else {
			buffer_string(out, "\xef\xbf\xbd"); /* U+FFFD */
			n = 1;
		}
		written = i + n;
	}
	buffer_bytes(out, bytes + written, length - written);
	buffer_char(out, '"');
}

static void write_key(struct json *json, const char *key)
{
	if (json->comma)
		buffer_char(json->out, ',');
	json->comma = true;
	if (key) {
		write_string(json->out, key, strlen(key));
		buffer_char(json->out, ':');
	}
}

static void write_open(struct json *json, const char *key, char bracket)
{
	write_key(json, key);
	buffer_char(json->out, bracket);
	json->comma = false;
}

static void begin_member(struct json *json)
{
	for (unsigned int i = 0; i < json->n_pending; i++)
		write_open(json, json->pending[i], '{');
	json->n_pending = 0;
}

void json_begin(struct json *json, const char *key)
{
	begin_member(json);
	write_open(json, key, '{');
}

void json_begin_list(struct json *json, const char *key)
{
	begin_member(json);
	write_open(json, key, '[');
}

void json_end_list(struct json *json)
{
	buffer_char(json->out, ']');
	json->comma = true;
}

void json_begin_known(struct json *json, const char *key)
{
	assert(json->n_pending < JSON_PENDING_MAX);
	json->pending[json->n_pending++] = key;
}

void json_end(struct json *json)
{
	if (json->n_pending) {
		json->n_pending--;
		return;
	}
	buffer_char(json->out, '}');
	json->comma = true;
}

void json_string(struct json *json, const char *key, const char *text)
{
	if (text)
		json_bytes(json, key, text, strlen(text));
}

void json_bytes(struct json *json, const char *key, const char *bytes, size_t max)
{
	begin_member(json);
	write_key(json, key);
	write_string(json->out, bytes, strnlen(bytes, max));
}

void json_base64(struct json *json, const char *key, const char *bytes, size_t max)
{
	static const char digits[] =
	        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	size_t length = strnlen(bytes, max);

	begin_member(json);
	write_key(json, key);
	buffer_char(json->out, '"');
	for (size_t i = 0; i < length; i += 3) {
		uint32_t three = 0;

		for (size_t j = 0; j < 3; j++)
			three = three << 8 | (i + j < length ? (uint8_t)bytes[i + j] : 0);
		for (size_t j = 0; j < 4; j++)
			buffer_char(json->out,
			            i + j <= length ? digits[three >> (18 - 6 * j) & 63] : '=');
	}
	buffer_char(json->out, '"');
}

bool json_keeps(const char *bytes, size_t max)
{
	size_t length = strnlen(bytes, max), n;
	uint32_t code_point;

	for (size_t i = 0; i < length; i += n) {
		n = text_utf8(bytes + i, length - i, &code_point);
		if (!n)
			return false;
	}
	return true;
}

void json_number(struct json *json, const char *key, uint64_t number)
{
	begin_member(json);
	write_key(json, key);
	buffer_number(json->out, number);
}

void json_bool(struct json *json, const char *key, bool value)
{
	begin_member(json);
	write_key(json, key);
	buffer_string(json->out, value ? "true" : "false");
}
