/* SPDX-License-Identifier: GPL-2.0-only */
/* Draws what `connwhy top` shows, in pieces of text at places. Pure: it is told the time. */
#ifndef CONNWHY_TOP_DRAW_H
#define CONNWHY_TOP_DRAW_H

#include "top_state.h"

void top_draw(struct top_view *view, struct top_model *model, uint64_t now_ns,
              const struct top_canvas *canvas);

#endif
