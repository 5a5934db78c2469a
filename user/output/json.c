/* SPDX-License-Identifier: GPL-2.0-only */
#include "json.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

#include "text.h"

/* One thread writes, and a record is a hundred pieces: none of them takes the lock of the stream.
 */
static void write_bytes(FILE *out, const char *bytes, size_t length)
{
	fwrite_unlocked(bytes, 1, length, out);
}

static void write_char(FILE *out, char c)
{
	putc_unlocked(c, out);
}

static void write_escape(FILE *out, uint32_t code_point)
{
	switch (code_point) {
	case '"': fputs("\\\"", out); break;
	case '\\': fputs("\\\\", out); break;
	case '\n': fputs("\\n", out); break;
	case '\r': fputs("\\r", out); break;
	case '\t': fputs("\\t", out); break;
	default: fprintf(out, "\\u%04" PRIx32, code_point); break;
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
static void write_string(FILE *out, const char *bytes, size_t length)
{
	size_t written = 0, i = plain_length(bytes, length), n;

	write_char(out, '"');
	for (; i < length; i += n) {
		uint32_t code_point;

		n = text_utf8(bytes + i, length - i, &code_point);
		if (n && is_plain(code_point))
			continue;
		write_bytes(out, bytes + written, i - written);
		if (n) {
			write_escape(out, code_point);
		} else {
			fputs("\xef\xbf\xbd", out); /* U+FFFD */
			n = 1;
		}
		written = i + n;
	}
	write_bytes(out, bytes + written, length - written);
	write_char(out, '"');
}

static void write_key(struct json *json, const char *key)
{
	if (json->comma)
		write_char(json->out, ',');
	json->comma = true;
	if (key) {
		write_string(json->out, key, strlen(key));
		write_char(json->out, ':');
	}
}

static void write_open(struct json *json, const char *key, char bracket)
{
	write_key(json, key);
	write_char(json->out, bracket);
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
	write_char(json->out, ']');
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
	write_char(json->out, '}');
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

void json_number(struct json *json, const char *key, uint64_t number)
{
	char digits[20];
	size_t at = sizeof(digits);

	begin_member(json);
	write_key(json, key);
	do
		digits[--at] = '0' + number % 10;
	while (number /= 10);
	write_bytes(json->out, digits + at, sizeof(digits) - at);
}

void json_bool(struct json *json, const char *key, bool value)
{
	begin_member(json);
	write_key(json, key);
	fputs(value ? "true" : "false", json->out);
}
