/* SPDX-License-Identifier: GPL-2.0-only */
#include "output.h"

#include <inttypes.h>

#include "text.h"
#include "words.h"

#define NAME_SIZE 256

static void write_segment(struct buffer *out, const struct segment *segment)
{
	char from[TEXT_ADDRESS_SIZE];

	if (segment->from.family == 0 && segment->ttl == 0)
		return;
	buffer_print(out, "%s%s", segment->from.family ? "from " : "from the peer",
	             segment->from.family ? text_address(from, &segment->from) : "");
	if (segment->ttl)
		buffer_print(out, ", ttl %u", segment->ttl);
	if (!(segment->flags & TCP_FLAG_BYTE_ACK))
		buffer_string(out, ", no ACK");
}

static void write_icmp(struct buffer *out, const struct step_icmp *icmp)
{
	char from[TEXT_ADDRESS_SIZE];

	buffer_print(out, "%s (%s%u/%u)", words_icmp(icmp->version, icmp->type, icmp->code),
	             icmp->version == 6 ? "ICMPv6 " : "", icmp->type, icmp->code);
	if (icmp->from.family)
		buffer_print(out, " from %s", text_address(from, &icmp->from));
	if (icmp->ttl)
		buffer_print(out, ", ttl %u", icmp->ttl);
	if (!icmp->hard)
		buffer_string(out, ", kept trying");
}

static void write_drop(struct buffer *out, const struct step *step)
{
	const char *segment = words_segment(step->drop.flags);
	char name[NAME_SIZE];

	buffer_print(out, "%s%s%s", segment ?: "", segment ? " " : "",
	             step->drop.direction == DROP_OUT ? "on the way out" : "on the way in");
	if (step->elsewhere)
		buffer_print(out, ", in network namespace %" PRIu32, step->drop.netns);
	if (step->drop_reason)
		buffer_print(out, ": %s",
		             text_escape(name, sizeof(name), step->drop_reason, SIZE_MAX,
		                         TEXT_SENTENCE));
	if (step->drop_function)
		buffer_print(out, " in %s",
		             text_escape(name, sizeof(name), step->drop_function, SIZE_MAX,
		                         TEXT_SENTENCE));
}

void output_step_detail(struct buffer *out, const struct step *step)
{
	size_t before = out->length;
	char error[TEXT_ERROR_SIZE];
	const char *why;

	switch (step->kind) {
	case STEP_SYN_SENT:
	case STEP_SYN_RETRY:
	case STEP_RST_SENT:
	case STEP_MAX: break;
	case STEP_SYN_RETRY_FAILED:
		why = text_send_error(error, step->retry.error);
		if (why)
			buffer_string(out, why);
		break;
	case STEP_RST_RECEIVED:
	case STEP_RST_IGNORED: write_segment(out, &step->segment); break;
	case STEP_STALE_PEER_STATE:
		buffer_string(out, "the peer still knew an old connection");
		break;
	case STEP_ICMP_RECEIVED: write_icmp(out, &step->icmp); break;
	case STEP_DROPPED: write_drop(out, step); break;
	case STEP_INTERRUPTED: buffer_string(out, text_return(error, step->interrupted.ret)); break;
	case STEP_LISTENER_FULL:
		buffer_print(out, "%" PRIu32 " in the queue, its limit is %" PRIu32,
		             step->listener.queued, step->listener.limit);
		break;
	}
	if (step->count > 1)
		buffer_print(out, "%s%" PRIu32 " times", out->length > before ? ", " : "",
		             step->count);
}
