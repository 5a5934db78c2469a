/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The terminal of `connwhy top`. While it is open, what is said on stderr is kept back; closing
 * leaves the terminal as it was, and says it.
 */
#ifndef CONNWHY_TOP_SCREEN_H
#define CONNWHY_TOP_SCREEN_H

#include "top_state.h"

struct top_screen;

/* 0, or -ENOTTY that has been said: input and output are no terminal. */
int top_screen_check(void);

/* 0, or -errno that has been said: a terminal that cannot be drawn on. */
int top_screen_open(struct top_screen **screen, bool color);

/* The next key that was pressed; TOP_KEY_NONE where there is none, -1 where the terminal is gone.
 */
int top_screen_key(struct top_screen *screen);

/* The terminal has another size. */
void top_screen_resize(struct top_screen *screen);

/* Draws all; only what has changed is sent. */
void top_screen_draw(struct top_screen *screen, struct top_view *view, struct top_model *model,
                     uint64_t now_ns);

/* NULL is none. */
void top_screen_close(struct top_screen *screen);

#endif
