/* SPDX-License-Identifier: GPL-2.0-only */
#include "json.h"

#include <inttypes.h>
#include <string.h>

#include "text.h"

static void begin_text(struct json *json, const char *key)
{
	char *to = buffer_end(json->out, json_key_size(key) + 1);

	if (!to)
		return;
	to = json_put_key(to, key);
	*to++ = '"';
	buffer_ends(json->out, to);
}

static void end_text(struct json *json)
{
	buffer_string(json->out, "\",");
}

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

static void write_escaped(struct buffer *out, const char *bytes, size_t length)
{
	size_t written = 0, n;

	for (size_t i = 0; i < length; i += n) {
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
}

void json_end_empty(struct json *json, char bracket)
{
	struct buffer *out = json->out;

	if (json->known[json->depth] != JSON_STAYS)
		out->length = json->known[json->depth];
	else
		buffer_bytes(out, (char[]){bracket, ','}, json->depth ? 2 : 1);
}

void json_string(struct json *json, const char *key, const char *text)
{
	if (text)
		json_bytes(json, key, text, SIZE_MAX);
}

void json_bytes(struct json *json, const char *key, const char *bytes, size_t max)
{
	size_t length = strnlen(bytes, max), plain = text_plain(bytes, length);

	if (plain == length) {
		json_plain(json, key, bytes, length);
		return;
	}
	begin_text(json, key);
	write_escaped(json->out, bytes, length);
	end_text(json);
}

void json_base64(struct json *json, const char *key, const char *bytes, size_t max)
{
	static const char alphabet[] =
	        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	size_t length = strnlen(bytes, max);

	begin_text(json, key);
	for (size_t i = 0; i < length; i += 3) {
		uint32_t three = 0;

		for (size_t j = 0; j < 3; j++)
			three = three << 8 | (i + j < length ? (uint8_t)bytes[i + j] : 0);
		for (size_t j = 0; j < 4; j++)
			buffer_char(json->out,
			            i + j <= length ? alphabet[three >> (18 - 6 * j) & 63] : '=');
	}
	end_text(json);
}

bool json_keeps(const char *bytes, size_t max)
{
	size_t length = strnlen(bytes, max), n;
	uint32_t code_point;

	for (size_t i = text_plain(bytes, length); i < length; i += n) {
		n = text_utf8(bytes + i, length - i, &code_point);
		if (!n)
			return false;
	}
	return true;
}
