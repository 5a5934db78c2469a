/* SPDX-License-Identifier: GPL-2.0-only */
#include "buffer.h"

#include <errno.h>
#include <stdlib.h>

#include "digits.h"

#define FIRST_ROOM 512 /* most sentences */

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
	char *end = buffer_end(buffer, DIGITS_MAX);

	if (end)
		buffer_ends(buffer, digits(end, number));
}

void buffer_padded(struct buffer *buffer, uint64_t number, unsigned int n)
{
	char *end = buffer_end(buffer, n);

	if (end)
		buffer_ends(buffer, digits_padded(end, number, n));
}

static void print_signed(struct buffer *buffer, long long number)
{
	if (number < 0)
		buffer_char(buffer, '-');
	buffer_number(buffer, number < 0 ? -(uint64_t)number : (uint64_t)number);
}

static void print_any(struct buffer *buffer, const char *format, va_list arguments)
{
	size_t left = buffer->room - buffer->length;
	va_list again;
	int length;

	va_copy(again, arguments);
	length = vsnprintf(left ? buffer->bytes + buffer->length : NULL, left, format, arguments);
	if (length > 0 && (size_t)length >= left && buffer_grow(buffer, (size_t)length + 1))
		vsnprintf(buffer->bytes + buffer->length, (size_t)length + 1, format, again);
	if (length > 0 && (size_t)length < buffer->room - buffer->length)
		buffer->length += (size_t)length;
	va_end(again);
}

/* What nearly all formats are made of is written here, a tenth of what vsnprintf takes for it. */
void buffer_vprint(struct buffer *buffer, const char *format, va_list arguments)
{
	for (;;) {
		const char *percent = strchrnul(format, '%');

		buffer_bytes(buffer, format, percent - format);
		format = percent;
		if (!*format)
			return;
		if (!strncmp(format, "%s", 2))
			buffer_string(buffer, va_arg(arguments, const char *));
		else if (!strncmp(format, "%u", 2))
			buffer_number(buffer, va_arg(arguments, unsigned int));
		else if (!strncmp(format, "%d", 2))
			print_signed(buffer, va_arg(arguments, int));
		else
			break;
		format += 2;
	}
	print_any(buffer, format, arguments);
}

void buffer_print(struct buffer *buffer, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	buffer_vprint(buffer, format, arguments);
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
