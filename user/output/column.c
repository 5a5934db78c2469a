// SPDX-License-Identifier: GPL-2.0-only
#include "column.h"

#define NUMBER_BYTES_MAX 10

void column_number(struct buffer *column, uint64_t number)
{
	char *end = buffer_end(column, NUMBER_BYTES_MAX);
	size_t n = 0;

	if (!end)
		return;
	for (; number >= 0x80; number >>= 7)
		end[n++] = (char)(number | 0x80);
	end[n++] = (char)number;
	column->length += n;
}

void column_signed(struct buffer *column, int64_t number)
{
	column_number(column, (uint64_t)number << 1 ^ (number < 0 ? UINT64_MAX : 0));
}

static void encode(char to[4], const unsigned char *from, size_t left)
{
	static const char digits[] =
	        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	uint32_t bits = from[0] << 16;

	bits |= left > 1 ? from[1] << 8 : 0;
	bits |= left > 2 ? from[2] : 0;
	to[0] = digits[bits >> 18];
	to[1] = digits[bits >> 12 & 63];
	to[2] = left > 1 ? digits[bits >> 6 & 63] : '=';
	to[3] = left > 2 ? digits[bits & 63] : '=';
}

void column_base64(const struct buffer *column, struct buffer *out)
{
	size_t size = (column->length + 2) / 3 * 4;
	char *end = buffer_end(out, size);

	if (!end)
		return;
	for (size_t i = 0; i < column->length; i += 3, end += 4)
		encode(end, (const unsigned char *)column->bytes + i, column->length - i);
	out->length += size;
}
