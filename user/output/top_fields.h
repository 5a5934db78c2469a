/* SPDX-License-Identifier: GPL-2.0-only */
/* The fields of a row of `connwhy top`, as many as the screen is wide. Pure. */
#ifndef CONNWHY_TOP_FIELDS_H
#define CONNWHY_TOP_FIELDS_H

#include "top_pen.h"

void top_fields_heads(const struct top_view *view, struct pen *pen);

void top_fields_peer(struct pen *pen, const struct top_peer *peer, uint64_t now_ns);

#endif
