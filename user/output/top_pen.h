/* SPDX-License-Identifier: GPL-2.0-only */
/* A pen that writes a line of a screen piece by piece. Pure. */
#ifndef CONNWHY_TOP_PEN_H
#define CONNWHY_TOP_PEN_H

#include "top_state.h"

#define TOP_CELL_SIZE 96
#define TOP_WAITS_LONG_NS 1000000000ULL /* the first SYN had no answer */

/* Where the next piece of a line goes. */
struct pen {
	const struct top_canvas *canvas;
	unsigned int row, column;
	bool chosen;
};

/* Text in a field of `width` columns: cut, or filled with blanks; 0: as long as it is. */
void pen_put(struct pen *pen, enum top_style style, const char *text, unsigned int width,
             bool right);

__attribute__((format(printf, 3, 4))) void pen_say(struct pen *pen, enum top_style style,
                                                   const char *format, ...);

/* Blanks up to the end of the line. */
void pen_fill(struct pen *pen, enum top_style style);

/* "12s", "3m05s", "2h17m", "4d06h" */
const char *top_span(char to[TOP_CELL_SIZE], uint64_t ns);

/* 0 where `then_ns` is still to come. */
uint64_t top_since(uint64_t now_ns, uint64_t then_ns);

#endif
