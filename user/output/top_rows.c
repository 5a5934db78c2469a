/* SPDX-License-Identifier: GPL-2.0-only */
#include "top_rows.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "endpoint.h"
#include "output.h"
#include "text.h"
#include "words.h"

#define WRAP_INDENT 4

static bool has(const char *text, const char *wanted)
{
	return strcasestr(text, wanted) != NULL;
}

static bool comm_has(const char comm[COMM_SIZE], const char *wanted)
{
	char text[TEXT_COMM_SIZE];

	return has(text_escape(text, sizeof(text), comm, COMM_SIZE, TEXT_TOKEN), wanted);
}

static bool peer_fits(const struct top_peer *peer, const char *wanted)
{
	char text[TEXT_ENDPOINT_SIZE], error[TEXT_ERROR_SIZE];

	if (!*wanted || has(text_endpoint(text, &peer->peer), wanted))
		return true;
	if (peer->cause != CAUSE_MAX && has(words_cause(peer->cause), wanted))
		return true;
	if (peer->error && has(text_errno(error, peer->error), wanted))
		return true;
	for (unsigned int i = 0; i < TOP_COMMS; i++)
		if (peer->comms[i][0] && comm_has(peer->comms[i], wanted))
			return true;
	return false;
}

/* More of it first; of two that have the same, what comes next in this list. */
static int compare_numbers(uint64_t a, uint64_t b)
{
	return a > b ? -1 : a < b;
}

/* What began first is the worst; 0 is nothing. */
static int compare_ages(uint64_t a, uint64_t b)
{
	return compare_numbers(a ? UINT64_MAX - a : 0, b ? UINT64_MAX - b : 0);
}

static int compare_by(enum top_sort sort, const struct top_peer *a, const struct top_peer *b)
{
	char left[TEXT_ENDPOINT_SIZE], right[TEXT_ENDPOINT_SIZE];

	switch (sort) {
	case TOP_SORT_FAILED: return compare_numbers(a->failed, b->failed);
	case TOP_SORT_WAITING: return compare_ages(a->oldest_ns, b->oldest_ns);
	case TOP_SORT_ATTEMPTS: return compare_numbers(a->attempts, b->attempts);
	case TOP_SORT_MEDIAN: return compare_numbers(top_peer_median_ns(a), top_peer_median_ns(b));
	case TOP_SORT_SLOWEST:
		return compare_numbers(top_peer_slowest_ns(a), top_peer_slowest_ns(b));
	case TOP_SORT_SINCE: return compare_ages(a->failing_since_ns, b->failing_since_ns);
	case TOP_SORT_NAME:
	case TOP_SORTS: break;
	}
	return strverscmp(text_endpoint(left, &a->peer), text_endpoint(right, &b->peer));
}

static int compare_peers(const void *left, const void *right, void *context)
{
	static const enum top_sort otherwise[] = {TOP_SORT_FAILED, TOP_SORT_WAITING,
	                                          TOP_SORT_ATTEMPTS, TOP_SORT_NAME};
	const struct top_view *view = context;
	const struct top_peer *a = *(struct top_peer *const *)left;
	const struct top_peer *b = *(struct top_peer *const *)right;
	int order = compare_by(view->sort, a, b);

	if (order)
		return view->reversed ? -order : order;
	for (size_t i = 0; i < sizeof(otherwise) / sizeof(otherwise[0]) && !order; i++)
		order = compare_by(otherwise[i], a, b);
	return order;
}

unsigned int top_rows_peers(const struct top_view *view, struct top_model *model,
                            struct top_peer *rows[TOP_PEERS_MAX])
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < model->n_peers; i++)
		if (peer_fits(&model->peers[i], view->filter))
			rows[n++] = &model->peers[i];
	qsort_r(rows, n, sizeof(rows[0]), compare_peers, (void *)view);
	return n;
}

static bool waiting_fits(const struct top_view *view, const struct attempt *waiting)
{
	const struct endpoint *peer = output_peer(waiting);
	char text[TEXT_ENDPOINT_SIZE];

	if (view->page == TOP_PAGE_PEER)
		return endpoint_same(peer, &view->chosen);
	return has(text_endpoint(text, peer), view->filter) ||
	       comm_has(waiting->comm, view->filter);
}

unsigned int top_rows_waiting(const struct top_view *view, const struct top_model *model,
                              const struct attempt *rows[TOP_WAITING_MAX])
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < model->n_waiting; i++)
		if (waiting_fits(view, &model->waiting[i]))
			rows[n++] = &model->waiting[i];
	return n;
}

/* How many bytes of a line go into `width` columns; where it is longer, up to a blank. */
static size_t fitting(const char *line, size_t length, unsigned int width)
{
	size_t at = 0, blank = 0;
	unsigned int columns = 0;

	for (; at < length && columns < width; columns++) {
		if (line[at] == ' ' && at > WRAP_INDENT)
			blank = at;
		do
			at++;
		while (at < length && (line[at] & 0xc0) == 0x80);
	}
	return at < length && blank ? blank : at;
}

/* The timelines are made for wide screens: on others their lines go on in the next. */
static unsigned int add_line(struct buffer *text, const char *line, size_t length,
                             unsigned int width)
{
	unsigned int lines = 1, indent = 0;

	for (size_t part; width > 2 * WRAP_INDENT; indent = WRAP_INDENT, lines++) {
		part = fitting(line, length, width - indent);
		if (part && indent)
			buffer_blanks(text, indent);
		if (part)
			buffer_bytes(text, line, part);
		line += part;
		length -= part;
		while (length && *line == ' ')
			line++, length--;
		buffer_char(text, '\n');
		if (!length)
			return lines;
	}
	return 0;
}

static unsigned int add_timeline(struct buffer *text, const struct top_timeline *timeline,
                                 unsigned int width)
{
	const char *line = timeline->text, *end = line + timeline->length, *stop;
	unsigned int lines = 0;

	for (; line < end; line = stop + 1) {
		stop = memchr(line, '\n', (size_t)(end - line));
		if (!stop)
			break;
		lines += add_line(text, line, (size_t)(stop - line), width);
	}
	return lines;
}

unsigned int top_rows_lines(const struct top_view *view, struct top_model *model,
                            struct buffer *text)
{
	const struct top_peer *peer = top_model_find(model, &view->chosen);
	uint64_t kept = 0;
	unsigned int lines = 0;

	if (peer)
		kept = peer->n_timelines < TOP_TIMELINES ? peer->n_timelines : TOP_TIMELINES;
	for (uint64_t ago = 1; ago <= kept; ago++) {
		const struct top_timeline *timeline =
		        &peer->timelines[(peer->n_timelines - ago) % TOP_TIMELINES];

		lines += add_timeline(text, timeline, view->width);
	}
	return lines;
}
