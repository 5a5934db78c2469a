/* SPDX-License-Identifier: GPL-2.0-only */
/* Which rows a page of `connwhy top` has, and in which order. Pure. */
#ifndef CONNWHY_TOP_ROWS_H
#define CONNWHY_TOP_ROWS_H

#include "top_state.h"

/* The peers that fit the filter, sorted. Returns how many. */
unsigned int top_rows_peers(const struct top_view *view, struct top_model *model,
                            struct top_peer *rows[TOP_PEERS_MAX]);

/* Who waits, and fits the filter; on the page of a peer, for that one. Returns how many. */
unsigned int top_rows_waiting(const struct top_view *view, const struct top_model *model,
                              const struct attempt *rows[TOP_WAITING_MAX]);

/* The lines of the timelines of the chosen peer, the latest attempt first, in `text`. */
unsigned int top_rows_lines(const struct top_view *view, struct top_model *model,
                            struct buffer *text);

#endif
