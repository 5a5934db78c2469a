/* SPDX-License-Identifier: GPL-2.0-only */
#include "buffer.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>

#define FIRST_ROOM 4096
#define DIGITS_MAX 20

bool buffer_grow(struct buffer *buffer, size_t size)
{
	size_t room = buffer->room ? buffer->room : FIRST_ROOM;
	char *bytes;

	while (room - buffer->length < size)
		room *= 2;
	bytes = realloc(buffer->bytes, room);
	if (!bytes) {
		buffer->failed = true;
		return false;
	}
	buffer->bytes = bytes;
	buffer->room = room;
	return true;
}

void buffer_blanks(struct buffer *buffer, size_t n)
{
	char *end = buffer_end(buffer, n);

	if (!end)
		return;
	memset(end, ' ', n);
	buffer->length += n;
}

void buffer_number(struct buffer *buffer, uint64_t number)
{
	char digits[DIGITS_MAX];
	size_t at = sizeof(digits);

	do
		digits[--at] = (char)('0' + number % 10);
	while (number /= 10);
	buffer_bytes(buffer, digits + at, sizeof(digits) - at);
}

void buffer_padded(struct buffer *buffer, uint64_t number, unsigned int digits)
{
	char *end = buffer_end(buffer, digits);

	if (!end)
		return;
	for (unsigned int at = digits; at-- > 0; number /= 10)
		end[at] = (char)('0' + number % 10);
	buffer->length += digits;
}

void buffer_print(struct buffer *buffer, const char *format, ...)
{
	va_list arguments, again;
	size_t left = buffer->room - buffer->length;
	int length;

	va_start(arguments, format);
	va_copy(again, arguments);
	length = vsnprintf(left ? buffer->bytes + buffer->length : NULL, left, format, arguments);
	if (length > 0 && (size_t)length >= left && buffer_grow(buffer, (size_t)length + 1))
		vsnprintf(buffer->bytes + buffer->length, (size_t)length + 1, format, again);
	if (length > 0 && (size_t)length < buffer->room - buffer->length)
		buffer->length += (size_t)length;
	va_end(again);
	va_end(arguments);
}

int buffer_write(struct buffer *buffer, FILE *out)
{
	int err = buffer->failed ? -ENOMEM : 0;
	size_t length = buffer->length;

	buffer->length = 0;
	buffer->failed = false;
	errno = 0;
	if ((length && fwrite(buffer->bytes, length, 1, out) != 1) || fflush(out))
		return errno ? -errno : -EIO;
	return err;
}

void buffer_free(struct buffer *buffer)
{
	free(buffer->bytes);
	*buffer = (struct buffer){0};
}
