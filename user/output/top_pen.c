/* SPDX-License-Identifier: GPL-2.0-only */
#include "top_pen.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "units.h"

#define PIECE_SIZE 1024

/* The bytes of the first `width` characters, and how many characters those are. */
static size_t clip(const char *text, unsigned int width, unsigned int *columns)
{
	size_t length = 0;

	*columns = 0;
	while (text[length] && *columns < width) {
		do
			length++;
		while ((text[length] & 0xc0) == 0x80);
		(*columns)++;
	}
	return length;
}

void pen_put(struct pen *pen, enum top_style style, const char *text, unsigned int width,
             bool right)
{
	unsigned int room = pen->canvas->width > pen->column ? pen->canvas->width - pen->column : 0;
	unsigned int field = width && width < room ? width : room, used;
	size_t length = clip(text, field, &used), blanks = width && field > used ? field - used : 0;
	char piece[PIECE_SIZE];

	if (!room || pen->row >= pen->canvas->height || length + blanks >= sizeof(piece))
		return;
	memset(piece, ' ', length + blanks);
	memcpy(piece + (right ? blanks : 0), text, length);
	piece[length + blanks] = '\0';
	for (char *c = piece; pen->canvas->ascii && *c; c++)
		if (*c & 0x80)
			*c = '?';
	pen->canvas->put(pen->canvas->context, pen->row, pen->column, style, pen->chosen, piece);
	pen->column += used + (unsigned int)blanks;
}

void pen_say(struct pen *pen, enum top_style style, const char *format, ...)
{
	char text[PIECE_SIZE];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	pen_put(pen, style, text, 0, false);
}

void pen_fill(struct pen *pen, enum top_style style)
{
	if (pen->column < pen->canvas->width)
		pen_put(pen, style, "", pen->canvas->width - pen->column, false);
}

const char *top_span(char to[TOP_CELL_SIZE], uint64_t ns)
{
	uint64_t s = ns / NS_PER_S;

	if (s < 60)
		snprintf(to, TOP_CELL_SIZE, "%" PRIu64 "s", s);
	else if (s < 3600)
		snprintf(to, TOP_CELL_SIZE, "%" PRIu64 "m%02" PRIu64 "s", s / 60, s % 60);
	else if (s < 86400)
		snprintf(to, TOP_CELL_SIZE, "%" PRIu64 "h%02" PRIu64 "m", s / 3600, s / 60 % 60);
	else
		snprintf(to, TOP_CELL_SIZE, "%" PRIu64 "d%02" PRIu64 "h", s / 86400, s / 3600 % 24);
	return to;
}

uint64_t top_since(uint64_t now_ns, uint64_t then_ns)
{
	return now_ns > then_ns ? now_ns - then_ns : 0;
}
