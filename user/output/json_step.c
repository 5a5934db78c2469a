/* SPDX-License-Identifier: GPL-2.0-only */
#include "json_step.h"

#include "text.h"
#include "words.h"

void json_address(struct json *json, const char *key, const struct endpoint *endpoint)
{
	char address[TEXT_ADDRESS_SIZE];

	if (endpoint->family)
		json_word(json, key, text_address(address, endpoint));
}

static void write_segment(struct json *json, const struct segment *segment)
{
	json_begin_known(json, "rst");
	json_address(json, "from", &segment->from);
	json_known_number(json, "ttl", segment->ttl);
	if (segment->flags)
		json_bool(json, "ack", segment->flags & TCP_FLAG_BYTE_ACK);
	json_end(json);
}

static void write_icmp(struct json *json, const struct step_icmp *icmp)
{
	json_begin(json, "icmp");
	json_number(json, "version", icmp->version);
	json_number(json, "type", icmp->type);
	json_number(json, "code", icmp->code);
	json_word(json, "name", words_icmp(icmp->version, icmp->type, icmp->code));
	json_address(json, "from", &icmp->from);
	json_known_number(json, "ttl", icmp->ttl);
	json_bool(json, "hard", icmp->hard);
	json_end(json);
}

static void write_drop(struct json *json, const struct step *step)
{
	json_begin(json, "drop");
	json_word(json, "direction", step->drop.direction == DROP_OUT ? "out" : "in");
	json_word(json, "segment", words_segment(step->drop.flags));
	json_string(json, "reason", step->drop_reason);
	json_string(json, "function", step->drop_function);
	if (step->elsewhere)
		json_number(json, "netns", step->drop.netns);
	json_end(json);
}

static void write_listener(struct json *json, const struct step_listener *listener)
{
	json_begin(json, "listener");
	json_number(json, "queued", listener->queued);
	json_number(json, "limit", listener->limit);
	json_end(json);
}

static void write_step_error(struct json *json, const char *key, const char *error)
{
	json_begin_known(json, key);
	json_word(json, "error", error);
	json_end(json);
}

void json_step(struct json *json, const struct step *step)
{
	char error[TEXT_ERROR_SIZE];

	json_begin(json, NULL);
	json_number(json, "at_ns", step->at_ns);
	json_word(json, "step", words_step(step->kind));
	if (step->count > 1)
		json_number(json, "count", step->count);
	switch (step->kind) {
	case STEP_SYN_SENT:
	case STEP_SYN_RETRY:
	case STEP_STALE_PEER_STATE:
	case STEP_MAX: break;
	case STEP_SYN_RETRY_FAILED:
		write_step_error(json, "retry", text_send_error(error, step->retry.error));
		break;
	case STEP_RST_RECEIVED:
	case STEP_RST_IGNORED:
	case STEP_RST_SENT: write_segment(json, &step->segment); break;
	case STEP_ICMP_RECEIVED: write_icmp(json, &step->icmp); break;
	case STEP_DROPPED: write_drop(json, step); break;
	case STEP_INTERRUPTED:
		write_step_error(json, "interrupted", text_return(error, step->interrupted.ret));
		break;
	case STEP_LISTENER_FULL: write_listener(json, &step->listener); break;
	}
	json_end(json);
}
