/* SPDX-License-Identifier: GPL-2.0-only */
/* The state of what `connwhy top` shows, and the terms in which it is shown: keys, styles, a place
 * for text. */
#ifndef CONNWHY_TOP_STATE_H
#define CONNWHY_TOP_STATE_H

#include "top_model.h"

#define TOP_FILTER_SIZE 64

enum top_page { TOP_PAGE_PEERS, TOP_PAGE_WAITING, TOP_PAGE_PEER };

enum top_sort {
	TOP_SORT_FAILED,
	TOP_SORT_WAITING,
	TOP_SORT_ATTEMPTS,
	TOP_SORT_MEDIAN,
	TOP_SORT_SLOWEST,
	TOP_SORT_SINCE,
	TOP_SORT_NAME,
	TOP_SORTS,
};

/* Keys that are no characters; those are themselves. */
enum top_key {
	TOP_KEY_NONE = 0x110000, /* past every code point */
	TOP_KEY_UP,
	TOP_KEY_DOWN,
	TOP_KEY_PAGE_UP,
	TOP_KEY_PAGE_DOWN,
	TOP_KEY_HOME,
	TOP_KEY_END,
	TOP_KEY_ENTER,
	TOP_KEY_ESCAPE,
	TOP_KEY_TAB,
	TOP_KEY_BACKSPACE,
};

enum top_style {
	TOP_STYLE_PLAIN,
	TOP_STYLE_TITLE,
	TOP_STYLE_DIM,
	TOP_STYLE_BAD,
	TOP_STYLE_WAITING,
	TOP_STYLE_GOOD,
	TOP_STYLE_HEAD,
	TOP_STYLES,
};

/*
 * Where text goes. No piece is longer than the line that it begins in.
 *
 * @put:   text of that many columns; @chosen: in the row that is chosen
 * @ascii: nothing but ASCII can be shown
 */
struct top_canvas {
	unsigned int width, height;
	bool ascii;
	void (*put)(void *context, unsigned int row, unsigned int column, enum top_style style,
	            bool chosen, const char *text);
	void *context;
};

/*
 * Starts as all zero.
 *
 * @chosen:  the peer that is chosen or open, family 0 for none
 * @row:     of the chosen one in the page; in TOP_PAGE_PEER the first line that is shown
 * @top:     the first row that is shown
 * @width, @height: columns and rows of the page when it was last drawn
 * @typing:  keys go into @filter
 * @lost:    attempts whose end was lost
 */
struct top_view {
	enum top_page page;
	enum top_sort sort;
	bool reversed;
	struct endpoint chosen;
	unsigned int row, top, width, height;
	bool typing;
	char filter[TOP_FILTER_SIZE];
	uint64_t lost;
};

#endif
