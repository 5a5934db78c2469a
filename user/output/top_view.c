/* SPDX-License-Identifier: GPL-2.0-only */
#include "top_view.h"

#include <string.h>

#include "output.h"
#include "top_rows.h"

static const char sort_keys[TOP_SORTS] = {
        [TOP_SORT_FAILED] = 'f', [TOP_SORT_WAITING] = 'w', [TOP_SORT_ATTEMPTS] = 'a',
        [TOP_SORT_MEDIAN] = 'm', [TOP_SORT_SLOWEST] = 's', [TOP_SORT_SINCE] = 't',
        [TOP_SORT_NAME] = 'n',
};

/* Another key sorts by it; the same one turns the order round. */
static bool sort_by(struct top_view *view, int key)
{
	for (int sort = 0; sort < TOP_SORTS; sort++) {
		if (sort_keys[sort] != key)
			continue;
		view->reversed = view->sort == (enum top_sort)sort && !view->reversed;
		view->sort = (enum top_sort)sort;
		view->row = view->top = 0;
		view->chosen.family = 0;
		return true;
	}
	return false;
}

static void go_to(struct top_view *view, enum top_page page)
{
	view->page = page;
	view->row = view->top = 0;
}

static unsigned int count_rows(const struct top_view *view, struct top_model *model)
{
	const struct attempt *waiting[TOP_WAITING_MAX];
	struct top_peer *peers[TOP_PEERS_MAX];
	struct buffer text = {0};
	unsigned int n;

	switch (view->page) {
	case TOP_PAGE_PEERS: return top_rows_peers(view, model, peers);
	case TOP_PAGE_WAITING: return top_rows_waiting(view, model, waiting);
	case TOP_PAGE_PEER: break;
	}
	n = top_rows_lines(view, model, &text) + top_rows_waiting(view, model, waiting);
	buffer_free(&text);
	return n;
}

/* Remembers the peer of the row, so that it stays chosen when rows move. */
static void choose(struct top_view *view, struct top_model *model)
{
	const struct attempt *waiting[TOP_WAITING_MAX];
	struct top_peer *peers[TOP_PEERS_MAX];

	if (view->page == TOP_PAGE_PEERS && view->row < top_rows_peers(view, model, peers))
		view->chosen = peers[view->row]->peer;
	else if (view->page == TOP_PAGE_WAITING &&
	         view->row < top_rows_waiting(view, model, waiting))
		view->chosen = *output_peer(waiting[view->row]);
}

static void move(struct top_view *view, struct top_model *model, long by)
{
	unsigned int n = count_rows(view, model);
	long row = (long)view->row + by, last = n ? (long)n - 1 : 0;

	/* A page of lines scrolls: its last line stays at the bottom. */
	if (view->page == TOP_PAGE_PEER)
		last = n > view->height ? (long)(n - view->height) : 0;
	view->row = (unsigned int)(row < 0 ? 0 : row > last ? last : row);
	choose(view, model);
}

static void open_row(struct top_view *view, struct top_model *model)
{
	if (view->page == TOP_PAGE_PEER)
		return;
	choose(view, model);
	if (view->chosen.family)
		go_to(view, TOP_PAGE_PEER);
}

/* One step back: from a peer to all of them, then no filter. */
static void go_back(struct top_view *view)
{
	if (view->page != TOP_PAGE_PEERS)
		go_to(view, TOP_PAGE_PEERS);
	else
		view->filter[0] = '\0';
}

/* Returns true where the key belonged to the filter that is typed. */
static bool type(struct top_view *view, int key)
{
	size_t length = strlen(view->filter);

	if (key == TOP_KEY_ENTER) {
		view->typing = false;
	} else if (key == TOP_KEY_ESCAPE) {
		view->typing = false;
		view->filter[0] = '\0';
	} else if (key == TOP_KEY_BACKSPACE) {
		view->filter[length ? length - 1 : 0] = '\0';
	} else if (key >= ' ' && key < 0x7f) {
		if (length + 1 < TOP_FILTER_SIZE) {
			view->filter[length] = (char)key;
			view->filter[length + 1] = '\0';
		}
	} else {
		return false;
	}
	view->row = view->top = 0;
	view->chosen.family = 0;
	return true;
}

bool top_view_key(struct top_view *view, struct top_model *model, int key)
{
	long page = view->height > 1 ? (long)view->height - 1 : 1;

	if (view->typing && type(view, key))
		return true;
	switch (key) {
	case 'q': return false;
	case '/':
		if (view->page == TOP_PAGE_PEER)
			go_to(view, TOP_PAGE_PEERS);
		view->typing = true;
		break;
	case TOP_KEY_UP:
	case 'k': move(view, model, -1); break;
	case TOP_KEY_DOWN:
	case 'j': move(view, model, 1); break;
	case TOP_KEY_PAGE_UP: move(view, model, -page); break;
	case TOP_KEY_PAGE_DOWN:
	case ' ': move(view, model, page); break;
	case TOP_KEY_HOME: move(view, model, -(1L << 30)); break;
	case TOP_KEY_END: move(view, model, 1L << 30); break;
	case TOP_KEY_ENTER: open_row(view, model); break;
	case TOP_KEY_TAB:
		go_to(view, view->page == TOP_PAGE_WAITING ? TOP_PAGE_PEERS : TOP_PAGE_WAITING);
		break;
	case TOP_KEY_ESCAPE:
	case TOP_KEY_BACKSPACE: go_back(view); break;
	default:
		if (view->page == TOP_PAGE_PEERS)
			sort_by(view, key);
		break;
	}
	return true;
}
