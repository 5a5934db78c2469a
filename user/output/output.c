/* SPDX-License-Identifier: GPL-2.0-only */
#include "output.h"

#include <inttypes.h>
#include <string.h>

#include "array.h"
#include "text.h"
#include "words.h"

const struct output_ops *output_find(const char *name)
{
	static const struct output_ops *const formats[] = {
	        &output_timeline, &output_line, &output_json, &output_otlp, &output_journal,
	};

	for (size_t i = 0; i < ARRAY_SIZE(formats); i++)
		if (strcmp(formats[i]->name, name) == 0)
			return formats[i];
	return NULL;
}

static void print_nothing(struct buffer *out, const struct run *run, const struct record *record)
{
	(void)out, (void)run, (void)record;
}

const struct output_ops output_none = {
        .name = "none",
        .record = print_nothing,
};

struct endpoint output_local(const struct attempt *attempt)
{
	static const uint8_t unspecified[sizeof(attempt->local.address)];
	struct endpoint local = attempt->local;

	if (memcmp(local.address, unspecified, local.family == FAMILY_IPV4 ? 4 : 16) == 0)
		local.family = 0;
	return local;
}

const struct endpoint *output_peer(const struct attempt *attempt)
{
	return attempt->remote.family ? &attempt->remote : &attempt->asked;
}

int output_error(const struct record *record)
{
	return record->outcome == OUTCOME_SUCCESS ? 0 : record->error;
}

const char *output_result(char to[TEXT_ERROR_SIZE], const struct record *record)
{
	switch (record->outcome) {
	case OUTCOME_SUCCESS: return "OK";
	case OUTCOME_FAILURE:
	case OUTCOME_MAX: break;
	case OUTCOME_ABANDONED:
		if (record->error == 0)
			return "ABANDONED";
		break;
	case OUTCOME_UNKNOWN:
		if (record->error == 0)
			return "UNKNOWN";
		break;
	}
	return text_errno(to, record->error);
}

enum severity output_severity(const struct record *record)
{
	switch (record->outcome) {
	case OUTCOME_SUCCESS: return SEVERITY_INFO;
	case OUTCOME_FAILURE: return SEVERITY_WARNING;
	case OUTCOME_ABANDONED:
	case OUTCOME_UNKNOWN:
	case OUTCOME_MAX: break;
	}
	return SEVERITY_NOTICE;
}

bool output_was_rewritten(const struct attempt *attempt)
{
	const struct endpoint *asked = &attempt->asked, *remote = &attempt->remote;
	size_t size = asked->family == FAMILY_IPV4 ? 4 : 16;

	if (asked->family == 0 || remote->family == 0)
		return false;
	return asked->family != remote->family || (asked->port && asked->port != remote->port) ||
	       memcmp(asked->address, remote->address, size) != 0;
}

void output_text_losses(struct buffer *out, const struct run *run, const struct loss *losses,
                        size_t n_losses, uint64_t now_ns)
{
	const char *before = "lost: ";

	(void)run;
	(void)now_ns;
	for (size_t i = 0; i < n_losses; i++) {
		if (losses[i].count == 0)
			continue;
		buffer_print(out, "%s%s %" PRIu64, before, losses[i].reason, losses[i].count);
		before = ", ";
	}
	if (*before == ',')
		buffer_char(out, '\n');
}

static void write_outcomes(struct buffer *out, const struct totals *totals)
{
	const char *before = " (";

	for (int i = 0; i < OUTCOME_MAX; i++) {
		if (totals->by_outcome[i] == 0)
			continue;
		buffer_print(out, "%s%s %" PRIu64, before, words_outcome(i), totals->by_outcome[i]);
		before = ", ";
	}
	if (*before == ',')
		buffer_char(out, ')');
}

static void write_unless_none(struct buffer *out, const char *what, uint64_t count)
{
	if (count)
		buffer_print(out, ", %s %" PRIu64, what, count);
}

void output_text_end(struct buffer *out, const struct run *run, const struct totals *totals,
                     uint64_t now_ns)
{
	(void)run;
	(void)now_ns;
	buffer_print(out, "begun %" PRIu64, totals->begun);
	write_unless_none(out, "preexisting", totals->preexisting);
	buffer_print(out, ": reported %" PRIu64, totals->reported);
	write_outcomes(out, totals);
	buffer_print(out, ", filtered %" PRIu64 " in the kernel and %" PRIu64 " in user space",
	             totals->filtered_kernel, totals->filtered_user);
	write_unless_none(out, "suppressed", totals->suppressed);
	buffer_print(out, ", in flight %" PRIu64, totals->in_flight);
	write_unless_none(out, "queued", totals->queued);
	buffer_print(out, ", lost %" PRIu64, totals->lost);
	write_unless_none(out, "late steps", totals->late_steps);
	write_unless_none(out, "unseen at most", totals->unseen_at_most);
	buffer_char(out, '\n');
}
