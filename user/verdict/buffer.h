/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Text that grows in memory: what all outputs write into. Files stand at the edges only, where a
 * whole batch is handed to buffer_write().
 *
 * Writing cannot fail by itself. Where memory runs out, text goes missing, and buffer_write() says
 * so.
 */
#ifndef CONNWHY_BUFFER_H
#define CONNWHY_BUFFER_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* Starts as all zero. @bytes: not terminated; @failed: without memory, some text is missing */
struct buffer {
	char *bytes;
	size_t length, room;
	bool failed;
};

/* Makes room for `size` more bytes. False without memory. */
bool buffer_grow(struct buffer *buffer, size_t size);

/* Where the next `size` bytes at most go, up to buffer_ends(); NULL without memory. */
static inline char *buffer_end(struct buffer *buffer, size_t size)
{
	if ((!buffer->bytes || buffer->room - buffer->length < size) && !buffer_grow(buffer, size))
		return NULL;
	return buffer->bytes + buffer->length;
}

static inline void buffer_ends(struct buffer *buffer, const char *end)
{
	buffer->length = end - buffer->bytes;
}

static inline void buffer_bytes(struct buffer *buffer, const char *bytes, size_t length)
{
	char *end = buffer_end(buffer, length);

	if (!end)
		return;
	memcpy(end, bytes, length);
	buffer->length += length;
}

/* The length of a literal is known to the compiler. */
static inline void buffer_string(struct buffer *buffer, const char *text)
{
	buffer_bytes(buffer, text, strlen(text));
}

static inline void buffer_char(struct buffer *buffer, char c)
{
	buffer_bytes(buffer, &c, 1);
}

void buffer_blanks(struct buffer *buffer, size_t n);

void buffer_number(struct buffer *buffer, uint64_t number);

/* The last `n` digits (at most 20), with zeros in front. */
void buffer_padded(struct buffer *buffer, uint64_t number, unsigned int n);

/* As printf and vprintf. */
__attribute__((format(printf, 2, 3))) void buffer_print(struct buffer *buffer, const char *format,
                                                        ...);
__attribute__((format(printf, 2, 0))) void buffer_vprint(struct buffer *buffer, const char *format,
                                                         va_list arguments);

/*
 * Writes all into a file and flushes that. The buffer is empty then, whatever came of it.
 *
 * Returns 0, -ENOMEM where text is missing, or -errno of the file.
 */
int buffer_write(struct buffer *buffer, FILE *out);

void buffer_free(struct buffer *buffer);

#endif
