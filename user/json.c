/* SPDX-License-Identifier: GPL-2.0-only */
#include "json.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

#include "text.h"

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

/* What needs no escape is written in one piece. */
static void write_string(FILE *out, const char *bytes, size_t length)
{
	size_t written = 0;

	fputc('"', out);
	for (size_t i = 0, n; i < length; i += n) {
		uint32_t code_point;

		n = text_utf8(bytes + i, length - i, &code_point);
		if (n && is_plain(code_point))
			continue;
		fwrite(bytes + written, 1, i - written, out);
		if (n) {
			write_escape(out, code_point);
		} else {
			fputs("\xef\xbf\xbd", out); /* U+FFFD */
			n = 1;
		}
		written = i + n;
	}
	fwrite(bytes + written, 1, length - written, out);
	fputc('"', out);
}

static void write_key(struct json *json, const char *key)
{
	if (json->comma)
		fputc(',', json->out);
	json->comma = true;
	if (key) {
		write_string(json->out, key, strlen(key));
		fputc(':', json->out);
	}
}

static void write_open(struct json *json, const char *key, char bracket)
{
	write_key(json, key);
	fputc(bracket, json->out);
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
	fputc(']', json->out);
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
	fputc('}', json->out);
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
	begin_member(json);
	write_key(json, key);
	fprintf(json->out, "%" PRIu64, number);
}

void json_bool(struct json *json, const char *key, bool value)
{
	begin_member(json);
	write_key(json, key);
	fputs(value ? "true" : "false", json->out);
}
