/* SPDX-License-Identifier: GPL-2.0-only */
#include "top_fields.h"

#include <inttypes.h>
#include <stdio.h>

#include "sentence.h"
#include "text.h"
#include "words.h"

static const char *time_cell(char to[TOP_CELL_SIZE], uint64_t ns)
{
	if (!ns)
		return "-";
	return say_time(to, ns);
}

static const char *trend_cell(char to[TOP_CELL_SIZE], const struct top_peer *peer, uint64_t now_ns,
                              bool ascii)
{
	static const char *const bars[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
	static const char *const marks[] = {".", ".", ":", ":", "=", "=", "#", "#"};
	unsigned int most = 1, used = 0;

	for (unsigned int ago = 0; ago < TOP_TREND; ago++)
		if (top_peer_trend(peer, now_ns, ago) > most)
			most = top_peer_trend(peer, now_ns, ago);
	for (unsigned int ago = TOP_TREND; ago-- > 0;) {
		unsigned int n = top_peer_trend(peer, now_ns, ago);
		const char *mark = n ? (ascii ? marks : bars)[(uint64_t)n * 7 / most] : " ";

		used += (unsigned int)snprintf(to + used, TOP_CELL_SIZE - used, "%s", mark);
	}
	return to;
}

enum field {
	FIELD_PEER,
	FIELD_WAITING,
	FIELD_FAILED,
	FIELD_ATTEMPTS,
	FIELD_TREND,
	FIELD_MEDIAN,
	FIELD_SLOWEST,
	FIELD_SINCE,
	FIELD_CAUSE,
	FIELDS,
};

/* @from: the narrowest screen that has it; @sort: what sorts by it, TOP_SORTS for nothing */
static const struct {
	const char *head;
	unsigned int width, from;
	bool right;
	enum top_sort sort;
} fields[FIELDS] = {
        [FIELD_PEER] = {"PEER", 24, 0, false, TOP_SORT_NAME},
        [FIELD_WAITING] = {"WAIT", 6, 60, true, TOP_SORT_WAITING},
        [FIELD_FAILED] = {"FAILED", 8, 0, true, TOP_SORT_FAILED},
        [FIELD_ATTEMPTS] = {"OF", 8, 0, true, TOP_SORT_ATTEMPTS},
        [FIELD_TREND] = {"FAILED, LAST MINUTE", TOP_TREND + 2, 132, false, TOP_SORTS},
        [FIELD_MEDIAN] = {"MEDIAN", 9, 70, true, TOP_SORT_MEDIAN},
        [FIELD_SLOWEST] = {"SLOWEST", 9, 100, true, TOP_SORT_SLOWEST},
        [FIELD_SINCE] = {"FAILING", 8, 50, true, TOP_SORT_SINCE},
        [FIELD_CAUSE] = {"LAST CAUSE", 0, 62, false, TOP_SORTS},
};

/* An IPv6 address wants more than the rest of a wide screen does. */
static unsigned int field_width(enum field field, const struct top_canvas *canvas)
{
	if (field != FIELD_PEER)
		return fields[field].width;
	return canvas->width >= 140 ? 48 : canvas->width >= 100 ? 32 : fields[field].width;
}

static const char *peer_cell(char to[TOP_CELL_SIZE], const struct top_peer *peer, enum field field,
                             uint64_t now_ns, bool ascii)
{
	char error[TEXT_ERROR_SIZE];

	switch (field) {
	case FIELD_PEER: return text_endpoint(to, &peer->peer);
	case FIELD_WAITING:
		snprintf(to, TOP_CELL_SIZE, peer->waiting ? "%u" : "-", peer->waiting);
		break;
	case FIELD_FAILED: snprintf(to, TOP_CELL_SIZE, "%" PRIu64, peer->failed); break;
	case FIELD_ATTEMPTS: snprintf(to, TOP_CELL_SIZE, "%" PRIu64, peer->attempts); break;
	case FIELD_TREND: return trend_cell(to, peer, now_ns, ascii);
	case FIELD_MEDIAN: return time_cell(to, top_peer_median_ns(peer));
	case FIELD_SLOWEST: return time_cell(to, top_peer_slowest_ns(peer));
	case FIELD_SINCE:
		return peer->failing_since_ns
		               ? top_span(to, top_since(now_ns, peer->failing_since_ns))
		               : "-";
	case FIELD_CAUSE:
		if (peer->cause == CAUSE_MAX)
			return "";
		snprintf(to, TOP_CELL_SIZE, "%s%s%s", words_cause(peer->cause),
		         peer->error ? " " : "", peer->error ? text_errno(error, peer->error) : "");
		break;
	case FIELDS: break;
	}
	return to;
}

static enum top_style peer_style(const struct top_peer *peer, enum field field, uint64_t now_ns)
{
	switch (field) {
	case FIELD_WAITING:
		return peer->waiting && top_since(now_ns, peer->oldest_ns) > TOP_WAITS_LONG_NS
		               ? TOP_STYLE_WAITING
		               : TOP_STYLE_PLAIN;
	case FIELD_FAILED: return peer->failed ? TOP_STYLE_BAD : TOP_STYLE_DIM;
	case FIELD_TREND:
	case FIELD_SINCE: return TOP_STYLE_BAD;
	case FIELD_CAUSE: return peer->failing_since_ns ? TOP_STYLE_PLAIN : TOP_STYLE_DIM;
	case FIELD_PEER:
	case FIELD_ATTEMPTS:
	case FIELD_MEDIAN:
	case FIELD_SLOWEST:
	case FIELDS: break;
	}
	return TOP_STYLE_PLAIN;
}

void top_fields_heads(const struct top_view *view, struct pen *pen)
{
	char head[TOP_CELL_SIZE];

	for (int field = 0; field < FIELDS; field++) {
		bool sorted = fields[field].sort == view->sort && fields[field].sort != TOP_SORTS;

		if (pen->canvas->width < fields[field].from)
			continue;
		snprintf(head, sizeof(head), "%s%s%s", !fields[field].right && field ? "  " : "",
		         fields[field].head, sorted ? (view->reversed ? "^" : "v") : "");
		pen_put(pen, TOP_STYLE_HEAD, head, field_width(field, pen->canvas),
		        fields[field].right);
	}
	pen_fill(pen, TOP_STYLE_HEAD);
}

void top_fields_peer(struct pen *pen, const struct top_peer *peer, uint64_t now_ns)
{
	for (int field = 0; field < FIELDS; field++) {
		char cell[TOP_CELL_SIZE], text[TOP_CELL_SIZE + 2];

		if (pen->canvas->width < fields[field].from)
			continue;
		snprintf(text, sizeof(text), "%s%s", !fields[field].right && field ? "  " : "",
		         peer_cell(cell, peer, field, now_ns, pen->canvas->ascii));
		pen_put(pen, peer_style(peer, field, now_ns), text, field_width(field, pen->canvas),
		        fields[field].right);
	}
	pen_fill(pen, TOP_STYLE_PLAIN);
}
