/* SPDX-License-Identifier: GPL-2.0-only */
#include "top_draw.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "endpoint.h"
#include "output.h"
#include "sentence.h"
#include "text.h"
#include "top_fields.h"
#include "top_pen.h"
#include "top_rows.h"
#include "units.h"
#include "words.h"

#define FIRST_ROW 4 /* of the list: title, sums, a blank line or the filter, heads */
#define LAST_ROWS 1

static void draw_waiting_heads(struct pen *pen)
{
	pen_put(pen, TOP_STYLE_HEAD, "WAITED", 9, true);
	pen_put(pen, TOP_STYLE_HEAD, "SYNS", 6, true);
	pen_put(pen, TOP_STYLE_HEAD, "  PROCESS", 26, false);
	pen_put(pen, TOP_STYLE_HEAD, "  PEER", 0, false);
	pen_fill(pen, TOP_STYLE_HEAD);
}

static void draw_waiting(struct pen *pen, const struct attempt *attempt, uint64_t now_ns)
{
	uint64_t waited_ns = top_since(now_ns, attempt->header.id);
	char text[TEXT_PROCESS_SIZE + 2], process[TEXT_PROCESS_SIZE], time[SENTENCE_WORD_SIZE];
	char peer[TEXT_ENDPOINT_SIZE];

	pen_put(pen, waited_ns > TOP_WAITS_LONG_NS ? TOP_STYLE_WAITING : TOP_STYLE_PLAIN,
	        say_time(time, waited_ns), 9, true);
	snprintf(text, sizeof(text), "%u", 1u + attempt->tallies[TALLY_RETRY]);
	pen_put(pen, TOP_STYLE_PLAIN, text, 6, true);
	snprintf(text, sizeof(text), "  %s", text_process(process, attempt->comm, attempt->pid));
	pen_put(pen, TOP_STYLE_PLAIN, text, 26, false);
	pen_say(pen, TOP_STYLE_PLAIN, "  %s", text_endpoint(peer, output_peer(attempt)));
	pen_fill(pen, TOP_STYLE_PLAIN);
}

/* Keeps the chosen row in sight, with as little scrolling as that takes. */
static void scroll(struct top_view *view, unsigned int n)
{
	if (n && view->row >= n)
		view->row = n - 1;
	if (view->row < view->top)
		view->top = view->row;
	if (view->height && view->row >= view->top + view->height)
		view->top = view->row - view->height + 1;
}

static void draw_peers(struct top_view *view, struct top_model *model, uint64_t now_ns,
                       const struct top_canvas *canvas)
{
	struct top_peer *rows[TOP_PEERS_MAX];
	unsigned int n = top_rows_peers(view, model, rows);
	struct pen heads = {canvas, FIRST_ROW - 1, 0, false};

	for (unsigned int i = 0; i < n && view->chosen.family; i++)
		if (endpoint_same(&rows[i]->peer, &view->chosen))
			view->row = i;
	scroll(view, n);
	top_fields_heads(view, &heads);
	for (unsigned int i = view->top; i < n && i < view->top + view->height; i++) {
		struct pen pen = {canvas, FIRST_ROW + i - view->top, 0, i == view->row};

		top_fields_peer(&pen, rows[i], now_ns);
	}
	if (!n) {
		struct pen pen = {canvas, FIRST_ROW + 1, 2, false};

		pen_put(&pen, TOP_STYLE_DIM,
		        *view->filter ? "No peer fits the filter."
		                      : "No attempt has been seen yet.",
		        0, false);
	}
}

static void draw_all_waiting(struct top_view *view, struct top_model *model, uint64_t now_ns,
                             const struct top_canvas *canvas)
{
	const struct attempt *rows[TOP_WAITING_MAX];
	unsigned int n = top_rows_waiting(view, model, rows);
	struct pen heads = {canvas, FIRST_ROW - 1, 0, false};

	scroll(view, n);
	draw_waiting_heads(&heads);
	for (unsigned int i = view->top; i < n && i < view->top + view->height; i++) {
		struct pen pen = {canvas, FIRST_ROW + i - view->top, 0, i == view->row};

		draw_waiting(&pen, rows[i], now_ns);
	}
	if (!n) {
		struct pen pen = {canvas, FIRST_ROW + 1, 2, false};

		pen_put(&pen, TOP_STYLE_DIM, "Nobody waits for an answer.", 0, false);
	}
}

/* The first line of a block begins at the margin, its steps do not. */
static enum top_style line_style(const char *line)
{
	return *line == ' ' || !*line ? TOP_STYLE_PLAIN : TOP_STYLE_TITLE;
}

static void draw_peer_head(const struct top_view *view, struct top_model *model, uint64_t now_ns,
                           struct pen *pen)
{
	const struct top_peer *peer = top_model_find(model, &view->chosen);
	char text[TEXT_ENDPOINT_SIZE], ago[TOP_CELL_SIZE];

	pen_say(pen, TOP_STYLE_HEAD, "%s", text_endpoint(text, &view->chosen));
	if (peer) {
		pen_say(pen, TOP_STYLE_HEAD, "  failed %" PRIu64 " of %" PRIu64, peer->failed,
		        peer->attempts);
		if (peer->failing_since_ns)
			pen_say(pen, TOP_STYLE_HEAD, ", failing for %s",
			        top_span(ago, top_since(now_ns, peer->failing_since_ns)));
		if (peer->last_ok_ns)
			pen_say(pen, TOP_STYLE_HEAD, ", last established %s ago",
			        top_span(ago, top_since(now_ns, peer->last_ok_ns)));
	}
	pen_fill(pen, TOP_STYLE_HEAD);
}

static void draw_one_peer(struct top_view *view, struct top_model *model, uint64_t now_ns,
                          const struct top_canvas *canvas)
{
	const struct attempt *waiting[TOP_WAITING_MAX];
	unsigned int n_waiting = top_rows_waiting(view, model, waiting), at = 0;
	struct pen head = {canvas, FIRST_ROW - 1, 0, false};
	struct buffer text = {0};
	unsigned int n_lines = top_rows_lines(view, model, &text);
	char *line = text.bytes;

	draw_peer_head(view, model, now_ns, &head);
	for (; at < n_waiting + n_lines; at++) {
		struct pen pen = {canvas, FIRST_ROW + at - view->row, 0, false};
		char *end =
		        at < n_waiting ? NULL : memchr(line, '\n', text.bytes + text.length - line);
		bool in_sight = at >= view->row && at < view->row + view->height;

		if (at < n_waiting && in_sight)
			draw_waiting(&pen, waiting[at], now_ns);
		if (!end)
			continue;
		*end = '\0';
		if (in_sight)
			pen_put(&pen, line_style(line), line, 0, false);
		line = end + 1;
	}
	if (!at) {
		struct pen pen = {canvas, FIRST_ROW + 1, 2, false};

		pen_put(&pen, TOP_STYLE_DIM, "Nobody waits, and no attempt failed.", 0, false);
	}
	buffer_free(&text);
}

static void draw_title(const struct top_model *model, uint64_t now_ns,
                       const struct top_canvas *canvas)
{
	const struct run *run = model->run;
	struct pen pen = {canvas, 0, 0, false}, right = {canvas, 0, 0, false};
	char time[TEXT_TIME_SIZE];

	pen_put(&pen, TOP_STYLE_TITLE, "connwhy top", 0, false);
	pen_say(&pen, TOP_STYLE_DIM, "  %s  Linux %s  tier %s", run->host, run->kernel, run->tier);
	if (run->filter)
		pen_say(&pen, TOP_STYLE_DIM, "  %s", run->filter);
	/* "2026-11-23T10:18:19.051Z" without its date and its fraction */
	snprintf(time, sizeof(time), "%.8s",
	         text_time_iso((char[TEXT_TIME_SIZE]){0}, text_wall_ns(run, now_ns), 3) + 11);
	if (pen.column + 14 > canvas->width)
		return;
	right.column = canvas->width - 12;
	pen_say(&right, TOP_STYLE_DIM, "%s UTC", time);
}

static void draw_sums(const struct top_view *view, const struct top_model *model, uint64_t now_ns,
                      const struct top_canvas *canvas)
{
	struct pen pen = {canvas, 1, 0, false};
	char time[SENTENCE_WORD_SIZE];

	pen_say(&pen, TOP_STYLE_PLAIN, "%" PRIu64 " attempts, %.1f a second", model->attempts,
	        top_model_rate(model, now_ns));
	pen_say(&pen, model->failed ? TOP_STYLE_BAD : TOP_STYLE_GOOD,
	        "   %" PRIu64 " not established", model->failed);
	pen_say(&pen, model->n_all_waiting ? TOP_STYLE_WAITING : TOP_STYLE_DIM, "   %u waiting",
	        model->n_all_waiting);
	if (model->n_waiting)
		pen_say(&pen, TOP_STYLE_WAITING, ", the longest %s",
		        say_time(time, top_since(now_ns, model->waiting[0].header.id)));
	if (view->lost)
		pen_say(&pen, TOP_STYLE_BAD, "   %" PRIu64 " lost", view->lost);
	if (model->replaced)
		pen_say(&pen, TOP_STYLE_DIM, "   %" PRIu64 " quiet peers forgotten",
		        model->replaced);
}

static void draw_filter(const struct top_view *view, const struct top_canvas *canvas)
{
	struct pen pen = {canvas, 2, 0, false};

	if (view->typing)
		pen_say(&pen, TOP_STYLE_TITLE, "filter: %s_", view->filter);
	else if (*view->filter)
		pen_say(&pen, TOP_STYLE_DIM, "filter: %s   (Esc takes it away)", view->filter);
}

static void draw_help(const struct top_view *view, const struct top_canvas *canvas)
{
	static const char *const help[] = {
	        [TOP_PAGE_PEERS] = ("Enter open  Tab waiting  / filter  sort: f failed  w waiting  "
	                            "a all  m median  s slowest  t failing  n name  q quit"),
	        [TOP_PAGE_WAITING] = "Enter open its peer  Tab peers  / filter  q quit",
	        [TOP_PAGE_PEER] = "Up Down scroll  Esc back  q quit",
	};
	struct pen pen = {canvas, canvas->height - 1, 0, false};

	pen_put(&pen, TOP_STYLE_DIM,
	        view->typing ? "type to filter by peer, process, cause  Enter keep  Esc take away"
	                     : help[view->page],
	        0, false);
}

void top_draw(struct top_view *view, struct top_model *model, uint64_t now_ns,
              const struct top_canvas *canvas)
{
	view->height =
	        canvas->height > FIRST_ROW + LAST_ROWS ? canvas->height - FIRST_ROW - LAST_ROWS : 0;
	view->width = canvas->width;
	draw_title(model, now_ns, canvas);
	draw_sums(view, model, now_ns, canvas);
	draw_filter(view, canvas);
	switch (view->page) {
	case TOP_PAGE_PEERS: draw_peers(view, model, now_ns, canvas); break;
	case TOP_PAGE_WAITING: draw_all_waiting(view, model, now_ns, canvas); break;
	case TOP_PAGE_PEER: draw_one_peer(view, model, now_ns, canvas); break;
	}
	if (canvas->height)
		draw_help(view, canvas);
}
