// SPDX-License-Identifier: GPL-2.0-only
#include "json_peer.h"

#include "memo.h"
#include "text.h"
#include "words.h"

static void write_time(struct json *json, const char *key, const struct run *run, uint64_t at_ns)
{
	char time[TEXT_TIME_SIZE];

	if (at_ns)
		json_word(json, key, memo_time(run->memo, time, text_wall_ns(run, at_ns)));
}

static void write_answer(struct json *json, const char *key, const struct run *run,
                         const struct answer *answer)
{
	if (!answer->at_ns)
		return;
	json_begin(json, key);
	write_time(json, "at", run, answer->at_ns);
	json_word(json, "how", words_answer(answer->how));
	if (answer->port)
		json_number(json, "port", answer->port);
	json_end(json);
}

void json_peer(struct json *json, const struct run *run, const struct peer *peer)
{
	json_begin_known(json, "peer");
	write_time(json, "failing_since", run, peer->failing_since_ns);
	if (peer->failures)
		json_number(json, "failures", peer->failures);
	write_time(json, "last_success", run, peer->last_success_ns);
	write_answer(json, "host_alive", run, &peer->alive);
	json_end(json);
}
