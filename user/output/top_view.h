/* SPDX-License-Identifier: GPL-2.0-only */
/* What keys do to what `connwhy top` shows. Pure. */
#ifndef CONNWHY_TOP_VIEW_H
#define CONNWHY_TOP_VIEW_H

#include "top_state.h"

/* @key: a character, or an enum top_key. Returns false where it asks to end. */
bool top_view_key(struct top_view *view, struct top_model *model, int key);

#endif
